"""Factors found at half the degree are those that flint finds at the whole one."""

import itertools
import random

import pytest

import schemetools as st
from schemetools.analysis.algebra import reciprocal

if not reciprocal.HAS_FLINT:
    pytest.skip("of polynomials in flint", allow_module_level=True)
fmpz_poly = pytest.importorskip("flint").fmpz_poly


def same_as_flint(value):
    content, found = reciprocal.factors(value)
    theirs, factors = value.factor()
    assert content == theirs
    assert len(found) == len(factors)
    assert dict(found) == {tuple(map(int, f.coeffs())): n for f, n in factors}
    assert all(type(c) is int for coefficients, _ in found for c in coefficients)


def halves():
    return itertools.product(range(-2, 3), repeat=3)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("middle", [(), (0,), (1,), (-3,)])
def test_every_small_polynomial_that_is_its_own_reverse_or_its_opposite(sign, middle):
    for half in halves():
        value = fmpz_poly([*half, *middle, *(sign * c for c in reversed(half))])
        if value:
            same_as_flint(value)


def test_reverses_that_meet_in_a_product_are_told_apart():
    """g(x) x^n g(1/x) is its own reverse and splits, though it may be irreducible in x + 1/x."""
    split = 0
    for half in halves():
        value = fmpz_poly(list(half)) * fmpz_poly(list(reversed(half)))
        if value:
            same_as_flint(value)
            split += value.degree() == 4
    assert split > 50


def test_cyclotomic_polynomials_are_irreducible():
    """Those of 5, 8, 12 have q(2) q(-2) = 5, 4, 1: squares settle nothing."""
    for n in range(1, 60):
        value = fmpz_poly.cyclotomic(n)
        content, found = reciprocal.factors(value * -6)
        assert (content, found) == (-6, [(tuple(map(int, value.coeffs())), 1)])


def test_contents_powers_of_x_and_long_ones():
    r = random.Random(8)
    for _ in range(300):
        half = [r.randint(-(10**12), 10**12) for _ in range(r.randint(1, 7))]
        outer = fmpz_poly([0] * r.randint(0, 3) + [r.choice([-210, -1, 1, 30, 10**20])])
        same_as_flint(outer * fmpz_poly(half + [r.randint(-5, 5)] * r.randint(0, 1) + half[::-1]))
        same_as_flint(outer * fmpz_poly(half))


def test_the_numerators_of_lm_are_seldom_left_to_flint(monkeypatch):
    """They change into themselves or their opposites under k -> 1/k, up to a power of k."""
    left = []
    whole = reciprocal._by_flint
    monkeypatch.setattr(reciprocal, "_by_flint", lambda value: left.append(value) or whole(value))
    coefficients = dict(st.modified_equation("lm", 8).coefficients)
    assert len(coefficients) == 200
    assert len(left) < 20
