"""The Jacobian of a branch without forming it: its largest singular value and its leading eigenvalues."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from schemetools.errors import SchemeError
from schemetools.nn.reading.krylov import Krylov, leading_first
from schemetools.nn.reading.leading import STEPS, Leading, leading
from schemetools.nn.tensors.products import Linearised, pullback

DENSE = 256
SMALL = 512
ROOM = 96  # basis vectors
FIRST, STEP = 12, 4  # steps of Lanczos to the first look at the norm, and between looks: each is two products
AGREE = 1e-3  # what float32 and float64 products may differ by, relatively
NOT_FINITE = (
    "the derivative of a branch has nan or inf in it, or is beyond the range of its numbers, so it has no spectrum: "
    "look for operations without a derivative at this state (a square root or norm at zero), or give another input"
)


@dataclass(frozen=True)
class Spectrum:
    """The largest singular value and the leading eigenvalues of a Jacobian.

    `converged`: whether Arnoldi did; `independent`: whether no sample's result depends on another one's state.
    """

    norm: float
    eigenvalues: np.ndarray
    converged: bool
    independent: bool = True


def spectrum(
    f: Callable[[Tensor], Tensor],
    u: Tensor,
    *,
    scale: float = 1.0,
    count: int = 6,
    tolerance: float | None = None,
    single: Callable[[Tensor], Tensor] | None = None,
) -> Spectrum:
    """The spectrum of scale * f'(u) on all of u (a batch counts as one state: the samples' spectra together).

    The norm is that of the largest eigenvalue of f'^T f', by Lanczos; the `count` eigenvalues of largest modulus are
    those of f'^T, by Arnoldi, to a relative residual of `tolerance`: 1e-7, or 5e-4 for states of more than 512
    entries. Where no sample of a batch acts on another, each has a Krylov space of its own. `single` is f in single
    precision: a large state's products are its own, and the results are checked against f's. A state of at most 256
    entries gets a dense matrix, and so does each sample where none acts on another.
    Raises SchemeError for a derivative that is not finite.
    Source: Saad, Numerical Methods for Large Eigenvalue Problems, 2011.

    >>> import torch
    >>> found = spectrum(lambda u: u @ torch.diag(torch.tensor([1.0, -3.0])), torch.ones(1, 2))
    >>> round(found.norm, 6), abs(found.eigenvalues).round(6).tolist()
    (3.0, [3.0, 1.0])
    """
    if u.numel() <= DENSE:
        return _dense(scale * jacobian(f, u.detach())[None], count)
    exact = Linearised(f, u)
    alone = independent(exact)
    rows = len(u) if alone and u.dim() > 1 else 1
    if u.numel() <= DENSE * rows:
        return _dense(scale * _blocks(exact, rows), count)
    small = u.numel() <= SMALL
    tolerance = tolerance or (1e-7 if small else 5e-4)
    found = None
    if single is not None and not small and (quick := _linearised(single, u)) is not None:
        found = _read(quick, exact, rows, count, tolerance)
    if found is None:
        found = _read(exact, None, rows, count, tolerance)
    norm, values, converged = found  # type: ignore[misc]
    return Spectrum(abs(scale) * norm, scale * values, converged, alone)


def _dense(matrices: np.ndarray, count: int) -> Spectrum:
    """What the matrices of the samples, (b, n, n), have together."""
    if not np.isfinite(matrices).all():
        raise SchemeError(NOT_FINITE)
    values = np.linalg.eigvals(matrices).flatten()
    first = leading_first(values)[:count]
    return Spectrum(float(np.linalg.norm(matrices, 2, axis=(1, 2)).max()), values[first], True)


def _blocks(at: Linearised, rows: int) -> np.ndarray:
    """The matrices of the samples, (b, n, n): a product gives a row of each."""
    at.tape()
    n = at.u.numel() // rows
    made = np.zeros((rows, n, n))
    for i, v in enumerate(torch.eye(n, dtype=at.u.dtype)):
        made[:, i] = _as_rows(at.back(_as_state(v.repeat(rows, 1), at.u)), at.u, rows)
    return made


def _linearised(f: Callable[[Tensor], Tensor], u: Tensor) -> Linearised | None:
    """f linearised in single precision; None where it does not work in that precision, or leaves it.

    Convolutions are fastest with the channels of a pixel beside each other; not every block takes a state like that.
    """
    for layout in ([torch.channels_last] if u.dim() == 4 else []) + [torch.contiguous_format]:
        try:
            made = Linearised(f, u.float().contiguous(memory_format=layout))
        except (RuntimeError, TypeError):  # tensors of another precision or layout inside of a foreign block
            continue
        return made if made.value.dtype == torch.float32 and bool(torch.isfinite(made.value).all()) else None
    return None


def _read(
    at: Linearised, exact: Linearised | None, rows: int, count: int, tolerance: float
) -> tuple[float, np.ndarray, bool] | None:
    """Norm, eigenvalues, and whether they converged, from these products of `rows` matrices.

    None if the products of `exact` do not agree with what was found.
    """
    at.tape()
    u = at.u
    start = torch.randn(rows, u.numel() // rows, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    start = start.to(u.dtype)
    room = min(start.shape[1] - 2, max(ROOM, 4 * count))

    def back(v: Tensor) -> Tensor:
        return _as_rows(at.back(_as_state(v, u)), u, rows)

    def both(v: Tensor) -> Tensor:
        return _as_rows(at.back(at.ahead(_as_state(v, u))), u, rows)

    if not bool(torch.isfinite(both(start)).all()):
        if exact is not None:
            return None
        raise SchemeError(NOT_FINITE)
    norm, vectors = _largest(Krylov(both, start, room), tolerance / 5)
    found = leading(Krylov(back, start, room), count, tolerance)
    if exact is not None:
        checked = _norm_again(at, exact, vectors)
        if not abs(checked - norm) <= AGREE * norm or not _holds(found, rows, at.u, exact):
            return None
        norm = checked
    return norm, found.values, found.converged


def _as_state(rows: Tensor, u: Tensor) -> Tensor:
    """Vectors, one below the other, as a state that lies in memory as u does."""
    return rows.contiguous().as_strided(u.shape, u.stride())


def _as_rows(state: Tensor, u: Tensor, rows: int) -> Tensor:
    """The inverse."""
    laid = state if state.stride() == u.stride() else torch.empty_like(u).copy_(state)
    return laid.as_strided((rows, u.numel() // rows), (u.numel() // rows, 1))


def independent(at: Linearised) -> bool:
    """Whether the Jacobian is block-diagonal over the samples, the first dimension.

    Any two samples differ in a binary digit of their numbers: for each digit, what comes from those that have it may
    not reach those that have it not, nor the other way round.
    """
    count = len(at.u) if at.u.dim() > 1 else 1
    numbers, random = torch.arange(count), torch.Generator().manual_seed(2)
    for digit in range((count - 1).bit_length()):
        for side in (0, 1):
            chosen = (numbers >> digit) % 2 == side
            v = torch.empty_like(at.u).normal_(generator=random)
            v[~chosen] = 0
            reached = at.back(v)
            if reached[~chosen].abs().max() > 100 * torch.finfo(v.dtype).eps * reached.abs().max():
                return False
    return True


def _largest(space: Krylov, tolerance: float) -> tuple[float, Tensor]:
    """The largest singular value from the spaces of f'^T f', and the right singular vectors, one per matrix.

    A Ritz value of a symmetric matrix is off by residual^2 / gap at most, and by the residual; where the largest value
    has not shown yet, it grows from look to look.
    """
    before: np.ndarray | None = None
    space.advance(FIRST, STEP)
    while True:
        k, values, vectors, errors = space.size, [], [], []
        for H in space.H:
            found, Y = np.linalg.eigh((H[:k, :k] + H[:k, :k].T) / 2)
            left, gap = abs(H[k, :k] @ Y[:, -1]), found[-1] - found[-2]
            errors.append(min(left, left**2 / gap if gap > 0 else left) / (found[-1] or 1.0))
            values.append(max(found[-1], 0.0))
            vectors.append(Y[:, -1])
        grown = np.inf if before is None else float(np.max(np.array(values) - before))
        if (max(errors) <= tolerance and grown <= tolerance * max(values)) or space.products >= STEPS:
            break
        before = np.array(values)
        space.advance(STEP, STEP)
    return float(np.sqrt(max(values))), torch.stack([space.vector(b, y)[0] for b, y in enumerate(vectors)])


def _norm_again(at: Linearised, exact: Linearised, vectors: Tensor) -> float:
    """The norm from the exact products with the left singular vectors."""
    left = at.ahead(_as_state(vectors, at.u)).to(exact.u)
    found, sizes = (_as_rows(state, at.u, len(vectors)).norm(dim=1) for state in (exact.back(left), left))
    return float((found / sizes.clamp_min(1e-300)).max())


def _holds(found: Leading, rows: int, u: Tensor, exact: Linearised) -> bool:
    """Whether the first eigenvalue's residual is what it was taken for, by the exact products."""
    if not len(found.values):
        return True
    parts = exact.u.new_zeros(2, rows, exact.u.numel() // rows)
    parts[:, found.owner] = found.vector.to(exact.u)
    laid = u.to(exact.u)
    turned = torch.stack([_as_rows(exact.back(_as_state(part, laid)), laid, rows) for part in parts])
    real, imaginary = found.values[0].real, found.values[0].imag
    times = torch.stack([real * parts[0] - imaginary * parts[1], real * parts[1] + imaginary * parts[0]])
    off = float((turned - times)[:, found.owner].norm() / parts.norm())
    return off <= found.residual + AGREE * abs(found.values[0])


def jacobian(f: Callable[[Tensor], Tensor], u: Tensor, *, chunk: int = 64) -> np.ndarray:
    """The matrix f'(u), (n, n) for a state of n entries, `chunk` rows at a time by reverse mode."""
    pull = pullback(f, u)
    rows = torch.eye(u.numel(), dtype=u.dtype).reshape(-1, *u.shape)
    found = [torch.func.vmap(pull)(part)[0] for part in rows.split(chunk)]
    return torch.cat(found).detach().reshape(u.numel(), -1).numpy()
