#!/usr/bin/env bash
# nodepy: real_stability_interval is too short where the polynomial touches 1 in modulus, as those of undamped
# Runge-Kutta-Chebyshev methods do at every extremum. RKC1 of s stages has 2 s^2; for 10 stages half of it is returned.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q nodepy==1.1.1 six==1.17.0 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
from nodepy import rk

print("nodepy", version("nodepy"))
seen = {s: float(rk.RKC1(s).real_stability_interval()) for s in (4, 8, 10, 12)}
print("expected:", {s: 2 * s**2 for s in seen})
print("seen:    ", {s: round(value, 4) for s, value in seen.items()})
right = abs(seen[4] - 32) < 1e-6
sys.exit(0 if right and all(seen[s] < 2 * s**2 - 1 for s in (8, 10, 12)) else 1)
PY
