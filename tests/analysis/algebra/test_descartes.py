"""Intervals by Descartes' rule against the enclosures of all complex roots in ball arithmetic."""

import random

import pytest
from sympy import QQ

from schemetools.analysis.algebra.descartes import HAS_FLINT, positive_intervals, real_intervals

if not HAS_FLINT:
    pytest.skip("isolation in flint's arithmetic", allow_module_level=True)

from flint import arb, ctx, fmpz_poly

CASES = 300


def random_polynomial(seed):
    """A square-free integer polynomial: of random coefficients, dyadic and close roots, or with two roots as near as
    Mignotte's x^n - 2 (a x - 1)^2."""
    r = random.Random(seed)
    f = fmpz_poly([1])
    for _ in range(r.randint(1, 6)):
        kind = r.choice(["dense", "dyadic", "close", "near", "zero", "large"])
        if kind == "dense":
            f *= fmpz_poly([r.randint(-50, 50) for _ in range(r.randint(2, 12))])
        elif kind == "dyadic":  # such as the cuts are
            f *= fmpz_poly([-r.randint(-9, 9), 2 ** r.randint(0, 5)])
        elif kind == "close":
            p, q = r.randint(1, 10**6), r.randint(1, 10**6)
            f *= fmpz_poly([-p, q]) * fmpz_poly([-(p * 10**9 + 1), q * 10**9])
        elif kind == "near":
            a, n = r.randint(3, 200), r.randint(3, 9)
            f *= fmpz_poly([0] * n + [1]) - 2 * fmpz_poly([-1, a]) ** 2
        elif kind == "zero":
            f *= fmpz_poly([0, 1])
        else:
            f *= fmpz_poly([-r.randint(10**20, 10**30), r.randint(1, 10)])
    simple = fmpz_poly([1])
    for factor, _ in f.factor_squarefree()[1]:
        simple *= factor
    return simple


def real_balls(f):
    with ctx.workprec(400):
        return [root.real for root, _ in f.complex_roots() if root.imag == 0]


def holds(interval, ball):
    """Whether a ball lies in the open interval, or on it where the interval is a point."""
    low, high = (ball - int(x.numerator) / arb(int(x.denominator)) for x in interval)
    return low.contains(0) if interval[0] == interval[1] else bool(low > 0) and bool(high < 0)


@pytest.mark.parametrize("block", [0, 1, *(pytest.param(i, marks=pytest.mark.slow) for i in range(2, 10))])
def test_each_interval_holds_one_root_and_each_root_has_an_interval(block):
    for seed in range(CASES // 10 * block, CASES // 10 * (block + 1)):
        f = random_polynomial(seed)
        if f.degree() < 1:
            continue
        balls, found = real_balls(f), real_intervals(f)
        with ctx.workprec(400):
            assert len(found) == len(balls), seed
            assert all(sum(holds(interval, ball) for ball in balls) == 1 for interval in found), seed
        assert all(a[1] <= b[0] for a, b in zip(found, found[1:], strict=False)), seed
        assert list(positive_intervals(f)) == [i for i in found if i[0] >= QQ(0) and i != (QQ(0), QQ(0))], seed
