"""The window in which a stability region is seen."""

# NumPy's stubs refuse .real and .imag of an array whose type is not known.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Sequence

import numpy as np

from schemetools.analysis.regions.boundary import Curve

DEFAULT = 5.0
MARGIN = 0.15
THINNEST = 1.4
NEIGHBOURHOOD = 1.6
LARGEST = 1e4

Inside = Callable[[np.ndarray], np.ndarray]
Window = tuple[tuple[float, float], tuple[float, float]]


def window(inside: Inside, curves: Sequence[Curve]) -> Window:
    """(xlim, ylim), symmetric in y, around the bounded boundary curves; a fixed one where there are none.

    A segment on an axis gets room on both sides; an unbounded region gets room on its unbounded side.
    """
    bounded = _near_the_origin([c.points for c in curves if not c.unbounded])
    if not bounded:
        return (-DEFAULT, DEFAULT), (-DEFAULT, DEFAULT)
    points = np.concatenate([*bounded, [0]])
    left, right, height = points.real.min(), points.real.max(), np.abs(points.imag).max()
    size = max(right - left, height)
    if is_unbounded(inside, size):
        left, right = min(left, -0.6 * size), max(right, 0.25 * size)
        height = max(height, 0.5 * (right - left))
    width = right - left
    if width < THINNEST * height:
        middle, width = (left + right) / 2, THINNEST * height
        left, right = middle - width / 2, middle + width / 2
    height = max(height, width / 4)
    pad = MARGIN * max(right - left, height)
    return (float(left - pad), float(right + pad)), (float(-height - pad), float(height + pad))


def _near_the_origin(curves: list[np.ndarray]) -> list[np.ndarray]:
    """The curves that belong to the picture: the one nearest to 0, and those not much farther out than it reaches."""
    curves = sorted(curves, key=lambda points: np.abs(points).min())
    if not curves or np.abs(curves[0]).min() > LARGEST:
        return []
    reach = np.abs(curves[0]).max()
    return [points for points in curves if np.abs(points).max() <= NEIGHBOURHOOD * reach]


def is_unbounded(inside: Inside, size: float) -> bool:
    """Whether a region whose bounded curves reach as far as `size` has points a hundred times as far."""
    return bool(inside(100 * size * np.exp(1j * np.linspace(0.1, 2 * np.pi - 0.1, 16))).any())
