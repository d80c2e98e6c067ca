"""GMRES on flat tensors: the linear solver behind implicit stages and their gradients."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from schemetools.errors import SchemeError

FIRST_DIMENSION, LARGEST_DIMENSION = 60, 960
LARGEST_BASIS = 2**26
"""Entries of a basis: half a gigabyte in double precision."""


def gmres(apply: Callable[[Tensor], Tensor], right: Tensor, tol: float, restarts: int = 10) -> Tensor:
    """x with |right - apply(x)| <= tol |right|, as far as `restarts` sweeps reach it.

    A sweep is of 60 products; where one gains less than a digit the next is twice as long, up to 960 products or half
    a gigabyte of vectors. `apply` is a linear map of (n,) vectors, or of tensors of another shape, taken as such.
    Source: Saad, Schultz, SIAM J. Sci. Stat. Comput. 7 (1986) 856.
    """
    solution, residual = torch.zeros_like(right), right
    size = float(right.norm())
    goal, dimension = tol * size, FIRST_DIMENSION
    largest = max(FIRST_DIMENSION, min(LARGEST_DIMENSION, LARGEST_BASIS // max(right.numel(), 1)))
    for _ in range(restarts):
        if size <= goal:
            break
        solution = solution + _sweep(apply, residual, goal, min(dimension, right.numel()))
        residual = right - apply(solution)
        before, size = size, float(residual.norm())
        if not math.isfinite(size):
            break
        dimension = min(2 * dimension, largest) if size > before / 10 else dimension
    return solution


def solved(apply: Callable[[Tensor], Tensor], right: Tensor, tol: float) -> Tensor:
    """x with |right - apply(x)| <= tol |right|, or as near as rounding allows.

    Raises SchemeError where GMRES does not get there.
    """
    x = gmres(apply, right, tol)
    residual, size = float((right - apply(x)).norm()), float(right.norm())
    rounding = 1e3 * torch.finfo(right.dtype).eps * (size + float(x.norm()))
    if residual > max(tol * size, rounding) or not math.isfinite(residual):
        raise SchemeError(
            f"the linear system for the derivative of implicit stages was not solved: relative residual "
            f"{residual / size:.3g}, {tol:.3g} was wanted; take a smaller h, or a larger tol"
        )
    return x


def _sweep(apply: Callable[[Tensor], Tensor], right: Tensor, goal: float, dimension: int) -> Tensor:
    """The minimiser of |right - apply(x)| over the Krylov space, enlarged until `goal` is met.

    The small triangular problem is solved in Python floats by Givens rotations, so that a repeated call repeats it.
    """
    size = float(right.norm())
    basis = right.new_empty(min(dimension, FIRST_DIMENSION) + 1, right.numel())
    basis[0] = (right / size).reshape(-1)
    columns: list[list[float]] = []
    rotations: list[tuple[float, float]] = []
    reduced = [size]
    for n in range(dimension):
        image = apply(basis[n].reshape(right.shape)).reshape(-1)
        known = basis[: n + 1]
        first = known @ image  # orthogonalised twice, against loss of orthogonality
        image = image - first @ known
        second = known @ image
        image = image - second @ known
        norm = float(image.norm())
        column = [*(first + second).tolist(), norm]
        scale = math.hypot(*column)
        for i, (c, s) in enumerate(rotations):
            column[i], column[i + 1] = c * column[i] + s * column[i + 1], -s * column[i] + c * column[i + 1]
        length = math.hypot(column[n], column[n + 1])
        if length == 0.0:
            break
        c, s = column[n] / length, column[n + 1] / length
        rotations.append((c, s))
        columns.append([*column[:n], length])
        reduced[n:] = [c * reduced[n], -s * reduced[n]]
        if abs(reduced[n + 1]) <= goal or norm <= 1e-14 * scale:
            break
        if n + 1 == len(basis):  # a sweep that ends early needs no room for the whole
            basis = torch.cat([basis, basis.new_empty(min(len(basis), dimension + 1 - len(basis)), right.numel())])
        if n + 1 < len(basis):
            basis[n + 1] = image / norm
    weights = right.new_tensor(_back_substituted(columns, reduced))
    return (weights @ basis[: len(columns)]).reshape(right.shape) if columns else torch.zeros_like(right)


def _back_substituted(columns: list[list[float]], right: list[float]) -> list[float]:
    """w with sum_j w_j columns[j] = right in the first len(columns) entries, columns upper triangular."""
    weights = [0.0] * len(columns)
    for i in reversed(range(len(columns))):
        later = sum(columns[j][i] * weights[j] for j in range(i + 1, len(columns)))
        weights[i] = (right[i] - later) / columns[i][i]
    return weights
