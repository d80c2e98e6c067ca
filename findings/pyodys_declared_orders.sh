#!/usr/bin/env bash
# pyodys: some pairs advance with the row of lower order while they declare the order of the higher. fehlberg54 says 5 and
# advances with the row of order 4; bogacki_shampine43, known as a pair of orders 3 and 2, says 4 and advances with that
# of order 2.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pyodys==0.1.1 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

import numpy as np
from pyodys import ODEProblem, PyodysSolver, RKScheme

print("pyodys", version("pyodys"))


class Decay(ODEProblem):
    """u' = -u^2, u(0) = 1, with the solution 1 / (1 + t)."""

    def __init__(self):
        super().__init__(t_init=0.0, t_final=1.0, initial_state=[1.0])

    def evaluate_at(self, t, u):
        return -(u**2)


def error(name, steps):
    times, states = PyodysSolver(method=name, fixed_step=1 / steps).solve(Decay())[:2]
    return abs(states[-1, 0] - 1 / (1 + times[-1]))


names = ("erk4", "dopri54", "fehlberg54", "bogacki_shampine43")
declared = {name: RKScheme.from_name(name).order for name in names}
seen = {name: float(np.log2(error(name, 40) / error(name, 80))) for name in names}
print("expected:", declared)
print("seen:    ", {name: round(value, 2) for name, value in seen.items()})
right = all(seen[name] > declared[name] - 0.2 for name in names[:2])
sys.exit(0 if right and seen["fehlberg54"] < 4.3 and seen["bogacki_shampine43"] < 2.3 else 1)
PY
