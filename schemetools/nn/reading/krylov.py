"""Leading eigenvalues of several matrices of one size, known by their products: Arnoldi's method, all in step."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import blas, schur
from torch import Tensor

Product = Callable[[Tensor], Tensor]

AGAIN = 0.1  # a vector of which no more than this is left by the projection is projected once more
DEPENDENT = 0.01  # of a unit vector: what is left of those after it would be rounding


@dataclass(frozen=True)
class Ritz:
    """Eigenvalue estimates of all matrices together, the largest first: which matrix, residuals, coordinates."""

    values: np.ndarray
    matrices: np.ndarray
    residuals: np.ndarray
    coordinates: list[np.ndarray]

    def worst(self, count: int) -> float:
        """The largest relative residual among the `count` leading ones."""
        sizes = np.maximum(np.abs(self.values[:count]), np.finfo(float).tiny)
        return float(np.max(self.residuals[:count] / sizes, initial=0.0))


class Krylov:
    """Orthonormal bases of Krylov spaces, one per matrix; `product` takes and gives one vector per matrix, (b, n).

    J V_j = V_(j+1) H for each matrix, H of shape (j + 1, j) kept in double precision. A space that closes goes on from
    a random vector; a full basis keeps the Schur vectors of the larger Ritz values (Krylov-Schur).
    Sources: Saad, Numerical Methods for Large Eigenvalue Problems, 2011; Stewart, SIAM J. Matrix Anal. Appl. 23, 2001.
    """

    def __init__(self, product: Product, start: Tensor, room: int) -> None:
        self.product, self.size = product, 0
        count, n = start.shape
        self.V = start.new_zeros(count, room + 1, n)
        self.V[:, 0] = start / start.norm(dim=1, keepdim=True)
        self.array = self.V.numpy()  # the same memory: NumPy calls cost less, which counts for short vectors
        self.H = np.zeros((count, room + 1, room))
        self.dropped: list[np.ndarray] = []  # rows that H lacks, each times a direction that was left behind
        self._random = torch.Generator().manual_seed(1)

    def step(self, steps: int = 1) -> int:
        """Products with each matrix, and how many: `steps`, or fewer where a space closes.

        The results are made orthogonal to each other first, and then all of them at once to the basis before them
        (s-step Arnoldi): the basis, which is long, is read once for all.
        """
        if self.size + steps > self.H.shape[2]:
            self._shrink()
        j = self.size
        local = self._local(j, steps)
        known = self._projected(j, local.shape[2])
        s = known.shape[2] - 1
        turned = known @ local[:, : s + 1, :s]
        turned[:, : j + 1] -= self.H[:, : j + 1, :j] @ known[:, :j, :s]
        back = np.linalg.inv(known[:, j : j + s, :s])
        self.H[:, : j + 1 + s, j : j + s] = turned @ back
        for row in self.dropped:
            row[:, j : j + s] = -((row[:, None, :j] @ known[:, :j, :s]) @ back)[:, 0]
        self.size = j + s
        return s

    def _local(self, j: int, steps: int) -> np.ndarray:
        """The next vectors Q from v_j on, orthonormal among themselves: J Q_s = Q_(s+1) h, with an h for each matrix.

        Where one of the spaces closes they end with a random vector.
        """
        h = np.zeros((len(self.V), steps + 1, steps))
        for i in range(steps):
            w = self.product(self.V[:, j + i]).numpy()
            for b in range(len(h)):
                h[b, : i + 1, i], h[b, i + 1, i] = self._append(b, j, j + i + 1, w[b])
            if not h[:, i + 1, i].all():
                return h[:, : i + 2, : i + 1]
        return h

    def _projected(self, j: int, count: int) -> np.ndarray:
        """Make the vectors behind v_j orthogonal to those before it; what they were, in coordinates of the new basis.

        The vectors, v_j in front: (matrices, j + 1 + s, s + 1). One that nearly depends on those before it ends them.
        """
        W, known = self.V[:, j + 1 : j + 1 + count], np.zeros((len(self.V), j + 1 + count, count + 1))
        C = W @ self.V[:, :j].mT
        W.baddbmm_(C, self.V[:, :j], alpha=-1)
        known[:, j, 0], known[:, :j, 1:] = 1, C.mT.numpy()
        for i in range(1, count + 1):
            for b in range(len(known)):
                inner, known[b, j + i, i] = self._append(b, j + 1, j + i, self.array[b, j + i].copy())
                known[b, j + 1 : j + i, i] = inner
                if known[b, j + i, i] < AGAIN:
                    more, left = self._append(b, 0, j + i, self.array[b, j + i] * known[b, j + i, i])
                    known[b, : j + i, i] += more
                    known[b, j + i, i] = left
            if (known[:, j + i, i] < DEPENDENT).any():
                return known[:, : j + 1 + i, : i + 1]
        return known

    def _append(self, b: int, first: int, place: int, w: np.ndarray) -> tuple[np.ndarray, float]:
        """Put w's direction outside of the vectors from `first` on at `place`; coordinates in those, and what is left.

        What is only rounding gives way to a random direction, and counts as nothing.
        """
        V, length = self.array[b, first:place], _length(w)
        coordinates, size = np.zeros(len(V)), length
        for _ in range(2):
            before, c = size, V @ w
            w = w - c @ V
            coordinates += c
            size = _length(w)
            if size >= AGAIN * before:
                break
        if not size > 10 * np.finfo(w.dtype).eps * length:
            self.V[b, place] = self._fresh(b, place)
            return coordinates, 0.0
        np.divide(w, size, out=self.array[b, place])
        return coordinates, size

    def _fresh(self, b: int, known: int) -> Tensor:
        """A random direction outside of the space."""
        V = self.V[b, :known]
        w = torch.randn(V.shape[1], generator=self._random, dtype=V.dtype)
        for _ in range(2):
            w = torch.addmv(w, V.mT, V @ w, alpha=-1)
        return w / w.norm()

    def start_anew(self) -> None:
        """Go on from random vectors: what the spaces could not see, a multiple eigenvalue's other vectors, shows."""
        j = self.size
        self.dropped.append(self.H[:, j].copy())
        self.H[:, j] = 0
        for b in range(len(self.V)):
            self.V[b, j] = self._fresh(b, j)

    def ritz(self) -> Ritz:
        """The eigenvalues of the projected matrices, and how far each is from being one of its matrix."""
        j, values, owners, residuals, vectors = self.size, [], [], [], []
        for b, H in enumerate(self.H):
            found, Y = np.linalg.eig(H[:j, :j])
            rows = [H[j], *(row[b] for row in self.dropped)]
            values.append(found)
            owners.append(np.full(j, b))
            residuals.append(sum(np.abs(row[:j] @ Y) for row in rows))
            vectors += list(Y.T)
        flat = np.concatenate(values)
        order = np.lexsort((-np.imag(flat), -np.round(np.abs(flat), 12)))
        owner, residual = np.concatenate(owners), np.concatenate(residuals)
        return Ritz(flat[order], owner[order], residual[order], [vectors[i] for i in order])

    def vector(self, matrix: int, coordinates: np.ndarray) -> Tensor:
        """The Ritz vector of these coordinates as its real and its imaginary part, (2, n)."""
        parts = torch.from_numpy(np.stack([np.real(coordinates), np.imag(coordinates)])).to(self.V)
        return parts @ self.V[matrix, : self.size]

    def schur_vectors(self, count: int) -> Tensor:
        """Orthonormal bases of the spaces of the `count` leading Ritz values, (b, k, n) with k at least count.

        A conjugate pair is whole; a matrix with fewer vectors has zeros for the others.
        """
        m, found = self.size, []
        for H in self.H:
            moduli = np.sort(np.abs(np.linalg.eigvals(H[:m, :m])))[::-1]
            least = moduli[min(count, m) - 1] * (1 - 1e-9)
            _, Q, k = schur(H[:m, :m], output="real", sort=lambda x, y, least=least: np.hypot(x, y) >= least)
            found.append(Q[:, :k])
        made = self.V.new_zeros(len(found), max(Q.shape[1] for Q in found), self.V.shape[2])
        for b, Q in enumerate(found):
            made[b, : Q.shape[1]] = torch.from_numpy(np.ascontiguousarray(Q.T)).to(self.V) @ self.V[b, :m]
        return made

    def _shrink(self) -> None:
        """Keep the Schur vectors of the larger half of the Ritz values, and the last vector."""
        m = self.size
        kept = []
        for H in self.H:
            moduli = np.sort(np.abs(np.linalg.eigvals(H[:m, :m])))[::-1]
            least = (moduli[m // 2 - 1] + moduli[m // 2]) / 2
            kept.append(schur(H[:m, :m], output="real", sort=lambda x, y, least=least: np.hypot(x, y) >= least))
        kept = [(T, Q, _whole(T, min(k, m - 1))) for T, Q, k in kept]
        size = max(k for _, _, k in kept)
        last, rows = self.V[:, m].clone(), [self.H[:, m].copy(), *self.dropped]
        self.H[:] = 0
        self.dropped = [np.zeros_like(row) for row in rows[1:]]
        for b, (T, Q, k) in enumerate(kept):
            # A space of fewer vectors than others is filled with zero vectors, which add eigenvalues 0.
            turned = torch.from_numpy(np.ascontiguousarray(Q[:, :k].T)).to(self.V) @ self.V[b, :m]
            self.V[b, :k], self.V[b, k:size], self.V[b, size] = turned, 0, last[b]
            self.H[b, :k, :k] = T[:k, :k]
            for target, row in zip([self.H[:, size], *self.dropped], rows, strict=True):
                target[b, :k] = row[b, :m] @ Q[:, :k]
        self.size = size


def _length(w: np.ndarray) -> float:
    """The norm, whose square may be out of range in single precision."""
    return float((blas.snrm2 if w.dtype == np.float32 else blas.dnrm2)(w))


def _whole(T: np.ndarray, k: int) -> int:
    """k, or one less where that would cut a block of a conjugate pair."""
    return k - 1 if k < len(T) and T[k, k - 1] != 0 else k
