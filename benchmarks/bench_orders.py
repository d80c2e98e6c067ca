"""The first order of real tableaus and their blocks, over commit 4cb9aa9: fresh processes in turns, without imports."""

import pytest
from timing import earlier, fresh, in_turns, ratio

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

LARGE = """
import resource, time
import schemetools as st
st.modified_equation(st.rk4, 2)
start = time.process_time()
dict(st.modified_equation(st.rk4, {order}).coefficients)
print({what})
"""
SECONDS, GIB = "time.process_time() - start", "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20"


@pytest.mark.parametrize("name", CASES)
def test_at_least_five_times_faster(name, measured):
    program, there = RUN.format(work=CASES[name]), earlier("4cb9aa9")
    times = in_turns({"there": lambda: fresh(program, folder=there), "here": lambda: fresh(program)}, rounds=3)
    middle, spread = ratio(times, "there", "here")
    measured(f"{name}: commit 4cb9aa9 over ours", middle, spread=spread, bar=5, least=True)


def test_rk4_through_order_16(measured):
    """At most 3.1 times more from order to order, and under 2 GB (1.86 GiB)."""
    times = in_turns({p: lambda p=p: fresh(LARGE.format(order=p, what=SECONDS)) for p in ("14", "16")}, rounds=1)
    measured("modified equation of rk4, order 16 over order 14", times["16"][0] / times["14"][0], bar=3.1**2)
    measured("modified equation of rk4 through order 16, GiB", fresh(LARGE.format(order=16, what=GIB)), bar=2e9 / 2**30)
