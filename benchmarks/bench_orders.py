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


@pytest.mark.parametrize("name", CASES)
def test_at_least_five_times_faster(name, measured):
    program, there = RUN.format(work=CASES[name]), earlier("4cb9aa9")
    times = in_turns({"there": lambda: fresh(program, folder=there), "here": lambda: fresh(program)}, rounds=3)
    middle, spread = ratio(times, "there", "here")
    measured(f"{name}: commit 4cb9aa9 over ours", middle, spread=spread, bar=5, least=True)
