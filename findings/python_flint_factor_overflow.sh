#!/usr/bin/env bash
# python-flint: factoring an integer polynomial in two variables raises OverflowError once coefficients pass 2^31,
# although the arithmetic itself is of unlimited size (product, gcd and resultant of the same polynomials work).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q python-flint==0.9.0
"$work/venv/bin/python" - <<'PY'
import sys

import flint
from flint import Ordering, fmpz_mpoly_ctx

print("python-flint", flint.__version__)
x, y = fmpz_mpoly_ctx.get(("x", "y"), Ordering.lex).gens()


def attempt(n):
    left, right = x + n * y, x + (n + 2) * y + 1
    assert (left * right).gcd(left) == left
    try:
        return f"{len((left * right).factor()[1])} factors"
    except OverflowError as error:
        return f"OverflowError: {error}"


small, large = attempt(10), attempt(2**31)
print("expected: 2 factors for every n in (x + n y)(x + (n + 2) y + 1)")
print("seen:     n = 10:", small)
print("seen:     n = 2^31:", large)
sys.exit(0 if small == "2 factors" and large.startswith("OverflowError") else 1)
PY
