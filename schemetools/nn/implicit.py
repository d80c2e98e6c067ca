"""Implicit stages: solved by fixed point or Newton-Krylov, differentiated by the implicit function theorem."""

import functools
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad

from schemetools.errors import SchemeError, UnsupportedError

from .krylov import gmres
from .replay import autocast_of, counting, modules_of, statistics_kept

Map = Callable[[Tensor], Tensor]
Image = Callable[[Sequence[Tensor], Tensor], Tensor]
"""(what is known, k) -> the right-hand side of k = image(known, k)."""

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
    Raises SchemeError where the iteration does not converge, UnsupportedError for second and forward-mode derivatives
    and inside vmap, jacrev and other transforms.
    """
    _refuse_transforms()
    image = functools.partial(_image, fields, matrix, h)
    goal = max(tol, 100 * torch.finfo(known[0].dtype).eps)
    with torch.no_grad():
        start = torch.cat([f(z).reshape(-1) for f, z in zip(fields, known, strict=True)])
        root = _root(functools.partial(image, known), start, goal, max_iterations)
    if torch.is_grad_enabled():
        value = image(known, root)
        if value.requires_grad:
            root = _Implicit.apply(value, _later(fields, matrix, h, value), goal, *known)
    shapes = [z.shape for z in known]
    return tuple(p.reshape(s) for p, s in zip(root.split([s.numel() for s in shapes]), shapes, strict=True))


def _refuse_transforms() -> None:
    """UnsupportedError where the numbers that decide how long to iterate cannot be read, or are more than numbers."""
    if torch._C._functorch.peek_interpreter_stack() is not None or forward_ad._current_level >= 0:  # type: ignore[attr-defined]
        raise UnsupportedError(
            "implicit stages are solved by iteration, which vmap, jacrev, jvp and other transforms do not go through; "
            "use torch.autograd.grad, or torch.autograd.functional.jacobian with vectorize=False"
        )


def _image(
    fields: Sequence[Any], matrix: Sequence[Sequence[Any]], h: Any, known: Sequence[Tensor], k: Tensor
) -> Tensor:
    """All f_i(known_i + h sum_j matrix_ij k_j) in one vector, as k is."""
    parts = [p.reshape(z.shape) for p, z in zip(k.split([z.numel() for z in known]), known, strict=True)]
    arguments = [_argument(z, row, parts, h) for z, row in zip(known, matrix, strict=True)]
    return torch.cat([f(y).reshape(-1) for f, y in zip(fields, arguments, strict=True)])


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


def _later(fields: Sequence[Any], matrix: Sequence[Sequence[Any]], h: Any, like: Tensor) -> Image:
    """The image for the backward pass: the weights and the autocast of now, running statistics left alone."""
    autocast, held = autocast_of(like), [_held(f) for f in fields]
    modules = [f.func if isinstance(f, functools.partial) else f for f in fields]
    kept = counting(dict.fromkeys(m for f in modules if isinstance(f, nn.Module) for m in modules_of(f)))

    def image(known: Sequence[Tensor], k: Tensor) -> Tensor:
        with torch.enable_grad(), autocast() or nullcontext(), statistics_kept(kept):
            return _image(held, matrix, h, known, k)

    return image


def _held(field: Any) -> Any:
    """The field with the weights that it has now, which may be those of a torch.func.functional_call."""
    if isinstance(field, functools.partial):
        return functools.partial(_held(field.func), *field.args)
    if not isinstance(field, nn.Module):
        return field
    weights: dict[str, Any] = dict(field.named_parameters())
    return lambda *args: torch.func.functional_call(field, weights, args)


class _Implicit(torch.autograd.Function):
    """The root k = image(known, k), given as the value of an evaluation at it: g becomes v = g + J^T v on the way back.

    What the backward pass needs is saved as autograd saves tensors, so that checkpoints recompute it once.
    """

    @staticmethod
    def forward(ctx: Any, value: Tensor, image: Image, tol: float, *known: Tensor) -> Tensor:
        """The value itself."""
        found = value.view_as(value)
        ctx.image, ctx.tol = image, tol
        ctx.save_for_backward(found, *known)
        return found

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        """The cotangent of the value; what is known gets its own through the value."""
        _refuse_transforms()
        k, *known = ctx.saved_tensors
        at = k.detach().requires_grad_()
        again = ctx.image([z.detach() for z in known], at)

        def transposed(v: Tensor) -> Tensor:
            if not again.requires_grad:
                return v
            (back,) = torch.autograd.grad(again, at, v, retain_graph=True, allow_unused=True)
            return v if back is None else v - back

        with torch.no_grad():
            v = gmres(transposed, grads[0].detach(), ctx.tol)
        if torch.is_grad_enabled():
            v = _Once.apply(v, k)
        return v, None, None, *(None for _ in known)


class _Once(torch.autograd.Function):
    """A cotangent that depends on k in a way that is not followed."""

    @staticmethod
    def forward(ctx: Any, v: Tensor, k: Tensor) -> Tensor:
        """The cotangent itself."""
        return v.view_as(v)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        """Nothing: the value keeps the root fixed, so a second derivative would lack terms."""
        raise UnsupportedError("second derivatives through implicit stages are not supported, first ones are")
