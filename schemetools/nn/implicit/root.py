"""The root k = F(k, tensors) as a function of the tensors, with derivatives of all orders and kinds.

With J = F'(k) at the root, a tangent dF becomes k' = (I - J)^-1 dF, and a cotangent g becomes v = (I - J^T)^-1 g, which
is sent through one evaluation of F. Both resolvents are functions with derivatives of their own.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from schemetools.errors import UnsupportedError
from schemetools.nn.implicit.newton import fixed_point, products, solve_rows, transposed_products
from schemetools.nn.implicit.stages import Batch, Stages, full_precision
from schemetools.nn.tensors.transforms import transformed

System = Stages | Batch
Function = Callable[..., Any]

CAPTURED = (
    "the branch of an implicit step holds tensors with {kind}, and they are not its parameters; give an nn.Module with "
    "them as parameters"
)


def find(stages: System, start: Tensor, tensors: Sequence[Tensor]) -> Tensor:
    """The root, from a first value."""
    with stages.opened(tensors) as image:
        return fixed_point(image, start, stages.goal, stages.floor(*tensors), stages.max_iterations)


def pull_back(
    stages: System, k: Tensor, tensors: Sequence[Tensor], g: Tensor, needed: Sequence[bool]
) -> tuple[Tensor, list[Tensor | None]]:
    """(v, gradients of the needed tensors) for a cotangent g of the root, as numbers: without a graph."""
    with full_precision(k):
        with torch.enable_grad():
            at = k.detach().requires_grad_()
            given = [t.detach().requires_grad_(n) for t, n in zip(tensors, needed, strict=True)]
            value = stages.image(at, *given)
        J = transposed_products(value, at)
        v = solve_rows(lambda u: u - J(u), g, stages.goal)
        found: list[Tensor | None] = [None] * len(given)
        chosen = [n for n, wanted in enumerate(needed) if wanted]
        if chosen and value.requires_grad:
            grads = torch.autograd.grad(value, [given[n] for n in chosen], v, allow_unused=True)
            for n, grad in zip(chosen, grads, strict=True):
                found[n] = grad
        return v, found


class Root(torch.autograd.Function):
    """The root, from a first value `start`; a `value` is F at a root `start` that is known already.

    With a value, v is its gradient: the tensors, and what else F depends on, get theirs through it.
    """

    @staticmethod
    def forward(stages: System, start: Tensor, value: Tensor | None, *tensors: Tensor) -> Tensor:
        """The root."""
        root = start if value is not None else find(stages, start, tensors)
        return root.clone() if root is start else root  # an output that is saved is none of the inputs

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """The root and the tensors are kept, nothing of the iteration."""
        ctx.stages, _, value, *tensors = inputs
        ctx.valued = value is not None
        _save(ctx, output, *tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        """v for the value, or its product with F' for the tensors."""
        k, *tensors = ctx.saved_tensors
        ctx.stages.check()
        needed = [n and not ctx.valued for n in ctx.needs_input_grad[3:]]
        if torch.is_grad_enabled() or transformed():
            v = Resolvent.apply(ctx.stages, True, grads[0], k, *tensors)
            found = _pull(lambda *some: ctx.stages.image(k, *some), tensors, v, needed)
        else:
            v, found = pull_back(ctx.stages, k, tensors, grads[0], needed)
        return None, None, v if ctx.valued else None, *found

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """(I - J)^-1 dF."""
        with _tangents_of_tangents():
            k, *tensors = _primals(ctx.saved_tensors)
            right = _push(lambda *some: ctx.stages.image(k, *some), tensors, tangents[3:], k)
            return Resolvent.apply(ctx.stages, False, right, k, *tensors)

    @staticmethod
    def vmap(info: Any, in_dims: Any, stages: System, start: Tensor, value: Any, *tensors: Tensor) -> tuple[Any, int]:
        """The roots of a batch of systems."""
        batch, moved = _batch(info, in_dims[3:], stages, tensors)
        start = _in_front(start, in_dims[1], info)
        value = None if value is None else _in_front(value, in_dims[2], info)
        return Root.apply(batch, start, value, *moved), 0


class Resolvent(torch.autograd.Function):
    """x = (I - J)^-1 r, or (I - J^T)^-1 r if `transposed`, with J = F'(k)."""

    @staticmethod
    def forward(stages: System, transposed: bool, right: Tensor, k: Tensor, *tensors: Tensor) -> Tensor:
        """The solution, by GMRES."""
        if transposed:
            with full_precision(k):
                with torch.enable_grad():
                    at = k.detach().requires_grad_()
                    value = stages.image(at, *(t.detach() for t in tensors))
                J = transposed_products(value, at)
                return solve_rows(lambda u: u - J(u), right, stages.goal)
        with stages.opened(tensors) as image:
            J = products(image, k)
            return solve_rows(lambda u: u - J(u), right, stages.goal)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """The solution, the root and the tensors are kept."""
        ctx.stages, ctx.transposed, _, *at = inputs
        _save(ctx, output, *at)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        """w from the other resolvent for the right side; for k and the tensors the gradient of <w, J x> or <x, J w>."""
        if ctx.stages.captured:
            raise UnsupportedError(CAPTURED.format(kind="second derivatives"))
        x, *at = ctx.saved_tensors
        w = Resolvent.apply(ctx.stages, not ctx.transposed, grads[0], *at)
        left, right = (x, w) if ctx.transposed else (w, x)

        def bilinear(*at: Tensor) -> Tensor:
            return (_transposed(ctx.stages, left, *at) * right).sum()

        return None, None, w, *_pull(bilinear, at, w.new_ones(()), ctx.needs_input_grad[3:])

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """The same resolvent of r' + J' x, with J' the derivative of J along the tangents."""
        with _tangents_of_tangents():
            x, *at = _primals(ctx.saved_tensors)
            product = _transposed if ctx.transposed else _forwards
            right = _push(lambda *some: product(ctx.stages, x, *some), at, tangents[3:], x)
            right = right if tangents[2] is None else right + tangents[2]
            return Resolvent.apply(ctx.stages, ctx.transposed, right, *at)

    @staticmethod
    def vmap(
        info: Any, in_dims: Any, stages: System, transposed: bool, right: Tensor, k: Tensor, *tensors: Tensor
    ) -> tuple[Any, int]:
        """The solutions for a batch of systems."""
        batch, moved = _batch(info, in_dims[4:], stages, tensors)
        right, k = _in_front(right, in_dims[2], info), _in_front(k, in_dims[3], info)
        return Resolvent.apply(batch, transposed, right, k, *moved), 0


def _save(ctx: Any, *tensors: Tensor) -> None:
    ctx.save_for_backward(*tensors)
    ctx.save_for_forward(*tensors)


def _tangents_of_tangents() -> Any:
    """Forward mode inside the jvp of a function, where torch has it off: an outer level's tangents are followed too."""
    return forward_ad._set_fwd_grad_enabled(True)


def _primals(saved: Sequence[Tensor]) -> list[Tensor]:
    """The tensors without the tangents of this level, which are given apart."""
    return [forward_ad.unpack_dual(t).primal for t in saved]


def _transposed(stages: System, v: Tensor, k: Tensor, *tensors: Tensor) -> Tensor:
    """J^T v."""
    [back] = torch.func.vjp(lambda at: stages.image(at, *tensors), k)[1](v)
    return back


def _forwards(stages: System, v: Tensor, k: Tensor, *tensors: Tensor) -> Tensor:
    """J v."""
    return _push(lambda at: stages.image(at, *tensors), [k], [v], v)


def _pull(f: Function, at: Sequence[Tensor], v: Tensor, needed: Sequence[bool]) -> list[Tensor | None]:
    """The gradient of <v, f> by each needed argument, with a graph where one is kept."""
    chosen = [n for n, wanted in enumerate(needed) if wanted]
    found: list[Tensor | None] = [None] * len(at)
    if chosen:
        for n, grad in zip(chosen, torch.func.vjp(*_restricted(f, at, chosen))[1](v), strict=True):
            found[n] = grad
    return found


def _push(f: Function, at: Sequence[Tensor], tangents: Sequence[Tensor | None], like: Tensor) -> Tensor:
    """f' along the tangents, of the shape of `like`: by reverse mode twice, as forward mode does not nest."""
    chosen = [n for n, tangent in enumerate(tangents) if tangent is not None]
    if not chosen:
        return torch.zeros_like(like)
    restricted = _restricted(f, at, chosen)
    pull = torch.func.vjp(lambda w: torch.func.vjp(*restricted)[1](w), torch.zeros_like(like))[1]
    [pushed] = pull(tuple(tangents[n] for n in chosen))
    return pushed


def _restricted(f: Function, at: Sequence[Tensor], chosen: Sequence[int]) -> tuple[Any, ...]:
    """f as a function of the chosen arguments, followed by their values."""

    def restricted(*some: Tensor) -> Any:
        given = list(at)
        for n, value in zip(chosen, some, strict=True):
            given[n] = value
        return f(*given)

    return restricted, *(at[n] for n in chosen)


def _batch(info: Any, dims: Sequence[int | None], stages: System, tensors: Sequence[Tensor]) -> tuple[Batch, Any]:
    moved = [t if d is None else t.movedim(d, 0) for t, d in zip(tensors, dims, strict=True)]
    return Batch(stages, [d is not None for d in dims], info.randomness), moved


def _in_front(t: Tensor, dim: int | None, info: Any) -> Tensor:
    # Contiguous, as forward mode takes no tensor whose entries share memory.
    return (t.expand(info.batch_size, *t.shape) if dim is None else t.movedim(dim, 0)).contiguous()
