#!/usr/bin/env bash
# momentumnet: the backward pass without stored activations keeps the bits that gamma shifts out in one 64-bit integer per
# number. It overflows in silence after 64 bits' worth of layers, and from there on gradients are noise: 10 layers at
# gamma = 0.1, 40 at 0.5. The package can count the layers that fit (n_max_iter), and does not ask.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 numpy==2.4.6
"$work/venv/bin/pip" install -q --no-deps momentumnet==0.10
"$work/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

import torch
from momentumnet import MomentumNet
from torch import nn

print("momentumnet", version("momentumnet"))


def difference(gamma, depth):
    """Relative difference of the gradients of the first layer's weight, without and with stored activations."""
    torch.manual_seed(0)
    layers = [nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(depth)]
    x = torch.randn(3, 4)
    stored, again = (
        torch.autograd.grad(MomentumNet(layers, gamma=gamma, use_backprop=kept)(x).square().sum(), layers[0][0].weight)[0]
        for kept in (True, False)
    )
    return ((again - stored).norm() / stored.norm()).item()


cases = ((0.9, 20), (0.5, 10), (0.5, 40), (0.1, 5), (0.1, 10))
seen = {case: difference(*case) for case in cases}
print("expected: the gradients of autograd to about 1e-4, or an error that says how many layers fit")
for (gamma, depth), value in seen.items():
    print(f"seen:     gamma = {gamma}, {depth} layers: relative difference {value:.0e}")
short = max(seen[0.9, 20], seen[0.5, 10], seen[0.1, 5])
sys.exit(0 if short < 1e-3 and min(seen[0.5, 40], seen[0.1, 10]) > 0.2 else 1)
PY
