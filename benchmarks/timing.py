"""Timing: cases run in turns, so that a change of the machine's speed hits all of them; medians and ratios."""

import statistics
import time
from collections.abc import Callable, Mapping

import torch

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
