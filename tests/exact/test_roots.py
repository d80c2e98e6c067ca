"""Sharp enclosures of roots, against the roots themselves."""

import pytest
from sympy import CRootOf, Poly, Rational, Symbol

from schemetools.exact.roots import BITS, sharpen

x = Symbol("x")
POLYNOMIALS = [35 * x**3 - 45 * x**2 + 15 * x - 1, x**5 - x - 1, 7 * x**3 + 3 * x + 11, x**4 - 10 * x**2 + 1]


@pytest.mark.flint
@pytest.mark.parametrize("polynomial", POLYNOMIALS, ids=str)
def test_every_real_root_gets_an_enclosure_that_holds_it_alone(polynomial):
    p = Poly(polynomial, x)
    for i in range(len(p.real_roots())):
        root = CRootOf(polynomial, i)
        if not isinstance(root, CRootOf):
            continue
        before = root.eval_rational(n=15)
        sharpen(root)
        interval = root._get_interval()
        low, high = Rational(interval.a), Rational(interval.b)
        assert 0 < high - low < Rational(1, 2 ** (BITS - 60))
        assert p.eval(low) * p.eval(high) < 0
        assert low - Rational(1, 10**12) < before < high + Rational(1, 10**12)
        assert abs(p.eval(root.eval_rational(n=100))) < Rational(1, 10**95)
