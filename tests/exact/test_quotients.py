"""Rational functions on flint's polynomials are, element by element, those of sympy's own field."""

import operator
import random

import pytest
from sympy import QQ, ZZ, Poly, Symbol
from sympy.polys.fields import FracField
from sympy.polys.matrices import DomainMatrix

from schemetools.exact import domain_over, quotients

k, m, t = Symbol("k"), Symbol("m"), Symbol("t")
pytestmark = pytest.mark.skipif(not quotients.HAS_FLINT, reason="of arithmetic in flint")


def pairs(symbols, seed, count=9):
    """The same elements of flint's field and of sympy's."""
    r = random.Random(seed)
    fast, slow = domain_over((), symbols).field, FracField(symbols, QQ)

    def polynomial():
        terms = {
            tuple(r.randint(0, 2) for _ in symbols): QQ(r.choice([0, 1, -1, 3, 10**30]), r.randint(1, 4))
            for _ in range(3)
        }
        return fast.ring.from_dict(terms)

    found = []
    for _ in range(count):
        above, below = polynomial(), polynomial() or fast.ring.one
        common = r.choice([fast.ring.one, fast.ring.gens[0] - 2])
        found.append((fast.new(above * common, below * common), slow.new(above * common, below * common)))
    return [(fast.zero, slow.zero), (fast.one, slow.one), (fast.gens[-1], slow.gens[-1]), *found]


def same(a, b):
    assert type(a) is quotients.Quotient
    assert (a.numer, a.denom) == (b.numer, b.denom)
    assert a == b
    assert b == a
    fresh = (b.field.ring.from_dict(dict(part)) for part in (b.numer, b.denom))  # sympy's squares keep an old hash
    assert hash(a) == hash(b.raw_new(*fresh))
    assert bool(a) == bool(b)
    assert str(a) == str(b)


@pytest.mark.parametrize("symbols", [(k,), (k, m), (k, m, t)], ids=str)
def test_every_operation_gives_the_element_that_sympy_gives(symbols):
    elements = pairs(symbols, 3)
    for f, g in elements:
        same(f, g)
        same(-f, -g)
        assert f**0 == 1
        for n in (-2, -1, 1, 2, 3) if g else (1, 2):
            same(f**n, g**n)
        for a, b in elements:
            for operation in (operator.add, operator.sub, operator.mul):
                same(operation(f, a), operation(g, b))
            if b:
                same(f / a, g / b)
            assert (f == a) == (g == b)


@pytest.mark.parametrize("number", [0, 1, -3, 10**30, QQ(2, 7), ZZ(5)], ids=str)
def test_numbers_on_either_side_and_sympys_elements_mix_in(number):
    for f, g in pairs((k, m), 4, 8)[1:]:  # sympy's 0 + 2 is 2 itself, no element
        for operation in (operator.add, operator.sub, operator.mul):
            same(operation(f, number), operation(g, number))
            same(operation(number, f), operation(number, g))
            same(operation(f.field.zero, number), operation(f.field.zero, f.field(number)))
            same(operation(f, g), operation(g, g))
            assert operation(g, f) == operation(g, g)
        if number:
            same(f / number, g / number)
        if g:
            same(number / f, number / g)
            same(f / g, g / g)


def test_nothing_is_divided_by_zero():
    field = domain_over((), (k,)).field
    for quotient in (
        lambda: field.one / field.zero,
        lambda: field.one / 0,
        lambda: 1 / field.zero,
        lambda: field.zero**-1,
        lambda: field.new(field.ring.one, field.ring.zero),
    ):
        with pytest.raises(ZeroDivisionError):
            quotient()


def test_the_domain_is_sympys_in_every_comparison_and_in_polynomials_and_matrices():
    fast, slow = domain_over((), (k, m)), QQ.frac_field(k, m)
    assert fast == slow
    assert hash(fast) == hash(slow)
    assert fast.unify(ZZ) == slow
    expression = (k * t**2 + t / (m + 1) - m) * (t - k)
    ours, theirs = (Poly(expression, t, domain=domain) for domain in (fast, slow))
    assert ours == theirs
    assert (ours.discriminant(), ours.factor_list()) == (theirs.discriminant(), theirs.factor_list())
    assert ours.gcd(ours.diff()) == theirs.gcd(theirs.diff())
    rows = [[k, 1 / m], [m + k, k / (k + 1)]]
    ours, theirs = (DomainMatrix([list(map(d.from_sympy, row)) for row in rows], (2, 2), d) for d in (fast, slow))
    assert ours.inv().to_Matrix() == theirs.inv().to_Matrix()
    assert ours.charpoly() == theirs.charpoly()
