"""Conditions on coefficients, as unions of inequalities, against the roots that NumPy finds."""

import itertools

import numpy as np
import pytest
from sympy import ZZ
from sympy.polys.rings import PolyRing

from schemetools.analysis.stability.plane import inequality
from schemetools.analysis.stability.several_symbols import _hurwitz, _is_nonnegative

RING = PolyRing("k", ZZ)
X, Y = PolyRing("x, y", ZZ).gens


def holds(union):
    return any(all(f.coeff(1) > 0 if strict else f.coeff(1) >= 0 for f, strict in atoms) for atoms in union)


def constants(row):
    return [RING.ground_new(c) for c in row]


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_a_polynomial_is_nonnegative_on_the_half_line_where_the_union_says_so(degree):
    """Every one with coefficients from -4 to 4 (or some): it is where no root of odd multiplicity is positive and it starts so."""
    for f in itertools.product(range(-4, 5, 1 if degree < 3 else 2), repeat=degree + 1):
        t = np.concatenate([np.linspace(0, 1, 801), 1 / np.linspace(1e-3, 1, 801)])
        values = np.polyval(f, t) / (1 + t) ** degree
        if abs(values.min()) < 1e-5 and degree > 1:
            continue  # it touches zero between the samples, or nearly
        assert holds(_is_nonnegative(constants(f))) == (values.min() >= -1e-12), f


@pytest.mark.parametrize("signs", [(0,), (1,), (-1,), (0, 1), (-1, 0), (-1, 1)], ids=str)
@pytest.mark.parametrize("f", [X, 3 - 2 * X, X - Y, X**2 - 4 * Y, 2 * X * Y - 6, 4 * X + 6 * Y - 10, X**2 + 1], ids=str)
def test_an_inequality_holds_where_the_sign_is_among_those_meant(f, signs):
    x, y = f.ring.symbols
    said = inequality(f, frozenset(signs))
    for at in itertools.product(range(-3, 4), repeat=2):
        value = f(*at)
        assert bool(said.subs({x: at[0], y: at[1]})) == (((value > 0) - (value < 0)) in signs), at


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_all_roots_lie_on_the_left_where_lienard_and_chipart_say_so(degree):
    random = np.random.default_rng(degree)
    seen = set()
    for _ in range(400):
        f = [int(c) for c in random.integers(-1 if degree < 3 else 1, 9, degree + 1)]
        if not f[0] or abs(rightmost := np.roots(f).real.max()) < 1e-6:
            continue
        seen.add(rightmost < 0)
        assert holds(_hurwitz(constants(f))) == (rightmost < 0), f
    assert seen == {True, False} or degree == 2
