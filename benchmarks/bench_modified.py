"""Modified equations beside the peers: fresh processes in turns, imports excluded, tables included."""

import pytest
from timing import fresh, in_turns, ratio

PRELUDE = """
import time
import schemetools as st
{setup}
st.modified_equation, st.modifying_integrator, st.rk4
start = time.process_time()
{work}
print(time.process_time() - start)
"""
KAURI = """
import time
from fractions import Fraction as Q
import kauri
rk4 = kauri.RK([[0, 0, 0, 0], [Q(1, 2), 0, 0, 0], [0, Q(1, 2), 0, 0], [0, 0, 1, 0]], [Q(1, 6), Q(1, 3), Q(1, 3), Q(1, 6)])
start = time.process_time()
series = rk4.modified_equation_map()
values = [series(tree) for tree in kauri.trees_up_to_order({order})]
print(time.process_time() - start)
"""
BSERIES = """
import time
import numpy as np
import sympy
from sympy import Rational as Q
from BSeries import bs, trees
A = np.array([[0, 0, 0, 0], [Q(1, 2), 0, 0, 0], [0, Q(1, 2), 0, 0], [0, 0, 1, 0]], dtype=object)
b = np.array([Q(1, 6), Q(1, 3), Q(1, 3), Q(1, 6)], dtype=object)
start = time.process_time()
a, B = bs.TreeMap("a"), bs.TreeMap("b")
for tree in trees.trees_to_order({order}).values():
    a[tree] = bs.elementary_weight(tree, A, b)
exact = lambda t: Q(1) / trees.gamma(t)
B[trees.canonical_forest["t1"]] = a[trees.canonical_forest["t1"]]
for p in range(2, {order} + 1):
    for t in trees.all_trees(p):
        B[t] = a[t] - bs.subs(B, exact, t) + B[t]
print(time.process_time() - start)
"""
OSCILLATOR = """
import time
import numpy as np
import sympy
from BSeries import bs, trees
u1, u2, h = sympy.symbols("u1 u2 h")
A = np.array([[0, 0], [sympy.Rational(1, 2), 0]], dtype=object)
b = np.array([0, 1], dtype=object)
f = np.array([-u2, u1]) / (u1**2 + u2**2)
start = time.process_time()
step, B = bs.TreeMap("a"), bs.TreeMap("b")
for tree in trees.trees_to_order(8).values():
    step[tree] = bs.elementary_weight(tree, A, b)
exact = lambda t: sympy.Rational(1) / trees.gamma(t)
outer, target = {roles}
dot = trees.canonical_forest["t1"]
B[dot] = target(dot)
for p in range(2, 9):
    for t in trees.all_trees(p):
        B[t] = target(t) - bs.subs(B, outer, t) + B[t]
field = np.zeros_like(f, dtype=object)
for p in range(1, 9):
    for t in trees.all_trees(p):
        field += h**(p - 1) / t.symmetry() * B[t] * bs.elementary_differential(t, f, (u1, u2), evaluate=True)
field = [sympy.simplify(component) for component in field]  # ours comes cancelled
print(time.process_time() - start)
"""
ROLES = {"modified_equation": "exact, step", "modifying_integrator": "step, exact"}
OURS_OSCILLATOR = dict(
    setup="from sympy import symbols\nu1, u2, h = symbols('u1 u2 h')\nr2 = u1**2 + u2**2",
    work="st.{verb}(st.midpoint, 8).vector_field((-u2 / r2, u1 / r2), (u1, u2), h)",
)


def ours(work: str, setup: str = "") -> str:
    return PRELUDE.format(setup=setup, work=work)


def coefficients(name: str, order: int) -> str:
    return ours(f"dict(st.modified_equation(scheme, {order}).coefficients)", f"scheme = st.get('{name}')")


CASES = {
    "rk4 through order 8: kauri": (coefficients("rk4", 8), KAURI.format(order=8), 5000),
    "rk4 through order 9: BSeries": (coefficients("rk4", 9), BSERIES.format(order=9), 1500),
    "rk4 through order 12: BSeries through order 7": (coefficients("rk4", 12), BSERIES.format(order=7), 1),
    "lm() through order 10: BSeries with rk4 through order 6": (coefficients("lm", 10), BSERIES.format(order=6), 1),
    "verner89 through order 9: rk4": (coefficients("verner89", 9), coefficients("rk4", 9), 0.1),
} | {
    f"oscillator of midpoint, {verb}, order 8: BSeries": (
        ours(OURS_OSCILLATOR["work"].format(verb=verb), OURS_OSCILLATOR["setup"]), OSCILLATOR.format(roles=ROLES[verb]), bar,
    )
    for verb, bar in (("modified_equation", 500), ("modifying_integrator", 800))
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_faster_than_a_peer(what, measured):
    mine, other, bar = CASES[what]
    times = in_turns({"ours": lambda: fresh(mine), "peer": lambda: fresh(other)}, rounds=3)
    middle, spread = ratio(times, "peer", "ours")
    measured(f"modified equation, {what} over ours", middle, spread=spread, bar=bar, least=True)


def test_growth_and_memory(measured):
    times = in_turns({str(p): lambda p=p: fresh(coefficients("rk4", p)) for p in range(10, 15)}, rounds=3)
    middle, _ = ratio(times, "14", "10")
    measured("modified equation of rk4, time from order to order, 10 to 14", middle**0.25, bar=3.3)
    largest = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)"
    measured("modified equation of rk4 through order 14, GiB", fresh(coefficients("rk4", 14) + largest), bar=2)
