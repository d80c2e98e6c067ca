#!/usr/bin/env bash
# nodepy: one row of the method "Lambert65" does not belong to it. Row 3 is 1/8, 1/8; with 3/16, 1/16 the
# method is of order 5, as its name says; as it stands, of order 2.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q nodepy==1.1.1 six==1.17.0 numpy==2.4.6 sympy==1.14.0
"$work/venv/bin/python" - <<'PY'
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
from nodepy import rk
from sympy import Rational

print("nodepy", version("nodepy"))
method = rk.loadRKM("Lambert65")
mended = method.A.copy()
mended[2, :2] = Rational(3, 16), Rational(1, 16)
seen, then = method.order(), rk.ExplicitRungeKuttaMethod(mended, method.b).order()
print("expected: order 5")
print(f"seen:     order {seen} with the row {[str(a) for a in method.A[2, :2]]}, order {then} with 3/16, 1/16")
sys.exit(0 if (seen, then) == (2, 5) else 1)
PY
