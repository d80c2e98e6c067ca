"""Importing the package against importing sympy, each in fresh processes, in turns."""

import subprocess
import sys
import time

from timing import in_turns, ratio

STATEMENTS = ("import sympy", "import schemetools", "import schemetools as s; s.rk4")


def seconds(statement):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def test_importing_costs_at_most_what_sympy_costs(measured):
    times = in_turns({s: lambda s=s: seconds(s) for s in STATEMENTS}, rounds=9)
    for statement, bar in zip(STATEMENTS[1:], (1.3, None), strict=True):
        middle, spread = ratio(times, statement, "import sympy")
        measured(f"`{statement}` over `import sympy`", middle, spread=spread, bar=bar)
