"""Symmetry for any listing of the stages, in time that grows with the cube of their number."""

import random
import time

import pytest
from sympy import Rational

import schemetools as st


def listed(scheme, order):
    """The same method, its stages in another order."""
    return st.RungeKutta([[scheme.A[i][j] for j in order] for i in order], [scheme.b[i] for i in order])


def test_two_gauss_steps_are_symmetric_however_their_stages_are_listed():
    twice = st.compose(st.gauss(4), st.gauss(4))
    assert st.is_symmetric(listed(twice, [0, 7, 1, 6, 2, 5, 3, 4]))
    order = list(range(8))
    random.Random(1).shuffle(order)
    assert st.is_symmetric(listed(twice, order))


@pytest.mark.parametrize("n", [4, 5, 6, 7, 8, 9])
def test_steps_of_a_symmetric_scheme_are_symmetric_and_of_another_are_not(n):
    assert not st.is_symmetric(st.steps(st.symplectic_euler, n))
    assert st.is_symmetric(st.steps(st.stoermer_verlet, n))


def test_fifty_steps_take_about_a_second():
    scheme = st.steps(st.stoermer_verlet, 50)
    start = time.process_time()
    assert st.is_symmetric(scheme)
    assert time.process_time() - start < 5  # a second on an idle core; nothing here may try orders


@pytest.mark.parametrize("name", ["gauss(2)", "lobatto_iiib(3)", "ssp_sdirk(2,2)"])
def test_fifty_steps_in_any_listing_and_with_one_entry_off(name):
    scheme = st.steps(name, 50)
    order = list(range(scheme.stages))
    random.Random(3).shuffle(order)
    mixed = listed(scheme, order)
    assert st.is_symmetric(mixed) == st.is_symmetric(name)
    A = [list(row) for row in mixed.A]
    i = next(i for i, row in enumerate(A) if row[0] and mixed.b[i])
    A[i][0] += Rational(1, 1000)
    assert not st.is_symmetric(st.RungeKutta(A, mixed.b))


def test_with_symbols_a_method_and_its_adjoint_are_symmetric_for_all_values():
    theta = st.get("theta")
    assert not st.is_symmetric(theta)
    assert st.is_symmetric(theta.subs({"theta": "1/2"}))
    for first, second in ((theta, st.adjoint(theta)), (st.adjoint(theta), theta)):
        both = st.compose(first, second)
        assert both.free_symbols and st.is_symmetric(both)
    irrational = st.compose(st.crouzeix3, theta, st.adjoint(theta), st.adjoint(st.crouzeix3))
    assert st.is_symmetric(irrational)
    assert not st.is_symmetric(st.compose(st.crouzeix3, theta, st.adjoint(theta), st.crouzeix3))


def test_a_method_and_its_adjoint_in_turn_are_symmetric_and_the_other_way_round():
    for scheme in (st.rk4, st.heun3, st.radau_iia(2), st.alexander3):
        assert st.is_symmetric(st.compose(scheme, st.adjoint(scheme)))
        assert st.is_symmetric(st.compose(st.adjoint(scheme), scheme))
        assert not st.is_symmetric(scheme)


def test_a_wrong_weight_is_seen_among_stages_that_look_alike():
    twice = st.compose(st.gauss(2), st.gauss(2))
    b = list(twice.b)
    b[0], b[1] = b[0] + 1, b[1] - 1
    assert not st.is_symmetric(st.RungeKutta(twice.A, b))
