"""Implicit stages: solved by fixed point or Newton-Krylov, differentiated by the implicit function theorem."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._functorch.pyfunctorch import temporarily_clear_interpreter_stack

from schemetools.errors import UnsupportedError
from schemetools.nn.implicit.operators import positions_of, traced_root
from schemetools.nn.implicit.root import CAPTURED, Root, find
from schemetools.nn.implicit.stages import Stages, branches_of, first_value, scalars_of, untimed
from schemetools.nn.tensors.inputs import Call
from schemetools.nn.tensors.replay import Draws, modules_of
from schemetools.nn.tensors.transforms import bare, follows, transformed


def solve(
    owner: Any,
    fields: Sequence[Callable[..., Any]],
    known: Sequence[Tensor],
    matrix: Sequence[Sequence[Any]],
    h: Any,
    tol: float,
    max_iterations: int,
    inputs: Sequence[Any] = (),
    named: Mapping[str, Any] | None = None,
) -> tuple[Tensor, ...]:
    """The stage values k_i = f_i(known_i + h sum_j matrix_ij k_j), to a residual of `tol` relative to |k|.

    `owner` is the module that takes the step; `inputs` and `named` go to every f_i behind its argument. The tolerance
    is not taken below 100 units of rounding of the dtype.
    The derivatives are those of the exact solution, to the same tolerance, of any order and kind, by what is known, h,
    the matrix, the times, the inputs and the parameters of the branches. What else with gradients the branches hold has
    first ones.
    Running statistics are counted once; random numbers are drawn once, and are the same in every iteration.
    Raises SchemeError where the iteration does not converge, UnsupportedError for second derivatives where the
    branches hold such tensors.
    """
    dtype, branches, scalars = known[0].dtype, untimed(fields), scalars_of(fields, matrix, h)
    if torch.is_autocast_enabled(known[0].device.type) and dtype in (torch.float16, torch.bfloat16):
        # The solve is outside of autocast, in the precision of the weights.
        weights = (p.dtype for branch in branches_of(branches) for p in branch.parameters())
        wide = next(weights, torch.float32)
        known = [z.to(wide) for z in known]
    call = Call(tuple(inputs), dict(named or {}))
    traced = torch.compiler.is_compiling() and not transformed() and not call
    positions = positions_of(owner, branches, known, scalars) if traced else None
    if positions is not None:
        root = traced_root(owner.handle, positions, branches, known, scalars, tol, max_iterations)
    else:
        numbers = [None if isinstance(c, Tensor) else c for c in scalars]
        stages = Stages(branches, numbers, known[0], tol, max_iterations)
        given = stages.take(call)
        stages.lift([modules_of(m) for m in branches_of(branches)], buffers=transformed())
        root = _root(stages, [*known, *(c for c in scalars if isinstance(c, Tensor)), *given, *stages.weights])
        if not transformed():
            stages.remember()
    parts = root.split([z.numel() for z in known])
    return tuple(p.reshape(z.shape).to(dtype) for p, z in zip(parts, known, strict=True))


def _root(stages: Stages, tensors: Sequence[Tensor]) -> Tensor:
    if torch.is_inference_mode_enabled():
        # Forward mode, which Newton's iteration uses, is off for tensors of inference mode.
        with torch.inference_mode(False), torch.no_grad():
            return _root(stages, [t.clone() if t.is_inference() else t for t in tensors])
    followed = torch.is_grad_enabled() or transformed()
    detached = [t.detach() for t in tensors] if followed else tensors
    start = first_value(stages, detached)
    if transformed():
        _refuse_captured(stages, detached, start)
    stages.captured = bare(start).requires_grad
    start = start.detach()
    if stages.captured:
        with torch.no_grad():
            found = Root.apply(stages, start, None, *detached) if transformed() else find(stages, start, detached)
        value = stages.image(found, *tensors, counted=True)
        return Root.apply(stages, found, value, *tensors)
    root = Root.apply(stages, start, None, *tensors) if followed else find(stages, start, tensors)
    if stages.counts:
        with torch.no_grad():
            stages.image(root.detach(), *detached, counted=True)
    return root


def _refuse_captured(stages: Stages, tensors: Sequence[Tensor], start: Tensor) -> None:
    """UnsupportedError where a branch holds tensors that a transform is about: the solver runs below all of them."""
    kind = follows(start)
    plain = [bare(t) for t in tensors]
    try:
        with temporarily_clear_interpreter_stack(), Draws(plain[0]).again():
            stages.image(None, *plain)
    except RuntimeError:
        kind = "a batch"
    if kind is not None:
        raise UnsupportedError(CAPTURED.format(kind=kind))
