"""Implicit stages in compiled graphs: the root and its gradient as one operator each, around the same solver."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from schemetools.errors import UnsupportedError
from schemetools.nn.implicit.root import CAPTURED, find, pull_back
from schemetools.nn.implicit.stages import Stages, branches_of, evaluate, first_value
from schemetools.nn.tensors.handles import owner_of
from schemetools.nn.tensors.replay import Draws, counting
from schemetools.nn.tensors.structured import OnVectors

RNG_BYTES = torch.get_rng_state().numel()
CUDA_RNG_BYTES = 16

# What says which function it is: which of the owner's branches each stage evaluates; h, times and matrix as numbers,
# and which of them are tensors instead.
_SCHEMA = "Tensor handle, int[] positions, float[] numbers, bool[] given, float tol, int max_iterations"


def positions_of(
    owner: Any, fields: Sequence[Any], known: Sequence[Tensor], scalars: Sequence[Any]
) -> list[int] | None:
    """Which of a block's branches the fields are; None where a graph cannot have the operator.

    That is without a block, with structured states, and where a branch without parameters gives values with gradients,
    which are those of tensors that it closes over.
    """
    if not hasattr(owner, "handle") or any(isinstance(f, OnVectors) for f in fields):
        return None
    if torch.is_grad_enabled():
        held = [c.detach() if isinstance(c, Tensor) else c for c in scalars]
        for n, f in enumerate(fields):
            closed = not any(True for _ in f.parameters())
            if closed and evaluate([f], [known[n].detach()], _alone(held, n, len(fields)), None).requires_grad:
                return None
    branches = list(owner._branches())
    return [next(n for n, branch in enumerate(branches) if branch is f) for f in fields]


def _alone(scalars: Sequence[Any], n: int, stages: int) -> list[Any]:
    """The scalars of stage n as one stage: h, its time if there is one, its diagonal coefficient."""
    timed = len(scalars) > 1 + stages * stages
    return [scalars[0], *scalars[1 + n : 2 + n][: int(timed)], 0]


def traced_root(
    handle: Tensor,
    positions: Sequence[int],
    fields: Sequence[Any],
    known: Sequence[Tensor],
    scalars: Sequence[Any],
    tol: float,
    max_iterations: int,
) -> Tensor:
    """The root as an operator of a graph that is being traced."""
    given = [isinstance(c, Tensor) for c in scalars]
    numbers = [0.0 if isinstance(c, Tensor) else c for c in scalars]
    tensors = [*known, *(c for c in scalars if isinstance(c, Tensor))]
    branches = branches_of(fields)
    for branch in branches:
        tensors += list(branch.parameters())
    # The graph owns the running statistics: their update is part of it, and the operator reads those before it.
    counted = any(counting(branch.modules()) for branch in branches)
    for branch in branches:
        tensors += [b.clone() if counted else b for b in branch.buffers()]
    k, _ = _root(tensors, torch.is_grad_enabled(), handle, positions, numbers, given, tol, max_iterations)
    if counted:
        with torch.no_grad():
            evaluate(fields, [z.detach() for z in known], scalars, k.detach())
    return k


@torch.library.custom_op(
    "schemetools::root", mutates_args=(), schema=f"(Tensor[] tensors, bool followed, {_SCHEMA}) -> (Tensor, Tensor)"
)
def _root(tensors: Any, followed: bool, *layout: Any) -> Any:
    with _outside(tensors[0]):
        tensors = [t.detach() for t in tensors]
        stages = _stages(tensors, *layout)
        with torch.set_grad_enabled(followed):
            start = first_value(stages, tensors)
        if start.requires_grad:
            raise UnsupportedError(CAPTURED.format(kind="gradients"))
        with torch.no_grad():
            k = find(stages, start, tensors)
        return k, _packed(stages.draws, k)


@torch.library.custom_op(
    "schemetools::root_pull",
    mutates_args=(),
    schema=f"(Tensor g, Tensor k, Tensor state, Tensor[] tensors, bool[] needed, {_SCHEMA}) -> Tensor[]",
)
def _root_pull(g: Tensor, k: Tensor, state: Tensor, tensors: Any, needed: Any, *layout: Any) -> Any:
    with _outside(k):
        stages = _stages(tensors, *layout)
        stages.draws = _unpacked(state, k)
        _, grads = pull_back(stages, k, tensors, g, needed)
        wanted = [(t, grad) for t, grad, wanted in zip(tensors, grads, needed, strict=True) if wanted]
        # Results of an operator share no memory, and have the strides that were promised.
        return [torch.zeros_like(t) if grad is None else torch.empty_like(t).copy_(grad) for t, grad in wanted]


@_root.register_fake
def _(tensors: Any, followed: Any, handle: Any, positions: Any, *_: Any) -> Any:
    size = sum(z.numel() for z in tensors[: len(positions)])
    return tensors[0].new_empty(size), torch.empty(_state_size(tensors[0]), dtype=torch.uint8, device="cpu")


@_root_pull.register_fake
def _(g: Any, k: Any, state: Any, tensors: Any, needed: Any, *_: Any) -> Any:
    return [torch.empty_like(t) for t, wanted in zip(tensors, needed, strict=True) if wanted]


def _setup_context(ctx: Any, inputs: Any, output: Any) -> None:
    tensors, _, handle, *ctx.rest = inputs
    ctx.save_for_backward(*output, handle, *tensors)


def _backward(ctx: Any, g: Any, _: Any) -> Any:
    k, state, handle, *tensors = ctx.saved_tensors
    needed = list(ctx.needs_input_grad[0])
    found = iter(_root_pull(g, k, state, tensors, needed, handle, *ctx.rest))
    return [next(found) if wanted else None for wanted in needed], *(None for _ in range(len(ctx.rest) + 2))


_root.register_autograd(_backward, setup_context=_setup_context)


def _stages(
    tensors: Sequence[Tensor],
    handle: Tensor,
    positions: Sequence[int],
    numbers: Sequence[float],
    given: Sequence[bool],
    tol: float,
    max_iterations: int,
) -> Stages:
    held = list(owner_of(handle)._branches())
    fields = [held[p] for p in positions]
    scalars = [None if is_tensor else c for c, is_tensor in zip(numbers, given, strict=True)]
    stages = Stages(fields, scalars, tensors[0], tol, max_iterations)
    stages.lift([list(branch.modules()) for branch in branches_of(fields)], buffers=True)
    return stages


def _dispatch_state() -> tuple[Any, Any]:
    return torch._C._dispatch_tls_local_include_set(), torch._C._dispatch_tls_local_exclude_set()


with ThreadPoolExecutor(1) as _fresh:
    _INCLUDED, _EXCLUDED = _fresh.submit(_dispatch_state).result()


@contextmanager
def _outside(like: Tensor) -> Iterator[None]:
    """Torch as it is outside of operators, where it records gradients; the state's own dtype, no autocast."""
    with (
        torch._C._ForceDispatchKeyGuard(_INCLUDED, _EXCLUDED),
        torch.inference_mode(False),
        forward_ad._set_fwd_grad_enabled(True),
        torch.autocast(like.device.type, enabled=False),
    ):
        yield


def _state_size(like: Tensor) -> int:
    return 1 + RNG_BYTES + (CUDA_RNG_BYTES if like.device.type == "cuda" else 0)


def _packed(draws: Draws | None, like: Tensor) -> Tensor:
    """The state of the random generators as one tensor of fixed size, a 1 before it; zeros without one."""
    if draws is None:
        return torch.zeros(_state_size(like), dtype=torch.uint8)
    parts = [torch.ones(1, dtype=torch.uint8), draws.cpu]
    return torch.cat(parts if draws.gpu is None else [*parts, draws.gpu])


def _unpacked(state: Tensor, like: Tensor) -> Draws | None:
    if not state[0]:
        return None
    draws = Draws(like)
    draws.cpu = state[1 : 1 + RNG_BYTES].clone()
    draws.gpu = None if draws.gpu is None else state[1 + RNG_BYTES :].clone()
    return draws
