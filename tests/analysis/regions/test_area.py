"""Areas of regions with and without holes, and the window around them, from boundaries that are written down."""

import numpy as np
import pytest
import sympy

import schemetools as st
from schemetools.analysis.regions.area import area
from schemetools.analysis.regions.boundary import Curve
from schemetools.analysis.regions.crossings import _is_wraparound, self_crossings
from schemetools.analysis.regions.window import window


def circle(centre, radius, n=256):
    points = centre + radius * np.exp(2j * np.pi * np.arange(n + 1) / n)
    points[-1] = points[0]
    return Curve(points, False)


def test_an_annulus_has_the_area_between_its_circles():
    centre = -3 + 1j
    curves = [circle(centre, 2), circle(centre, 1)]
    found = area(lambda z: (np.abs(z - centre) < 2) & (np.abs(z - centre) > 1), curves)
    assert float(found) == pytest.approx(3 * np.pi, rel=1e-6)


def test_two_discs_add_and_the_outside_of_a_disc_is_infinite():
    centres = (-4 + 0j, 3 + 2j)
    found = area(lambda z: np.min([np.abs(z - c) for c in centres], axis=0) < 1, [circle(c, 1) for c in centres])
    assert float(found) == pytest.approx(2 * np.pi, rel=1e-6)
    assert area(lambda z: np.abs(z) > 1, [circle(0, 1)]) == sympy.oo


def test_chords_of_uneven_length_and_corners_cost_no_accuracy():
    """A half disc of coarse chords, as a grid would find them, and the unit disc of Euler's scheme, dropped at random."""
    uneven = np.pi * np.array([0, 0.01, 0.2, 0.21, 0.5, 0.52, 0.8, 1])
    half = Curve(np.append(np.exp(1j * uneven), 1), False)
    assert float(area(lambda z: (np.abs(z) <= 1) & (z.imag >= 0), [half])) == pytest.approx(np.pi / 2, rel=1e-7)
    assert float(st.stability("stochastic_depth(1/2)").area) == pytest.approx(np.pi, rel=1e-7)


def test_a_segment_has_no_area():
    there = 1j * np.linspace(-1, 1, 257) * np.exp(1e-3j)
    assert float(area(lambda z: np.abs(z) < 0, [Curve(np.append(there, there[-2::-1]), False)])) == 0


@pytest.mark.parametrize("stages", [5, 20])
def test_pieces_that_touch_at_right_angles_have_the_area_of_a_quadrature(stages):
    """|T_s(1 + z/s^2)| <= 1 touches itself between its lobes; in w = 1 + z/s^2 |T_s| grows with |Im w|."""
    chebyshev = np.polynomial.Chebyshev.basis(stages)
    nodes, weights = np.polynomial.legendre.leggauss(60)
    ends = np.cos(np.arange(stages + 1) * np.pi / stages)[::-1, None]
    turn = (nodes + 1) * np.pi / 4
    across = np.diff(ends, axis=0)
    x = ends[:-1] + across * np.sin(turn) ** 2
    low, high = np.zeros_like(x), np.full_like(x, 2)
    for _ in range(60):
        middle = (low + high) / 2
        inside = np.abs(chebyshev(x + 1j * middle)) <= 1
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    expected = 2 * stages**4 * (low * across * np.sin(2 * turn) * weights * np.pi / 4).sum()
    assert float(st.stability(f"rkc1({stages})").area) == pytest.approx(expected, rel=1e-7)


def test_without_a_boundary_it_is_the_plane_or_nothing():
    assert area(lambda z: np.abs(z) >= 0, []) == sympy.oo
    assert area(lambda z: np.abs(z) < 0, []) == 0


def test_a_closed_polygon_does_not_cross_itself_where_it_closes():
    square = np.array([0, 1, 1 + 1j, 1j, 0])
    assert self_crossings([square]) == []
    assert _is_wraparound(square, True, 0, 3) and _is_wraparound(square, True, 3, 0)
    assert not _is_wraparound(square, True, 0, 2) and not _is_wraparound(square, False, 0, 3)
    assert not _is_wraparound(square[:-1], True, 0, 2)
    bow = np.array([0, 1, 1j, 1 + 1j, 0])
    assert {crossing.point for crossing in self_crossings([bow])} == {0.5 + 0.5j}


@pytest.mark.parametrize("turn", [0.3, 1.1])
def test_two_crossing_squares_meet_in_pairs(turn):
    """Concentric squares, one turned: eight proper crossings, each as two passages at one point."""
    first = np.array([1 + 1j, -1 + 1j, -1 - 1j, 1 - 1j, 1 + 1j])
    found = self_crossings([first, first * np.exp(1j * turn)])
    assert len(found) == 16
    for a, b in zip(found[::2], found[1::2], strict=True):
        assert a.point == b.point and {a.loop, b.loop} == {0, 1}
        for passage in (a, b):
            loop = first if passage.loop == 0 else first * np.exp(1j * turn)
            i = passage.segment
            assert abs(loop[i] + passage.fraction * (loop[i + 1] - loop[i]) - passage.point) < 1e-12


@pytest.mark.parametrize("far", [-1, 1, 1j])
def test_an_unbounded_part_gets_room_on_whichever_side_it_lies(far):
    """The unit disc with the half plane beyond 3 `far`, whose straight edge is no bounded curve."""
    alone, _ = window(lambda z: np.abs(z) < 1, [circle(0, 1)])
    edge = Curve(far * (3 + 1j * np.linspace(-1e6, 1e6, 9)), True)
    wide, tall = window(lambda z: (np.abs(z) < 1) | ((z / far).real > 3), [circle(0, 1), edge])
    assert wide[0] < alone[0] and tall[1] - tall[0] >= (wide[1] - wide[0]) / 2
