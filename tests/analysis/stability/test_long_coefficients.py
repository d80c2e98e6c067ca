"""Intervals of schemes with long coefficients, against the definition."""

import random
import time
from fractions import Fraction

import mpmath
import pytest
import sympy
from sympy import QQ, Poly, Rational

import schemetools as st
from schemetools.analysis.algebra.fields import Field, field_of
from schemetools.analysis.algebra.isolation import cleared, first_sign_change, is_long
from schemetools.analysis.properties.principal import _in_floats
from tests.schemes.published import TABLES, as_floats


@pytest.mark.flint
def test_a_long_equation_gives_its_first_sign_change_and_no_tangency():
    long = Rational(10**1500 + 7, 10**1500 + 9)
    roots = [long, long, 2 * long, 3 * long, 5 * long]  # a double root first: no sign change
    f = [Rational(1)]
    for root in roots:
        shifted = [Rational(0), *f]
        f = [a - root * b for a, b in zip(shifted, [*f, Rational(0)], strict=True)]
    from_sympy = [st.exact.to_domain([c])[1][0] for c in f]
    assert is_long(cleared(Field(), from_sympy))
    found = first_sign_change(Field(), from_sympy, cleared(Field(), from_sympy))
    assert found.low < 2 * st.exact.to_domain([long])[1][0] < found.high and float(found) == pytest.approx(2)


def test_intervals_of_sixteen_long_stages_take_no_seconds():
    scheme = as_floats(TABLES["diffeqdevtools constructTsitourasPapakostas8"], c=False)
    known = st.stability(scheme)
    start = time.process_time()
    interval = float(known.real_interval)
    assert time.process_time() - start < 5
    below, above = (abs(float(known.function(Rational(str(-interval * f))))) for f in (0.999, 1.001))
    assert below < 1 < above


@pytest.mark.parametrize("s", [20, 60, pytest.param(200, marks=pytest.mark.slow)])
def test_the_real_interval_of_a_long_chebyshev_method_is_where_its_formula_reaches_one(s):
    """R(z) = 1 + b_s (T_s(w0 + w1 z) - T_s(w0)), beside 2/3 (s^2 - 1)(1 - 2/15 eps) of Sommeijer et al. (1998)."""
    known = st.stability(st.get(f"rkc2({s})"))
    start = time.process_time()
    length = known.real_interval
    assert time.process_time() - start < 30  # 12 s for 200 stages
    with mpmath.workdps(60):
        w0 = 1 + mpmath.mpf(2) / 13 / s**2
        T, dT, ddT = (mpmath.diff(lambda x: mpmath.chebyt(s, x), w0, n) for n in range(3))
        b, w1 = ddT / dT**2, dT / ddT
        end = mpmath.mpmathify(length.evalf(60))
        inside, outside = (
            1 + b * (mpmath.chebyt(s, w0 - w1 * end * f) - T)
            for f in (1 - mpmath.mpf(10) ** -20, 1 + mpmath.mpf(10) ** -20)
        )
    assert inside < 1 < outside
    assert float(length) == pytest.approx(2 / 3 * (s**2 - 1) * (1 - 2 / 15 * 2 / 13), rel=0.01)


@pytest.mark.flint
def test_the_least_positive_root_is_found_beside_roots_on_the_cuts():
    x = sympy.Symbol("x")
    for roots in ([1, 2, 3], [Rational(1, 2), Rational(1, 3)], [-1, 0, 4], [-2], [8, Rational(81, 10)]):
        f = Poly(sympy.prod(x - a for a in roots) * (x**2 + x + 1), x).clear_denoms(convert=True)[1]
        coefficients = [int(c) for c in reversed(f.all_coeffs())]
        found = first_sign_change(field_of(QQ), [QQ(c) for c in coefficients], coefficients)
        positive = [a for a in roots if a > 0]
        assert (found is None) == (not positive)
        if positive:
            assert abs(float(found) - float(min(positive))) < 1e-15


@pytest.mark.flint
def test_forty_steps_leave_the_region_where_a_root_is_minus_one():
    """At w = -1, z = rho/sigma = 2/|sigma(-1)|, as for every Adams-Bashforth scheme of more than one step."""
    scheme = st.adams_bashforth(40)
    start = time.process_time()
    length = float(st.stability(scheme).real_interval)
    assert time.process_time() - start < 10
    at_minus_one = sum((-1) ** j * b for j, b in enumerate(scheme.beta))
    assert length == pytest.approx(float(2 / abs(at_minus_one)), rel=1e-12)


def test_an_error_of_very_many_trees_is_in_floats_and_agrees_with_the_exact_one():
    """Of feagin10 both ways are short; of feagin14, with 87811 trees, the exact one is not."""
    found, exactly = _in_floats(st.feagin10, 11), st.principal_error("feagin10")
    assert list(found.residuals) == list(exactly.residuals)
    assert all(abs(found.residuals[t] - r) < 1e-16 for t, r in exactly.residuals.items())
    assert found.norm == pytest.approx(float(exactly.norm), rel=1e-12)
    assert len(st.principal_error("feagin12").residuals) == 12486


def test_the_norm_of_an_error_with_long_fractions():
    """Fractions of thousands of digits, whose two parts are above every double."""
    found = st.principal_error("kencarp5")
    assert any(abs(r.p) > 2**1100 for r in found.residuals.values())
    squares = sum((Fraction(int(r.p), int(r.q)) / t.symmetry) ** 2 for t, r in found.residuals.items())
    assert found.norm == pytest.approx(float(squares) ** 0.5, rel=1e-12)


@pytest.mark.flint
@pytest.mark.parametrize("eps", ["0", "1/20"])
def test_points_of_a_long_chebyshev_method_are_in_its_region_where_its_formula_says_so(eps):
    """R(z) = T_60(w0 + w1 z)/T_60(w0): monomials of degree 60 would lose all digits."""
    r, s = random.Random(60), 60
    known = st.stability(st.get(f"rkc1({s}, {eps})"))
    points = [complex(-7300 * r.random(), 40 * r.random() * r.choice([0, 1])) for _ in range(200)]
    start = time.process_time()
    found = known.contains(points)
    assert time.process_time() - start < 10
    with mpmath.workdps(60):
        w0 = 1 + mpmath.mpf(Fraction(eps).numerator) / Fraction(eps).denominator / s**2
        T, dT = mpmath.chebyt(s, w0), mpmath.diff(lambda x: mpmath.chebyt(s, x), w0)
        sizes = [abs(mpmath.chebyt(s, w0 + T / dT * mpmath.mpc(z)) / T) for z in points]
    clear = [abs(size - 1) > 1e-9 for size in sizes]
    assert sum(clear) > 100
    assert all(ours == (size <= 1) for ours, size, told in zip(found, sizes, clear, strict=True) if told)
