#!/usr/bin/env bash
# SymPy: an algebraic field finds its own generators again by search. primitive_element(..., ex=True) returns in one go how
# each generator is written in the primitive element; QQ.algebraic_field forgets that, and from_sympy of a generator then
# searches for a relation (and factors), for tens of times as long.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q sympy==1.14.0
"$work/venv/bin/python" - <<'PY'
import sys
import time

import sympy
from sympy import QQ, CRootOf, primitive_element, sqrt, symbols

print("sympy", sympy.__version__)
x = symbols("x")
generators = (CRootOf(x**5 - x - 1, 0), sqrt(2))


def seconds(run):
    started = time.process_time()
    return run(), time.process_time() - started


(_, _, known), making = seconds(lambda: primitive_element(generators, x, ex=True))
field = QQ.algebraic_field(*generators)
found, finding = seconds(lambda: field.from_sympy(generators[0]))
same = [QQ(c) for c in known[0]] == found.to_list()
print(f"expected: from_sympy of a generator costs nothing beside primitive_element, which gives all of them: {making:.2f} s")
print(f"seen:     {finding:.2f} s for one generator, {finding / making:.0f} times as long; the same coefficients: {same}")
sys.exit(0 if same and finding > 5 * making else 1)
PY
