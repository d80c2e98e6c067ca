"""What showing costs: an equation over its derivation, a stack of blocks over the same with nothing kept.

    python benchmarks/bench_print.py [--against FOLDER]

Processor time, medians, all in one run. `--against` names a checkout of another commit, whose figures are taken in
turns with these in processes of their own.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from torch import nn

import schemetools as st

BLOCKS, ROUNDS = 50, 7
HERE = Path(__file__).resolve()


def median(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    times = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def figures() -> dict[str, float]:
    """Seconds: deriving the equation of dopri8 and showing it, showing 50 blocks of dopri5."""
    scheme = st.dopri8
    found = {}
    for p in (4, 9):
        st.modified_equation(scheme, p)  # grows the trees, once per process
        found[f"derive {p}"] = median(lambda p=p: st.modified_equation(scheme, p))
        equation = st.modified_equation(scheme, p)
        started = time.process_time()
        str(equation)
        found[f"first str {p}"] = time.process_time() - started
        found[f"str {p}"] = median(lambda p=p: str(st.modified_equation(scheme, p)))
        found[f"str again {p}"] = median(lambda equation=equation: str(equation))
    stack = st.to_stack(st.dopri5, [nn.Linear(2, 2) for _ in range(BLOCKS)])
    found["first repr"] = median(lambda: repr(stack), 1)
    found["repr"] = median(lambda: repr(stack))
    return found


def measured_at(folder: Path) -> dict[str, float]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(HERE), "--figures"]
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--figures", action="store_true")
    given = parser.parse_args()
    if given.figures:
        print(json.dumps(figures()))
        return
    folders = {"here": HERE.parents[1], **({"there": given.against.resolve()} if given.against else {})}
    rounds = [{name: measured_at(folder) for name, folder in folders.items()} for _ in range(3)]
    for key in rounds[0]["here"]:
        line = {name: statistics.median(r[name][key] for r in rounds) for name in folders}
        text = ", ".join(f"{name} {1e3 * seconds:.3f} ms" for name, seconds in line.items())
        gained = statistics.median(r["there"][key] / r["here"][key] for r in rounds) if given.against else None
        print(f"{key:14} {text}" + (f"  ({gained:.1f} times faster here)" if gained else ""))
    for p in (4, 9):
        ratio = statistics.median(r["here"][f"str again {p}"] / r["here"][f"derive {p}"] for r in rounds)
        print(f"str of the equation of dopri8 through order {p}, over its derivation: {ratio:.3f}")


if __name__ == "__main__":
    main()
