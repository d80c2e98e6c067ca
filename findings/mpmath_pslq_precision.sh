#!/usr/bin/env bash
# mpmath: pslq refuses to work below 53 bits, even where the caller gives a tolerance that 50 bits serve; the refusal is
# of the working precision alone, and findpoly, which calls it, raises it as well.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q mpmath==1.3.0
"$work/venv/bin/python" - <<'PY'
import sys

import mpmath
from mpmath import mp

print("mpmath", mpmath.__version__)


def attempt(bits, search):
    with mp.workprec(bits):
        try:
            return str(search())
        except ValueError as error:
            return f"ValueError: {error}"


def relation():
    return mpmath.pslq([mpmath.sqrt(2), mpmath.mpf(1), mpmath.sqrt(2) + 1], tol=mpmath.mpf(2) ** -30)


def polynomial():
    return mpmath.findpoly(mpmath.sqrt(2), 2, tol=mpmath.mpf(2) ** -30)


low, high = attempt(52, relation), attempt(53, relation)
low_polynomial, high_polynomial = attempt(52, polynomial), attempt(53, polynomial)
print("expected: sqrt(2), 1, 1 + sqrt(2) have the relation 1, 1, -1, and sqrt(2) the polynomial x^2 - 2, at both precisions")
print("seen:     53 bits:", high, "and", high_polynomial)
print("seen:     52 bits:", low, "and", low_polynomial)
changed = not low.startswith("ValueError") or not low_polynomial.startswith("ValueError")
sys.exit(1 if changed or high.startswith("ValueError") or high_polynomial.startswith("ValueError") else 0)
PY
