"""Rationals between two numbers: the one of least denominator, against a search over all denominators."""

from fractions import Fraction
from itertools import count

import pytest
from sympy import QQ

from schemetools.analysis.algebra.real_roots import simplest_between


def least_denominator(low, high):
    return next(
        d for d in count(1) if any(low < Fraction(n, d) < high for n in range(int(low * d) - 1, int(high * d) + 2))
    )


@pytest.mark.parametrize(
    ("low", "high"),
    [
        *((Fraction(n), n + Fraction(p, q)) for n in (-2, 0, 3) for p, q in ((1, 3), (2, 5), (1, 7), (3, 4))),
        *((Fraction(p, q), Fraction(p, q) + Fraction(1, m)) for p, q in ((-7, 5), (5, 8), (22, 7)) for m in (3, 11, 40)),
        *((n + Fraction(p, q), Fraction(n + 1)) for n in (-1, 2) for p, q in ((1, 2), (4, 5), (8, 9))),
    ],
)  # fmt: skip
def test_the_rational_of_least_denominator(low, high):
    found = simplest_between(QQ(low.numerator, low.denominator), QQ(high.numerator, high.denominator))
    found = Fraction(int(found.numerator), int(found.denominator))
    assert low < found < high and found.denominator == least_denominator(low, high)
