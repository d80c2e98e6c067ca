import dataclasses

import pytest
from sympy import Rational, Symbol, sqrt

import schemetools as st
from schemetools.analysis.properties.order import _order_by_trees
from schemetools.codegen.lower import lower
from schemetools.errors import UnsupportedError
from schemetools.schemes.catalog._collocation import collocation
from schemetools.schemes.reduction import reduced_multistep, reduced_runge_kutta

ORDERS = {
    "euler": 1, "midpoint": 2, "heun2": 2, "ralston2": 2, "kutta3": 3, "ssprk33": 3, "ssprk104": 4, "rk4": 4, "rk38": 4,
    "dopri5": 5, "fehlberg45": 4, "fehlberg78": 7, "verner65": 6, "verner89": 8, "merson4": 4, "dopri8": 8, "butcher6": 6,
    "gauss(3)": 6, "gauss(4)": 8, "radau_ia(2)": 3, "radau_iia(3)": 5, "lobatto_iiia(3)": 4, "lobatto_iiib(4)": 6,
    "lobatto_iiic(4)": 6, "crouzeix3": 3, "alexander3": 3, "trbdf2": 2, "kvaerno3": 3, "theta(1/3)": 1, "theta(1/2)": 2,
    "adams_bashforth(4)": 4, "adams_moulton(3)": 4, "bdf(6)": 6, "leapfrog": 2, "milne_simpson(2)": 4, "lm": 1, "lm(k=1)": 2,
    "symplectic_euler": 1, "stoermer_verlet": 2, "ruth3": 3, "yoshida4": 4, "revnet": 1, "strang": 2, "lie_trotter": 1,
    "polynet": 1, "fractalnet": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", ORDERS)
def test_orders(name):
    assert st.order(st.get(name)) == ORDERS[name]


def test_the_order_is_against_the_schemes_own_limit():
    doubled = st.RungeKutta([[2 * a for a in row] for row in st.rk4.A], [2 * b for b in st.rk4.b])
    assert st.order(doubled) == 4
    assert not st.is_consistent(doubled)
    assert st.is_consistent(st.rk4)
    assert st.is_consistent(st.lm(k=0))
    assert not st.is_consistent(st.lm())
    assert not st.is_consistent(st.lm(k=-1))


@pytest.mark.parametrize(
    ("name", "q"),
    [("euler", 1), ("trapezoid", 2), ("rk4", 1), ("gauss(2)", 2), ("radau_iia(3)", 3), ("lobatto_iiia(3)", 3), ("bdf(3)", 3),
     ("implicit_midpoint", 1), ("crouzeix3", 1), ("lm(k=1)", 2)],
)  # fmt: skip
def test_stage_orders(name, q):
    assert st.stage_order(st.get(name)) == q


def test_conditions_and_principal_error():
    residuals = st.order_conditions(st.midpoint, 3)
    assert residuals[st.Tree((1, 2))] == 0
    assert residuals[st.Tree((1, 2, 2))] == Rational(1, 4) - Rational(1, 3)
    assert residuals[st.Tree((1, 2, 3))] == Rational(-1, 6)
    error = st.principal_error(st.midpoint)
    assert set(error.residuals) == {st.Tree((1, 2, 2)), st.Tree((1, 2, 3))}
    assert error.norm == sqrt(Rational(1, 24) ** 2 + Rational(1, 6) ** 2)
    assert st.principal_error(st.leapfrog).residuals[st.Tree((1, 2, 3))] == Rational(-1, 6)


def test_conditions_say_when_a_family_has_order_two():
    a, c = Symbol("a"), Symbol("c")
    family = st.RungeKutta([[0, 0], [a, 0]], [1 - c, c])
    assert st.order(family) == 1
    assert st.order_conditions(family, 2)[st.Tree((1, 2))].subs({a: 1 / (2 * c)}).simplify() == 0


def test_approximate_coefficients_decide_to_rounding():
    third = float(1 / 3)
    a, c = Symbol("a"), Symbol("c")
    family = st.RungeKutta([[0, 0], [a, 0]], [1 - c, c]).subs({"a": 2 * third, "c": 0.75})
    assert not family.exact
    assert st.order(family) == 2
    assert st.order(st.RungeKutta([[0, 0], [a, 0]], ["1/4", "3/4"]).subs({"a": 0.6666})) == 1


def test_reduction():
    assert reduced_multistep(st.lm(k=0)).steps == 1
    assert reduced_multistep(st.bdf(3)) == st.bdf(3)
    assert reduced_runge_kutta(st.rk4) == st.rk4
    dead = st.RungeKutta([[0, 0, 0], ["1/2", 0, 0], [1, 1, 1]], [0, 1, 0])
    assert reduced_runge_kutta(dead) == st.midpoint
    twins = st.RungeKutta([["1/4", "1/4"], ["1/4", "1/4"]], ["1/3", "2/3"])
    assert reduced_runge_kutta(twins) == st.implicit_midpoint


def test_cost():
    assert st.cost(st.verner89).evaluations == 14
    assert st.cost(st.rk4)[:2] == (4, 5)
    assert st.cost(st.lm()).evaluations == 1
    assert st.cost(st.euler) == (1, 2, 1)
    assert st.cost(st.AdditiveRungeKutta({"F": st.euler, "G": st.euler})).evaluations == 2


def test_stages_equal_only_through_each_other_cost_one():
    """Two implicit stages u + h/2 f(Y_i) are one stage: a step of the implicit midpoint rule."""
    twice = st.RungeKutta([["1/2", 0], [0, "1/2"]], ["1/2", "1/2"])
    assert st.cost(twice) == st.cost(st.implicit_midpoint)
    assert st.cost(twice).evaluations == lower(twice).evaluations == 1


@pytest.mark.parametrize(
    "name", ["verner89", "dopri8", "bdf(3)", "gauss(3)", "yoshida4", "shake_shake", "polynet", "lm"]
)
def test_cost_counts_what_the_program_evaluates(name):
    assert st.cost(st.get(name)).evaluations == lower(st.get(name)).evaluations


def test_the_order_kept_for_a_scheme_is_not_that_of_its_approximate_twin():
    """b = (1e-14, 1 - 1e-14) misses order 2 by 1e-14: order 1 exactly, and 2 for coefficients known to 1e-12."""
    tiny = Rational(1, 10**14)
    exact = st.RungeKutta([[0, 0], ["1/2", 0]], [tiny, 1 - tiny], exact=True)
    approximate = dataclasses.replace(exact, exact=False)
    assert exact == approximate
    assert (st.order(exact), st.order(approximate), st.order(exact)) == (1, 2, 1)


@pytest.mark.parametrize(
    "nodes", ["0 1/2 1", "1/3 1", "0 1/4", "1/4 3/4 1", "1/5", "0 1/6 5/6 1", "1/10 1/2 9/10", "2 -1"]
)
def test_collocation_has_the_order_that_its_trees_say(nodes):
    """C(s) at distinct nodes leaves the quadrature's order; every tree is asked instead."""
    scheme = collocation([Rational(c) for c in nodes.split()])
    assert st.order(scheme) == _order_by_trees(scheme, 1, 2 * scheme.stages)


def test_what_meets_c_at_equal_nodes_or_has_no_limit_is_no_collocation():
    """Row sums 0: C(q) holds for every q, and the order is that of Euler's rule."""
    at_zero = st.RungeKutta([[1, -1], [2, -2]], ["1/2", "1/2"])
    assert st.order(at_zero) == 1 == _order_by_trees(at_zero, 1, 4)
    with pytest.raises(UnsupportedError, match="follows u' = 0"):
        st.order(st.RungeKutta([[0, 0], [1, 0]], [1, -1]))
    k = Symbol("k")
    with pytest.raises(UnsupportedError, match="follows u' = 0"):
        st.order(st.RungeKutta([[0, 0], [k, 0]], [k, -k]))
