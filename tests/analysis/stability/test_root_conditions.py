"""The conditions of `several_symbols` and the zeros of `numeric`, on polynomials whose roots are written down."""

import itertools

import numpy as np
import pytest
from sympy import QQ, ZZ, Symbol
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyRing

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.stability import several_symbols as several
from schemetools.analysis.stability.numeric import _zeros_in_digits

RING = PolyRing((Symbol("a"),), ZZ, lex)
LEFT, ON_AXIS, RIGHT = ([1, 1], [2, 1], [2, 2, 1], [5, 1, 2]), ([1, 0, 1], [0, 1]), ([-1, 1], [2, -1, 1])


def row(p):
    return [RING.ground_new(ZZ(int(c))) for c in p]


def holds(union):
    """Whether a union of conjunctions of signs of constants holds."""
    return any(all(f.LC > 0 if strict else not f or f.LC > 0 for f, strict in clause) for clause in union)


def products(*families, degree):
    for size in range(1, degree + 1):
        for chosen in itertools.combinations_with_replacement([p for family in families for p in family], size):
            p = [1]
            for factor in chosen:
                p = np.convolve(p, factor)
            if len(p) - 1 <= degree:
                yield p


@pytest.mark.parametrize("sign", [1, -1])
def test_hurwitz_polynomials_are_those_with_all_roots_on_the_left(sign):
    for p in products(LEFT, degree=4):
        assert holds(several._hurwitz(row(sign * p)))
    for p in products(LEFT, ON_AXIS, RIGHT, degree=4):
        wrong = any(root.real > -1e-6 for root in np.roots(p[::-1]))
        assert holds(several._hurwitz(row(sign * p))) == (not wrong), p


def test_degree_five_is_refused():
    with pytest.raises(OverflowError, match="degree five"):
        several._hurwitz(row([1] * 6))


@pytest.mark.parametrize(("f", "g"), [*itertools.product([[1], [1, 2], [1, 0, 3]], [[1], [2, 1], [1, 1, 1]])])
def test_what_vanishes_at_infinity_has_the_larger_degree_below(f, g):
    """P/Q -> 0 iff deg P < deg Q, whatever formal degree both are written with."""
    degree = len(f) - 1
    for size in range(max(len(f), len(g)), 5):
        padded = [row(p + [0] * (size - len(p))) for p in (f, g)]
        assert holds(several._vanishes_at_infinity(*padded, one_step=True)) == (degree < len(g) - 1)


def test_of_a_multistep_method_sigma_is_a_power():
    for sigma, expected in (([0, 0, 2], True), ([0, 1, 2], False), ([0, 1, 0], False), ([3, 0, 1], False)):
        assert holds(several._vanishes_at_infinity(row([1, -2, 1]), row(sigma), one_step=False)) == expected


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ([1, -1], True),
        ([0, -1, 1], True),
        ([1, -2, 1], False),  # (w - 1)^2
        ([-1, 0, 1], True),  # w^2 - 1
        ([2, -3, 1], False),  # (w - 1)(w - 2)
        ([1, -1, 1, -1], True),  # (1 - w)(1 + w^2): simple roots on the circle
        ([-1, -1, 1, 1], False),  # (w - 1)(w + 1)^2
        ([-1, 3, -6, 4], True),  # (w - 1)(4 w^2 - 2 w + 1), inside
    ],
)
def test_the_root_condition_of_one_to_three_values(p, expected):
    assert holds(several._root_condition(row(p))) == expected


def test_the_root_condition_needs_the_root_one_and_at_most_three_values():
    with pytest.raises(OverflowError, match="1 is no root"):
        several._root_condition(row([1, 1]))
    with pytest.raises(OverflowError, match="more than three values"):
        several._root_condition(row([-1, 0, 0, 0, 1]))


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        ([], True),
        ([3], True),
        ([-3], False),
        ([0, 2, 1], True),
        ([1, -2, 1], True),  # (t - 1)^2 touches
        ([1, -3, 1], False),
        ([4, -3, 0, 1], True),  # t^3 - 3 t + 4: least 2 at t = 1
        ([1, -3, 0, 1], False),  # least -1 at t = 1
        ([2, -3, 0, 1], True),  # (t - 1)^2 (t + 2)
        ([1, 1, 1, -1], False),
    ],
)
def test_what_is_nonnegative_on_the_half_line(f, expected):
    t = np.linspace(0, 50, 200001)
    assert (np.polyval(f[::-1] or [0], t).min() > -1e-8) == expected
    assert holds(several._is_nonnegative(row(f))) == expected


def test_degree_four_on_the_half_line_is_refused():
    with pytest.raises(OverflowError, match="degree 4 must not be negative"):
        several._is_nonnegative(row([1, 1, 1, 1, 1]))


@pytest.mark.parametrize("n", [2, 7, 24])
def test_zeros_in_many_digits_are_the_roots_of_unity(n):
    """Of z^n - 1, whose inner coefficients are 0, and of z^n - 2^n, which is scaled."""
    K = Field(QQ)
    for radius in (1, 2):
        found = _zeros_in_digits(K, [QQ(-(radius**n)), *[QQ(0)] * (n - 1), QQ(1)])
        exact = radius * np.exp(2j * np.pi * np.arange(n) / n)
        assert max(np.abs(found - z).min() for z in exact) < 1e-14 * radius
