"""Monotone differences for b . grad V + (1/2) a : hess V, also where a has rank one in any direction.

In cells, B_i = b_i/dx_i and A_ij = a_ij/(dx_i dx_j). The drift is taken upwind. For the noise, where |A_12| <= A_11 and
|A_12| <= A_22, the nearest neighbours do, with an error of second order (D_e: the second difference along e):

    (A_11 - |A_12|) D_(1,0) + (A_22 - |A_12|) D_(0,1) + |A_12| D_(1,1)          [(1,-1) where A_12 < 0]

Elsewhere no weights on the nearest neighbours are all positive (a line of irrational slope meets none). Then, for
A_12 > A_22 >= 0, with t = A_12/A_11 < 1 and r = A_22 - t A_12 >= 0, which is zero for noise of rank one,

    (r/t) D_(1,0) + r/(1-t) D_(1,1) + [A_11 - r/(t(1-t))] D_(1,t)
    D_(1,t) V = [V(x + W(1,t)) - 2 V(x) + V(x - W(1,t))]/W^2

where V(x + W(1,t)) is interpolated between two points of the grid: an error of 1/W^2 by interpolation against (W dx)^2
by the wide difference, both dx at W ~ 1/sqrt(dx). All weights are positive: there is a discrete maximum principle. They
are continuous in (B, A), and linear in them to first order once the neighbours and t are chosen; so the derivative of
the discrete operator by a parameter is the operator at the derivatives.
Sources: Motzkin, Wasow (1953), J. Math. Phys. 31 (no compact stencil is monotone for every direction); Debrabant,
Jakobsen (2013), Semi-Lagrangian schemes for linear and fully non-linear diffusion equations, Math. Comp. 82.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sparse

from schemetools.control.grid import Grid
from schemetools.errors import SchemeError

ROUNDING = 1e-10

Weights = Iterator[tuple[np.ndarray, np.ndarray]]  # (rates, flat indices of the neighbours)


@dataclass(frozen=True, eq=False)
class Stencil:
    """The neighbours of every point of a grid, chosen for a drift b of shape (d, N) and a covariance a (d, d, N)."""

    grid: Grid
    forward: np.ndarray  # (d, N): whether the drift goes up
    sign: np.ndarray  # of a_12
    compact: np.ndarray  # whether the nearest neighbours do
    first: np.ndarray  # whether a_11 is the larger one, in cells
    slope: np.ndarray  # t, where they do not
    rest: np.ndarray  # r/A_11
    width: int

    @classmethod
    def chosen(cls, grid: Grid, b: np.ndarray, a: np.ndarray) -> "Stencil":
        """The stencil for a drift and a covariance. Raises SchemeError where the latter is not semidefinite."""
        A = _in_cells(grid, a)
        _check_semidefinite(grid, a, A)
        none = np.zeros(grid.size)
        if len(grid.axes) == 1:
            return cls(grid, b > 0, none, none == 0, none == 0, none, none, 1)
        first = A[0, 0] >= A[1, 1]
        large, small = _sorted(first, A)
        mixed = np.abs(A[0, 1])
        compact = mixed <= small
        t = np.divide(mixed, large, out=none + 0.5, where=~compact)
        rest = np.divide(small - t * mixed, large, out=none.copy(), where=~compact)
        return cls(grid, b > 0, np.sign(A[0, 1]), compact, first, t, np.maximum(rest, 0), wide(grid))

    def drift(self, b: np.ndarray) -> sparse.csr_array:
        """b . grad, by upwind differences."""
        return self._assembled(self._drift(b))

    def noise(self, a: np.ndarray) -> sparse.csr_array:
        """(1/2) a : hess."""
        return self._assembled(self._noise(_in_cells(self.grid, a)))

    def operator(self, b: np.ndarray, a: np.ndarray) -> sparse.csr_array:
        """b . grad + (1/2) a : hess, in one matrix of shape (N, N); its rows add up to zero."""
        return self._assembled([*self._drift(b), *self._noise(_in_cells(self.grid, a))])

    def derivative(self, b: np.ndarray, a: np.ndarray) -> sparse.csr_array:
        """The derivative of the operator, at the derivatives b and a of drift and covariance."""
        return self._assembled([*self._drift(b), *self._noise(_in_cells(self.grid, a))], signed=True)

    def _assembled(self, parts: Any, *, signed: bool = False) -> sparse.csr_array:
        rates, columns, rows = [], [], []
        diagonal = np.zeros(self.grid.size)
        for rate, neighbour in parts:
            rate = rate if signed else np.maximum(rate, 0)  # zero, but for rounding
            used = np.flatnonzero(rate)
            rates.append(rate[used])
            columns.append(neighbour[used])
            rows.append(used)
            diagonal -= rate
        every = np.arange(self.grid.size)
        entries = (
            np.concatenate([*rates, diagonal]),
            (np.concatenate([*rows, every]), np.concatenate([*columns, every])),
        )
        return sparse.csr_array(sparse.coo_array(entries, shape=(self.grid.size,) * 2))

    def _drift(self, b: np.ndarray) -> Weights:
        for i, dx in enumerate(self.grid.spacing):
            unit = [int(i == j) for j in range(len(self.grid.axes))]
            yield np.where(self.forward[i], b[i] / dx, 0), self.grid.neighbour(*unit)
            yield np.where(self.forward[i], 0, -b[i] / dx), self.grid.neighbour(*(-e for e in unit))

    def _noise(self, A: np.ndarray) -> Weights:
        at = self.grid.neighbour
        if len(self.grid.axes) == 1:
            yield from ((A[0, 0] / 2, at(side)) for side in (1, -1))
            return
        large, small = _sorted(self.first, A)
        mixed, t, W, one = self.sign * A[0, 1], self.slope, self.width, self.sign.astype(int)
        moved = self.rest * (mixed - t * large)  # zero, and with it the derivatives of t in those of r/t and r/(1-t)
        rest = small - 2 * t * mixed + t**2 * large
        axis = np.where(self.compact, large - mixed, rest / t - moved / t**2)
        other = np.where(self.compact, small - mixed, 0)
        diagonal = np.where(self.compact, mixed, rest / (1 - t) + moved / (1 - t) ** 2)
        across, along = large - axis - diagonal, mixed - diagonal  # what is left for D_(1,t), and t times that
        cell = np.floor(W * t).astype(int)
        near = np.where(self.compact, 0, ((1 + cell) * across - W * along) / W**2)
        far = np.where(self.compact, 0, (W * along - cell * across) / W**2)
        zero = np.zeros_like(cell)
        for rate, major, minor in (
            (axis, zero + 1, zero),
            (other, zero, zero + 1),
            (diagonal, zero + 1, one),
            (near, zero + W, one * cell),
            (far, zero + W, one * (cell + 1)),
        ):
            step = np.where(self.first, major, minor), np.where(self.first, minor, major)
            yield rate / 2, at(*step)
            yield rate / 2, at(-step[0], -step[1])


def _sorted(first: np.ndarray, A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(A_11, A_22) where the first is the larger one, else (A_22, A_11)."""
    return np.where(first, A[0, 0], A[1, 1]), np.where(first, A[1, 1], A[0, 0])


def wide(grid: Grid) -> int:
    """W, the reach in cells of differences in a direction that is none of the grid's: about sqrt(n)/3 of n points."""
    return max(1, round(min(grid.shape) ** 0.5 / 3))


def _in_cells(grid: Grid, a: np.ndarray) -> np.ndarray:
    dx = np.array(grid.spacing)
    return a / (dx[:, None] * dx[None, :])[:, :, None]


def _check_semidefinite(grid: Grid, a: np.ndarray, A: np.ndarray) -> None:
    """Raises SchemeError at the first point where a has a negative eigenvalue, beyond rounding."""
    if np.abs(A - A.transpose(1, 0, 2)).max() > ROUNDING * max(np.abs(A).max(), 1e-300):
        raise SchemeError("the covariance of the noise is not symmetric; it is s s^T of the matrix s before dB")
    least = np.linalg.eigvalsh(np.moveaxis(a, 2, 0))[:, 0]
    scale = np.abs(a).max(axis=(0, 1))
    bad = np.flatnonzero(least < -ROUNDING * scale)
    if len(bad):
        where = ", ".join(f"{x[bad[0]]:.4g}" for x in grid.points)
        raise SchemeError(
            f"the covariance of the noise has the eigenvalue {least[bad[0]]:.3g} at ({where}); that of noise is "
            "positive semidefinite, s s^T of the matrix s before dB"
        )
