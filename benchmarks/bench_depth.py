"""How the cost of a stack grows with its depth: python benchmarks/bench_depth.py

Processor time of constructing, compiling by regions, and one training step of 100 to 1,000 equal layers; the exponent
is the slope of log time against log depth. The bar is 1.05.
"""

import argparse
import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch._inductor.config
from torch import nn

import schemetools as st

DEPTHS = (100, 200, 500, 1000)
BAR = 1.05
WIDTH = 16


def branches(depth: int) -> list[nn.Module]:
    """Equal layers."""
    return [nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh()) for _ in range(depth)]


def seconds(run: Callable[[], object]) -> float:
    """Processor time of one run, with no garbage of earlier ones."""
    gc.collect()
    start = time.process_time()
    run()
    return time.process_time() - start


def training_step(stack: nn.Module, x: torch.Tensor) -> Callable[[], object]:
    """Forward, backward, and a step of stochastic gradient descent."""
    optimizer = torch.optim.SGD(stack.parameters(), lr=1e-3)

    def run() -> None:
        optimizer.zero_grad()
        stack(x).square().mean().backward()
        optimizer.step()

    return run


def constructing(depth: int) -> float:
    """Time to build a stack around modules that are there."""
    made = branches(depth)
    return seconds(lambda: st.to_stack(st.lm(), made, h=0.01, init={"k": -0.1}))


def training(depth: int) -> float:
    """Time of a training step after one that warms up."""
    run = training_step(st.to_stack(st.lm(), branches(depth), h=0.01, init={"k": -0.1}), torch.randn(4, WIDTH))
    run()
    return seconds(run)


def compiling(depth: int) -> float:
    """Time until a stack compiled layer by layer has run forward and backward once, no cache on disk used."""
    torch.compiler.reset()
    stack = st.to_stack(st.rk4, branches(depth), h=0.01)
    x = torch.randn(4, WIDTH)
    with torch._inductor.config.patch(force_disable_caches=True):
        stack.compile(fullgraph=True)
        return seconds(lambda: stack(x).sum().backward())


KINDS: dict[str, tuple[Callable[[int], float], int]] = {
    "constructing": (constructing, 3),
    "one training step": (training, 3),
    "compiling by regions": (compiling, 1),
}


def exponent(times: dict[int, float]) -> float:
    """The slope of log time against log depth."""
    return float(np.polyfit(np.log(list(times)), np.log(list(times.values())), 1)[0])


def growth(name: str) -> dict[int, float]:
    """The least time of some rounds at each depth, the depths in turns."""
    run, rounds = KINDS[name]
    run(10)
    found = [{depth: run(depth) for depth in DEPTHS} for _ in range(rounds)]
    return {depth: min(times[depth] for times in found) for depth in DEPTHS}


def line(name: str, times: dict[int, float]) -> str:
    """One line of the table."""
    slope = exponent(times)
    shown = ", ".join(f"{depth}: {t:.3f} s" for depth, t in times.items())
    return f"{name:22} exponent {slope:.3f}, bar {BAR}: {'holds' if slope <= BAR else 'MISSED'} ({shown})"


@pytest.mark.parametrize("name", KINDS)
def test_depth(name: str, measured: Any) -> None:
    """How fast the cost grows between 100 and 1,000 layers."""
    measured(f"{name}, exponent between 100 and 1,000 layers", exponent(growth(name)), bar=BAR)


def main() -> None:
    """One line per kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], default=[])
    options = parser.parse_args()
    torch.set_num_threads(1)
    for name in options.kinds or KINDS:
        print(line(name, growth(name)), flush=True)


if __name__ == "__main__":
    main()
