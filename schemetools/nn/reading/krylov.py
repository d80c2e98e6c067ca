"""Leading eigenvalues of several matrices of one size, known by their products: Arnoldi's method, all in step."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import blas, schur
from torch import Tensor

Product = Callable[[Tensor], Tensor]

GROUP = 4  # products between which lengths are not made 1
LEFT, WELL = 0.1, 0.45  # of a unit vector where several are made orthogonal at once: at least, and what is aimed at
CLOSED = 1e-12  # what an invariant space may be off by
TAIL = 8  # last vectors of a basis, which stand for what is outside of it


@dataclass(frozen=True)
class Ritz:
    """Eigenvalue estimates of all matrices together, the largest first: which matrix, residuals, coordinates.

    `errors`: what each value is off by to first order, |l . r| for its residual r and its left eigenvector l. What that
    has along the direction of r, outside of the basis, is taken to be the most that it has along the last vectors.
    """

    values: np.ndarray
    matrices: np.ndarray
    residuals: np.ndarray
    errors: np.ndarray
    coordinates: list[np.ndarray]


class Krylov:
    """Orthonormal bases of Krylov spaces, one per matrix; `product` takes and gives one vector per matrix, (b, n).

    J V_j = V_(j+1) H for each matrix, H of shape (j + 1, j) kept in double precision. A space that closes goes on from
    a random vector; a full basis keeps the Schur vectors of the larger Ritz values (Krylov-Schur).
    Sources: Saad, Numerical Methods for Large Eigenvalue Problems, 2011; Stewart, SIAM J. Matrix Anal. Appl. 23, 2001;
    s steps at once: Hoemmen, Communication-avoiding Krylov subspace methods, 2010.
    """

    def __init__(self, product: Product, start: Tensor, room: int) -> None:
        self.product, self.size, self.products = product, 0, 0
        count, n = start.shape
        self.V = start.new_empty(room + 1, count, n).transpose(0, 1)  # the vectors of one product lie in one piece
        torch.div(start, _lengths(start), out=self.V[:, 0])
        self.array = self.V.numpy()  # the same memory
        self.H = np.zeros((count, room + 1, room))
        self.dropped: list[np.ndarray] = []  # rows that H lacks, each times a direction that was left behind
        self._lost = 0.0  # the most that vectors of the basis have along each other
        self._most = 4  # products at once, as the last ones showed
        self._random = torch.Generator().manual_seed(1)

    def advance(self, products: int, block: int) -> None:
        """So many products with each matrix, at most so many of them at once."""
        goal = self.products + products
        while (left := goal - self.products) > 0:
            self.step(-(-left // -(-left // min(block, self._most))))

    def step(self, steps: int = 1) -> None:
        """At most so many products with each matrix; what depends too much on what was there is left out.

        A vector is multiplied again and again, and what comes is made orthogonal to the basis all at once (s-step
        Arnoldi): the basis, which is long, is read once for all.
        """
        steps = min(steps, self._most, max(self.H.shape[2] // 2, 1))
        if self.size + steps > self.H.shape[2]:
            self.shrink(self.size // 3, self.size // 2)
        j = self.size
        lengths = self._powers(j, steps)
        known = self._projected(j, steps)
        s = known.shape[2] - 1
        turned = known[:, :, 1:] * lengths[:, None, :s]
        turned[:, : j + 1] -= self.H[:, : j + 1, :j] @ known[:, :j, :s]
        back = np.linalg.inv(known[:, j : j + s, :s])
        self.H[:, : j + 1 + s, j : j + s] = turned @ back
        for row in self.dropped:
            row[:, j : j + s] = -((row[:, None, :j] @ known[:, :j, :s]) @ back)[:, 0]
        self.size, self.products = j + s, self.products + steps

    def _powers(self, j: int, steps: int) -> np.ndarray:
        """Behind v_j its products with powers of the matrices, of length 1; by what each was longer, (b, steps)."""
        found = []
        for first in range(j, j + steps, GROUP):
            last = min(first + GROUP, j + steps)
            for i in range(first, last):
                self.V[:, i + 1] = self.product(self.V[:, i])
            W = self.V[:, first + 1 : last + 1]
            lengths = torch.linalg.vector_norm(W, dim=2).clamp_min_(torch.finfo(W.dtype).tiny)
            W.div_(lengths[:, :, None])
            lengths[:, 1:] /= lengths[:, :-1].clone()
            found.append(lengths)
        return torch.cat(found, dim=1).double().numpy()

    def _projected(self, j: int, steps: int) -> np.ndarray:
        """Make the vectors behind v_j orthonormal; what they were, in coordinates of the new basis.

        The vectors, v_j in front: (matrices, j + 1 + s, s + 1), with the first s of them, to where one nearly depends
        on those before it, which rounding would spoil. If that is the first, it alone is projected once more.
        """
        W, before = self.V[:, j + 1 : j + 1 + steps], self.V[:, : j + 1]
        C = _without(W, before)
        L = _triangle(W)
        left = np.diagonal(L, axis1=1, axis2=2).min(axis=0)
        s = int(np.argmin([*(left >= LEFT), False]))
        self._most = _as_many(s, left)
        known = np.zeros((len(W), j + 1 + max(s, 1), max(s, 1) + 1))
        known[:, j, 0] = 1
        for b in range(len(known) if s == 0 else 0):
            more, known[b, j + 1, 1] = self._append(b, j + 1, self.array[b, j + 1].copy())
            known[b, : j + 1, 1] = C[b, 0] + more
        if s:
            W, L, C = W[:, :s], L[:, :s, :s], C[:, :s]
            _divide(W, L)
            if self._loses(float(left[:s].min())):
                C = C + L @ _without(W, before)
                rest = _triangle(W)  # the identity but for rounding
                _divide(W, rest)
                L = L @ rest
            known[:, : j + 1, 1:], known[:, j + 1 :, 1:] = C.swapaxes(1, 2), L.swapaxes(1, 2)
        return known

    def _loses(self, left: float) -> bool:
        """Whether the basis would be too far from orthonormal, were vectors of which so little is left projected once.

        What it lacks comes back in them, by what was taken away over what is left, and so grows from block to block.
        """
        eps = float(torch.finfo(self.V.dtype).eps)
        lost = eps / left**2 + self._lost * max(1 - left**2, 0.0) ** 0.5 / left
        if lost > eps ** (1 / 3):
            return True
        self._lost = max(self._lost, lost)
        return False

    def _append(self, b: int, place: int, w: np.ndarray) -> tuple[np.ndarray, float]:
        """Put w's direction outside of the vectors before `place` there; coordinates in those, and what is left.

        What is only rounding of a unit vector gives way to a random direction, and counts as nothing.
        """
        V = self.array[b, :place]
        c = V @ w
        w = w - c @ V
        size = _length(w)
        if not size > 10 * np.finfo(w.dtype).eps:
            self.V[b, place] = self._fresh(b, place)
            return c, 0.0
        w = w / size
        w = w - (V @ w) @ V
        np.divide(w, _length(w), out=self.array[b, place])
        return c, size

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
        j, values, owners, residuals, errors, vectors = self.size, [], [], [], [], []
        for b, H in enumerate(self.H):
            found, Y = _eigen(H[:j, :j])
            rows = [H[j], *(row[b] for row in self.dropped)]
            values.append(found)
            owners.append(np.full(j, b))
            left = sum(np.abs(row[:j] @ Y) for row in rows)
            residuals.append(left)
            errors.append(left * _condition(Y))
            vectors += list(Y.T)
        flat = np.concatenate(values)
        order = leading_first(flat)
        owner, residual, error = (np.concatenate(parts)[order] for parts in (owners, residuals, errors))
        return Ritz(flat[order], owner, residual, error, [vectors[i] for i in order])

    def vector(self, matrix: int, coordinates: np.ndarray) -> Tensor:
        """The Ritz vector of these coordinates as its real and its imaginary part, (2, n)."""
        parts = torch.from_numpy(np.stack([np.real(coordinates), np.imag(coordinates)])).to(self.V)
        return parts @ self.V[matrix, : self.size]

    def shrink(self, least: int, most: int) -> None:
        """Keep the space of so many Ritz values, the larger ones, and the last vector.

        Of the numbers between `least` and `most` it is the one at the widest gap.
        """
        m = self.size
        kept = [_larger(H[:m, :m], least, most) for H in self.H]
        size = max(Q.shape[1] for _, Q in kept)
        last, rows = self.V[:, m].clone(), [self.H[:, m].copy(), *self.dropped]
        self.H[:] = 0
        self.dropped = [np.zeros_like(row) for row in rows[1:]]
        for b, (T, Q) in enumerate(kept):
            k = Q.shape[1]
            # A space of fewer vectors than others is filled with zero vectors, which add eigenvalues 0.
            turned = torch.from_numpy(np.ascontiguousarray(Q.T)).to(self.V) @ self.V[b, :m]
            self.V[b, :k], self.V[b, k:size], self.V[b, size] = turned, 0, last[b]
            self.H[b, :k, :k] = T
            for target, row in zip([self.H[:, size], *self.dropped], rows, strict=True):
                target[b, :k] = row[b, :m] @ Q
        self.size = size


def leading_first(values: np.ndarray) -> np.ndarray:
    """The order of eigenvalues: largest modulus first; of a conjugate pair the one above the axis first."""
    sizes = np.abs(values)
    return np.lexsort((-np.imag(values), -np.round(sizes / (sizes.max(initial=0.0) or 1.0), 12)))


def _eigen(H: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors; torch's are those of MKL, twice as fast."""
    values, Y = torch.linalg.eig(torch.from_numpy(H))
    return values.numpy(), Y.numpy()


def _larger(H: np.ndarray, least: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """T and orthonormal Q with H Q = Q T, and the larger eigenvalues of H: `least` to `most`, cut at the widest gap.

    From eigenvectors, or from a Schur form where these are too far from independent.
    """
    values, Y = _eigen(H)
    moduli = np.sort(np.abs(values))[::-1]
    cut = least + int(np.argmax(-np.diff(moduli[least : most + 1])))
    bound = (moduli[cut] + moduli[cut + 1]) / 2
    kept = Y[:, (np.abs(values) >= bound) & (np.imag(values) >= 0)]
    real, imaginary = np.real(kept), np.imag(kept)
    Q = np.linalg.qr(np.hstack([real, imaginary[:, imaginary.any(axis=0)]]))[0]
    T = Q.T @ H @ Q
    if Q.shape[1] < len(H) and np.linalg.norm(H @ Q - Q @ T) <= CLOSED * np.linalg.norm(H):
        return T, Q
    T, Q, k = schur(H, output="real", sort=lambda x, y: np.hypot(x, y) >= bound)  # type: ignore[misc]
    k = _whole(T, min(k, len(H) - 1))
    return T[:k, :k], Q[:, :k]


def _as_many(s: int, left: np.ndarray) -> int:
    """So many vectors at once that `WELL` is left of the last one: what is left falls geometrically."""
    if s == 0 or left[s - 1] >= 1:
        return max(2 * s, 1)
    return max(int(s * np.log(WELL) / np.log(left[s - 1])), 1)


def _condition(Y: np.ndarray) -> np.ndarray:
    """The most that the left eigenvectors l, l . y = 1, have along the last vectors of the basis."""
    try:
        rows = np.linalg.inv(Y)
    except np.linalg.LinAlgError:  # of a matrix with too few eigenvectors
        return np.full(len(Y), np.finfo(float).max)
    return np.abs(rows[:, -TAIL:]).max(axis=1)


def _lengths(w: Tensor) -> Tensor:
    return torch.linalg.vector_norm(w, dim=1, keepdim=True)


def _without(W: Tensor, before: Tensor) -> np.ndarray:
    """Take from each W what it has of orthonormal vectors; the coordinates in these."""
    C = (before @ W.mT).mT.contiguous()  # several times as fast as W before^T
    W.baddbmm_(C, before, alpha=-1)
    return C.double().numpy()


def _triangle(W: Tensor) -> np.ndarray:
    """L with W W^T = L L^T; zero from a row on that depends on those before it."""
    L, places = torch.linalg.cholesky_ex((W @ W.mT).double())
    for b, place in enumerate(places.tolist()):
        L[b, place - 1 if place else L.shape[1] :] = 0
    return L.numpy()


def _divide(W: Tensor, L: np.ndarray) -> None:
    W.copy_(torch.from_numpy(np.linalg.inv(L)).to(W) @ W)


def _length(w: np.ndarray) -> float:
    """The norm, whose square may be out of range in single precision."""
    return float((blas.snrm2 if w.dtype == np.float32 else blas.dnrm2)(w))


def _whole(T: np.ndarray, k: int) -> int:
    """k, or one less where that would cut a block of a conjugate pair."""
    return k - 1 if k < len(T) and T[k, k - 1] != 0 else k
