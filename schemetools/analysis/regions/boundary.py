"""The boundary of a stability region as ordered closed curves.

The root locus {z : a root w of Phi(w, z) has modulus 1} is followed in theta, w = e^(i theta); it is cut where it meets
itself, the arcs that do not bound the region are dropped, and the rest are joined with the region on their left.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from schemetools.analysis.regions.crossings import Crossing, self_crossings
from schemetools.analysis.regions.locus import FARTHEST, TRACKED_ANGLES, locus, sheets_along
from schemetools.analysis.regions.membership import contains
from schemetools.analysis.regions.model import NumericModel
from schemetools.analysis.regions.roots import CLUSTER_TOLERANCE, roots_at

LINE_POINTS = 257


@dataclass(frozen=True)
class Curve:
    """A closed boundary curve, first point repeated at the end; `unbounded` if it closes through infinity.

    >>> import schemetools as st
    >>> [curve] = st.stability("euler").curves()
    >>> curve.unbounded, bool(abs(abs(curve.points + 1) - 1).max() < 1e-12)
    (False, True)
    """

    points: np.ndarray
    unbounded: bool


def boundary(model: NumericModel) -> list[Curve]:
    """The boundary of the closed region: every vertex is on it. A region without interior is traced there and back."""
    loops = locus(model)
    if not loops:  # f does not enter
        return []
    if model.steps == 1:  # log|R| is harmonic: wherever |R| = 1 one side is stable and the other is not
        return [_closed(loop) for loop in loops]
    for turn in (1, 1j):
        if all(np.abs((loop / turn).imag).max() <= 1e-9 * np.abs(loop).max() for loop in loops):
            return _on_a_line(model, loops, turn)
    if _is_self_reciprocal(model.phi):
        return _without_interior(model)
    kept = [oriented for arc in _arcs(loops) for oriented in _oriented(model, arc)]
    return [_closed(chain) for chain in _chains(kept)]


def _on_a_line(model: NumericModel, loops: list[np.ndarray], turn: complex) -> list[Curve]:
    """The boundary where the whole locus lies on a line through 0: the stable runs between its turning points."""
    turning = []
    for loop in loops:
        v = (loop / turn).real
        step = np.diff(v)
        turning += [v[1:-1][step[:-1] * step[1:] <= 0], v[[0, -1]]]
    ends = np.unique(np.concatenate(turning).round(12))
    ends = ends[np.append(True, np.diff(ends) > 1e-9 * np.abs(ends).max())]
    middle = (ends[:-1] + ends[1:]) / 2 * turn
    side = 1j * turn * 1e-3 * (1 + np.abs(middle))
    left, right = contains(model, middle + side), contains(model, middle - side)
    stable = contains(model, middle) & ~(left & right)
    curves = []
    for run in np.split(np.arange(len(stable)), np.flatnonzero(np.diff(stable)) + 1):
        if len(run) and stable[run[0]]:
            there = np.linspace(ends[run[0]], ends[run[-1] + 1], LINE_POINTS) * turn
            is_segment = not (left | right)[run].any()
            curves.append(_closed(np.concatenate([there, there[-2::-1]]) if is_segment else there))
    return curves


def _closed(points: np.ndarray) -> Curve:
    far = bool(np.abs(points[[0, -1]]).min() > 1) and bool(np.abs(points[0] - points[-1]) > 1e-6 * np.abs(points).max())
    return Curve(np.append(points, points[0]) if points[0] != points[-1] else points, far)


def _is_self_reciprocal(phi: np.ndarray) -> bool:
    """Whether the roots come in pairs w, 1/w (symplectic schemes): at a stable point all are on the circle."""
    return any(np.abs(phi - sign * phi[::-1]).max() <= 1e-14 * np.abs(phi).max() for sign in (1, -1))


def _without_interior(model: NumericModel) -> list[Curve]:
    """The stable arcs of a locus that bounds nothing, each traced there and back; w and 1/w give the same arc."""
    sheets = sheets_along(model, np.linspace(0, np.pi, TRACKED_ANGLES // 2 + 1))
    curves = []
    for sheet in sheets.T:
        stable = contains(model, np.where(np.isfinite(sheet), sheet, 0)) & (np.abs(sheet) < FARTHEST)
        for run in np.split(np.arange(len(sheet)), np.flatnonzero(np.diff(stable)) + 1):
            if len(run) > 1 and stable[run[0]]:
                arc = sheet[run]
                curves.append(Curve(np.concatenate([arc, arc[-2::-1]]), False))
    return curves


# ---- arcs and chains ------------------------------------------------------------------


def _arcs(loops: list[np.ndarray]) -> list[np.ndarray]:
    """The loops cut at all crossings; arc ends at a crossing are exactly the same point."""
    crossings = self_crossings(loops)
    arcs: list[np.ndarray] = []
    for index, loop in enumerate(loops):
        cuts = sorted((c for c in crossings if c.loop == index), key=lambda c: (c.segment, c.fraction))
        arcs += _cut(loop, cuts)
    return arcs


def _cut(loop: np.ndarray, cuts: list[Crossing]) -> list[np.ndarray]:
    if not cuts:
        return [loop]
    pieces, start, head = [], 0, np.empty(0, dtype=complex)
    for cut in cuts:
        pieces.append(np.concatenate([head, loop[start : cut.segment + 1], [cut.point]]))
        start, head = cut.segment + 1, np.array([cut.point])
    tail = np.concatenate([head, loop[start:]])
    if loop[0] == loop[-1]:
        pieces[0] = np.concatenate([tail, pieces[0][1:]])
    else:
        pieces.append(tail)
    return [p for p in pieces if len(p) > 1]


def _oriented(model: NumericModel, arc: np.ndarray) -> list[np.ndarray]:
    """The arc with the region on its left, both ways if it is all there is of the region, or nothing."""
    lengths = np.abs(np.diff(arc))
    middle = int(np.searchsorted(np.cumsum(lengths), lengths[np.abs(arc[:-1]) < FARTHEST / 10].sum() / 2))
    middle = min(middle, len(lengths) - 1)
    centre = (arc[middle] + arc[middle + 1]) / 2
    normal = 1j * (arc[middle + 1] - arc[middle])
    normal *= 1e-5 * (1 + abs(centre)) / max(abs(normal), 1e-300)
    left, right = contains(model, np.array([centre + normal, centre - normal]))
    if left != right:
        return [arc if left else arc[::-1]]
    if not left and np.abs(roots_at(model, arc[middle : middle + 1])).max() <= 1 + CLUSTER_TOLERANCE:
        return [arc, arc[::-1]]
    return []


def _chains(arcs: list[np.ndarray]) -> list[np.ndarray]:
    """Closed chains of arcs: at a crossing the sharpest left turn, so that every piece of the interior has its own."""
    remaining = list(range(len(arcs)))
    chains = []
    while remaining:
        chain = [arcs[remaining.pop(0)]]
        while chain[-1][-1] != chain[0][0]:
            starting = [i for i in remaining if arcs[i][0] == chain[-1][-1]]
            if not starting:
                break
            turn = _turn_from(chain[-1])
            best = max(starting, key=lambda i: turn(arcs[i]))
            remaining.remove(best)
            chain.append(arcs[best])
        chains.append(np.concatenate([chain[0], *(arc[1:] for arc in chain[1:])]))
    return chains


def _turn_from(arc: np.ndarray) -> Callable[[np.ndarray], float]:
    direction = arc[-1] - arc[-2]
    return lambda following: float(np.angle((following[1] - following[0]) / direction))
