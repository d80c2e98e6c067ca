"""What saving memory costs in time, over storing everything: python benchmarks/bench_memory.py [--depth 100]

100 convolutional layers, forward and backward. Computing states again costs one more pass at least: that floor runs
beside them in turns. A bar holds where the ratio is below it, or within 1.06 of a floor that lies above it.
"""

import argparse
import gc
from functools import partial
from typing import Any

import torch
from bench_blocks import conv_layers, evaluated_twice, partitioned_layers
from timing import gradient_of, interleaved, ratio

import schemetools as st

BARS = {"lm(k=1), reversible": 1.45, "lm(k=1), checkpoint every 10": 1.35, "revnet, reversible": 1.40}
OVER_FLOOR = 1.06


def ratios(depth: int, rounds: int) -> dict[str, tuple[float, float, float]]:
    """{case: (over store, floor over store, over the floor)}, medians of rounds in turns."""
    found = {}
    for name, make, kinds in (
        ("lm(k=1)", conv_layers, {"reversible": {}, "checkpoint every 10": {"memory": "checkpoint", "every": 10}}),
        ("revnet", partitioned_layers, {"reversible": {}}),
    ):
        branches, x = make(depth)
        scheme, split = st.get(name), name == "revnet"
        stacks = {
            kind: st.to_stack(scheme, branches, split=split, h=0.1, **({"memory": "reversible"} | options))
            for kind, options in kinds.items()
        }
        store = st.to_stack(scheme, branches, split=split, h=0.1)
        cases = {kind: gradient_of(stack, x) for kind, stack in stacks.items()}
        cases |= {"store": gradient_of(store, x), "floor": partial(evaluated_twice, store, x)}
        gc.collect()
        times = interleaved(cases, rounds=rounds, budget=0.0)
        floor = ratio(times, "floor", "store")[0]
        for kind in kinds:
            found[f"{name}, {kind}"] = ratio(times, kind, "store")[0], floor, ratio(times, kind, "floor")[0]
    return found


def holds(name: str, over: float, floor: float, beside: float) -> bool:
    """Whether the bar holds; where the floor is above it, whether the case is near the floor."""
    return over <= BARS[name] or (floor > BARS[name] and beside <= OVER_FLOOR)


def line(name: str, over: float, floor: float, beside: float) -> str:
    """One line of the table."""
    verdict = "holds" if holds(name, over, floor, beside) else "MISSED"
    return (
        f"{name:30} {over:.3f} of store, bar {BARS[name]:.2f}: {verdict}; "
        f"one more pass is {floor:.3f}, {beside:.3f} over that"
    )


def test_memory_kinds(measured: Any) -> None:
    """Each kind over storing everything, and over the floor."""
    for name, (over, floor, beside) in ratios(100, 7).items():
        measured(f"100 layers, {name}, time over store", over, bar=BARS[name])
        measured(f"100 layers, {name}, time over one more pass", beside, bar=OVER_FLOOR)
        measured(f"100 layers, {name}, one more pass over store", floor)


def main() -> None:
    """One line per kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for name, figures in ratios(options.depth, options.rounds).items():
        print(line(name, *figures), flush=True)


if __name__ == "__main__":
    main()
