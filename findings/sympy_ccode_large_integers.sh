#!/usr/bin/env bash
# SymPy: ccode writes an integer factor as it is, however long. Beyond 64 bits that is no constant of C: gcc warns and keeps the
# lowest 64 bits, so that 10^21 x is 3.9e18 at x = 1 and 2^70 x is 0. A fraction gets ".0" at both ends and is right.
set -euo pipefail
if ! command -v gcc > /dev/null; then
    echo "skipped: there is no gcc here"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q sympy==1.14.0
"$work/venv/bin/python" - "$work" <<'PY'
import subprocess
import sys

import sympy

print("sympy", sympy.__version__)
folder, x = sys.argv[1], sympy.Symbol("x")
exact = [sympy.Integer(2) ** 70, sympy.Integer(10) ** 21, sympy.Rational(10**21, 3)]
written = [sympy.ccode(number * x) for number in exact]
with open(f"{folder}/program.c", "w") as file:
    body = "".join(f'    printf("%.17g\\n", {text});\n' for text in written)
    file.write(f"#include <stdio.h>\nint main(void) {{\n    double x = 1.0;\n{body}    return 0;\n}}\n")
subprocess.run(["gcc", "-w", "-o", f"{folder}/program", f"{folder}/program.c"], check=True)
seen = [float(line) for line in subprocess.run([f"{folder}/program"], check=True, capture_output=True).stdout.split()]
for number, text, value in zip(exact, written, seen):
    print(f"{text} at x = 1: expected {float(number):.6g}, seen {value:.6g}")
right = [abs(value / float(number) - 1) < 1e-15 for number, value in zip(exact, seen)]
sys.exit(0 if right == [False, False, True] else 1)
PY
