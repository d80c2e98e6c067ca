"""The leading eigenvalues of several matrices of one size together, until they have converged."""

from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from schemetools.nn.reading.krylov import Krylov, Ritz

STEPS = 1000  # products at most
FIRST = 40  # products before the first look at the Ritz values
SECOND = 30  # products with new vectors that must not bring up another leading eigenvalue
BLOCK = 8  # vectors that are made orthogonal to the basis at once


@dataclass(frozen=True)
class Leading:
    """The leading eigenvalues of all matrices, the largest first; of the first one its matrix, vector and residual."""

    values: np.ndarray
    converged: bool
    owner: int
    vector: Tensor
    residual: float


def leading(space: Krylov, count: int, tolerance: float) -> Leading:
    """The `count` leading eigenvalues of the matrices of a space that is empty yet, to a relative residual.

    At last new random vectors may not bring up others: from one vector a space sees a multiple eigenvalue once.
    """
    space.advance(max(FIRST, count + 2), BLOCK)
    while True:
        found = _converge(space, count, tolerance)
        result = _taken(space, found, count, tolerance)
        if not result.converged or space.products >= STEPS:
            return replace(result, converged=False)
        space.start_anew()
        space.advance(SECOND, BLOCK)
        now = space.ritz()
        if np.allclose(np.abs(now.values[:count]), np.abs(found.values[:count]), rtol=10 * tolerance, atol=0):
            return result


def _converge(space: Krylov, count: int, tolerance: float) -> Ritz:
    """Steps until the residuals of the leading Ritz values are below the tolerance, relatively, or there are enough."""
    before = (0, 1.0)
    while True:
        found = space.ritz()
        now = (space.products, max(found.worst(count), 1e-300))
        if now[1] <= tolerance or space.products >= STEPS:
            return found
        space.advance(_wait(before, now, tolerance), BLOCK)
        before = now


def _wait(before: tuple[int, float], now: tuple[int, float], tolerance: float) -> int:
    """How many products until the residual, which falls geometrically, reaches the tolerance."""
    rate = np.log(before[1] / now[1]) / (now[0] - before[0])
    return int(np.clip(np.ceil(np.log(now[1] / tolerance) / rate), BLOCK, 4 * BLOCK)) if rate > 0 else 4 * BLOCK


def _taken(space: Krylov, found: Ritz, count: int, tolerance: float) -> Leading:
    """Of the leading Ritz values those that have converged."""
    values, residuals = found.values[:count], found.residuals[:count]
    good = residuals <= tolerance * np.maximum(np.abs(values), np.finfo(float).tiny)
    kept = int(np.argmax(good))
    owner = int(found.matrices[kept])
    vector = space.vector(owner, found.coordinates[kept])
    return Leading(values[good], bool(good.all()), owner, vector, float(residuals[kept]))
