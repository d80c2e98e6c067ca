"""GMRES on flat tensors: the linear solver behind implicit stages and their gradients."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

MAX_DIMENSION = 60


def gmres(apply: Callable[[Tensor], Tensor], right: Tensor, tol: float, restarts: int = 10) -> Tensor:
    """x with |right - apply(x)| <= tol |right|, as far as `restarts` sweeps of at most 60 products reach it.

    `apply` is a linear map of (n,) vectors. Source: Saad, Schultz, SIAM J. Sci. Stat. Comput. 7 (1986) 856.
    """
    solution, residual = torch.zeros_like(right), right
    goal = tol * float(right.norm())
    for _ in range(restarts):
        if float(residual.norm()) <= goal:
            break
        solution = solution + _sweep(apply, residual, goal)
        residual = right - apply(solution)
    return solution


def _sweep(apply: Callable[[Tensor], Tensor], right: Tensor, goal: float) -> Tensor:
    """The minimiser of |right - apply(x)| over the Krylov space, enlarged until `goal` is met.

    The small triangular problem is solved in Python floats by Givens rotations, so that a repeated call repeats it.
    """
    size = float(right.norm())
    basis, columns, rotations, reduced = [right / size], [], [], [size]
    for n in range(min(MAX_DIMENSION, right.numel())):
        image = apply(basis[n])
        column = [0.0] * (n + 2)
        for _ in range(2):  # orthogonalised twice, against loss of orthogonality
            for i, b in enumerate(basis):
                found = float((b * image).sum())
                image = torch.sub(image, b, alpha=found)
                column[i] += found
        norm = column[n + 1] = float(image.norm())
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
        basis.append(image / norm)
    weights = _back_substituted(columns, reduced)
    return sum((w * b for w, b in zip(weights, basis, strict=False)), torch.zeros_like(right))


def _back_substituted(columns: list[list[float]], right: list[float]) -> list[float]:
    """w with sum_j w_j columns[j] = right in the first len(columns) entries, columns upper triangular."""
    weights = [0.0] * len(columns)
    for i in reversed(range(len(columns))):
        later = sum(columns[j][i] * weights[j] for j in range(i + 1, len(columns)))
        weights[i] = (right[i] - later) / columns[i][i]
    return weights
