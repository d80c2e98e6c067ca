"""Embedded pairs for q'' = f(q): both results of each have the quadratures of the published orders, exactly."""

import pytest
from sympy import Rational, simplify

import schemetools as st
from schemetools.schemes.registry import SECOND_ORDER

PUBLISHED = {
    "dprkn4": (4, 3),
    "dprkn5": (5, 4),
    "dprkn6": (6, 4),
    "dprkn6fm": (6, 4),
    "dprkn8": (8, 6),
    "erkn4": (4, 3),
    "fine_rkn4": (4, 3),
}


def holds(weights, nodes, moments):
    return all(
        simplify(sum(w * c**k for w, c in zip(weights, nodes, strict=True)) - moment) == 0
        for k, moment in enumerate(moments)
    )


def test_every_pair_is_here():
    pairs = [name for name in st.names(kind=SECOND_ORDER) if getattr(st.get(name), "b_hat", None) is not None]
    assert set(pairs) == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_quadratures_of_both_results(name):
    """Order p: sum b_i c_i^k = 1/((k+1)(k+2)) for k <= p - 2, and sum b'_i c_i^k = 1/(k+1) for k <= p - 1."""
    s = st.get(name)
    for order, b, b_prime in zip(PUBLISHED[name], (s.b, s.b_hat), (s.b_prime, s.b_prime_hat), strict=True):
        assert holds(b, s.c, [Rational(1, (k + 1) * (k + 2)) for k in range(order - 1)])
        assert holds(b_prime, s.c, [Rational(1, k + 1) for k in range(order)])
