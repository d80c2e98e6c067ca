"""Many points at once: squares decided as a whole say what the roots say, and grids need no more than their booleans."""

import tracemalloc

import numpy as np
import pytest
import sympy

import schemetools as st
from schemetools.analysis.regions.cells import FEWEST, INSIDE, OPEN, OUTSIDE, squares, verdicts_by_squares
from schemetools.analysis.stability import answers
from schemetools.analysis.stability.verb import stability

SCHEMES = ["bdf(2)", "bdf(4)", "bdf(6)", "ab(3)", "adams_moulton(4)", "milne_simpson(2)", "leapfrog", "lm(k=3/10)",
           "lm(k=-9/10)", "lm(k=1)", "ab(3) am(2)", "ssp_multistep43"]  # fmt: skip
w, z = sympy.symbols("w z")


def named(name):
    """A scheme of the catalog, or a predictor and its corrector."""
    return st.predictor_corrector(*name.split()) if " " in name else st.get(name)


def model_of(scheme):
    return answers.numeric(scheme, normalized=False, shares=None)


def largest_moduli(scheme, points):
    """The largest modulus of a root at each point, from companion matrices made of the printed polynomial."""
    coefficients = sympy.Poly(stability(scheme).polynomial(w, z), w).all_coeffs()
    table = np.array([sympy.lambdify(z, c, "numpy")(points) + 0 * points for c in coefficients])
    steps = len(table) - 1
    companion = np.zeros((len(points), steps, steps), dtype=complex)
    companion[:, np.arange(1, steps), np.arange(steps - 1)] = 1
    companion[:, 0, :] = -(table[1:] / table[0]).T
    return np.abs(np.linalg.eigvals(companion)).max(axis=1)


def scattered(scheme, count, seed=0):
    """Points of the window of a scheme, a few of them far away."""
    (x0, x1), (y0, y1) = stability(scheme).window
    random = np.random.default_rng(seed)
    points = random.uniform(x0, x1, count) + 1j * random.uniform(y0, y1, count)
    points[:: count // 50] *= 10.0 ** random.uniform(0, 8, len(points[:: count // 50]))
    return points


@pytest.mark.parametrize("name", SCHEMES)
def test_many_points_are_where_their_roots_are(name):
    scheme = named(name)
    points = scattered(scheme, FEWEST)
    found = stability(scheme).contains(points)
    some = slice(None, None, 7)
    largest = largest_moduli(scheme, points[some])
    clear = np.abs(largest - 1) > 1e-6
    assert (found[some] == (largest < 1))[clear].all()
    assert (found == np.concatenate([stability(scheme).contains(p) for p in np.array_split(points, 50)])).all()


@pytest.mark.parametrize("name", ["bdf(4)", "ab(3)", "lm(k=3/10)"])
def test_squares_that_are_decided_hold_no_point_of_the_other_kind(name):
    """Random points of decided squares, and all that the root locus passes through is open."""
    scheme = st.get(name)
    table, half = squares(model_of(scheme), 3), 8.0
    assert {OUTSIDE, INSIDE, OPEN} == set(np.unique(table))
    assert (table == OPEN).mean() < 0.1
    random, side = np.random.default_rng(1), 2 * half / len(table)
    for verdict in (OUTSIDE, INSIDE):
        row, column = (v[:: max(1, len(v) // 4000)] for v in np.nonzero(table == verdict))
        corner = column * side - half + 1j * (row * side - half)
        points = corner + side * (random.random(len(row)) + 1j * random.random(len(row)))
        assert ((largest_moduli(scheme, points) < 1) == (verdict == INSIDE)).all()
    locus = np.concatenate(stability(scheme).locus())
    locus = locus[(np.abs(locus.real) < half) & (np.abs(locus.imag) < half)]
    row, column = (np.floor((v + half) / side).astype(int) for v in (locus.imag, locus.real))
    assert (table[row, column] == OPEN).all()


def test_few_points_are_taken_one_by_one():
    assert verdicts_by_squares(model_of(st.bdf(4)), np.zeros(100, dtype=complex)) is None


def test_strided_and_shaped_points():
    points = scattered(st.bdf(4), 4 * FEWEST).reshape(2, -1)
    found = stability(st.bdf(4)).contains(points)
    assert (stability(st.bdf(4)).contains(points[:, ::2]) == found[:, ::2]).all()


@pytest.mark.parametrize("name", ["rk4", "backward_euler", "ab(3) am(2)"])
def test_a_grid_needs_little_more_memory_than_its_booleans(name):
    found, n = stability(named(name)), 3000
    found.region((-4, 4), (-4, 4), 100)
    tracemalloc.start()
    try:
        region = found.region((-4, 4), (-4, 4), n)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert region.shape == (n, n)
    assert peak < 2 * n**2
