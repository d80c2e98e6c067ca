"""Plans and texts of Runge-Kutta-Nystrom methods against the formulas of their tableaus."""

import numpy as np
import pytest
import sympy
from sympy import Matrix, Symbol, eye

import schemetools as st
from schemetools.codegen import Solve, execute, lower
from schemetools.errors import UnsupportedError

NAMES = [n for n in st.names(kind="Runge-Kutta-Nystrom") if n != "fine_rkn4" and st.get(n).A_prime is None]
IMPLICIT = st.RungeKuttaNystrom([["1/24", "-1/8"], ["1/6", "1/24"]], ["1/4", "1/4"], ["1/2", "1/2"], ["1/4", "3/4"])
h, q, p = map(Symbol, "hqp")


def by_formula(scheme, weights, stiffness, damping):
    """(q, p) after a step for q'' = -stiffness q - damping q', from the tableau in matrices: F = f(Q, P), linear in F."""
    A, b, b_prime = (Matrix(x) for x in (scheme.A, *weights))
    A_prime = Matrix(scheme.A_prime) if scheme.A_prime else sympy.zeros(scheme.stages)
    one, c = Matrix([1] * scheme.stages), Matrix(scheme.c)
    matrix = eye(scheme.stages) + stiffness * h**2 * A + damping * h * A_prime
    F = matrix.LUsolve(-stiffness * (q * one + h * p * c) - damping * p * one)
    return q + h * p + h**2 * (b.T * F)[0], p + h * (b_prime.T * F)[0]


def equal(found, expected):
    at = {h: sympy.Rational(3, 10), q: sympy.Rational(2, 3), p: sympy.Rational(-5, 7)}
    return all(abs(sympy.N((a - b).subs(at), 30)) < 1e-20 for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("scheme", [*map(st.get, NAMES), IMPLICIT], ids=str)
def test_the_plan_on_symbols_is_the_formula_of_the_tableau(scheme):
    plan, weights = lower(scheme), (scheme.b, scheme.b_prime)
    found = execute(plan, lambda u: -4 * u, [q, p], h, error=plan.error is not None)
    expected = by_formula(scheme, weights, 4, 0)
    assert equal(found[:2], expected)
    if scheme.b_hat is not None:
        other = by_formula(scheme, (scheme.b_hat, scheme.b_prime_hat), 4, 0)
        assert equal(found[2:], [a - b for a, b in zip(expected, other, strict=True)])


def test_a_velocity_is_an_argument_of_its_own():
    scheme = st.rkn4_velocity
    found = execute(lower(scheme), lambda u, v: -4 * u - v / 2, [q, p], h)
    assert equal(found, by_formula(scheme, (scheme.b, scheme.b_prime), 4, sympy.Rational(1, 2)))


def test_implicit_stages_are_solved_together_only_where_they_depend_on_each_other():
    assert [len(s.outs) for s in lower(IMPLICIT).steps if isinstance(s, Solve)] == [2]
    diagonal = st.RungeKuttaNystrom([["1/24", 0], ["1/6", "1/24"]], ["1/4", "1/4"], ["1/2", "1/2"], ["1/4", "3/4"])
    assert [len(s.outs) for s in lower(diagonal).steps if isinstance(s, Solve)] == [1, 1]
    damped = st.RungeKuttaNystrom([["1/24"]], ["1/2"], [1], ["1/2"], A_prime=[["1/2"]], name="implicit in the velocity")
    with pytest.raises(UnsupportedError, match="programs solve implicit Nystrom stages of f\\(q\\) only"):
        lower(damped)


def test_stages_that_no_result_needs_are_not_evaluated_and_equal_results_leave_no_error():
    """The second stage is used by the embedded result alone; both results have the same positions."""
    scheme = st.RungeKuttaNystrom(
        [[0, 0], ["1/2", 0]], ["1/2", 0], [1, 0], [0, 1], b_hat=["1/2", 0], b_prime_hat=["1/2", "1/2"]
    )
    plan = lower(scheme)
    assert (plan.evaluations, plan.all_evaluations) == (1, 2)
    _, _, of_q, of_p = execute(plan, lambda u: -u, [q, p], h, error=True)
    assert sympy.expand(of_q) == 0
    # p - p_hat = h (f1 - (f1 + f2) / 2) with f1 = -q, f2 = -(q + h p - h^2 q / 2)
    assert sympy.expand(of_p - h * (h * p - h**2 * q / 2) / 2) == 0


@pytest.mark.parametrize("name", ["stoermer", "rkn4", "dprkn6", "rkn4_velocity"])
def test_the_numpy_step_is_exact_where_the_force_is_constant(name):
    """q + h p + h^2 a / 2 and p + h a: order two suffices."""
    f = (lambda q, p: np.full_like(q, -9.81)) if st.get(name).A_prime else (lambda q: np.full_like(q, -9.81))
    position, velocity = st.to_stepper(name)(f, (np.array([1.0, 2.0]), np.array([3.0, 0.0])), 0.5)
    assert np.allclose(position, [1 + 1.5 - 9.81 / 8, 2 - 9.81 / 8], atol=1e-14)
    assert np.allclose(velocity, [3 - 9.81 / 2, -9.81 / 2], atol=1e-14)


def test_a_velocity_is_printed_for_numpy_torch_and_julia_not_for_c():
    assert "f(q, p" in st.to_source("rkn4_velocity", "julia")
    with pytest.raises(UnsupportedError, match="printed for numpy, torch and julia, not for c"):
        st.to_source("rkn4_velocity", "c")
