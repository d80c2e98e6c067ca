"""A stability region on a grid of points, in milliseconds."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from schemetools.analysis.regions.membership import contains
from schemetools.analysis.regions.model import NumericModel
from schemetools.analysis.regions.roots import TOLERANCE, roots_at
from schemetools.analysis.regions.scanline import scan
from schemetools.errors import SchemeError

FEW = 1 << 14  # points that stay in the processor's cache
MANY = 1 << 17


def checked_window(xlim: Any, ylim: Any, n: Any) -> tuple[float, float, float, float, int]:
    """(x0, x1, y0, y1, n) of a user's window. Raises SchemeError for an empty or infinite one."""
    try:
        (x0, x1), (y0, y1) = (tuple(map(float, lim)) for lim in (xlim, ylim))
        count = n.__index__()
    except (TypeError, ValueError, AttributeError):
        raise SchemeError("region(xlim, ylim, n) takes two pairs of numbers and an integer n") from None
    if not (np.isfinite([x0, x1, y0, y1]).all() and x0 < x1 and y0 < y1 and count > 1):
        raise SchemeError(
            f"the window xlim={xlim}, ylim={ylim}, n={n} is empty; give (low, high) with low < high, and n > 1"
        )
    return x0, x1, y0, y1, count


def region(model: NumericModel, xlim: Any, ylim: Any, n: Any) -> np.ndarray:
    """The closed region on a grid: boolean (n, n), rows the imaginary part ascending, columns the real part."""
    x0, x1, y0, y1, n = checked_window(xlim, ylim, n)
    x, y = np.linspace(x0, x1, n), np.linspace(y0, y1, n)
    symmetric = y0 == -y1 and not np.iscomplexobj(model.phi)
    found, first = np.empty((n, n), dtype=bool), n // 2 if symmetric else 0
    if symmetric and n % 2:
        y[first] = 0.0
    _fill(found[first:], model, x, y[first:])
    found[:first] = found[n - first :][::-1]
    return found


def _fill(found: np.ndarray, model: NumericModel, x: np.ndarray, y: np.ndarray) -> None:
    """The region on the rows y, a few at a time: an image of any size needs no more memory than its booleans."""
    if model.steps > 1 and model.phi.shape[1] == 2 and not np.iscomplexobj(model.phi):
        found[:] = scan(
            model.phi,
            x,
            y,
            lambda z: (np.abs(roots_at(model, z)) > 1).sum(axis=1),
            lambda z: contains(model, z),
        )
        return
    one_step = model.steps == 1 and model.zeros is None and model.everywhere is None
    points, test = (FEW, _one_step_rows(model, x, y)) if one_step else (MANY, None)
    height = max(1, points // len(x))
    for start in range(0, len(y), height):
        rows = slice(start, start + height)
        found[rows] = test(rows) if test else contains(model, x[None, :] + 1j * y[rows, None])


def _one_step_rows(model: NumericModel, x: np.ndarray, y: np.ndarray) -> Callable[[slice], np.ndarray]:
    P, Q = -model.phi[0], model.phi[1]
    modulus, bound = _Modulus(P, x, y), _Modulus(Q, x, y) if Q[1:].any() else None
    least = np.abs(Q[0]) ** 2 * (1 + TOLERANCE)
    return lambda rows: modulus(rows) <= (least if bound is None else bound(rows) * (1 + TOLERANCE))


class _Modulus:
    """|p|^2 on rows of a grid.

    On a row the real and imaginary parts of p(x + i y) are polynomials in x: Horner's rule in real arithmetic.
    """

    def __init__(self, coefficients: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
        s = len(coefficients) - 1
        scale = max(np.abs(x).max(), np.abs(y).max())
        self.table = np.zeros((s + 1, len(y)), dtype=np.complex128)
        for j in range(s + 1):  # the coefficient of (x/scale)^j is scale^j P^(j)(i y)/j!
            for m in range(s, j - 1, -1):
                self.table[j] = self.table[j] * (1j * y / scale) + coefficients[m] * math.comb(m, j) * scale**m
        self.abscissa = np.broadcast_to(x / scale, (max(1, FEW // len(x)), len(x))).copy()

    def __call__(self, rows: slice) -> np.ndarray:
        part = self.table[:, rows]
        return _horner(part.real, self.abscissa) + _horner(part.imag, self.abscissa)


def _horner(table: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The square of sum_j table[j, row] x^j."""
    value = np.empty((table.shape[1], x.shape[1]))
    value[:] = table[-1][:, None]
    for c in table[-2::-1]:
        value *= x[: len(value)]
        value += c[:, None]
    value *= value
    return value
