"""A stability region on a grid of points, in milliseconds."""

import math
from typing import Any

import numpy as np

from schemetools.analysis.regions.membership import TOLERANCE, contains, roots_at
from schemetools.analysis.regions.model import NumericModel
from schemetools.analysis.regions.scanline import scan
from schemetools.errors import SchemeError

ROWS = 16


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
    rows = y[n // 2 :] if symmetric else y
    if symmetric and n % 2:
        rows[0] = 0.0
    upper = _region_rows(model, x, rows)
    return np.concatenate([upper[n % 2 :][::-1], upper]) if symmetric else upper


def _region_rows(model: NumericModel, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    if model.steps == 1 and model.zeros is None and model.everywhere is None:
        return _one_step_rows(model, x, y)
    if model.steps > 1 and model.phi.shape[1] == 2 and not np.iscomplexobj(model.phi):
        return scan(
            model.phi,
            x,
            y,
            lambda z: (np.abs(roots_at(model, z)) > 1).sum(axis=1),
            lambda z: contains(model, z),
        )
    return contains(model, x[None, :] + 1j * y[:, None])


def _one_step_rows(model: NumericModel, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """On a row the real and imaginary parts of P(x + i y) are polynomials in x: Horner's rule in real arithmetic."""
    P, Q = -model.phi[0], model.phi[1]
    gap = _grid_modulus(P, x, y)
    if not Q[1:].any():
        return gap <= np.abs(Q[0]) ** 2 * (1 + TOLERANCE)
    bound = _grid_modulus(Q, x, y)
    bound *= 1 + TOLERANCE
    return gap <= bound


def _grid_modulus(coefficients: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    s = len(coefficients) - 1
    scale = max(np.abs(x).max(), np.abs(y).max())
    table = np.zeros((s + 1, len(y)), dtype=np.complex128)
    for j in range(s + 1):  # the coefficient of (x/scale)^j is scale^j P^(j)(i y)/j!
        for m in range(s, j - 1, -1):
            table[j] = table[j] * (1j * y / scale) + coefficients[m] * math.comb(m, j) * scale**m
    total = np.empty((len(y), len(x)))
    abscissa = np.broadcast_to(x / scale, (ROWS, len(x))).copy()
    for start in range(0, len(y), ROWS):
        rows = slice(start, start + ROWS)
        total[rows] = _horner(table.real[:, rows], abscissa) + _horner(table.imag[:, rows], abscissa)
    return total


def _horner(table: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The square of sum_j table[j, row] x^j."""
    value = np.empty((table.shape[1], x.shape[1]))
    value[:] = table[-1][:, None]
    for c in table[-2::-1]:
        value *= x[: len(value)]
        value += c[:, None]
    value *= value
    return value
