"""The Jacobian of a branch without forming it: its largest singular value and its leading eigenvalues."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from schemetools.errors import SchemeError
from schemetools.nn.reading.krylov import leading_first
from schemetools.nn.reading.lanczos import largest
from schemetools.nn.reading.leading import Leading, leading
from schemetools.nn.tensors.products import Linearised, pullback

DENSE = 256
SMALL = 512
ROOM = 96  # basis vectors
LIGHT = 800  # operations per entry of a product that is cheaper than making a vector orthogonal to a basis
NORM = 0.5  # the tolerance of a norm's square, over that of eigenvalues
SIZES = 1e-3, 1e3  # of products that are left as they are
AGREE = 1e-3  # what float32 and float64 products may differ by, relatively
NOT_FINITE = (
    "the derivative of a branch has nan or inf in it, or is beyond the range of its numbers, so it has no spectrum: "
    "look for operations without a derivative at this state (a square root or norm at zero), or give another input"
)


@dataclass(frozen=True)
class Spectrum:
    """The largest singular value and the leading eigenvalues of a Jacobian.

    `converged`: whether Arnoldi did; `independent`: whether no sample's result depends on another one's state;
    `push`: f'(u) v, v of u's shape, by the products that were used; None where there was a dense matrix.
    """

    norm: float
    eigenvalues: np.ndarray
    converged: bool
    independent: bool = True
    push: Callable[[Tensor], Tensor] | None = None


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
    those of f'^T, by Arnoldi, until each is estimated to be known to `tolerance`, relatively: 1e-7, or 2e-4 for states
    of more than 512 entries. Where no sample of a batch acts on another, each has a Krylov space of its own. `single`
    is f in single precision: a large state's products are its own, and the results are checked against f's. A state of
    at most 256 entries gets a dense matrix, and so does each sample where none acts on another.
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
    tolerance = tolerance or (1e-7 if small else 2e-4)
    found, used = None, exact
    if single is not None and not small and (quick := _linearised(single, u)) is not None:
        found, used = _read(quick, exact, rows, count, tolerance), quick
    if found is None:
        found, used = _read(exact, None, rows, count, tolerance), exact
    norm, values, converged = found  # type: ignore[misc]
    return Spectrum(abs(scale) * norm, scale * values, converged, alone, _ahead_by(used))


def _ahead_by(at: Linearised) -> Callable[[Tensor], Tensor]:
    """f'(u) v for v of any precision and layout in memory."""
    return lambda v: at.ahead(torch.empty_like(at.u).copy_(v)).to(v)


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
    n, products = at.u.numel() // rows, _Products(at, at.u, rows)
    made = np.zeros((rows, n, n))
    for i, v in enumerate(torch.eye(n, dtype=at.u.dtype)):
        made[:, i] = products.back(v.repeat(rows, 1))
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


class _Products:
    """Products with the matrices of `rows` samples, over their size; vectors lie as a state like `like` does."""

    def __init__(self, at: Linearised, like: Tensor, rows: int, size: float = 1.0) -> None:
        self.at, self.like, self.rows, self.size = at, like, rows, size

    def back(self, v: Tensor) -> Tensor:
        """The transposes times vectors, (rows, n)."""
        return self._rows(self.at.back(self._state(v)))

    def ahead(self, v: Tensor) -> Tensor:
        """The matrices times vectors, (rows, n)."""
        return self._rows(self.at.ahead(self._state(v)))

    def both(self, v: Tensor) -> Tensor:
        """The matrices, and then their transposes."""
        return self.back(self.ahead(v))

    def _state(self, rows: Tensor) -> Tensor:
        return rows.contiguous().as_strided(self.like.shape, self.like.stride())

    def _rows(self, state: Tensor) -> Tensor:
        laid = state if state.stride() == self.like.stride() else torch.empty_like(self.like).copy_(state)
        found = laid.as_strided((self.rows, laid.numel() // self.rows), (laid.numel() // self.rows, 1))
        return found if self.size == 1 else found / self.size


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
    products = _Products(at, u, rows)
    with FlopCounterMode(display=False) as counter:
        size = float(products.back(start).abs().max() / start.abs().max())
    light = u.numel() > SMALL and counter.get_total_flops() < LIGHT * u.numel()
    if size < SIZES[0] or size > SIZES[1]:
        products.size = size or 1.0  # powers of it and squares of lengths stay within the range of the numbers
    if not bool(torch.isfinite(products.both(start)).all()) or (size == 0 and exact is not None):
        if exact is not None:
            return None
        raise SchemeError(NOT_FINITE)
    square, vectors = largest(products.both, start, NORM * tolerance)
    norm, room = float(np.sqrt(square)), min(start.shape[1] - 2, max(ROOM, 4 * count))
    found = leading(products.back, start, room, count, tolerance, light=light)
    if exact is not None:
        sure = _Products(exact, u.to(exact.u), rows, products.size)
        checked = _norm_again(products, sure, vectors)
        if not abs(checked - norm) <= AGREE * norm or not _holds(found, sure):
            return None
        norm = checked
    return norm * products.size, found.values * products.size, found.converged


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


def _norm_again(products: _Products, exact: _Products, vectors: Tensor) -> float:
    """The norm from the exact products with the left singular vectors."""
    left = products.ahead(vectors).to(exact.like)
    found, sizes = exact.back(left).norm(dim=1), left.norm(dim=1)
    return float((found / sizes.clamp_min(1e-300)).max())


def _holds(found: Leading, exact: _Products) -> bool:
    """Whether the first eigenvalue's residual is what it was taken for, by the exact products."""
    if not len(found.values):
        return True
    parts = exact.like.new_zeros(2, exact.rows, exact.like.numel() // exact.rows)
    parts[:, found.owner] = found.vector.to(exact.like)
    turned = torch.stack([exact.back(part) if bool(part.any()) else part for part in parts])
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
