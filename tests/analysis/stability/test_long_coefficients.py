"""Intervals of schemes with long coefficients, against the definition."""

import time

import pytest
from sympy import Rational

import schemetools as st
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.isolation import cleared, first_sign_change, is_long
from tests.schemes.published import TABLES, as_floats


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
