"""Implicit stages in NumPy: Newton's method with one Jacobian as long as it contracts fast."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from schemetools.errors import SchemeError

TOLERANCE = 1e-13
GOOD_ENOUGH = 1e-9
MOST = 60
SLOW = 0.05
CENTRAL = 1e-3

Field = Callable[[Any], Any]
Jacobian = Callable[[Any], Any]


def solve_stages(
    fields: Sequence[Field], jacobians: Sequence[Jacobian], known: Sequence[Any], matrix: Any, h: float
) -> list[Any]:
    """k with k_i = f_i(known_i + h sum_j matrix_ij k_j), to the rounding of the numbers.

    `fields` take and return arrays of one shape, `jacobians` return (n, n) for it flattened. Raises SchemeError where
    the iteration does not converge.
    """
    shape, count = np.shape(known[0]), len(known)

    def arguments(k: Any) -> list[Any]:
        return [z + h * sum(a * v for a, v in zip(row, k, strict=True)) for z, row in zip(known, matrix, strict=True)]

    def residual(k: Any) -> Any:
        return np.stack([v - f(u) for v, f, u in zip(k, fields, arguments(k), strict=True)])

    k = np.stack([f(z) for f, z in zip(fields, known, strict=True)])
    inverse, previous = None, np.inf
    for _ in range(MOST):
        r = residual(k)
        if inverse is None:
            inverse = _inverse([jac(u) for jac, u in zip(jacobians, arguments(k), strict=True)], matrix, h)
        change = (inverse @ r.reshape(-1)).reshape((count, *shape))
        k = k - change
        size, scale = _norm(change), 1 + _norm(k)
        if not np.isfinite(size):
            break
        if size <= TOLERANCE * scale or (size >= previous / 2 and size <= GOOD_ENOUGH * scale):
            return list(k)
        if size > SLOW * previous:
            inverse = None  # the Jacobian is too old
        previous = size
    raise SchemeError(f"the implicit stages did not converge for a step of size {h:g}; take a smaller one")


def _inverse(jacobians: Sequence[Any], matrix: Any, h: float) -> Any:
    """The inverse of I - h (matrix_ij J_i)."""
    n = len(jacobians[0])
    blocks = [
        [(i == j) * np.eye(n) - h * a * J for j, a in enumerate(row)]
        for i, (row, J) in enumerate(zip(matrix, jacobians, strict=True))
    ]
    try:
        return np.linalg.inv(np.block(blocks))
    except np.linalg.LinAlgError:
        raise SchemeError(f"the implicit stages are singular for a step of size {h:g}; take another one") from None


def differenced(f: Field, u: Any) -> Any:
    """The Jacobian of f at u, flattened, by forward differences."""
    base, flat = np.ravel(f(u)), np.ravel(u)
    columns = []
    for j, value in enumerate(flat):
        moved = flat.astype(np.result_type(flat, float))
        moved[j] = value + np.sqrt(np.finfo(float).eps) * (1 + abs(value))
        columns.append((np.ravel(f(moved.reshape(np.shape(u)))) - base) / (moved[j] - value))
    return np.stack(columns, axis=1)


def central(f: Field, u: Any) -> Any:
    """The Jacobian of f at u, flattened, by central differences of fourth order: where it decides the order."""
    flat = np.ravel(u).astype(np.result_type(u, float))
    d = CENTRAL * (1 + np.max(np.abs(flat)))

    def at(e: Any) -> Any:
        return np.ravel(f((flat + e).reshape(np.shape(u))))

    columns = [(8 * (at(e) - at(-e)) - at(2 * e) + at(-2 * e)) / (12 * d) for e in d * np.eye(flat.size)]
    return np.stack(columns, axis=1)


def solved(matrix: Any, right: Any, h: float) -> Any:
    """The solution of a linear system for an array of any shape."""
    try:
        return np.linalg.solve(matrix, np.ravel(right)).reshape(np.shape(right))
    except np.linalg.LinAlgError:
        raise SchemeError(f"a stage has a singular system for a step of size {h:g}; take another one") from None


def _norm(values: Any) -> float:
    return float(np.sqrt(np.mean(np.abs(values) ** 2)))
