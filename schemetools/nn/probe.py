"""The first call of a block is watched: a branch that changes the shape, or writes into the state, is named at once."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from schemetools.errors import SchemeError


def watched_call(branches: Iterator[nn.Module], call: Callable[[], Any]) -> Any:
    """The result of `call`, each evaluation of a branch in it checked.

    Raises SchemeError for a branch that returns another shape, overwrites its argument, or works on complex numbers.
    """
    handles, versions = [], {}

    def before(module: nn.Module, args: tuple[Any, ...]) -> None:
        u = args[-1]
        if isinstance(u, Tensor):
            if u.is_complex():
                raise SchemeError(f"the state is complex ({u.dtype}); blocks run on real tensors: stack the two parts")
            versions[id(u)] = _version(u)

    def after(module: nn.Module, args: tuple[Any, ...], result: Any) -> None:
        u = args[-1]
        if not isinstance(u, Tensor):
            return
        if not isinstance(result, Tensor) or result.shape != u.shape:
            shape = tuple(result.shape) if isinstance(result, Tensor) else type(result).__name__
            raise SchemeError(
                f"a branch maps a state of shape {tuple(u.shape)} to {shape}; a step needs the same shape"
            )
        if _version(u) != versions[id(u)]:
            raise SchemeError(
                f"{type(module).__name__} overwrites its argument, which the step still needs; use inplace=False in it"
            )

    for branch in dict.fromkeys(branches):
        handles += [branch.register_forward_pre_hook(before), branch.register_forward_hook(after)]
    try:
        return call()
    finally:
        for handle in handles:
            handle.remove()


def _version(u: Tensor) -> int:
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor(u)  # type: ignore[attr-defined]
    return 0 if wrapped or u.is_inference() else u._version
