import pytest
from sympy import Rational, Symbol

import schemetools as st


def as_general(scheme):
    form = scheme.normal_form()
    return st.GeneralLinear(form.A, form.U, form.B, form.V, form.colours, parts=form.parts)


@pytest.mark.parametrize(
    "name",
    ["rk4", "implicit_midpoint", "adams_bashforth(2)", "adams_bashforth(3)", "bdf(2)", "bdf(3)", "lm(k=3/10)",
     "adams_moulton(2)", "leapfrog", "milne_simpson(2)", "gauss(2)", "symplectic_euler", "stoermer_verlet"],
)  # fmt: skip
def test_the_second_recursion_agrees_with_the_first(name):
    scheme = st.get(name)
    first, second = st.modified_equation(scheme, 5), st.modified_equation(as_general(scheme), 5)
    assert [t for t in first.coefficients if first[t] != second[t]] == []


def test_symbols():
    first, second = st.modified_equation(st.lm(), 4), st.modified_equation(as_general(st.lm()), 4)
    assert all((first[t] - second[t]).simplify() == 0 for t in first.coefficients)


def test_additive_schemes():
    scheme = st.get("ars222")
    first, second = st.modified_equation(scheme, 3), st.modified_equation(as_general(scheme), 3)
    assert all((first[t] - second[t]).simplify() == 0 for t in first.coefficients)


def test_order_and_limit_of_general_methods():
    assert st.order(as_general(st.bdf(2))) == 2
    assert st.modified_equation(as_general(st.lm(k=1)), 2).limit == Rational(1, 2)
    with pytest.raises(st.SchemeError, match="multiple eigenvalue"):
        st.modified_equation(as_general(st.lm(k=-1)), 2)


def test_a_two_step_runge_kutta_method():
    """Two stages at the new and the old value: order conditions of the pair y, h f_- decide b on [.]."""
    a = Symbol("a")
    scheme = st.GeneralLinear([[0]], [[1, a]], [[1], [1]], [[1, 0], [0, 0]])
    eq = st.modified_equation(scheme, 2)
    # Y = y + a h f_-, y' = y + h f(Y): the stage is y(t + a h) + O(h^2)
    assert eq.limit == 1
    assert (eq[st.Tree((1, 2))] - (a - Rational(1, 2))).simplify() == 0
