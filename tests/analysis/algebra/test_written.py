"""Expressions put together part by part are those that sympy makes by itself, down to the order of their parts."""

import random

import pytest
import sympy
from sympy import Integer, Rational, Symbol, srepr

from schemetools.analysis.algebra import written

SYMBOLS = [Symbol("k"), Symbol("k", real=True), Symbol("z", positive=True)]


def coefficients(r):
    found = [r.choice([0, 0, 1, -1, 2, -2, 7, r.randint(-(10**6), 10**6)]) for _ in range(r.randint(1, 8))]
    return (*found, r.choice([1, -1, 3, -5, 10**30]))


@pytest.mark.parametrize("symbol", SYMBOLS, ids=srepr)
def test_a_polynomial_is_the_sum_of_its_terms(symbol):
    r = random.Random(5)
    for _ in range(300):
        given = coefficients(r)
        found = written.polynomial(symbol, given)
        assert srepr(found) == srepr(sympy.Add(*[c * symbol**i for i, c in enumerate(given)]))


@pytest.mark.parametrize("symbol", SYMBOLS, ids=srepr)
def test_a_product_of_powers_is_sympys(symbol):
    """Distinct irreducible polynomials, as a factorisation gives them."""
    r = random.Random(6)
    pool = [(0, 1), (1, 1), (-1, 1), (1, 0, 1), (2, -1, 3), (1, -10, 1), (-2, 0, 0, 1)]
    for _ in range(200):
        parts = [written.power_of(symbol, p, r.choice([-5, -2, -1, 1, 2, 3])) for p in r.sample(pool, r.randint(0, 4))]
        number = r.choice([Integer(1), Integer(-1), Integer(6), Rational(-3, 7)])
        found = written.product(number, parts)
        assert srepr(found) == srepr(sympy.Mul(number, *parts))
        assert hash(found) == hash(sympy.Mul(number, *parts))
