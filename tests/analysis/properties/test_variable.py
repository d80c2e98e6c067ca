"""Multistep methods on a grid whose steps grow: orders by polynomials, error constants against those of equal steps."""

import math

import pytest
import sympy
from sympy import Rational, Symbol, cancel

import schemetools as st
from schemetools.errors import UnsupportedError
from schemetools.schemes.variable import VariableMultistep

r = Symbol("r")


@pytest.mark.parametrize("name", ["variable_bdf2", "variable_ab2"])
@pytest.mark.parametrize("ratio", [Rational(1, 2), 1, Rational(7, 3)])
def test_the_order_is_the_degree_of_polynomials_that_are_exact(name, ratio):
    """u = t^q solves u' = q t^(q-1): the recurrence holds at the three times for q <= p, and not for q = p + 1."""
    scheme = st.get(name).subs({"r": ratio})
    times = [-1 - Rational(1) / ratio, -1, 0]

    def defect(q):
        left = sum(a * t**q for a, t in zip(scheme.alpha, times, strict=True))
        return sympy.simplify(left - sum(b * q * t ** (q - 1) for b, t in zip(scheme.beta, times, strict=True)))

    p = st.order(scheme)
    assert p == 2 == st.stage_order(scheme) and st.is_consistent(scheme)
    assert all(defect(q) == 0 for q in range(1, p + 1)) and defect(p + 1) != 0
    constant = defect(p + 1) / math.factorial(p + 1) / sum(scheme.beta)
    assert cancel(st.error_constant(scheme) - constant) == 0


def test_with_equal_steps_the_constants_are_those_of_the_multistep_method():
    for name, fixed in (("variable_bdf2", st.bdf(2)), ("variable_ab2", st.adams_bashforth(2))):
        assert st.error_constant(st.get(name).subs({"r": 1})) == st.error_constant(fixed)
        assert st.order(st.get(name)) == st.order(fixed)


def test_a_grid_method_of_another_limit_or_of_none_says_so():
    halved = VariableMultistep([0, -1, 1], [0, "1/2", 0], r)
    assert not st.is_consistent(halved)
    with pytest.raises(UnsupportedError, match="its order is defined for limit 1"):
        st.order(halved)
