"""Timing: cases run in turns, so that a change of the machine's speed hits all of them; medians and ratios."""

import io
import os
import statistics
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
Case = Callable[[], object]


def seconds_per_call(case: Case, calls: int, device: torch.device) -> float:
    """Mean time of `calls` calls: by CUDA events on a GPU, else the processor time of this process, which other load on
    the machine disturbs less than a clock on the wall."""
    if device.type != "cuda":
        start = time.process_time()
        for _ in range(calls):
            case()
        return (time.process_time() - start) / calls
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(calls):
        case()
    end.record()
    torch.cuda.synchronize(device)
    return begin.elapsed_time(end) / 1000 / calls


def interleaved(
    cases: Mapping[str, Case], *, rounds: int = 15, budget: float = 0.03, device: torch.device | None = None
) -> dict[str, list[float]]:
    """`rounds` measurements of each case in turns; each lasts about `budget` seconds."""
    device = device or torch.device("cpu")
    for case in cases.values():
        case()
    first = next(iter(cases.values()))
    calls = max(1, int(budget / max(seconds_per_call(first, 1, device), 1e-7)))
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            times[name].append(seconds_per_call(case, calls, device))
    return times


def ratio(times: Mapping[str, list[float]], name: str, base: str) -> tuple[float, float]:
    """Median over rounds of time(name) / time(base), and half the distance of its quartiles."""
    ratios = [a / b for a, b in zip(times[name], times[base], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return middle, (high - low) / 2


def gradient_of(module: Callable[..., torch.Tensor], x: torch.Tensor) -> Case:
    """A forward and a backward pass."""

    def run() -> None:
        module(x).sum().backward()

    return run


def in_turns(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Seconds that each case says of itself, `rounds` times in turns."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            times[name].append(case())
    return times


def processor(work: Case) -> float:
    """Processor time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def fresh(program: str, *, folder: str | Path = ROOT, timeout: float | None = None) -> float:
    """The number that a program prints last, run by a process of its own in a folder with its package.

    A program given as text looks for packages where it runs before it looks at PYTHONPATH.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return float(done.stdout.split()[-1])


def earlier(commit: str) -> Path:
    """A folder with the sources of an earlier commit of this repository, to be run beside these."""
    folder = ROOT / ".cache" / commit
    if not folder.exists():
        packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
    return folder
