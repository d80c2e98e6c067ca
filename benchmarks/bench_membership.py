"""Membership of many points: scattered ones beside an earlier commit, and images of 10^8 points in bounded memory."""

import pytest
from timing import earlier, fresh, in_turns, interleaved, ratio

import schemetools as st

COMMIT = "4cb9aa9"
SCATTERED = """
import time
import numpy as np
import schemetools as st
random = np.random.default_rng(0)
points = random.uniform(-6, 4, 10**6) + 1j * random.uniform(-5, 5, 10**6)
found = st.stability(st.get("{name}"))
found.contains(points[:1000])
times = []
for _ in range({calls}):
    start = time.process_time()
    found.contains(points)
    times.append(time.process_time() - start)
print(np.median(times))
"""
IMAGE = """
import tracemalloc
import schemetools as st
found = st.stability(st.rk4)
found.region((-6, 4), (-5, 5), 100)
tracemalloc.start()
found.region((-6, 4), (-5, 5), {n})
print(tracemalloc.get_traced_memory()[1] / {n} ** 2)
"""


@pytest.mark.parametrize("name", ["bdf(4)", "adams_bashforth(4)"])
@pytest.mark.parametrize(("calls", "what"), [(1, "the first time"), (5, "later")])
def test_scattered_points(name: str, calls: int, what: str, measured) -> None:
    """At most a third for bdf(4); the first time the squares are still to be found."""
    program, before = SCATTERED.format(name=name, calls=calls), earlier(COMMIT)
    times = in_turns({"ours": lambda: fresh(program), "then": lambda: fresh(program, folder=before)}, 5)
    middle, spread = ratio(times, "ours", "then")
    bar = 1 / 3 if name == "bdf(4)" else None
    measured(f"contains of {name}, 10^6 scattered points, {what}, over {COMMIT}", middle, spread=spread, bar=bar)


def test_a_large_image_is_as_fast_as_a_small_one(measured) -> None:
    """Per point, 10^8 points at no less than 0.8 of the speed of 10^6."""
    found = st.stability(st.rk4)
    sizes = {"small": 1000, "large": 10000}
    cases = {name: lambda n=n: found.region((-6, 4), (-5, 5), n) for name, n in sizes.items()}
    times = interleaved(cases, rounds=5)
    times["large"] = [seconds / 100 for seconds in times["large"]]
    middle, spread = ratio(times, "small", "large")
    measured("region of rk4, speed per point of 10^8 over 10^6", middle, spread=spread, bar=0.8, least=True)


def test_a_large_image_needs_little_more_than_its_booleans(measured) -> None:
    measured("region of rk4, 10^8 points, bytes per point", fresh(IMAGE.format(n=10000)), bar=1.5)
