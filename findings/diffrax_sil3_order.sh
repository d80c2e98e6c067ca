#!/usr/bin/env bash
# diffrax: the documentation of Sil3 says third order in the explicit term. That holds for linear problems only: the explicit
# tableau misses the condition b c^2 = 1/3 of order 3 (7/18), and is of order 2.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q diffrax==0.7.2 numpy==2.4.6
JAX_PLATFORMS=cpu "$work/venv/bin/python" - <<'PY'
import sys

import diffrax
import numpy as np

print("diffrax", diffrax.__version__)
explicit = diffrax.Sil3.tableau.tableaus[0]
stages = len(explicit.b_sol)
A = np.zeros((stages, stages))
for i, row in enumerate(explicit.a_lower, start=1):
    A[i, : len(row)] = row
b, c = np.asarray(explicit.b_sol), A.sum(axis=1)
says = next(line.strip() for line in diffrax.Sil3.__doc__.splitlines() if "explicit (ERK) term" in line)
missed = {"b 1 = 1": b.sum() - 1, "b c = 1/2": b @ c - 1 / 2, "b A c = 1/6": b @ A @ c - 1 / 6, "b c^2 = 1/3": b @ c**2 - 1 / 3}
print("expected:", says)
print("seen:     conditions of order 3 missed by", {name: float(round(value, 12)) for name, value in missed.items()})
*others, nonlinear = map(abs, missed.values())
sys.exit(0 if says.startswith("3rd order") and max(others) < 1e-12 and nonlinear > 0.05 else 1)
PY
