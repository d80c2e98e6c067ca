"""Modified PDEs: the whole catalog, several dimensions, jets and systems, from an empty cache, expressions included.

Run with `python -m pytest -s benchmarks/bench_pde.py`. Times are processor times, the best of several rounds.
"""

import time

import pytest

import schemetools as st
from schemetools.analysis.modified import modified_pde, nonlinear, system_pde
from schemetools.analysis.series import laurent

LIMIT = 0.020
ORDERS = {1: 12, 2: 8, 3: 6}
SCALAR = [n for n in st.names("difference") if getattr(st.get(n), "components", 1) == 1]
CONSERVATION_LAWS = ["lax_friedrichs", "upwind", "richtmyer", "maccormack", "rk4_centred2"]


def forget():
    modified_pde._series.cache_clear()
    nonlinear._exponent.cache_clear()
    system_pde._entries.cache_clear()
    for kept in (laurent._of_difference, laurent._of_lines, laurent.line_symbols):
        kept.cache_clear()


def best(work, rounds=7):
    work()
    times = []
    for _ in range(rounds):
        forget()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("name", SCALAR)
def test_an_equation_of_the_catalog_takes_at_most_20_ms(name):
    scheme = st.get(name)
    order = ORDERS[scheme.dimension]
    seconds = best(lambda: st.modified_equation(scheme, order).in_numbers())
    print(f"\n{name}: order {order} in {scheme.dimension} dimensions, {seconds * 1e3:.1f} ms")
    assert seconds < LIMIT


@pytest.mark.parametrize("name", CONSERVATION_LAWS)
def test_jets_through_the_fourth_power_of_dx(name):
    scheme = st.get(name)
    seconds = {flux: best(lambda flux=flux: st.modified_equation(scheme, 5, flux=flux)) for flux in ("F", "u^2/2")}
    written = best(lambda: st.modified_equation(scheme, 5, flux="u^2/2").coefficients)
    print(f"\n{name}: any flux {seconds['F'] * 1e3:.1f} ms, Burgers {seconds['u^2/2'] * 1e3:.1f} ms, "
          f"with expressions {written * 1e3:.1f} ms")  # fmt: skip
    assert seconds["u^2/2"] < 0.010


@pytest.mark.parametrize(("name", "order"), [("yee", 7), ("yee_2d", 6), ("acoustics_lax_wendroff", 8)])
def test_a_system(name, order):
    scheme = st.get(name)
    seconds = best(lambda: st.modified_equation(scheme, order))
    print(f"\n{name}: order {order}, {seconds * 1e3:.1f} ms")
    assert seconds < LIMIT
