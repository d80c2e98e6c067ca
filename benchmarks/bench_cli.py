"""What a command costs as a whole process, over the libraries that it cannot do without."""

import os
import subprocess
import sys
import time

from timing import in_turns, ratio

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


def seconds(command: list[str], folder) -> float:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def test_a_command_costs_little_more_than_its_libraries(tmp_path, measured):
    for words, (bare, bar) in COMMANDS.items():
        ours = [sys.executable, "-m", "schemetools", *words.split()]
        theirs = [sys.executable, "-c", bare]
        times = in_turns(
            {"ours": lambda c=ours: seconds(c, tmp_path), "bare": lambda c=theirs: seconds(c, tmp_path)}, 9
        )
        middle, spread = ratio(times, "ours", "bare")
        measured(f"`schemetools {words}` over its libraries alone", middle, spread=spread, bar=bar)
