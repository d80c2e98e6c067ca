"""Modified PDEs: the whole catalog, several dimensions, jets and systems, from an empty cache; best of several rounds."""

import pytest
from timing import processor

import schemetools as st
from schemetools.analysis.modified import modified_pde, nonlinear, system_pde
from schemetools.analysis.series import laurent

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
        times.append(processor(work))
    return min(times)


def test_an_equation_of_the_catalog_takes_at_most_20_ms(measured):
    def seconds(name):
        scheme = st.get(name)
        return best(lambda: st.modified_equation(scheme, ORDERS[scheme.dimension]).in_numbers())

    times = {name: seconds(name) for name in SCALAR}
    print(f"\nslowest: {max(times, key=times.__getitem__)}")
    measured(f"modified PDE, the slowest of {len(times)} scalar schemes, s", max(times.values()), bar=0.020)


@pytest.mark.parametrize("name", CONSERVATION_LAWS)
def test_jets_through_the_fourth_power_of_dx(name, measured):
    scheme = st.get(name)
    seconds = {flux: best(lambda flux=flux: st.modified_equation(scheme, 5, flux=flux)) for flux in ("F", "u^2/2")}
    measured(f"modified equation of {name} for Burgers' flux through dx^4, s", seconds["u^2/2"], bar=0.010)
    measured(f"modified equation of {name} for any flux through dx^4, s", seconds["F"])


@pytest.mark.parametrize(("name", "order"), [("yee", 7), ("yee_2d", 6), ("acoustics_lax_wendroff", 8)])
def test_a_system(name, order, measured):
    scheme = st.get(name)
    measured(
        f"modified PDE of {name} through order {order}, s", best(lambda: st.modified_equation(scheme, order)), bar=0.020
    )
