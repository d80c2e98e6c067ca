"""The first call of a block is watched: a branch that changes the shape, or writes into the state, is named at once."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from schemetools.errors import SchemeError
from schemetools.nn.blocks.branches import unguard


def watched_call(branches: Iterable[nn.Module], call: Callable[[], Any], state: Any, *, place: int) -> Any:
    """The result of `call`, each evaluation of a branch in it checked; `place` is that of the state in its arguments.

    Raises SchemeError for a branch that returns another shape, overwrites its argument, or works on complex numbers,
    and for coefficients that give the state another shape.
    """
    watched = list(dict.fromkeys(branches))
    handles, versions = [], {}

    def before(module: nn.Module, args: tuple[Any, ...]) -> None:
        u = args[place]
        if isinstance(u, Tensor):
            if u.is_complex():
                raise SchemeError(f"the state is complex ({u.dtype}); blocks run on real tensors: stack the two parts")
            versions[id(u)] = _version(u)

    def after(module: nn.Module, args: tuple[Any, ...], result: Any) -> None:
        u = args[place]
        if not isinstance(u, Tensor):
            return
        if not isinstance(result, Tensor) or result.shape != u.shape:
            shape = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
            raise SchemeError(
                f"a branch maps a state of shape {tuple(u.shape)} to {shape}; a step needs the same shape"
            )
        if _version(u) != versions.get(id(u), _version(u)):  # a full backward hook gives the branch another tensor
            raise SchemeError(
                f"{type(module).__name__} overwrites its argument, which the step still needs; use inplace=False in it"
            )

    for branch in watched:
        handles += [branch.register_forward_pre_hook(before), branch.register_forward_hook(after)]
    try:
        result = call()
    finally:
        for handle in handles:
            handle.remove()
    y = result if isinstance(result, (Tensor, dict)) else result[0]
    if isinstance(y, Tensor) and isinstance(state, Tensor) and y.shape != state.shape:
        raise SchemeError(
            f"a state of shape {tuple(state.shape)} became one of shape {tuple(y.shape)}: coefficients per channel are "
            "broadcast against the state, (C, 1, 1) for images (b, C, height, width)"
        )
    for branch in watched:
        unguard(branch)
    return result


def _version(u: Tensor) -> int:
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor(u)  # type: ignore[attr-defined]
    return 0 if wrapped or u.is_inference() else u._version
