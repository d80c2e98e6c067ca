#!/usr/bin/env bash
# numbakit-ode: no method with a step chosen by itself can be made: RungeKutta23 and AdamsBashforth2 to 5 raise TypeError
# from inside, with a given first step as well. Methods without that choice (ForwardEuler) run.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q numbakit-ode==0.5
"$work/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

import nbkode
import numpy as np

print("numbakit-ode", version("numbakit-ode"))


def attempt(name):
    try:
        getattr(nbkode, name)(lambda t, u: -u, 0.0, np.array([1.0]), h=0.1)
        return "made"
    except TypeError as error:
        return f"TypeError: {error}"


seen = {name: attempt(name) for name in ("ForwardEuler", "AdamsBashforth2", "AdamsBashforth3", "RungeKutta23")}
print("expected: every method is made with h=0.1")
for name, text in seen.items():
    print(f"seen:     {name}: {text}")
broken = [text for name, text in seen.items() if name != "ForwardEuler"]
sys.exit(0 if seen["ForwardEuler"] == "made" and all(t.startswith("TypeError: select_initial") for t in broken) else 1)
PY
