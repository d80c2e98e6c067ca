#!/usr/bin/env bash
# torchsde: at a time between two steps sdeint returns the straight line between them, not the Brownian path that it knows and
# that it was given. Of dX = dW with steps of 1, X(1/2) has half its variance, and differs from the path's own value there;
# nothing in the documentation of ts or dt says so. A time at which a step ends is right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torchsde==0.2.6 torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

import torch
import torchsde

print("torchsde", version("torchsde"))
torch.set_default_dtype(torch.float64)
paths = 20_000


class Brownian(torch.nn.Module):
    noise_type, sde_type = "diagonal", "ito"

    def f(self, t, x):
        return torch.zeros_like(x)

    def g(self, t, x):
        return torch.ones_like(x)


def at_one_half(step):
    noise = torchsde.BrownianInterval(0.0, 1.0, size=(paths, 1), entropy=1, dtype=torch.float64)
    times = torch.tensor([0.0, 0.5, 1.0])
    found = torchsde.sdeint(Brownian(), torch.zeros(paths, 1), times, bm=noise, method="euler", dt=step)[1]
    return found.var().item(), (found - noise(0.0, 0.5)).abs().max().item()


(variance, away), (landed, beside) = at_one_half(1.0), at_one_half(0.5)
print(f"expected: variance 0.5 at t = 1/2, on the path, as with steps of 1/2: {landed:.3f}, {beside:.1e} away")
print(f"seen:     {variance:.3f}, {away:.1e} away, with steps of 1")
sys.exit(0 if abs(landed - 0.5) < 0.03 and beside < 1e-12 and abs(variance - 0.25) < 0.03 and away > 0.5 else 1)
PY
