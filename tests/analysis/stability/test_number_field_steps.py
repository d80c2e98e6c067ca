"""General linear methods with irrational coefficients: what exact verdicts say against spectra in floating point."""

import math
import random
from collections.abc import Callable

import numpy as np
import pytest
from sympy import QQ, Rational, Symbol, cbrt, oo, pi, sqrt

import schemetools as st
from schemetools.analysis.algebra.fields import carried

STEPS = np.concatenate([np.linspace(1e-3, 1, 400, endpoint=False), np.geomspace(1, 1e3, 200)])


def radius_of(scheme: st.GeneralLinear) -> Callable[[complex], float]:
    """z -> the largest modulus of an eigenvalue of V + z B (I - z A)^-1 U."""
    A, U, B, V = (np.array(x, dtype=complex) for x in (scheme.A, scheme.U, scheme.B, scheme.V))
    return lambda z: max(abs(np.linalg.eigvals(V + z * B @ np.linalg.solve(np.eye(len(A)) - z * A, U))))


def drawn(seed: int) -> st.GeneralLinear:
    """A two- or three-stage DIMSIM with a diagonal in a number field of degree 2 or 3."""
    draw = random.Random(seed)
    s = draw.choice((2, 3))
    number = draw.choice((sqrt(2), sqrt(3), cbrt(2)))
    diagonal = Rational(draw.randint(1, 6), 4) - number * Rational(draw.randint(-2, 2), 8)
    A = [[Rational(draw.randint(-2, 3), 3) if j < i else 0 for j in range(s)] for i in range(s)]
    for i in range(s):
        A[i][i] = diagonal
    return st.dimsim([Rational(i, s - 1) for i in range(s)], A, [Rational(1, s)] * s)


@pytest.mark.flint
@pytest.mark.parametrize("seed", range(12))
def test_intervals_end_where_a_scan_leaves_the_disc(seed: int) -> None:
    scheme = drawn(seed)
    facts, radius = st.stability(scheme), radius_of(scheme)
    for length, direction in ((facts.real_interval, -1), (facts.imaginary_interval, 1j)):
        seen = next((t for t in STEPS if radius(direction * t) > 1 + 1e-7), math.inf)
        if length == oo:
            assert seen == math.inf
            continue
        r = float(length)
        # A scan sees an exit from the grid point behind it on; a slow one, as t^4, a little later.
        assert seen >= r * (1 - 1e-9)
        assert any(radius(direction * t) > 1 for t in r + np.geomspace(1e-6, 0.05, 40))


@pytest.mark.flint
def test_the_type_4_method_of_order_two_is_a_stable() -> None:
    """Butcher (1993): s = 2, lambda = (3 - sqrt(3))/2"""
    diagonal = (3 - sqrt(3)) / 2
    scheme = st.dimsim([0, 1], [[diagonal, 0], [0, diagonal]], ["1/2", "1/2"])
    facts = st.stability(scheme)
    assert st.order(scheme) == 2
    assert facts.is_a_stable is True
    assert facts.angle == pi / 2
    assert facts.real_interval == facts.imaginary_interval == oo
    rays = np.exp(1j * np.linspace(np.pi / 2, np.pi, 40))
    radius = radius_of(scheme)
    assert all(radius(r * z) <= 1 + 1e-9 for r in (0.1, 1, 10, 1e3) for z in rays)


def test_an_element_stays_as_it_is_in_its_own_field() -> None:
    field = QQ.algebraic_field(sqrt(3))
    long = field([QQ(3**4000, 7), QQ(5**3000)])
    assert carried(long, field, field) is long
    assert carried(QQ(1, 3), QQ, field) == field(QQ(1, 3))
    assert carried(QQ(2), QQ, QQ.frac_field(Symbol("t"))) == 2
