"""Modified equations against the peers: fresh processes, imports excluded, tables included; ours the best of five.

The peers (`pip install kauri BSeries`) are run by this interpreter, or by the one that PEER_PYTHON names; what is not
installed is skipped. `pytest benchmarks/bench_modified.py -q -s` prints the ratios.
"""

import os
import resource
import subprocess
import sys

import pytest

PEER = os.environ.get("PEER_PYTHON", sys.executable)
PRELUDE = """
import time
import schemetools as st
{setup}
st.modified_equation, st.modifying_integrator, st.rk4
start = time.perf_counter()
{work}
print(time.perf_counter() - start)
"""
KAURI = """
import time
from fractions import Fraction as Q
import kauri
rk4 = kauri.RK([[0, 0, 0, 0], [Q(1, 2), 0, 0, 0], [0, Q(1, 2), 0, 0], [0, 0, 1, 0]], [Q(1, 6), Q(1, 3), Q(1, 3), Q(1, 6)])
start = time.perf_counter()
series = rk4.modified_equation_map()
values = [series(tree) for tree in kauri.trees_up_to_order({order})]
print(time.perf_counter() - start)
"""
BSERIES = """
import time
import numpy as np
import sympy
from sympy import Rational as Q
from BSeries import bs, trees
A = np.array([[0, 0, 0, 0], [Q(1, 2), 0, 0, 0], [0, Q(1, 2), 0, 0], [0, 0, 1, 0]], dtype=object)
b = np.array([Q(1, 6), Q(1, 3), Q(1, 3), Q(1, 6)], dtype=object)
start = time.perf_counter()
a, B = bs.TreeMap("a"), bs.TreeMap("b")
for tree in trees.trees_to_order({order}).values():
    a[tree] = bs.elementary_weight(tree, A, b)
exact = lambda t: Q(1) / trees.gamma(t)
B[trees.canonical_forest["t1"]] = a[trees.canonical_forest["t1"]]
for p in range(2, {order} + 1):
    for t in trees.all_trees(p):
        B[t] = a[t] - bs.subs(B, exact, t) + B[t]
print(time.perf_counter() - start)
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
start = time.perf_counter()
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
print(time.perf_counter() - start)
"""
ROLES = {"modified_equation": "exact, step", "modifying_integrator": "step, exact"}
OURS_OSCILLATOR = dict(
    setup="from sympy import symbols\nu1, u2, h = symbols('u1 u2 h')\nr2 = u1**2 + u2**2",
    work="st.{verb}(st.midpoint, 8).vector_field((-u2 / r2, u1 / r2), (u1, u2), h)",
)


def run(python: str, program: str) -> float:
    """What the program prints last, a time in seconds."""
    done = subprocess.run([python, "-c", program], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def ours(work: str, setup: str = "", rounds: int = 5) -> float:
    return min(run(sys.executable, PRELUDE.format(setup=setup, work=work)) for _ in range(rounds))


def coefficients(name: str, order: int, rounds: int = 5) -> float:
    return ours(f"dict(st.modified_equation(scheme, {order}).coefficients)", f"scheme = st.get('{name}')", rounds)


def peer(module: str, program: str) -> float:
    if subprocess.run([PEER, "-c", f"import {module}"], capture_output=True).returncode:
        pytest.skip(f"{module} is not installed for {PEER}")
    return run(PEER, program)


def report(benchmark, what: str, mine: float, other: float, bar: float) -> None:
    benchmark.pedantic(lambda: None, rounds=1)
    benchmark.extra_info.update(ours=mine, peer=other, ratio=other / mine)
    print(f"\n{what}: {mine:.4g} s against {other:.4g} s, {other / mine:.0f} times faster (bar {bar:g})")
    assert other / mine >= bar


def test_order_8_against_kauri(benchmark):
    report(benchmark, "rk4 order 8", coefficients("rk4", 8), peer("kauri", KAURI.format(order=8)), 5000)


def test_order_9_against_bseries(benchmark):
    report(benchmark, "rk4 order 9", coefficients("rk4", 9), peer("BSeries", BSERIES.format(order=9)), 1500)


def test_order_12_in_the_time_of_order_7(benchmark):
    report(
        benchmark, "rk4 order 12, peer order 7", coefficients("rk4", 12), peer("BSeries", BSERIES.format(order=7)), 1
    )


def test_symbolic_lm_in_the_time_of_rk4_at_order_6(benchmark):
    report(
        benchmark, "lm() order 8, peer rk4 order 6", coefficients("lm", 8), peer("BSeries", BSERIES.format(order=6)), 1
    )


def test_verner_over_a_number_field(benchmark):
    mine, reference = coefficients("verner89", 9), coefficients("rk4", 9)
    report(benchmark, "verner89 order 9 in tenths of rk4's time", mine, 10 * reference, 1)


@pytest.mark.parametrize(("verb", "bar"), [("modified_equation", 500), ("modifying_integrator", 800)])
def test_nonlinear_oscillator(benchmark, verb, bar):
    mine = ours(OURS_OSCILLATOR["work"].format(verb=verb), OURS_OSCILLATOR["setup"])
    report(benchmark, f"oscillator, {verb}, order 8", mine, peer("BSeries", OSCILLATOR.format(roles=ROLES[verb])), bar)


def test_growth_and_memory(benchmark):
    benchmark.pedantic(lambda: None, rounds=1)
    times = {order: coefficients("rk4", order, rounds=3) for order in range(10, 15)}
    growth = (times[14] / times[10]) ** 0.25
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(
        f"\nrk4 orders 10..14: {', '.join(f'{t:.3g}' for t in times.values())} s, growth {growth:.2f}, {memory:.2f} GiB"
    )
    assert growth <= 3.3
    assert memory <= 2
