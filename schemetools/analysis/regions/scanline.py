"""A multistep scheme's region on a grid by winding numbers: the root locus is scanned row by row.

Crossing the locus z(theta) = rho/sigma changes the number of roots outside the unit circle by one; to the right of a
rising piece there is one more. One root count per row and the crossings with the row decide all of its points.
"""

# NumPy's stubs refuse .real and .imag of an array whose type is not known.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable

import numpy as np

LOCUS_POINTS = 4096
NEAR_POLES = 40


def locus_angles(sigma: np.ndarray, count: int = LOCUS_POINTS) -> np.ndarray:
    """Ascending angles in (-pi, pi], closed at both ends, refined geometrically where sigma vanishes on the circle."""
    theta = np.linspace(-np.pi, np.pi, count + 1)
    roots = np.roots(np.trim_zeros(sigma[::-1], "f")) if sigma.any() else np.empty(0)
    poles = np.angle(roots[np.abs(np.abs(roots) - 1) < 1e-9])
    offsets = np.geomspace(1e-9, 2 * np.pi / count, NEAR_POLES)
    extra = [(pole + sign * offsets + np.pi) % (2 * np.pi) - np.pi for pole in poles for sign in (-1, 1)]
    theta = np.concatenate([theta, *extra])
    theta = (
        theta[np.all([np.abs(np.angle(np.exp(1j * (theta - pole)))) > 5e-10 for pole in poles], axis=0)]
        if len(poles)
        else theta
    )
    return np.unique(theta)


def locus_points(phi: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """z(theta) = rho(e^(i theta))/sigma(e^(i theta)) for Phi = phi[:, 0] + z phi[:, 1]."""
    w = np.exp(1j * theta)
    return -np.polyval(phi[::-1, 0], w) / np.polyval(phi[::-1, 1], w)


def scan(
    phi: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    count_outside: Callable[[np.ndarray], np.ndarray],
    contains: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """The closed region at the grid points x[i] + i y[j]: boolean (len(y), len(x)).

    The locus is a polygon here, so the two grid points beside each crossing are tested directly.
    """
    z = locus_points(phi, locus_angles(phi[:, 1]))
    row, crossing, step = _crossings(z, y)
    column = np.searchsorted(x, crossing)
    change = np.zeros((len(y), len(x) + 1), dtype=np.int8)
    right = crossing > x[0]
    np.add.at(change, (row[right], column[right]), step[right])
    change[:, 0] = count_outside(x[0] + 1j * y)
    region = np.cumsum(change[:, :-1], axis=1, dtype=np.int8) == 0
    touched_row, touched_x = _touched(z, y)
    row = np.concatenate([row, touched_row])
    column = np.concatenate([column, np.searchsorted(x, touched_x)])
    for beside in (column - 1, column):
        valid = (beside >= 0) & (beside < len(x))
        r, c = row[valid], beside[valid]
        region[r, c] = contains(x[c] + 1j * y[r])
    return region


def _touched(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row, x) where the polygon turns back on a horizontal, to within rounding, so that it may not have crossed it."""
    rise = np.diff(z.imag)
    tips = z[1:-1][rise[:-1] * rise[1:] <= 0]
    row = np.clip(np.searchsorted(y, tips.imag - 1e-9 * np.abs(tips)), 0, len(y) - 1)
    near = np.abs(y[row] - tips.imag) <= 2e-9 * np.abs(tips)
    return row[near], tips.real[near]


def _crossings(z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(row, x, +1 if rising else -1) for every crossing of the closed polygon z with the horizontals y."""
    a, b = z, np.roll(z, -1)
    through_infinity = np.abs(b - a) > 0.5 * (np.abs(a) + np.abs(b)) + 1e6
    a, b = a[~through_infinity], b[~through_infinity]
    low, high = np.searchsorted(y, np.minimum(a.imag, b.imag)), np.searchsorted(y, np.maximum(a.imag, b.imag))
    hits = high - low
    segment = np.repeat(np.arange(len(a)), hits)
    row = np.arange(len(segment)) - np.repeat(np.cumsum(hits) - hits, hits) + low[segment]
    a, b = a[segment], b[segment]
    x = a.real + (b.real - a.real) * (y[row] - a.imag) / (b.imag - a.imag)
    return row, x, np.where(b.imag > a.imag, 1, -1).astype(np.int8)
