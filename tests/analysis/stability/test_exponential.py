"""Stability of exponential methods in two numbers: R(x, y) against the step of the program, the plane of y for one x."""

import numpy as np
import pytest
import sympy

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError

NAMES = [*(n for n in st.names("exponential") if n != "lawson"), "lawson(rk4)"]
x, y = sympy.symbols("x y")


@pytest.mark.parametrize("name", NAMES)
def test_the_formula_is_the_step_of_the_program_on_two_numbers(name):
    """u' = lambda u + mu u, h = 1, u = 1: the step gives R(lambda, mu)."""
    function, step = st.stability(name).function(x, y), st.to_stepper(name)
    for at in ((-0.7, 0.4), (-3.0, -1.0), (0.5, 0.25)):
        found = step(lambda u, mu=at[1]: mu * u, np.array([1.0]), 1.0, linear=at[0])
        assert float(function.subs({x: at[0], y: at[1]})) == pytest.approx(float(found[0]), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_without_a_linear_part_it_is_the_explicit_method_behind(name):
    """At x = 0 R is a polynomial in y that agrees with exp(y) through the order, at y = 0 it is exp(x)."""
    s = st.stability(name)
    p = sympy.Poly(s.function(0, y), y)
    for n in range(st.order(name) + 1):
        assert p.coeff_monomial(y**n) == 1 / sympy.factorial(n)
    assert sympy.simplify(s.function(x, 0) - sympy.exp(x)) == 0


def test_points_are_decided_by_the_modulus_of_the_formula():
    s = st.stability("etdrk4")
    where = np.linspace(-5, 3, 9)[None, :] + 1j * np.linspace(-3, 3, 7)[:, None]
    size = abs(sympy.lambdify((x, y), s.function(x, y), "numpy")(-2.0, where))
    clear = abs(size - 1) > 1e-9
    assert np.array_equal(s.contains(-2, where)[clear], (size <= 1)[clear])
    region = s.region(-2, xlim=(-5, 3), ylim=(-3, 3), n=7)
    expected = s.contains(-2, np.linspace(-5, 3, 7)[None, :] + 1j * np.linspace(-3, 3, 7)[:, None])
    assert np.array_equal(region, expected) and region.any() and not region.all()
    assert s.contains(-30, 20.0) and not s.contains(0, 20.0)  # a stiff linear part damps what the other blows up


def test_how_answers_are_found_and_what_is_refused():
    s = st.stability("etdrk2")
    assert s.how("function") == "exact" and "double precision" in s.how("contains")
    for ask, message in (
        (lambda: s.function(1), "function of one number"),
        (lambda: s.contains(1), "contains of one number"),
        (lambda: s.region(), "region without x"),
        (lambda: s.is_a_stable, "no is_a_stable"),
        (lambda: s.how("angle"), "no angle"),
    ):
        with pytest.raises(UnsupportedError, match=message):
            ask()
    with pytest.raises(AttributeError, match="no 'colour'"):
        _ = s.colour
    with pytest.raises(SchemeError, match="NaN or infinity"):
        s.contains(-1, [0, np.nan])
