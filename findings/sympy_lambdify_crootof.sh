#!/usr/bin/env bash
# SymPy: lambdify writes an algebraic number that has no radicals, CRootOf, by its SymPy name into the generated function,
# so that the function raises NameError when it is called; evalf of the same expression is right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q sympy==1.14.0
"$work/venv/bin/python" - <<'PY'
import sys

import sympy
from sympy import CRootOf, lambdify, symbols

print("sympy", sympy.__version__)
x = symbols("x")
root = CRootOf(x**5 - x - 1, 0)
exact = (root * x).subs(x, 2).evalf(15)


def attempt(module):
    try:
        return f"{float(lambdify(x, root * x, module)(2)):.12f}"
    except NameError as error:
        return f"NameError: {error}"


seen = {module: attempt(module) for module in ("mpmath", "math")}
print(f"expected: {exact} from every module, or an error of lambdify itself, as it knows no such function")
for module, text in seen.items():
    print(f"seen:     {module}: {text}")
sys.exit(0 if all(text.startswith("NameError") for text in seen.values()) else 1)
PY
