"""cos(p pi/q), sin and tan as algebraic numbers, in text and in sympy's form."""

import pytest
import sympy
from sympy import cos, pi, sin, sqrt

import schemetools as st
from schemetools import exact


@pytest.mark.parametrize(
    "text", ["cos(pi/18)", "sin(3*pi/7)", "tan(pi/5)", "2*cos(pi/9) - 1", "cos(-5*pi/12)", "sin(pi/6)"]
)
def test_the_text_is_the_number(text):
    value = exact.parse(text)
    assert abs(sympy.N(value - sympy.sympify(text), 40)) < 1e-35
    assert not value.has(sympy.pi)


def test_cos_of_ten_degrees_has_its_minimal_polynomial():
    x = sympy.Symbol("x")
    found = sympy.minimal_polynomial(exact.coefficient(cos(pi / 18)), x)
    assert sympy.expand(found - (64 * x**6 - 96 * x**4 + 36 * x**2 - 3)) == 0


@pytest.mark.parametrize("text", ["cos(1)", "cos(k*pi)", "pi", "cos(pi/1001)", "tan(pi/2)", "cos(sqrt(2)*pi)"])
def test_what_is_no_algebraic_number_is_refused(text):
    with pytest.raises(st.SchemeError):
        exact.coefficient(text)


def test_crouzeix_method_as_it_is_printed():
    """Three stages, order 4, A-stable and algebraically stable; R(oo) = -0.630414938."""
    g = cos(pi / 18) / sqrt(3) + sympy.Rational(1, 2)
    b = 1 / (6 * (2 * g - 1) ** 2)
    scheme = st.RungeKutta([[g, 0, 0], [sympy.Rational(1, 2) - g, g, 0], [2 * g, 1 - 4 * g, g]], [b, 1 - 2 * b, b])
    assert st.order(scheme) == 4
    found = st.stability(scheme)
    assert found.is_a_stable and found.is_algebraically_stable and not found.is_l_stable
    z = sympy.Symbol("z")
    at_infinity = sympy.limit(sympy.N(found.function(z), 30), z, sympy.oo)
    assert abs(float(at_infinity) + 0.630414938) < 1e-8


def test_sin_and_cos_of_one_angle_are_related():
    assert exact.coefficient(sin(pi / 7) ** 2 + cos(pi / 7) ** 2) == 1
