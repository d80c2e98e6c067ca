"""Splitting methods: orders for every splitting and for T = p^2/2, digits against two publications, slopes."""

import numpy as np
import pytest

import schemetools as st

ORDERS = {  # for every splitting, for T = p^2/2
    "symplectic_euler": (1, 1), "stoermer_verlet": (2, 2), "ruth3": (3, 3), "yoshida4": (4, 4), "suzuki4": (4, 4),
    "mclachlan_atela4": (3, 4), "kahan_li6": (6, 6), "yoshida6": (6, 6), "yoshida8": (8, 8),
}  # fmt: skip

# Yoshida (1990), tables 1 and 2, w_1, w_2, ...; Hairer, Lubich, Wanner (2006), V.3 (3.11); Kahan and Li (1997), table
PUBLISHED = {
    "yoshida6": [-1.17767998417887, 0.235573213359357, 0.784513610477560],
    "yoshida8": [
        -1.61582374150097, -2.44699182370524, -0.00716989419708120, 2.44002732616735, 0.157739928123617,
        1.82020630970714, 1.04242620869991,
    ],
    "kahan_li6": [0.08221359629355080, -0.70624617255763936, 0.33259913678935944, 0.39216144400731414],
}  # fmt: skip


@pytest.mark.parametrize("name", ORDERS)
def test_the_order_for_every_splitting_and_for_quadratic_kinetic_energy(name):
    general, quadratic = ORDERS[name]
    assert st.order(name) == general
    assert st.order(name, kinetic="quadratic") == quadratic == st.order(st.nystrom_form(name))
    assert st.is_symplectic(name)
    assert st.is_symmetric(name) is (name not in ("symplectic_euler", "ruth3", "mclachlan_atela4"))


@pytest.mark.parametrize("name", PUBLISHED)
def test_shares_are_those_published(name):
    steps = st.get(name).tableaux[1][1].b
    middle = len(PUBLISHED[name])
    for k, w in enumerate(PUBLISHED[name], 1):
        assert float(steps[middle + k]) == pytest.approx(w, abs=3e-12)
        assert steps[middle + k] == steps[middle - k]
    assert sum(steps) == 1


@pytest.mark.parametrize(("name", "digits"), [("yoshida6", 1e-47), ("yoshida8", 1e-43), ("kahan_li6", 1e-25)])
def test_conditions_hold_to_the_digits(name, digits):
    assert st.order(name, report=True).holds_to < digits


def test_what_an_order_for_quadratic_kinetic_energy_means():
    """T = p^2/2 shows the slope four, T = sqrt(1 + p^2) - 1 of relativity the slope three."""
    span, start = (0.0, 2.0), (np.array(0.5), np.array(1.0))
    problems = [
        ({"F": lambda q: -np.sin(q), "G": lambda p: p}, 4),
        ({"F": lambda q: -np.sin(q) - q**2, "G": lambda p: p / np.sqrt(1 + p**2)}, 3),
    ]
    for f, expected in problems:
        found = st.convergence("mclachlan_atela4", (f, span, start), steps=(16, 32, 64, 128))
        assert abs(found.measured - expected) < 0.25
    with pytest.raises(st.SchemeError, match="kinetic is 'quadratic'"):
        st.order("ruth3", kinetic="cubic")
    with pytest.raises(st.SchemeError, match="a Runge-Kutta or a partitioned method"):
        st.order("bdf(2)", kinetic="quadratic")


def test_suzuki_steps_by_the_fifth_of_a_fractal():
    w = st.suzuki4.tableaux[1][1].b[0]
    assert abs(float(w) - 1 / (4 - 4 ** (1 / 3))) < 1e-15
    assert st.is_symplectic(st.suzuki4)
