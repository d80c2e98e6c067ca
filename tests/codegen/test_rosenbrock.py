"""Rosenbrock programs: the plan on symbols, the NumPy step, and orders that are measured."""

import numpy as np
import pytest
import sympy

import schemetools as st
from schemetools.codegen import execute, lower
from schemetools.errors import SchemeError, UnsupportedError

NAMES = st.names("rosenbrock")
z = sympy.Symbol("z")


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_on_symbols_is_the_stability_function(name):
    """The two rooms do not know each other: that they agree is this test."""
    step = execute(lower(st.get(name)), lambda u: z * u, [1])[0]
    at = {z: sympy.Rational(-7, 5)}
    assert abs(sympy.N(step.subs(at) - st.stability(name).function(z).subs(at), 30)) < 1e-12


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("timed", [False, True])
def test_the_measured_order_is_the_proven_one(name, timed):
    """A logistic equation, and with a forcing in time; slopes over steps of which the errors are above rounding."""
    field = (
        (lambda t, u: np.array([u[0] * (2 - u[1]) + np.sin(3 * t), u[0] - u[1] ** 2]))
        if timed
        else (lambda u: np.array([u[0] * (2 - u[1]), u[0] - u[1] ** 2]))
    )
    found = st.convergence(name, (field, (0.0, 1.0), [0.5, 1.0]), steps=(10, 20, 40, 80))
    assert found.agrees, found


def test_a_w_method_keeps_its_order_with_a_wrong_jacobian():
    problem = (lambda u: np.array([u[1], -np.sin(u[0])]), (0.0, 2.0), [1.0, 0.5])
    wrong = lambda t, u: np.array([[0.3, -1.0], [2.0, 0.1]])  # noqa: E731
    assert st.convergence("ros2", problem, jac=wrong).agrees
    exact_only = st.Rosenbrock([[0]], [["1/2"]], [1])
    assert not st.convergence(exact_only, problem, jac=wrong).agrees
    assert st.convergence(exact_only, problem).agrees


def test_f_is_evaluated_once_where_arguments_are_equal():
    scheme = st.Rosenbrock([[0, 0], [0, 0]], [[1, 0], [1, 1]], ["1/2", "1/2"])
    assert lower(scheme).evaluations == st.cost(scheme).evaluations == 1
    assert st.cost(scheme).solves == 2


def test_a_step_takes_the_jacobian_and_any_shape():
    step, u = st.to_stepper("ros2"), np.array([[0.2, -0.4], [1.0, 0.3]])
    given = step(lambda v: -(v**2), u, 0.1, jac=lambda v: np.diag(-2 * np.ravel(v)))
    assert given.shape == (2, 2) and np.allclose(given, step(lambda v: -(v**2), u, 0.1), atol=1e-13)
    with pytest.raises(SchemeError, match="jac has no use"):
        st.to_stepper("rk4")(lambda v: -v, u, 0.1, jac=lambda v: v)


def test_a_singular_system_is_said():
    with pytest.raises(SchemeError, match="ingular"):
        st.to_stepper(st.Rosenbrock([[0]], [[1]], [1]))(lambda u: 2 * u, np.array([1.0]), 0.5, jac=lambda u: [[2.0]])


def test_an_explicit_stage_and_different_gammas():
    scheme = st.Rosenbrock([[0, 0], [1, 0]], [[0, 0], ["-1/2", "1/2"]], ["1/2", "1/2"])
    assert st.order(scheme) == 2
    problem = (lambda u: np.array([u[1], -np.sin(u[0])]), (0.0, 2.0), [1.0, 0.5])
    assert st.convergence(scheme, problem).agrees


@pytest.mark.parametrize("target", ["c", "julia"])
def test_other_printers_refuse_by_name(target):
    with pytest.raises(UnsupportedError, match=f"ros2.* Rosenbrock method; .* not for {target}"):
        st.to_source("ros2", target)
