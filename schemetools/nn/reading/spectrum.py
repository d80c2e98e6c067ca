"""The Jacobian of a branch without forming it: its largest singular value and its leading eigenvalues."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs, svds
from torch import Tensor

from schemetools.nn.tensors.products import pullback, push

DENSE = 256
SMALL = 4096
VECTORS = 40  # a wide Krylov space: the leading eigenvalues of a layer are many and close to each other
RESTARTS = 30


@dataclass(frozen=True)
class Spectrum:
    """The largest singular value and the leading eigenvalues of a Jacobian; `converged`: whether Arnoldi did."""

    norm: float
    eigenvalues: np.ndarray
    converged: bool


def spectrum(
    f: Callable[[Tensor], Tensor], u: Tensor, *, scale: float = 1.0, count: int = 6, tolerance: float | None = None
) -> Spectrum:
    """The spectrum of scale * f'(u) on all of u (a batch counts as one state: the samples' spectra together).

    Singular value by Lanczos on products with f' (forward mode) and its transpose (reverse mode); `count`
    eigenvalues of largest modulus by implicitly restarted Arnoldi (ARPACK), both to a relative `tolerance`: 1e-6, or
    1e-3 for states of more than 4096 entries. A state of at most 256 entries gets a dense matrix.
    Source: Lehoucq, Sorensen, Yang, ARPACK Users' Guide, 1998.

    >>> import torch
    >>> found = spectrum(lambda u: u @ torch.diag(torch.tensor([1.0, -3.0])), torch.ones(1, 2))
    >>> round(found.norm, 6), abs(found.eigenvalues).round(6).tolist()
    (3.0, [3.0, 1.0])
    """
    size = u.numel()
    if size <= DENSE:
        matrix = scale * jacobian(f, u.detach())
        found = np.linalg.eigvals(matrix)
        return Spectrum(float(np.linalg.norm(matrix, 2)), _sorted(found)[:count], True)
    if tolerance is None:
        tolerance = 1e-6 if size <= SMALL else 1e-3
    forward, backward = _products(f, u.detach(), scale)
    dtype = np.float64 if u.dtype == torch.float64 else np.float32
    operator = LinearOperator((size, size), matvec=forward, rmatvec=backward, dtype=dtype)
    start = np.random.default_rng(0).standard_normal(size).astype(dtype)
    norm = svds(operator, k=1, v0=start, tol=tolerance, return_singular_vectors=False)[0]
    vectors = min(size, max(VECTORS, 2 * count + 1))
    options = {"v0": start, "tol": tolerance, "return_eigenvectors": False}
    try:
        found, converged = eigs(operator, k=count, ncv=vectors, maxiter=RESTARTS, **options), True
    except ArpackNoConvergence as partial:
        found, converged = partial.eigenvalues, False
    return Spectrum(float(norm), _sorted(np.asarray(found)), converged)


def jacobian(f: Callable[[Tensor], Tensor], u: Tensor, *, chunk: int = 64) -> np.ndarray:
    """The matrix f'(u), (n, n) for a state of n entries, `chunk` rows at a time by reverse mode."""
    pull = pullback(f, u)
    rows = torch.eye(u.numel(), dtype=u.dtype).reshape(-1, *u.shape)
    found = [torch.func.vmap(pull)(part)[0] for part in rows.split(chunk)]
    return torch.cat(found).detach().reshape(u.numel(), -1).numpy()


def _products(f: Callable[[Tensor], Tensor], u: Tensor, scale: float) -> tuple[Callable, Callable]:
    """v -> scale f'(u) v and v -> scale f'(u)^T v on flat arrays."""
    pull = pullback(f, u)

    def tensor(v: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(v)).to(u).reshape(u.shape)

    def forward(v: np.ndarray) -> np.ndarray:
        return scale * push(f, (u,), (tensor(v),)).detach().reshape(-1).numpy()

    def backward(v: np.ndarray) -> np.ndarray:
        return scale * pull(tensor(v))[0].detach().reshape(-1).numpy()

    return forward, backward


def _sorted(values: np.ndarray) -> np.ndarray:
    """Largest modulus first; of a conjugate pair the one above the axis first."""
    return values[np.lexsort((-np.imag(values), -np.round(np.abs(values), 12)))]
