"""Awkward but legal input: signs, limits and common factors that catalog schemes do not have; copies and callables."""

import copy
import math
import pickle

import numpy as np
import pytest
import sympy
from sympy import Rational, Symbol, symbols

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError

k = Symbol("k")
p, q, u, h, t = symbols("p q u h t")


def test_a_negative_leading_coefficient_is_the_same_method():
    eq = st.modified_equation(st.LinearMultistep([1, -1], [-1, 0]), order=4)
    assert eq.momentum == (1, Rational(1, 2), Rational(1, 6), Rational(1, 24))
    assert dict(eq.coefficients) == dict(st.modified_equation(st.euler, order=4).coefficients)


def test_time_may_run_backwards():
    eq = st.modified_equation(st.LinearMultistep([-1, 1], [-1, 0]), order=3)
    forward = st.modified_equation(st.euler, order=3)
    assert eq.limit == -1 and all(eq[tree] == (-1) ** tree.order * b for tree, b in forward.coefficients.items())
    assert st.order(st.LinearMultistep([0, -1, 1], ["1/2", "-3/2", 0])) == 2


@pytest.mark.parametrize(
    "scheme",
    [
        st.RungeKutta([[0]], [0]),
        st.RungeKutta([[0, 0], [1, 0]], [1, -1]),
        st.GeneralLinear([[0]], [[1]], [[0]], [[1]]),
        st.GeneralLinear([[0]], [[1, 0]], [[1], ["1/2"]], [[3, -2], [1, 0]]),
    ],
    ids=["no weight", "weights cancel", "no weight, general", "weights cancel, general"],
)
def test_a_limit_of_zero_has_no_order(scheme):
    with pytest.raises(UnsupportedError, match="u' = 0"):
        st.order(scheme)
    assert "relative to u' = 0 f" in str(st.modified_equation(scheme, order=3))


def test_a_common_factor_in_a_symbol_is_reduced_and_matters_where_it_varies():
    scheme = st.LinearMultistep([k, -(1 + k), 1], [-k * (1 + k), 1 + k, 0])
    eq = st.modified_equation(scheme, order=2)
    assert eq.parasitic == () and eq.limit == 1 + k
    number = st.modified_equation(scheme.subs({"k": "1/3"}), order=2)
    assert [b.subs(k, Rational(1, 3)) for b in eq.coefficients.values()] == list(number.coefficients.values())


def test_general_linear_methods_that_are_tableaux_are_decided_and_others_refused():
    assert st.is_symplectic(st.implicit_midpoint.normal_form()) and st.is_symmetric(st.implicit_midpoint.normal_form())
    assert not st.is_symplectic(st.rk4.normal_form())
    with pytest.raises(UnsupportedError, match="general linear"):
        st.is_symplectic(st.lm().normal_form())


def test_a_copy_of_the_solution_may_stand_anywhere():
    """Euler's method that carries h f first and the state second: order is the existence of a start."""
    assert st.order(st.GeneralLinear([[0]], [[0, 1]], [[1], [1]], [[0, 0], [0, 1]])) == 1


@pytest.mark.parametrize("ks", [[-0.9, 0.9], [0.5, -0.5, 0.5, -0.5]])
def test_jumping_coefficients_are_not_called_smooth(ks):
    assert not st.modified_equation(st.lm(), 2, k=ks).is_smooth


@pytest.mark.parametrize("ks", [[-0.1, -0.1000001, -0.1], [-0.1], [0.1, 0.2, 0.3, 0.4]])
def test_coefficients_that_hardly_move_are_smooth(ks):
    assert st.modified_equation(st.lm(), 2, k=ks).is_smooth


# -- copies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", [st.lm(), st.rk4, st.verner89, st.revnet, st.gauss(2)], ids=str)
def test_equations_are_values_that_travel(scheme):
    eq = st.modified_equation(scheme, order=4)
    back = pickle.loads(pickle.dumps(eq))
    assert back == eq == st.modified_equation(scheme, order=4) and hash(back) == hash(eq)
    assert str(back) == str(eq) == str(copy.deepcopy(eq)) and dict(back.coefficients) == dict(eq.coefficients)


def test_the_inverse_problem_is_another_equation():
    inverse = st.modifying_integrator(st.midpoint, 4)
    assert inverse != st.modified_equation(st.midpoint, 4) and pickle.loads(pickle.dumps(inverse)) == inverse
    assert pickle.loads(pickle.dumps(st.principal_error(st.rk4))) == st.principal_error(st.rk4)


# -- fields as functions ---------------------------------------------------------------------------------------------


def test_a_field_is_expressions_or_a_function_of_the_variables_or_of_their_tuple():
    eq = st.modified_equation(st.euler, order=2)
    fields = [(q, -p), lambda p, q: (q, -p), lambda u: (u[1], -u[0])]
    assert len({eq.vector_field(f, (p, q), h) for f in fields}) == 1
    assert eq.vector_field(lambda t, u: t * u, u, h, t) == eq.vector_field((t * u,), (u,), h, t)
    assert eq.vector_field(sympy.sin, u, h) == eq.vector_field((sympy.sin(u),), (u,), h)


def test_several_fields_may_be_functions_too():
    pendulum = st.modified_equation(st.revnet, order=2)
    expected = pendulum.vector_field([(q,), (-sympy.sin(p),)], (p, q), h)
    assert pendulum.vector_field([lambda q: q, lambda p: -sympy.sin(p)], (p, q), h) == expected
    assert pendulum.vector_field({"F": (q,), "G": (-sympy.sin(p),)}, (p, q), h) == expected
    noisy = st.modified_equation(st.shake_shake)
    assert noisy.drift([lambda u: u**2, lambda u: -u], u, h) == noisy.drift([(u**2,), (-u,)], u, h)


@pytest.mark.parametrize("field", [math.sin, np.sin, lambda a, b, c: a])
def test_a_function_that_takes_no_symbols_is_refused(field):
    with pytest.raises(SchemeError, match="cannot be applied to symbols"):
        st.modified_equation(st.euler, order=2).vector_field(field, u, h)


def test_numpy_integers_are_integers():
    assert st.modified_equation(st.rk4, order=np.int64(5)) == st.modified_equation(st.rk4, order=5)
    assert st.steps(st.euler, np.int64(2)) == st.steps(st.euler, 2)
