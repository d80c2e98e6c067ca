"""What a command costs as a whole process, over the libraries that it cannot do without."""

import os
import statistics
import subprocess
import sys
import time

BARE_PICTURE = """
import matplotlib; matplotlib.use("agg")
import matplotlib.pyplot as plt, numpy, sympy
plt.figure().savefig("bare.png")
"""
COMMANDS = {
    "stability rk4 -o x.png": (BARE_PICTURE, 1.5),
    "show rk4": ("import sympy, numpy", 1.8),
    "list": ("import sympy, numpy", 1.5),
    "--help": ("import sympy, numpy", 0.8),
}
ROUNDS = 9


def seconds(command: list[str], folder) -> float:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def test_a_command_costs_little_more_than_its_libraries(tmp_path):
    for words, (bare, allowed) in COMMANDS.items():
        ours = [sys.executable, "-m", "schemetools", *words.split()]
        theirs = [sys.executable, "-c", bare]
        seconds(ours, tmp_path), seconds(theirs, tmp_path)
        ratios = [seconds(ours, tmp_path) / seconds(theirs, tmp_path) for _ in range(ROUNDS)]
        middle = statistics.median(ratios)
        print(f"schemetools {words}: {middle:.2f} of the bare process (allowed {allowed})")
        assert middle <= allowed, words
