"""The area of a stability region: the polygons of its boundary, and what lies between them and the boundary."""

# NumPy's stubs refuse .real and .imag of an array whose type is not known.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Sequence

import numpy as np
import sympy
from sympy import Expr

from schemetools.analysis.regions.boundary import Curve
from schemetools.analysis.regions.window import is_unbounded

Inside = Callable[[np.ndarray], np.ndarray]

NEGLIGIBLE = 1e-9
"""Of the area: a segment above a chord with a smaller triangle in it is taken for one of a parabola."""

FLAT = 1e-12
DEEPEST = 16
BISECTIONS = 26
REACH = 0.7
"""Of a chord's length: how far from it the boundary is looked for; at a right angle it is half the length away."""

SLANTS = (0.0, 0.3, -0.3)
"""Of the lines searched: where two parts of a region touch, the perpendicular may lead from one into the other."""


def area(inside: Inside, curves: Sequence[Curve]) -> Expr:
    """The area, to about 1e-6 relative, chords being halved where the boundary bends; oo for an unbounded region.

    Over each chord lies a triangle with a boundary point above the chord's middle, over its sides smaller ones, and so
    on; a small one stands for a parabola's segment, which is 4/3 of it.
    """
    if not curves:  # all of the plane, or nothing
        return sympy.oo if bool(inside(np.zeros(1))[0]) else sympy.Integer(0)
    sizes = [np.abs(c.points).max() for c in curves]
    if any(c.unbounded for c in curves) or is_unbounded(inside, max(sizes)):
        return sympy.oo
    return sympy.Float(sum((_signed(inside, curve.points) for curve in curves), 0.0))


def _signed(inside: Inside, points: np.ndarray) -> float:
    """The area within a closed curve, negative where the region is on its outer side."""
    start, end = points[:-1], points[1:]
    total = float(0.5 * (start.conj() * end).imag.sum())
    if abs(total) <= FLAT * float(np.abs(points).max()) ** 2:  # traced there and back
        return 0.0
    least = NEGLIGIBLE * abs(total)
    for _ in range(DEEPEST):
        apex = _apices(inside, start, end)
        triangles = 0.5 * ((apex - start).conj() * (end - apex)).imag
        bent = np.abs(triangles) > least
        total += float(triangles[bent].sum() + 4 / 3 * triangles[~bent].sum())
        start, end = np.append(start[bent], apex[bent]), np.append(apex[bent], end[bent])
        if not len(start):
            break
    return abs(total) if _bounds_from_outside(inside, points) else -abs(total)


def _apices(inside: Inside, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """A boundary point above or below the middle of each chord; the middle itself where none is near."""
    middle, apex = (start + end) / 2, (start + end) / 2
    within = inside(middle)
    left = np.arange(len(middle))
    for slant in SLANTS:
        direction = 1j * (end - start)[left] * np.exp(1j * slant)
        near, far = np.zeros(len(left)), np.full(len(left), np.nan)
        for step in (0.02, 0.1, 0.3, 0.5, REACH):  # the nearest change on either side
            for t in (step, -step):
                new = np.isnan(far)
                far[new] = np.where(inside((middle[left] + t * direction)[new]) != within[left][new], t, np.nan)
        found = np.flatnonzero(~np.isnan(far))
        near, far, direction, at = near[found], far[found], direction[found], left[found]
        for _ in range(BISECTIONS):
            half = (near + far) / 2
            same = inside(middle[at] + half * direction) == within[at]
            near, far = np.where(same, half, near), np.where(same, far, half)
        apex[at] = middle[at] + near * direction
        left = np.delete(left, found)
        if not len(left):
            break
    return apex


def _bounds_from_outside(inside: Inside, points: np.ndarray) -> bool:
    """Whether the region is on the inner side of the curve."""
    i = int(np.argmin(points[:-1].real))
    outward = -1e-6 * (1 + abs(points[i]))
    return not bool(inside(np.array([points[i] + outward]))[0])
