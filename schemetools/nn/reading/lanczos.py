"""The largest eigenvalue of several symmetric matrices, known by their products: Lanczos' method, all in step."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]

STEPS = 1000  # products at most
ROOM = 96  # vectors at most
FIRST, LOOK = 12, 2  # products before the first look at the eigenvalues, and between looks


class Lanczos:
    """Krylov spaces of positive semidefinite matrices by recursions of three terms.

    `product` takes and gives one vector per matrix, (b, n). The tridiagonal matrices are kept in double precision.
    Vectors are orthogonal to their neighbours alone: what they lose towards the others brings copies of eigenvalues
    that have converged, and moves none (Paige 1980).
    Source: Parlett, The Symmetric Eigenvalue Problem, 1998.
    """

    def __init__(self, product: Product, start: Tensor, room: int) -> None:
        self.product, self.products = product, 0
        self.V = start.new_empty(room + 1, *start.shape)
        self._start(start)

    def _start(self, vectors: Tensor) -> None:
        torch.div(vectors, _lengths(vectors), out=self.V[0])
        self.diagonal: list[np.ndarray] = []
        self.beside: list[np.ndarray] = []

    def step(self) -> None:
        """One product with each matrix; a full space starts again from its first Ritz vectors."""
        if len(self.diagonal) + 1 == len(self.V):
            self._start(self.vectors(self.largest()[1]))
        j, v = len(self.diagonal), self.V[len(self.diagonal)]
        w = self.product(v)
        along = (w * v).sum(dim=1, keepdim=True)
        w = torch.addcmul(w, v, along, value=-1)
        if j:
            w.addcmul_(self.V[j - 1], torch.from_numpy(self.beside[-1]).to(w)[:, None], value=-1)
        left = _lengths(w)
        torch.div(w, left.clamp_min(torch.finfo(w.dtype).tiny), out=self.V[j + 1])
        self.diagonal.append(along[:, 0].double().numpy())
        self.beside.append(left[:, 0].double().numpy())
        self.products += 1

    def largest(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The largest Ritz value of each matrix, its coordinates, and what it is off by, over the largest of all.

        That is residual^2 / gap at most, and at most the residual.
        """
        k = len(self.diagonal)
        T = np.zeros((len(self.diagonal[0]), k, k))
        places = np.arange(k)
        T[:, places, places] = np.stack(self.diagonal, axis=1)
        if k > 1:
            T[:, places[1:], places[:-1]] = np.stack(self.beside[:-1], axis=1)
        values, Y = np.linalg.eigh(T)  # which reads the lower half
        left = self.beside[-1] * np.abs(Y[:, -1, -1])
        gap = values[:, -1] - (values[:, -2] if k > 1 else 0)
        off = np.minimum(left, left**2 / np.where(gap > 0, gap, np.inf) + np.where(gap > 0, 0, left))
        return np.maximum(values[:, -1], 0), Y[:, :, -1], off / (values[:, -1].max() or 1.0)

    def vectors(self, coordinates: np.ndarray) -> Tensor:
        """One vector per matrix, (b, n), from its coordinates (b, k)."""
        parts = torch.from_numpy(coordinates).to(self.V)
        return (parts[:, None, :] @ self.V[: parts.shape[1]].transpose(0, 1))[:, 0]


def largest(product: Product, start: Tensor, tolerance: float) -> tuple[float, Tensor]:
    """The largest eigenvalue of all matrices to a relative tolerance, and a vector for each of them.

    Where it has not shown yet, the largest Ritz value grows from look to look.
    """
    space, seen = Lanczos(product, start, min(ROOM, start.shape[1])), []
    while True:
        space.step()
        if space.products < FIRST or space.products % LOOK:
            continue
        values, coordinates, off = space.largest()
        grown = float(np.max(values - seen[-2])) if len(seen) > 1 else np.inf
        if (off.max() <= tolerance and grown <= tolerance * values.max()) or space.products >= STEPS:
            return float(values.max()), space.vectors(coordinates)
        seen.append(values)


def _lengths(w: Tensor) -> Tensor:
    return torch.linalg.vector_norm(w, dim=1, keepdim=True)
