"""The leading eigenvalues of several matrices of one size together, until they are known."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from schemetools.nn.reading.krylov import Krylov, Product, Ritz

STEPS = 1000  # products at most
FIRST = 40  # products before the first look at the Ritz values
SECOND = 30  # products with new vectors that must not bring up another leading eigenvalue
BLOCK = 16  # vectors at most that are made orthogonal to the basis at once
LEAST = 8  # products between two looks, and a quarter of what they are at most
POWER = 3  # odd, so that eigenvalues x and -x stay apart
RESIDUAL = 40.0  # what a relative residual may be, over the tolerance of the eigenvalue


@dataclass(frozen=True)
class Leading:
    """The leading eigenvalues of all matrices, the largest first; of the first one its matrix, vector and residual."""

    values: np.ndarray
    converged: bool
    owner: int
    vector: Tensor
    residual: float


def leading(product: Product, start: Tensor, room: int, count: int, tolerance: float, *, light: bool) -> Leading:
    """The `count` leading eigenvalues of matrices given by their products, (b, n) to the same, to a relative tolerance.

    Where products are `light`, and cost less than the vectors of a basis do, Arnoldi's method takes the third power of
    the matrices: a third of the vectors for a polynomial of the same degree. Where that mixes eigenvalues, and
    elsewhere, it takes the matrices themselves.
    """
    for power in (POWER, 1) if light else (1,):
        found = _Run(product, Krylov(_power(product, power), start, room), count, tolerance, power).read()
        if found.converged:
            break
    return found


class _Run:
    """Arnoldi's method on a power of matrices, until eigenvalues of the matrices themselves are known."""

    def __init__(self, product: Product, space: Krylov, count: int, tolerance: float, power: int) -> None:
        self.product, self.space, self.count, self.power = product, space, count, power
        self.tolerance = tolerance  # of an eigenvalue; its power is off by `power` times as much

    def read(self) -> Leading:
        """The leading eigenvalues; at last new random vectors may not bring up others.

        From one vector a space sees a multiple eigenvalue once.
        """
        self.advance(max(FIRST, self.power * (self.count + 2)))
        while True:
            found = self.converge()
            result = self.taken(found)
            if not result.converged or self.products >= STEPS:
                return replace(result, converged=False)
            if self.space.size > 2 * self.count + 4:
                self.space.shrink(self.count, 2 * self.count)
            self.space.start_anew()
            self.advance(SECOND)
            now = self.space.ritz()
            sizes, before = (np.abs(ritz.values[: self.count]) for ritz in (now, found))
            if np.allclose(sizes, before, rtol=10 * self.power * self.tolerance, atol=0):
                return result

    @property
    def products(self) -> int:
        """Products with each matrix so far."""
        return self.power * self.space.products

    def advance(self, products: int) -> None:
        """So many products with each matrix, or a few more."""
        self.space.advance(-(-products // self.power), BLOCK)

    def converge(self) -> Ritz:
        """Steps until the leading Ritz values are known to the tolerance, or there are enough."""
        before = (0, 1.0)
        while True:
            found = self.space.ritz()
            now = (self.products, max(self.worst(found), 1e-300))
            if now[1] <= self.tolerance or self.products >= STEPS:
                return found
            self.advance(_wait(before, now, self.tolerance))
            before = now

    def worst(self, found: Ritz) -> float:
        """What the worst of the leading eigenvalues is off by, relatively, or a share of its residual."""
        sizes = np.maximum(np.abs(found.values), np.finfo(float).tiny)
        off = np.maximum(found.errors, found.residuals / RESIDUAL) / sizes
        return float(np.max(off[: self.count], initial=0.0)) / self.power

    def taken(self, found: Ritz) -> Leading:
        """Of the leading Ritz values those that have converged, as eigenvalues of the matrices themselves."""
        owners, sizes = found.matrices[: self.count], np.maximum(np.abs(found.values), np.finfo(float).tiny)
        vectors = [self.space.vector(b, y) for b, y in zip(owners, found.coordinates[: self.count], strict=True)]
        values, residuals = found.values[: self.count], found.residuals[: self.count]
        if self.power > 1:
            values, residuals = self._roots(values, owners, vectors)
        good = (found.errors / sizes)[: self.count] <= self.power * self.tolerance
        good &= residuals <= RESIDUAL * self.tolerance * np.maximum(np.abs(values), np.finfo(float).tiny)
        kept = int(np.argmax(good))
        return Leading(values[good], bool(good.all()), int(owners[kept]), vectors[kept], float(residuals[kept]))

    def _roots(self, powers: np.ndarray, owners: np.ndarray, vectors: list[Tensor]) -> tuple[np.ndarray, np.ndarray]:
        """The roots of the power's eigenvalues next to Rayleigh quotients, and their residuals.

        Of a pair the first lies above the axis, as its power need not: `vectors` is put right where it does not.
        """
        values, residuals = np.array(powers, dtype=complex), np.zeros(len(powers))
        for i, x in enumerate(vectors):
            if i and powers[i].imag < 0 and powers[i] == powers[i - 1].conj() and owners[i] == owners[i - 1]:
                values[i], residuals[i] = values[i - 1].conj(), residuals[i - 1]
                continue
            y, turned = _complex(x), _complex(self._turned(int(owners[i]), x))
            quotient = np.vdot(y, turned) / np.vdot(y, y)
            root = quotient * (powers[i] / quotient**self.power) ** (1 / self.power) if quotient else 0j
            residuals[i] = np.linalg.norm(turned - root * y) / np.linalg.norm(y)
            if root.imag < 0:
                root, vectors[i] = np.conj(root), x * x.new_tensor([[1.0], [-1.0]])
            values[i] = root
        return values, residuals

    def _turned(self, owner: int, x: Tensor) -> Tensor:
        """The products of one matrix with the real and the imaginary part of a vector, (2, n)."""
        made = torch.zeros_like(x)
        for part, target in zip(x, made, strict=True):
            if bool(part.any()):
                given = self.space.V.new_zeros(len(self.space.V), x.shape[1])
                given[owner] = part
                target.copy_(self.product(given)[owner])
        return made


def _complex(x: Tensor) -> np.ndarray:
    """Real and imaginary part as one vector."""
    return torch.complex(*x.double()).numpy()


def _power(product: Product, power: int) -> Product:
    def powered(v: Tensor) -> Tensor:
        for _ in range(power):
            v = product(v)
        return v

    return powered


def _wait(before: tuple[int, float], now: tuple[int, float], tolerance: float) -> int:
    """How many products until the error, which falls geometrically, reaches the tolerance."""
    rate = np.log(before[1] / now[1]) / (now[0] - before[0])
    return int(np.clip(np.ceil(np.log(now[1] / tolerance) / rate), LEAST, 4 * LEAST)) if rate > 0 else 4 * LEAST
