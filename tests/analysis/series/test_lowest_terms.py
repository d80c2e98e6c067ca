"""Quotients by powers over a number field, in lowest terms: sympy's own gcd gives the same."""

import random

import pytest
from sympy import QQ, sqrt
from sympy.polys.rings import PolyRing

from schemetools.analysis.series.symbol_series import _divided, _over

FIELD = QQ.algebraic_field(sqrt(2))
RING = PolyRing("mu, nu", FIELD)
MU, NU = RING.gens
ROOT = RING.ground_new(FIELD.from_sympy(sqrt(2)))


def polynomial(r):
    return sum((r.randint(-3, 3) + r.randint(-1, 1) * ROOT) * MU**i * NU**j for i in range(3) for j in range(3 - i))


@pytest.mark.parametrize("w", [1 + 2 * MU - ROOT * NU, (1 + MU) * (3 - ROOT * NU) ** 2, 2 * MU**2 + ROOT, 3 * RING.one])
@pytest.mark.parametrize("shared", [0, 1, 2])
def test_a_quotient_by_a_power_is_that_of_a_gcd(w, shared):
    r = random.Random(shared)
    for _ in range(4):
        total = polynomial(r) * w**shared
        above, below = _divided(total, w, 2)
        assert above * w**2 == total * below
        assert (above, below) == total.cancel(w**2)


def test_parts_are_summed_over_the_highest_power():
    """mu/w^2 + (nu - 1)/w + 3, w = mu + sqrt(2)."""
    w = MU + ROOT
    parts = {0: dict(RING(3)), 1: dict(NU - 1), 2: dict(MU)}
    above, below = _over(RING, parts, w)
    assert above == MU + (NU - 1) * w + 3 * w**2 and below == w**2
