"""The first order of real tableaus, over another version: python benchmarks/bench_orders.py --beside FOLDER

FOLDER is a checkout of commit 4cb9aa9; every case is a fresh process, both versions in turns, processor time without
imports, the median of the ratios of three rounds. The bar is 5 times faster.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

BAR = 5.0
CASES = {
    "order(gauss(5))": "st.order(st.get('gauss(5)'))",
    "order(radau_iia(4))": "st.order(st.get('radau_iia(4)'))",
    "to_block(gauss(4))": "st.to_block(st.get('gauss(4)'))",
}
RUN = """
import time
import schemetools as st
st.order(st.rk4), st.to_block(st.backward_euler)
start = time.process_time()
{work}
print(time.process_time() - start)
"""


HERE = str(Path(__file__).resolve().parents[1])


def seconds(work: str, folder: str) -> float:
    """Processor time in a fresh process, by the version of a folder."""
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": folder}
    command = [sys.executable, "-c", RUN.format(work=work)]
    return float(subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """One line per case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beside", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for name, work in CASES.items():
        rounds = [(seconds(work, HERE), seconds(work, options.beside)) for _ in range(options.rounds)]
        faster = statistics.median(there / here for here, there in rounds)
        here = statistics.median(here for here, _ in rounds)
        held = "holds" if faster >= BAR else "MISSED"
        print(f"{name:22} {here:.2f} s, {faster:.1f} times faster, bar {BAR:.0f}: {held}", flush=True)


if __name__ == "__main__":
    main()
