"""Importing the package against importing sympy, each in fresh processes, interleaved."""

import statistics
import subprocess
import sys
import time

ROUNDS = 7


def seconds(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def test_importing_costs_at_most_what_sympy_costs():
    times: dict[str, list[float]] = {"import sympy": [], "import schemetools": [], "import schemetools as s; s.rk4": []}
    for _ in range(ROUNDS):
        for statement, found in times.items():
            found.append(seconds(statement))
    base, *ours = (statistics.median(found) for found in times.values())
    print(
        f"\nimport schemetools {ours[0] / base:.2f}, and rk4 taken from the catalog {ours[1] / base:.2f} of import sympy ({base:.2f} s)"
    )
    assert ours[0] <= 1.3 * base
