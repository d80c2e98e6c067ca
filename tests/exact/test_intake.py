"""The intake of coefficients: what becomes which exact number, and what is refused with which words."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import QQ, Rational, Symbol, sqrt

from schemetools import exact
from schemetools.errors import CoefficientError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, Rational(3)),
        (np.int64(-2), Rational(-2)),
        (Fraction(1, 3), Rational(1, 3)),
        (Decimal("0.125"), Rational(1, 8)),
        (0.3, Rational(3, 10)),
        (np.float64(0.1), Rational(1, 10)),
        (1e-7, Rational(1, 10**7)),
        (0.123456789012, Rational(123456789012, 10**12)),
        ("1/3", Rational(1, 3)),
        ("-0.25e1", Rational(-5, 2)),
        ("sqrt(3)/6", sqrt(3) / 6),
        ("(9-sqrt(6))/150", Rational(9, 150) - sqrt(6) / 150),
        ("2^3/2**2", Rational(2)),
        (sqrt(2) / 2, sqrt(2) / 2),
        ("1/sqrt(3)", sqrt(3) / 3),
        ("root(x^3-2, 1, 2)", sympy.cbrt(2)),
    ],
)
def test_values_become_the_exact_number(value, expected):
    assert exact.coefficient(value) == expected


def test_equal_numbers_are_equal_objects_however_they_are_written():
    ways = ["1/(2 - sqrt(2))", "1 + sqrt(2)/2", "(2 + sqrt(2))/2", "1 + 1/sqrt(2)"]
    assert len({exact.coefficient(way) for way in ways}) == 1
    cubic = ["1/root(x^3-2, 1, 2)", "root(x^3-2, 1, 2)^2/2", "root(2*x^3-4, 1, 3)^2/2"]
    assert len({exact.coefficient(way) for way in cubic}) == 1
    k = Symbol("k")
    assert exact.coefficient(k * (1 - k)) == exact.coefficient(k - k**2)


def test_symbols_are_one_by_name():
    assert exact.coefficient(Symbol("k", real=True)) == Symbol("k")


def test_a_long_float_is_refused_in_a_tableau_and_binary_as_a_parameter():
    with pytest.raises(CoefficientError, match="'1/3'"):
        exact.coefficient(0.3333333333333333)
    assert exact.coefficient(0.3333333333333333, parameter=True) == Rational(*(0.3333333333333333).as_integer_ratio())
    assert exact.is_long_float(np.linspace(0, 1, 4)[1]) and not exact.is_long_float(0.3)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (float("nan"), "not finite"),
        (float("-inf"), "not finite"),
        (Decimal("Infinity"), "not finite"),
        (Decimal("1e999999999"), "exponent"),
        (1j, "complex"),
        (True, "not a coefficient"),
        (None, "not a coefficient"),
        ([1], "not a coefficient"),
        (sympy.pi, "not an algebraic number"),
        (sympy.I, "is not real; only Runge-Kutta tableaus"),
        (sympy.oo, "not a finite real"),
        (sympy.sqrt(-3), "is not real"),
        (Symbol("h"), "reserved"),
        (Symbol("t", positive=True), "reserved"),
        (Symbol("_private"), "not a symbol's name"),
        (sympy.sin(Symbol("k")), "not an algebraic number"),
        (Symbol("k") + 0.5, "contains a float"),
        (sum(sympy.symbols("a:9")) ** 9, "more than"),
    ],
)
def test_refusals_say_why(value, reason):
    with pytest.raises(CoefficientError, match=reason):
        exact.coefficient(value)


@given(st.fractions(max_denominator=10**6), st.fractions(max_denominator=100), st.sampled_from([2, 3, 5, 6, 15]))
def test_text_is_read_back_as_the_same_number(a, b, root):
    value = exact.canonical(Rational(a) + Rational(b) * sqrt(root))
    assert exact.coefficient(exact.text(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_float_gate_returns_the_double_that_came_in(value):
    assert exact.to_float(exact.coefficient(value, parameter=True)) == value


def test_the_float_gate_rounds_to_nearest():
    assert exact.to_float(Rational(1, 3)) == 1 / 3
    assert exact.to_float(sqrt(2)) == float(np.sqrt(np.longdouble(2)))
    with pytest.raises(CoefficientError, match="give k a value"):
        exact.to_float(Symbol("k"))


def test_domains_are_the_smallest_that_hold_the_values():
    k = Symbol("k")
    assert exact.to_domain([Rational(1, 2)])[0] == QQ
    assert exact.to_domain([sqrt(6) / 3, Rational(1)])[0] == QQ.algebraic_field(sqrt(6))
    assert exact.to_domain([k, Rational(1)])[0] == QQ.frac_field(k)
    domain, [a, b] = exact.to_domain([sqrt(3) * k, 1 / (1 + k)])
    assert domain == QQ.algebraic_field(sqrt(3)).frac_field(k)
    assert sympy.simplify(exact.from_domain(domain, a * a * b) - 3 * k**2 / (1 + k)) == 0


def test_display_of_an_approximation_is_a_short_decimal():
    learned = exact.coefficient(-0.052345678901234567, parameter=True)
    assert exact.text(learned, exact=False) == "-0.0523457"
    assert exact.text(Rational(1, 3)) == "1/3"
    assert exact.latex(sqrt(3) / 6) == r"\frac{\sqrt{3}}{6}"


def test_arrays_without_dimensions_are_numbers():
    assert exact.coefficient(np.array(0.25)) == Rational(1, 4) and exact.coefficient(np.array(3)) == 3
    assert exact.is_long_float(np.array(1 / 3)) and not exact.is_long_float(np.array(0.3))
    with pytest.raises(CoefficientError, match="not a coefficient"):
        exact.coefficient(np.zeros(2))
