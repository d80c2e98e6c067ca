"""Squares of the plane that lie wholly inside a multistep scheme's region, or wholly outside: many points by look-up.

If |Phi(w, c)| on the whole circle |w| = 1 is more than Phi can change over a disc about c, Phi has at every point of
the disc as many roots inside the circle as at c (Rouché). Squares for which that cannot be said are divided.
"""

# NumPy's stubs refuse .real and .imag of an array whose type is not known.
# pyright: reportAttributeAccessIssue=false

import functools
import math
from collections.abc import Iterator

import numpy as np

from schemetools.analysis.regions.model import NumericModel
from schemetools.analysis.regions.roots import coefficients_at, general_contains, square

OUTSIDE, INSIDE, OPEN = 0, 1, 2
FIRST, LAST = 16, 256
ANGLES = 256
MARGIN = 1e-8
BATCH = 256
FEWEST = 1 << 16
SAMPLE = 1000
CHUNK = 1 << 14


def verdicts_by_squares(model: NumericModel, z: np.ndarray) -> np.ndarray | None:
    """OUTSIDE, INSIDE or OPEN for each of many points; None where there are too few to gain by it."""
    if model.steps == 1 or len(z) < FEWEST:
        return None
    some = z[:: len(z) // SAMPLE]
    reach = np.quantile(np.maximum(np.abs(some.real), np.abs(some.imag)), 0.95)  # of most points: a few may be far
    if not 1e-6 < reach < 1e6:
        return None
    exponent = int(np.ceil(np.log2(reach)))
    return _looked_up(squares(model, exponent), exponent, z)


def _looked_up(table: np.ndarray, exponent: int, z: np.ndarray) -> np.ndarray:
    """The table's entry of the square of each point; those at the edge, to which far points go, are open."""
    n, found = len(table), np.empty(len(z), dtype=np.uint8)
    for start in range(0, len(z), CHUNK):
        place = z[start : start + CHUNK].view(float) * (n / 2.0 ** (exponent + 1))
        place += n / 2
        np.clip(place, 0, n - 1, out=place)
        index = place.astype(np.int32)
        table.ravel().take(index[1::2] * n + index[::2], out=found[start : start + CHUNK], mode="clip")
    return found


@functools.lru_cache(maxsize=32)
def squares(model: NumericModel, exponent: int) -> np.ndarray:
    """The verdicts on LAST x LAST squares of the window |Re z|, |Im z| <= 2^exponent; [row of Im z, column of Re z]."""
    half = 2.0**exponent
    table = np.full((FIRST, FIRST), OPEN, dtype=np.uint8)
    while True:
        n = len(table)
        row, column = np.nonzero(table == OPEN)
        if mirrored := not np.iscomplexobj(model.phi):
            row, column = row[row >= n // 2], column[row >= n // 2]
        side = 2 * half / n
        centre = (column + 0.5) * side - half + 1j * ((row + 0.5) * side - half)
        table[row, column] = _verdicts(model, centre, side / np.sqrt(2))
        if mirrored:
            table[: n // 2] = table[: n // 2 - 1 : -1]
        if n == LAST:
            break
        table = table.repeat(2, axis=0).repeat(2, axis=1)
    table[[0, -1], :] = table[:, [0, -1]] = OPEN
    return table


def _verdicts(model: NumericModel, centre: np.ndarray, radius: float) -> np.ndarray:
    """INSIDE or OUTSIDE where one of them holds in a whole disc, else OPEN."""
    verdict = np.full(len(centre), OPEN, dtype=np.uint8)
    for start in range(0, len(centre), BATCH):
        part = slice(start, start + BATCH)
        clear = np.flatnonzero(_is_clear(model, centre[part], radius)) + start
        verdict[clear] = np.where(general_contains(model, centre[clear]), INSIDE, OUTSIDE)
    return verdict


def _is_clear(model: NumericModel, centre: np.ndarray, radius: float) -> np.ndarray:
    """Whether no root can be on the circle anywhere in the discs about the centres.

    With w = e^(i theta), Phi is followed on each arc by its tangent and a bound of its second derivative; powers of w
    are counted from the middle one, which changes no modulus and makes the derivatives least.
    """
    powers = np.arange(model.steps + 1) - model.steps / 2
    theta = 2 * np.pi * np.arange(ANGLES) / ANGLES
    circle = np.exp(1j * np.outer(powers, theta))
    a = coefficients_at(model, centre).T
    value, slope = a @ circle, a @ (1j * powers[:, None] * circle)
    arc = np.pi / ANGLES
    along = np.clip(-(value.conj() * slope).real / (square(slope) + 1e-300), -arc, arc)
    least = np.abs(value + along * slope)
    slack = arc**2 / 2 * (np.abs(a) @ powers**2) + MARGIN * np.abs(a).sum(axis=1)
    change = np.zeros_like(least)
    for order, derivative in enumerate(_derivatives(model, centre), 1):
        change += radius**order * np.abs(derivative @ circle)
        slack += radius**order * arc * (np.abs(derivative) @ np.abs(powers))
    return (least > change + slack[:, None]).all(axis=1)


def _derivatives(model: NumericModel, centre: np.ndarray) -> Iterator[np.ndarray]:
    """Phi's Taylor coefficients in z at the centres, of order 1 upwards: each (centres, steps + 1)."""
    degree = model.phi.shape[1] - 1
    for order in range(1, degree + 1):
        weights = [math.comb(m, order) for m in range(order, degree + 1)]
        yield np.polynomial.polynomial.polyval(centre, (model.phi[:, order:] * weights).T).T
