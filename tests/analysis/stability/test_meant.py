"""The scheme that approximate coefficients mean: known to its digits, and short where nothing else determines it."""

from fractions import Fraction

import pytest

import schemetools as st
from schemetools.analysis.stability.meant import meant_model, subject
from schemetools.analysis.stability.model import model_of


def test_equal_schemes_are_asked_apart_where_they_are_known_to_other_digits():
    """R = P/Q with the z^2 terms 0.12255 > 0.12245 reversed: A-stable only if they are meant to be equal."""
    table = [[[0.25, 0.6], [-0.1, 0.2498]], [0.5, 0.5]]
    few, many = (st.RungeKutta(*table, digits=digits) for digits in (3, 15))
    assert few == many
    assert [st.stability(scheme).is_a_stable for scheme in (few, many, few)] == [True, False, True]


@pytest.mark.parametrize("digits", [5, 6, 9])
def test_coefficients_that_no_condition_determines_are_kept_to_their_digits(digits):
    """Three stages of order one: the real interval depends on the coefficients of z^2 and z^3."""
    exact = st.RungeKutta([[], ["1/3"], ["1/7", "11/21"]], ["2/9", "1/3", "4/9"])
    rounded = [[round(float(x), digits) for x in row] for row in (*exact.A, exact.b)]
    found = st.stability(st.RungeKutta(rounded[:-1], rounded[-1], digits=digits)).real_interval
    assert float(found) == pytest.approx(float(st.stability(exact).real_interval), rel=30 * 10.0**-digits)


@pytest.mark.parametrize("name", ["tsit5", "carpenter_kennedy4"])
def test_short_coefficients_have_the_least_denominator_within_their_errors(name):
    scheme = st.get(name)
    models = [meant_model(subject(scheme), model_of(scheme), short=short) for short in (True, False)]
    short, long, errors = (
        [Fraction(int(x.numerator), int(x.denominator)) for x in row]
        for row in (*(model.phi[0] for model in models), models[0].base.errors[0])
    )
    free = st.order(scheme) + 1
    assert short[:free] == long[:free] and len(short) > free
    for c, given, error in zip(short[free:], long[free:], errors[free:], strict=True):
        assert c.denominator < given.denominator and abs(c - given) < error
        assert abs(given.limit_denominator(c.denominator - 1) - given) >= error
