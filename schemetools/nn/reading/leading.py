"""The leading eigenvalues of several matrices of one size together, until they have converged."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from schemetools.nn.reading.krylov import Krylov, Product

STEPS = 1000  # products at most
FIRST = 80  # products before the first look at the Ritz values
SECOND = 30  # products with new vectors that must not bring up another leading eigenvalue
POWER = 5  # Arnoldi takes this power of the matrix: a fifth of the vectors for a polynomial of the same degree
BLOCK = 4  # vectors that are made orthogonal to the basis at once


@dataclass(frozen=True)
class Leading:
    """The leading eigenvalues of all matrices, the largest first; of the first one its matrix, vector and residual."""

    values: np.ndarray
    converged: bool
    blocks: int
    owner: int
    vector: Tensor
    residual: float


def leading(product: Product, start: Tensor, room: int, count: int, tolerance: float) -> Leading:
    """The `count` leading eigenvalues of matrices given by products, (b, n) to the same, to a relative residual.

    Arnoldi's method on a power of the matrices, of odd degree, so that the eigenvalues x and -x stay apart, and on its
    leading space the matrices themselves. Where different eigenvalues have the same power, so that this leaves a
    residual, it is Arnoldi's method on the matrices. At last new random vectors may not bring up other eigenvalues.
    """
    for power in (POWER, 1):
        least = max(40, 2 * count + 2)
        run = _Run(Krylov(_power(product, power), start, max(least, room if power == 1 else room // 2)), count, power)
        found = run.read(product, tolerance)
        if found.converged:
            break
    return found


class _Run:
    """Arnoldi's method on a power of matrices, until the eigenvalues of the matrices themselves are known."""

    def __init__(self, space: Krylov, count: int, power: int) -> None:
        self.space, self.count, self.power, self.done = space, count, power, 0

    def read(self, product: Product, tolerance: float) -> Leading:
        """The leading eigenvalues; where the space is not good enough for the matrices themselves, a better one."""
        for tighter in (1, 0.3, 0.03, 0.003):
            reached = self.converge(tighter * tolerance)
            found = _read(self.space.schur_vectors(self.count), product, self.count, tolerance)
            if found.converged or not reached:
                break
        while found.converged and self.done * self.power < STEPS:
            before = self.space.ritz().values[: self.count]
            self.space.start_anew()
            self.advance(SECOND)
            now = self.space.ritz().values[: self.count]
            if np.allclose(before, now, rtol=10 * tolerance, atol=0):
                return found
            self.converge(tolerance)
            found = _read(self.space.schur_vectors(self.count), product, self.count, tolerance)
        return replace(found, converged=False)

    def advance(self, products: int) -> None:
        """So many products with each matrix, or a few more."""
        goal = self.done + -(-products // self.power)
        while self.done < goal:
            self.done += self.space.step(min(BLOCK, goal - self.done))

    def converge(self, tolerance: float) -> bool:
        """Steps until the residuals of the leading Ritz values are below the tolerance, relatively."""
        looks: list[tuple[int, float]] = [(0, 1.0)]
        if self.done == 0:
            self.advance(max(FIRST, self.power * (self.count + 2)))
        while True:
            looks.append((self.done, max(self.space.ritz().worst(self.count), 1e-300)))
            if looks[-1][1] <= tolerance:
                return True
            if self.done * self.power >= STEPS:
                return False
            self.advance(self.power * _wait(looks[-2], looks[-1], tolerance, self.power))


def _power(product: Product, power: int) -> Product:
    def powered(v: Tensor) -> Tensor:
        for _ in range(power):
            v = product(v)
        return v

    return powered


def _wait(before: tuple[int, float], now: tuple[int, float], tolerance: float, power: int) -> int:
    """How many steps until the residual, which falls geometrically, reaches the tolerance."""
    low, high = -(-12 // power), -(-36 // power)
    rate = np.log(before[1] / now[1]) / max(now[0] - before[0], 1)
    return int(np.clip(np.ceil(np.log(now[1] / tolerance) / rate), low, high)) if rate > 0 else high


def _read(basis: Tensor, product: Product, count: int, tolerance: float) -> Leading:
    """Eigenvalues and residuals of the matrices themselves on orthonormal bases (b, k, n)."""
    turned = torch.stack([product(basis[:, i]) for i in range(basis.shape[1])], dim=1)
    values, owners, residuals, vectors = [], [], [], []
    for b, (Q, A) in enumerate(zip(basis, turned, strict=True)):
        used = Q.square().sum(dim=1) > 0.5
        Q, A = Q[used], A[used]
        found, Y = np.linalg.eig((Q @ A.mT).double().numpy())
        rest = A - (A @ Q.mT) @ Q  # what the space does not hold of the products
        gram = (rest @ rest.mT).double().numpy()
        off = np.einsum("ki,kl,li->i", Y.conj(), gram, Y).real
        values.append(found)
        owners += [b] * len(found)
        residuals.append(np.sqrt(np.maximum(off, 0)))
        vectors += [torch.from_numpy(np.stack([y.real, y.imag])).to(Q) @ Q for y in Y.T]
    flat, left = np.concatenate(values), np.concatenate(residuals)
    order = np.lexsort((-np.imag(flat), -np.round(np.abs(flat), 12)))[:count]
    good = left[order] <= tolerance * np.maximum(np.abs(flat[order]), np.finfo(float).tiny)
    first = order[0]
    kept = order[good]
    return Leading(flat[kept], bool(good.all()), len(basis), owners[first], vectors[first], float(left[first]))
