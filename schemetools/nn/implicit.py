"""Implicit stages: solved by fixed point or Newton-Krylov, differentiated by the implicit function theorem."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from schemetools.errors import UnsupportedError

from .operators import compiled_root
from .replay import modules_of
from .root import CAPTURED, Root, find, transformed
from .stages import Stages, branches_of, first_value, scalars_of, untimed


def solve(
    owner: Any,
    fields: Sequence[Callable[..., Any]],
    known: Sequence[Tensor],
    matrix: Sequence[Sequence[Any]],
    h: Any,
    tol: float,
    max_iterations: int,
) -> tuple[Tensor, ...]:
    """The stage values k_i = f_i(known_i + h sum_j matrix_ij k_j), to a residual of `tol` relative to |k|.

    `owner` is the module that takes the step. The tolerance is not taken below 100 units of rounding of the dtype.
    The derivatives are those of the exact solution, to the same tolerance, of any order and kind, by what is known, h,
    the matrix, the times and the parameters of the branches. What else with gradients the branches hold has first ones.
    Running statistics are counted once; random numbers are drawn once, and are the same in every iteration.
    Raises SchemeError where the iteration does not converge, UnsupportedError for second derivatives where the
    branches hold such tensors.
    """
    scalars, branches = scalars_of(fields, matrix, h), untimed(fields)
    if torch.compiler.is_compiling() and hasattr(owner, "handle"):
        root = compiled_root(owner, branches, known, scalars, tol, max_iterations)
    else:
        numbers = [None if isinstance(c, Tensor) else c for c in scalars]
        stages = Stages(branches, numbers, known[0], tol, max_iterations)
        stages.lift([modules_of(m) for m in branches_of(branches)], buffers=transformed())
        root = _root(stages, [*known, *(c for c in scalars if isinstance(c, Tensor)), *stages.weights])
    parts = root.split([z.numel() for z in known])
    return tuple(p.reshape(z.shape) for p, z in zip(parts, known, strict=True))


def _root(stages: Stages, tensors: Sequence[Tensor]) -> Tensor:
    followed = torch.is_grad_enabled() or transformed()
    detached = [t.detach() for t in tensors] if followed else tensors
    start = first_value(stages, detached)
    stages.captured = _has_gradients(start)
    start = start.detach()
    if stages.captured:
        start = Root.apply(stages, start, None, *detached)
        value = stages.image(start, *detached, counted=True)
        return Root.apply(stages, start.detach(), value, *tensors)
    with nullcontext() if followed else torch.no_grad():
        root = Root.apply(stages, start, None, *tensors) if followed else find(stages, start, tensors)
    if stages.counts:
        with torch.no_grad():
            stages.image(root.detach(), *detached, counted=True)
    return root


def _has_gradients(t: Tensor) -> bool:
    """Whether gradients are recorded for t, on any level of torch.func; UnsupportedError for tangents of it."""
    if forward_ad._current_level >= 0 and forward_ad.unpack_dual(t).tangent is not None:
        raise UnsupportedError(CAPTURED.replace("a second", "a forward-mode"))
    while torch._C._functorch.is_functorch_wrapped_tensor(t):  # type: ignore[attr-defined]
        if t.requires_grad:
            return True
        t = torch._C._functorch.get_unwrapped(t)  # type: ignore[attr-defined]
    return t.requires_grad
