"""Cost against size on each hot path: the fitted exponent beside the least that any program can have.

Processor time, medians, sizes in turns, answers not kept; the fit is least squares through the logarithms. MORE=1 goes on to
the largest sizes, which take hours or tens of GiB.
"""

import os
import statistics
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from timing import fresh, gradient_of, in_turns, processor
from torch import nn

import schemetools as st

MORE = bool(os.environ.get("MORE"))
SYMBOLIC = """
import time
import schemetools as st
st.modified_equation(st.rk4, 2), st.stability(st.rk4).is_a_stable, st.order(st.rk4), st.to_source(st.rk4, "torch")
scheme = {scheme}
start = time.process_time()
{work}
print(time.process_time() - start)
"""
Case = Callable[[int], Callable[[], float]]


def program(scheme: str, work: str) -> Case:
    """A case in a fresh process, where no answer is kept."""
    return lambda n: lambda: fresh(SYMBOLIC.format(scheme=scheme.format(n=n), work=work.format(n=n)))


def region(n: int) -> Callable[[], float]:
    points = np.exp(2j * np.pi * np.linspace(0, 1, n)) * np.linspace(0, 4, n)
    found = st.stability(st.get("bdf(4)"))
    found.contains(0)
    return lambda: processor(lambda: found.contains(points))


def step(batch: int, width: int) -> Callable[[], float]:
    block = st.to_block(st.rk4)(nn.Sequential(nn.Linear(width, width), nn.Tanh()), h=0.1)
    run = gradient_of(block, torch.randn(batch, width, requires_grad=True))
    return lambda: processor(run)


def layers(depth: int, memory: str) -> Callable[[], float]:
    stack = st.to_stack(st.lm(k=1), [nn.Linear(64, 64) for _ in range(depth)], h=0.01, memory=memory)
    run = gradient_of(stack, torch.randn(32, 64, requires_grad=True))
    return lambda: processor(run)


# what: (sizes, sizes with MORE, the floor of the exponent, the case of a size)
POWERS: dict[str, tuple[Sequence[int], Sequence[int], float, Case]] = {
    "source of rkc1(s), stages s": ((8, 16, 32, 64), (), 2, program("st.get('rkc1({n})')", "st.to_source(scheme, 'torch')")),
    "order of gauss(s), stages s": ((2, 3, 4), (5,), 2, program("st.get('gauss({n})')", "st.order(scheme)")),
    "modified equation of order 6 of adams_bashforth(k), steps k": (
        (3, 5, 10, 20), (), 1, program("st.get('adams_bashforth({n})')", "st.modified_equation(scheme, 6).coefficients")),
    "real interval of adams_bashforth(k), steps k": (
        (3, 5, 10, 20), (), 2, program("st.get('adams_bashforth({n})')", "float(st.stability(scheme).real_interval)")),
    "points of the region of bdf(4), points": ((10**4, 10**5, 10**6), (10**7, 10**8), 1, region),
    "lm(k=1) with gradients, layers": ((10, 100, 1000), (), 1, lambda n: layers(n, "store")),
    "lm(k=1) with gradients, reversible, layers": ((10, 100, 1000), (), 1, lambda n: layers(n, "reversible")),
    "step of rk4 with gradients, batch": ((256, 1024, 4096), (16384,), 1, lambda n: step(n, 64)),
    "step of rk4 with gradients, width": ((128, 256, 512), (1024,), 2, lambda n: step(128, n)),
}  # fmt: skip


def fitted(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The slope of the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


@pytest.mark.parametrize("what", POWERS)
def test_the_exponent_is_near_its_floor(what: str, measured) -> None:
    sizes, larger, floor, case = POWERS[what]
    sizes = [*sizes, *(larger if MORE else ())]
    cases = {str(n): case(n) for n in sizes}
    times = [
        statistics.median(found[1:]) for found in in_turns(cases, 4).values()
    ]  # the first is slower where something is loaded once
    print("\n" + ", ".join(f"{n}: {t:.3g} s" for n, t in zip(sizes, times, strict=True)), end="")
    measured(f"growth of {what} (floor {floor})", fitted(sizes, times), bar=floor + 0.2)
    measured(f"time of {what} {sizes[-1]}, s", times[-1])


def test_a_modified_equation_grows_with_its_trees(measured) -> None:
    """The number of rooted trees grows 2.96 times from order to order."""
    orders = range(8, 16 if MORE else 13)
    case = program("st.rk4", "dict(st.modified_equation(scheme, {n}).coefficients)")
    times = [statistics.median(found) for found in in_turns({str(p): case(p) for p in orders}, 3).values()]
    base = float(np.exp(np.polyfit(orders, np.log(times), 1)[0]))
    measured("growth of the modified equation of rk4 from order to order (floor 2.96)", base, bar=3.3)
    measured(f"time of the modified equation of rk4 through order {orders[-1]}, s", times[-1])
