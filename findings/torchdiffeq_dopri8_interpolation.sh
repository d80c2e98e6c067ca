#!/usr/bin/env bash
# torchdiffeq: what dopri8 returns is not what it computed. A step may go past a time that was asked for, the last one too, and
# the value there comes from an interpolant of low order: with rtol = atol = 1e-9 the harmonic oscillator is off by 2e-6 at
# t = 10. With the same tolerances and a step that ends there (options step_t) the error is 1e-10; dopri5 does not have this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torchdiffeq==0.2.5 torch==2.13.0 numpy==2.4.6 scipy==1.17.1
"$work/venv/bin/python" - <<'PY'
import math
import sys
from importlib.metadata import version

import torch
from torchdiffeq import odeint

print("torchdiffeq", version("torchdiffeq"))
tolerance = 1e-9
start, times = torch.tensor([0.0, 1.0], dtype=torch.float64), torch.tensor([0.0, 10.0], dtype=torch.float64)


def oscillator(t, y):
    return torch.stack([y[1], -y[0]])


def error(method, **options):
    found = odeint(oscillator, start, times, method=method, rtol=tolerance, atol=tolerance, options=options)
    return abs(float(found[-1, 0]) - math.sin(10))


seen, landed, other = error("dopri8"), error("dopri8", step_t=times[1:]), error("dopri5")
print(f"expected: an error near that of a step that ends at t = 10, {landed:.1e}, as with dopri5, {other:.1e}")
print(f"seen:     {seen:.1e}")
sys.exit(0 if landed < tolerance and other < 10 * tolerance and seen > 1000 * landed else 1)
PY
