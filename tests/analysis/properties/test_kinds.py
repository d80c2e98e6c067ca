"""Costs, stage orders and conditions of the kinds beside Runge-Kutta methods, counted and derived by hand."""

import pytest
import sympy
from sympy import Rational

import schemetools as st
from schemetools.codegen import Combine, lower
from schemetools.errors import SchemeError, UnsupportedError

NYSTROM = [n for n in st.names(kind="Runge-Kutta-Nystrom") if n != "fine_rkn4"]


@pytest.mark.parametrize("name", NYSTROM)
def test_a_nystrom_method_costs_what_its_program_does(name):
    scheme = st.get(name)
    found = st.cost(scheme)
    assert found.evaluations == lower(scheme).evaluations
    assert found.live_states >= 3


def test_the_terms_of_stoermers_step_are_counted_by_hand():
    """q1 = q, f1 = f(q), q' = q + h p + h^2 f1/2 and p' = p + h (f1 + f2)/2: one evaluation is that of the next step."""
    weights = [w for row in (st.stoermer.b, st.stoermer.b_prime) for w in row if w != 0]
    stages = sum(sum(a != 0 for a in row) + (c != 0) for row, c in zip(st.stoermer.A, st.stoermer.c, strict=True))
    assert st.cost(st.stoermer).combinations == 1 + len(weights) + stages
    assert len([s for s in lower(st.stoermer).steps if isinstance(s, Combine)]) <= st.cost(st.stoermer).combinations


def test_an_exponential_method_is_counted_in_evaluations_of_n_and_products_with_phi():
    """etd1: e^z u and phi1(z) N(u). etdrk2: a stage has the same two, and the result two weights beside its flow."""
    assert (st.cost("etd1").evaluations, st.cost("etd1").combinations) == (1, 2)
    assert (st.cost("etdrk2").evaluations, st.cost("etdrk2").combinations) == (2, 1 + 1 + 1 + 2)
    assert st.cost("lawson(rk4)").evaluations == 4


def test_a_rosenbrock_method_solves_once_a_stage_and_factors_once():
    found = st.cost("ros2")
    assert (found.evaluations, found.jacobians, found.factorisations, found.solves) == (2, 1, 1, 2)
    # b has two weights; A one entry below, Gamma one below: gamma on the diagonal is in the solves.
    assert found.combinations == 4
    explicit = st.Rosenbrock([[0, 0], [1, 0]], [[0, 0], [0, 0]], ["1/2", "1/2"])
    assert (st.cost(explicit).jacobians, st.cost(explicit).solves) == (0, 0)


def test_two_registers_are_what_a_low_storage_program_keeps():
    found = st.cost("carpenter_kennedy4")
    assert (found.evaluations, found.live_states, found.combinations) == (5, 2, 9)


@pytest.mark.parametrize("name", NYSTROM)
def test_the_stage_order_of_a_nystrom_method_is_the_degree_of_polynomials_that_it_solves(name):
    """q'' = t^(k - 2) with q = t^k/(k (k-1)): stages, q and p are exact from t = 0 for every k through the stage order."""
    scheme, h = st.get(name), sympy.Integer(1)
    q = st.stage_order(scheme)
    for k in (*range(2, q + 1), q + 1):
        F = [c ** (k - 2) for c in scheme.c]
        exact = [
            sympy.expand(sum(a * f for a, f in zip(row, F, strict=True)) - c**k / (k * (k - 1)))
            for row, c in zip(scheme.A, scheme.c, strict=True)
        ]
        exact.append(sum(b * f for b, f in zip(scheme.b, F, strict=True)) - Rational(1, k * (k - 1)))
        exact.append(sum(b * f * c for b, f, c in zip(scheme.b_prime, F, scheme.c, strict=True)) - h / k)
        if scheme.A_prime:
            powers = [c ** (k - 1) for c in scheme.c]
            exact += [
                sum(a * x for a, x in zip(row, powers, strict=True)) - c**k / k
                for row, c in zip(scheme.A_prime, scheme.c, strict=True)
            ]
        small = all(abs(sympy.N(e, 30)) < 1e-12 for e in exact)
        assert small == (k <= q)


def test_stage_orders_of_kinds_that_have_none_are_refused():
    for name, message in (("etdrk4", "see stiff_order"), ("ros2", "its stages contain J")):
        with pytest.raises(UnsupportedError, match=message):
            st.stage_order(name)
    pair = st.AdditiveRungeKutta({"E": st.rk4, "I": st.rk4})
    assert st.stage_order(pair) == st.stage_order("rk4") == 1


def test_conditions_print_a_row_for_every_tree():
    found = st.order_conditions("midpoint", 3)
    rows = found.latex().splitlines()[1:-1]
    assert len(rows) == len(found) == 4 and all("residual" in row for row in rows)
    by_steps = st.order_conditions("adams_bashforth(2)", 3)
    assert all("b = " in row for row in by_steps.latex().splitlines()[1:-1])
    with pytest.raises(SchemeError):
        found["[[[.]]]"]


def test_a_report_on_a_method_known_by_theory_has_the_residual_of_its_quadrature():
    """Beyond order 2 s the quadrature of Gauss misses t^(2 s) by (s!)^4/((2 s + 1) (2 s)!^2), Abramowitz, Stegun 25.4.30."""
    s = 3
    report = st.order(st.gauss(s), report=True)
    assert report.order == 2 * s
    assert report.residuals[2 * s + 1] == pytest.approx(
        float(sympy.factorial(s) ** 4 / ((2 * s + 1) * sympy.factorial(2 * s) ** 2))
    )


def test_a_kinetic_energy_is_quadratic_or_left_out():
    with pytest.raises(SchemeError, match="kinetic is 'quadratic'"):
        st.order(st.stoermer_verlet, kinetic="relativistic")
