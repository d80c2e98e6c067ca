"""Implicit stages: solved by fixed point or Newton-Krylov, differentiated by the implicit function theorem."""

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from schemetools.errors import SchemeError

from .krylov import gmres

Map = Callable[[Tensor], Tensor]

FIXED_POINT_RATE = 0.2
"""While a plain iteration shrinks the residual at least to this fraction, it is cheaper than a Newton step."""


def solve(
    fields: Sequence[Callable[[Tensor], Tensor]],
    known: Sequence[Tensor],
    matrix: Sequence[Sequence[Any]],
    h: Any,
    tol: float,
    max_iterations: int,
) -> tuple[Tensor, ...]:
    """The stage values k_i = f_i(known_i + h sum_j matrix_ij k_j), to a residual of `tol` relative to |k|.

    The tolerance is not taken below 100 units of rounding of the dtype. The gradient is that of the exact solution:
    for a cotangent g, v = g + J^T v is solved to the same tolerance and sent through one evaluation of the stages.
    Raises SchemeError where the iteration does not converge.
    """
    shapes = [z.shape for z in known]

    def image(k: Tensor) -> Tensor:
        parts = [p.reshape(s) for p, s in zip(k.split([s.numel() for s in shapes]), shapes, strict=True)]
        arguments = [_argument(z, row, parts, h) for z, row in zip(known, matrix, strict=True)]
        return torch.cat([f(y).reshape(-1) for f, y in zip(fields, arguments, strict=True)])

    dtype = known[0].dtype
    goal = max(tol, 100 * torch.finfo(dtype).eps)
    with torch.no_grad():
        start = torch.cat([f(z).reshape(-1) for f, z in zip(fields, known, strict=True)])
        root = _root(image, start, goal, max_iterations)
    found = _attached(image, root, goal) if torch.is_grad_enabled() else root
    return tuple(p.reshape(s) for p, s in zip(found.split([s.numel() for s in shapes]), shapes, strict=True))


def _argument(known: Tensor, row: Sequence[Any], stages: Sequence[Tensor], h: Any) -> Tensor:
    total = known
    for c, k in zip(row, stages, strict=True):
        if isinstance(c, Tensor) or isinstance(h, Tensor):
            total = total + h * c * k
        elif c != 0:
            total = torch.add(total, k, alpha=c * h)
    return total


def _root(image: Map, k: Tensor, tol: float, max_iterations: int) -> Tensor:
    residual = image(k) - k
    size = float(residual.norm())
    rate = 0.0
    for _ in range(max_iterations):
        if size <= tol * float(k.norm()):
            return k
        if rate <= FIXED_POINT_RATE:
            direction = residual
        else:
            direction = gmres(lambda v, at=k: v - _jvp(image, at, v), residual, 1e-4)
        k, residual, new_size = _damped(image, k, direction, size)
        rate, size = new_size / size, new_size
        if not size < float("inf"):
            break
    if size <= tol * float(k.norm()):
        return k
    raise SchemeError(
        f"the implicit stages did not converge: residual {size:.3g} after {max_iterations} iterations, "
        f"{tol * float(k.norm()):.3g} was wanted; take a smaller h, or a larger max_iterations or tol"
    )


def _damped(image: Map, k: Tensor, direction: Tensor, size: float) -> tuple[Tensor, Tensor, float]:
    """A step along the direction, halved while it enlarges the residual (at most eight times)."""
    for halvings in range(9):
        moved = torch.add(k, direction, alpha=0.5**halvings)
        residual = image(moved) - moved
        new_size = float(residual.norm())
        if new_size < size:
            break
    return moved, residual, new_size


@functools.cache
def _load_forward_ad() -> None:
    """Torch builds its forward-mode rules on first use by a function that it deprecates; no user can act on that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with forward_ad.dual_level():
            forward_ad.make_dual(torch.zeros(1), torch.zeros(1))


def _jvp(image: Map, k: Tensor, v: Tensor) -> Tensor:
    _load_forward_ad()
    with forward_ad.dual_level():
        tangent = forward_ad.unpack_dual(image(forward_ad.make_dual(k, v))).tangent
    return torch.zeros_like(v) if tangent is None else tangent


def _attached(image: Map, root: Tensor, tol: float) -> Tensor:
    """The root as a function of all that `image` depends on."""
    value = image(root)
    if not value.requires_grad:
        return root
    with torch.enable_grad():
        at = root.detach().requires_grad_()
        again = image(at)

    def implicit(g: Tensor | None) -> Tensor | None:
        if g is None:
            return None

        def transposed(v: Tensor) -> Tensor:
            (back,) = torch.autograd.grad(again, at, v, retain_graph=True, allow_unused=True)
            return v if back is None else v - back

        return gmres(transposed, g, tol)

    value.register_hook(implicit)
    return value
