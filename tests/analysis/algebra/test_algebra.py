"""The exact algebra underneath: roots counted, signs of algebraic numbers, cells of a parameter."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as some
from sympy import QQ, Rational, Symbol, sqrt

from schemetools.analysis.algebra import polynomials, real_roots, root_counts, sturm
from schemetools.analysis.algebra.cells import explore
from schemetools.analysis.algebra.conditions import condition
from schemetools.analysis.algebra.fields import Field, field_of

K = Field(QQ)
integers = some.integers(-6, 6)


@settings(max_examples=150, deadline=None)
@given(some.lists(some.tuples(integers, integers), min_size=2, max_size=6).filter(lambda p: p[-1] != (0, 0)))
def test_counts_against_the_circle(coefficients):
    counted = root_counts.count_against_circle(K, [QQ(a) for a, _ in coefficients], [QQ(b) for _, b in coefficients])
    moduli = np.abs(np.roots([complex(a, b) for a, b in reversed(coefficients)]))
    assert counted.inside + counted.on + counted.outside == len(coefficients) - 1
    if (np.abs(moduli - 1) > 1e-6).all():
        assert counted == (int((moduli < 1).sum()), 0, int((moduli > 1).sum()), True)


def test_leading_coefficients_that_vanish_are_roots_at_infinity():
    """0 w^4 + w^3 - w^2/2, formally of degree four: 0 twice, 1/2, and infinity."""
    row = [QQ(0), QQ(0), QQ(-1, 2), QQ(1), QQ(0)]
    assert root_counts.count_against_circle(K, row) == (3, 0, 1, True)


@pytest.mark.parametrize(
    ("roots", "bounded"),
    [
        ((1,), True),
        ((1, 1), False),
        ((-1, 1), True),
        ((-1, -1), False),
        ((1, "1/2", "1/2"), True),
        ((1, 2), False),
        ((0, 0, -1), True),
    ],
)
def test_root_condition(roots, bounded):
    w = Symbol("w")
    p = sympy.Poly(sympy.prod([w - Rational(r) for r in roots]), w)
    coefficients = [QQ(int(c.p), int(c.q)) for c in p.all_coeffs()[::-1]]
    assert root_counts.count_against_circle(K, coefficients).is_power_bounded is bounded


@settings(max_examples=100, deadline=None)
@given(some.lists(integers, min_size=1, max_size=6).filter(lambda p: p[-1] != 0))
def test_hurwitz_and_real_roots(coefficients):
    f = [QQ(c) for c in coefficients]
    roots = np.roots(coefficients[::-1])
    if len(roots) and (np.abs(roots.real) > 1e-6).all():
        assert root_counts.is_hurwitz(K, f) is bool((roots.real < 0).all())
    exact = sympy.Poly(coefficients[::-1], Symbol("x"))
    assert sturm.count_real_roots(K, f) == (len(set(exact.real_roots())) if len(f) > 1 else 0)


def test_parity_of_multiplicity_decides_signs():
    square = [QQ(4), QQ(-4), QQ(1)]  # (x - 2)^2
    assert sturm.is_nonnegative(K, square, QQ(0), QQ(5))
    assert sturm.is_nonnegative(K, square, QQ(0), float("inf"))
    assert not sturm.is_nonnegative(K, polynomials.multiply(K, square, [QQ(-3), QQ(1)]), QQ(0), QQ(5))
    assert sturm.odd_part(K, polynomials.multiply(K, square, [QQ(-3), QQ(1)])) == [QQ(-3), QQ(1)]


def test_signs_of_algebraic_numbers_are_exact():
    domain = QQ.algebraic_field(sqrt(2), sqrt(3))
    field = field_of(domain)
    number = domain.from_sympy(sqrt(2) + sqrt(3))
    close = sympy.nsimplify(sympy.N(sqrt(2) + sqrt(3), 90), rational=True)
    assert field.sign(number - domain.from_sympy(close)) == (1 if sympy.N(sqrt(2) + sqrt(3) - close, 200) > 0 else -1)
    assert field.sign(number * number - domain.from_sympy(5 + 2 * sqrt(6))) == 0


def test_real_roots_over_a_number_field():
    domain = QQ.algebraic_field(sqrt(2))
    field = field_of(domain)
    f = [domain.from_sympy(c) for c in (sqrt(2), -1 - sqrt(2), sympy.Integer(1))]  # (x - 1)(x - sqrt 2)
    assert [r.expr for r in real_roots.real_roots(field, f)] == [1, sqrt(2)]


@pytest.mark.parametrize("power", [1, 20, 60, 300])
def test_a_root_however_small_is_its_nearest_double_and_has_thirty_digits(power):
    """The roots of 10^(2 n) x^2 - 2 are -+sqrt(2) / 10^n."""
    negative, positive = real_roots.real_roots(K, [QQ(-2), QQ(0), QQ(10 ** (2 * power))])
    exact = sqrt(2) / sympy.Integer(10) ** power
    assert (float(negative), float(positive)) == (float(-exact), float(exact))
    assert abs(positive.decimal / exact.n(40) - 1) < 1e-29


def test_roots_are_told_apart_and_sorted():
    f = sympy.Poly((Symbol("x") ** 2 - 2) * (Symbol("x") * 10**12 - 1414213562373), Symbol("x"))
    roots = real_roots.real_roots(K, [QQ(int(c)) for c in f.all_coeffs()[::-1]])
    assert [r.expr for r in roots] == [-sqrt(2), Rational(1414213562373, 10**12), sqrt(2)]
    assert real_roots.between(roots[1], roots[2]) > QQ(1414213562373, 10**12)


@given(some.fractions(max_denominator=50), some.fractions(max_denominator=50))
def test_simplest_between(a, b):
    low, high = sorted((QQ(a.numerator, a.denominator), QQ(b.numerator, b.denominator)))
    if low < high:
        found = real_roots.simplest_between(low, high)
        assert low < found < high
        smaller = [
            d for d in range(1, int(found.denominator)) if any(low < QQ(n, d) < high for n in _between(low, high, d))
        ]
        assert smaller == []


def _between(low, high, d):
    return range(int(low * d) - 1, int(high * d) + 2)


def test_cells_of_a_parameter():
    """k^3 - 2 k > 0 exactly where k > sqrt 2 or -sqrt 2 < k < 0."""
    domain = QQ.frac_field("k")
    k = domain.gens[0]
    cells = explore(lambda F: F.sign(k**3 - 2 * k) > 0, K, domain)
    verdict = condition(Symbol("k"), cells, lambda root: False)
    for value in (-2, -1, Rational(-1, 9), Rational(1, 9), 1, 2):
        assert verdict.subs(Symbol("k"), value) == (value**3 - 2 * value > 0)
    assert verdict.subs(Symbol("k"), sqrt(2)) == False  # noqa: E712 - a sympy truth value
    with pytest.raises(TypeError, match="depends on a parameter"):
        bool(verdict)


def test_a_root_that_comes_twice_stands_once_however_far_it_was_refined():
    first, second = (real_roots.roots_of_factor((-2, 0, 1))[1] for _ in range(2))
    for _ in range(3):
        second.refine()
    third = real_roots.roots_of_factor((-3, 0, 1))[1]
    assert [root.factor for root in real_roots.distinct_sorted([second, third, first])] == [(-2, 0, 1), (-3, 0, 1)]


@settings(max_examples=60, deadline=None)
@given(some.lists(some.lists(integers, min_size=2, max_size=4), min_size=1, max_size=3), some.fractions(1, 9))
def test_roots_are_those_of_irreducible_factors_and_keep_the_change_of_sign(rows, content):
    """Products with a rational content: numpy's real roots, and an enclosure whose ends differ in sign."""
    rows = [[*row[:-1], row[-1] or 1] for row in rows]
    product = [QQ(content.numerator, content.denominator)]
    for row in rows:
        product = polynomials.multiply(K, product, [QQ(c) for c in row])
    factors = real_roots.irreducible_factors(K, product)
    x = Symbol("x")
    assert all(sympy.Poly([int(c) for c in reversed(f)], x).is_irreducible for f in factors)
    for root in [root for f in factors for root in real_roots.roots_of_factor(f)]:
        root.refine_to(QQ(1, 10**12))
        near = min(abs(z - float(root)) for row in rows for z in np.roots([float(c) for c in reversed(row)]))
        assert near < 1e-3  # numpy's multiple roots are known to a third of its digits
        if not root.is_rational:
            ends = [polynomials.evaluate(K, [QQ(int(c)) for c in root.factor], end) for end in (root.low, root.high)]
            assert ends[0] * ends[1] < 0
