"""The boundary of a stability region as ordered closed curves.

The root locus {z : a root w of Phi(w, z) has modulus 1} is followed in theta, w = e^(i theta); it is cut where it meets
itself, the arcs that do not bound the region are dropped, and the rest are joined with the region on their left.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from schemetools.analysis.region import CLUSTER_TOLERANCE, NumericModel, contains, roots_at
from schemetools.analysis.region_crossings import Crossing, self_crossings
from schemetools.analysis.region_scanline import locus_angles, locus_points

FARTHEST = 1e6
TRACKED_ANGLES = 720
DEEPEST_BISECTION = 14
LINE_POINTS = 257
HOMOTOPY_STEPS = 40
ABERTH_STEPS = 60


@dataclass(frozen=True)
class Curve:
    """A closed boundary curve, first point repeated at the end; `unbounded` if it closes through infinity."""

    points: np.ndarray
    unbounded: bool


def boundary(model: NumericModel) -> list[Curve]:
    """The boundary of the closed region: every vertex is on it. A region without interior is traced there and back."""
    loops = locus(model)
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
    """Whether the roots come in pairs w, 1/w at every z (symplectic schemes): a stable point has all roots on the circle."""
    return any(np.abs(phi - sign * phi[::-1]).max() <= 1e-14 * np.abs(phi).max() for sign in (1, -1))


def _without_interior(model: NumericModel) -> list[Curve]:
    """The stable arcs of a locus that bounds nothing, each traced there and back; w and 1/w give the same arc."""
    sheets = _sheets(_root_finder(model), np.linspace(0, np.pi, TRACKED_ANGLES // 2 + 1))
    curves = []
    for sheet in sheets.T:
        stable = contains(model, np.where(np.isfinite(sheet), sheet, 0)) & (np.abs(sheet) < FARTHEST)
        for run in np.split(np.arange(len(sheet)), np.flatnonzero(np.diff(stable)) + 1):
            if len(run) > 1 and stable[run[0]]:
                arc = sheet[run]
                curves.append(Curve(np.concatenate([arc, arc[-2::-1]]), False))
    return curves


# ---- the locus ----------------------------------------------------------------------


def locus(model: NumericModel) -> list[np.ndarray]:
    """The root locus as curves in order; one that passes through infinity is cut there."""
    if model.phi.shape[1] == 2:
        theta = locus_angles(model.phi[:, 1])
        with np.errstate(all="ignore"):
            branches = [locus_points(model.phi, theta)]
    else:
        branches = _tracked(model)
    return [piece for branch in branches for piece in _cut_at_infinity(branch)]


def _cut_at_infinity(loop: np.ndarray) -> list[np.ndarray]:
    """The finite runs of a closed loop; a closed one comes back with its first point repeated exactly."""
    near = np.isfinite(loop) & (np.abs(loop) < FARTHEST)
    points = loop[:-1]
    jump = np.abs(np.diff(loop)) > 0.5 * (np.abs(points) + np.abs(loop[1:])) + 10 * np.median(np.abs(points[near[:-1]]))
    breaks = ~near[:-1] | ~near[1:] | jump
    if not breaks.any():
        closed = loop.copy()
        closed[-1] = closed[0]
        return [closed]
    start = int(np.flatnonzero(breaks)[0]) + 1
    order = (np.arange(len(points)) + start) % len(points)
    points, breaks = points[order], breaks[order]
    pieces = np.split(points, np.flatnonzero(breaks) + 1)
    pieces = [p[np.isfinite(p) & (np.abs(p) < FARTHEST)] for p in pieces]
    return [p for p in pieces if len(p) > 1]


def _roots_in_z(phi: np.ndarray, theta: float) -> np.ndarray:
    """The z with Phi(e^(i theta), z) = 0; infinite ones as huge numbers."""
    a = np.exp(1j * theta * np.arange(len(phi))) @ phi
    least = 1e-12 * np.abs(phi[:, -1]).max()
    if abs(a[-1]) < least:
        a[-1] = least
    scale = (np.abs(a[0]) / np.abs(a[-1])) ** (1 / (len(a) - 1)) or 1.0
    return scale * np.roots((a * scale ** np.arange(len(a)))[::-1])


RootFinder = Callable[[float, np.ndarray | None], np.ndarray]
"""The roots z at an angle, given those at a nearby angle (None at the first one)."""


def _root_finder(model: NumericModel) -> RootFinder:
    if model.zeros is None or len(model.zeros[1]):
        return lambda theta, _: _roots_in_z(model.phi, theta)
    zeros = model.zeros[0]

    def follow(theta: float, before: np.ndarray | None) -> np.ndarray:
        if before is not None:
            return _aberth(zeros, np.exp(1j * theta), before)
        z = zeros + 0j
        for size in np.geomspace(1e-3, 1, HOMOTOPY_STEPS):  # from R(z) = 0 to R(z) = e^(i theta)
            z = _aberth(zeros, size * np.exp(1j * theta), z)
        return z

    return follow


def _aberth(zeros: np.ndarray, c: complex, z: np.ndarray) -> np.ndarray:
    """All solutions of R(z) = c, R the polynomial with these zeros and R(0) = 1, from approximate ones (Aberth, 1973).

    R and R'/R come from the zeros: in monomials a high degree would lose all digits.
    """
    z = z.copy()
    for _ in range(ABERTH_STEPS):
        with np.errstate(all="ignore"):
            value = np.prod(1 - z[:, None] / zeros[None, :], axis=1)
            newton = (value - c) / (value * (1 / (z[:, None] - zeros[None, :])).sum(axis=1))
            newton = np.where(np.isfinite(newton), newton, 1e-3 * np.abs(z) + 1e-3)
            gaps = z[:, None] - z[None, :]
            np.fill_diagonal(gaps, np.inf)
            step = newton / (1 - newton * (1 / gaps).sum(axis=1))
        z -= step
        if (np.abs(step) <= 1e-14 * (1 + np.abs(z))).all():
            break
    return z


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distances on the Riemann sphere between all pairs."""
    scale = np.sqrt((1 + np.abs(a[:, None]) ** 2) * (1 + np.abs(b[None, :]) ** 2))
    return np.abs(a[:, None] - b[None, :]) / scale


def _matched(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, bool]:
    """`after` in the order of the nearest roots `before`, and whether the assignment is beyond doubt."""
    distance = _distance(before, after)
    if len(before) == 1:
        return after, bool(distance[0, 0] < 0.05)
    nearest = distance.argmin(axis=1)
    two = np.partition(distance, 1, axis=1)
    if len(set(nearest)) == len(nearest):
        return after[nearest], bool((two[:, 0] < 0.3 * two[:, 1]).all() and two[:, 0].max() < 0.05)
    order, taken = np.full(len(before), -1), set()
    for flat in distance.argsort(axis=None):
        i, j = divmod(int(flat), len(after))
        if order[i] < 0 and j not in taken:
            order[i] = j
            taken.add(j)
    return after[order], False


def _tracked(model: NumericModel) -> list[np.ndarray]:
    """The closed loops of all roots z(theta), followed round the circle until each comes back to its start."""
    sheets = _sheets(_root_finder(model), -np.pi + 2 * np.pi * (np.arange(TRACKED_ANGLES + 1) + 1 / 3) / TRACKED_ANGLES)
    successor = _distance(sheets[-1], sheets[0]).argmin(axis=1)
    loops, unused = [], set(range(sheets.shape[1]))
    while unused:
        j = min(unused)
        pieces = []
        while j in unused:
            unused.remove(j)
            pieces.append(sheets[:-1, j])
            j = int(successor[j])
        loop = np.concatenate(pieces)
        loops.append(np.append(loop, loop[0]))
    return loops


def _sheets(find: RootFinder, theta: np.ndarray) -> np.ndarray:
    """The roots z along the angles, continuously numbered: shape (angles, roots), angles added where it needs them."""
    path = [find(theta[0], None)]
    for a, b in zip(theta, theta[1:], strict=False):
        _follow(find, path, a, b, DEEPEST_BISECTION)
    return np.array(path)


def _follow(find: RootFinder, path: list[np.ndarray], a: float, b: float, depth: int) -> None:
    """Extend the path from angle a to b, by bisection where roots come close to one another."""
    after, clear = _matched(path[-1], find(b, path[-1]))
    if clear or depth == 0:
        path.append(after)
        return
    middle = (a + b) / 2
    _follow(find, path, a, middle, depth - 1)
    _follow(find, path, middle, b, depth - 1)


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
