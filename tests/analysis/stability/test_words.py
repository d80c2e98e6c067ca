"""Verdicts and lengths in words: the numbers that are printed are the numbers that are meant."""

import re

import pytest
import sympy
from sympy import And, Eq, Or, Piecewise, Rational, Symbol, oo, sqrt

import schemetools as st
from schemetools.analysis.stability.words import length, verdict
from tests.analysis.reading import formula

k, a = sympy.symbols("k a")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "undecided"),
        (True, "yes"),
        (sympy.false, "no"),
        (k > 0, "k > 0"),
        (And(k > -1, k <= 1), "-1 < k <= 1"),
        (And(k >= 0, k < Rational(1, 2)), "0 <= k < 1/2"),
        (Or(Eq(k, 1), k < 0), "k < 0 or k = 1"),
        (And(a > 0, k <= 1), "a > 0 and k <= 1"),
        (Or(And(k > 1, k < 2), Eq(k, 3)), "1 < k < 2 or k = 3"),
    ],
)
def test_conditions_in_words(value, said):
    assert verdict(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "undecided"),
        (oo, "infinite"),
        (Rational(5, 2), "5/2"),
        (2 * sqrt(2), "2 sqrt(2)"),
        (sympy.Float("2.78529356340528"), "2.785294"),
        (Piecewise((k, k > 0), (oo, True)), "k if k > 0, else infinite"),
        (k + 1, "k + 1"),
        (Rational(10**30 + 1, 10**30), "1.0000..."),
    ],
)
def test_lengths_in_words(value, said):
    assert length(value) == said


@pytest.mark.parametrize("name", ["rk4", "kutta3", "adams_bashforth(3)", "ssprk104", "merson4"])
def test_a_decimal_comes_with_an_equation_that_it_solves(name):
    """The bracket's polynomial in z has a root there, to the digits shown; an exact short number has none."""
    for value in (st.stability(st.get(name)).real_interval, st.stability(st.get(name)).imaginary_interval):
        said = length(value)
        if found := re.fullmatch(r"([\d.]+) \[(.*) = 0\]", said):
            roots = sympy.Poly(formula(found[2]), Symbol("z")).nroots()
            assert min(abs(complex(root) - float(value)) for root in roots) < 1e-9
            assert float(found[1]) == pytest.approx(float(value), rel=1e-4)
        else:
            assert "..." in said or formula(said) == value


def test_the_angle_stands_for_a_stability_that_is_not_there():
    """A(alpha) of BDF3 is 86.03 degrees (Hairer and Wanner II, table V.2.1); explicit methods have none."""
    assert re.search(r"^A-stable +A\(86\.03 deg\)", str(st.stability(st.bdf(3))), re.MULTILINE)
    assert re.search(r"^A-stable +no", str(st.stability(st.rk4)), re.MULTILINE)
    complex_one = st.stability(st.RungeKutta([["2/5 + 1/5*I"]], [1]))
    assert re.search(r"^A-stable +no", str(complex_one), re.MULTILINE)
