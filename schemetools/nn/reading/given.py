"""What reading and rewiring networks is given: a network, an input; said in one sentence where it does not fit."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from schemetools.errors import SchemeError, kind_of
from schemetools.schemes.base import Scheme


def check_network(net: Any, call: str) -> None:
    """Raise SchemeError for what is no nn.Module; `call` shows how it is meant, "inspect(net, x)"."""
    if isinstance(net, nn.Module):
        return
    came = f"the scheme {net}" if isinstance(net, Scheme) else "None" if net is None else kind_of(net)
    if isinstance(net, type) and issubclass(net, nn.Module):
        came = f"the class {net.__name__}, not one of its instances,"
    raise SchemeError(f"a network, an nn.Module, comes first: {call}; {came} came")


def check_numbers(net: nn.Module, x: Any, name: str) -> None:
    """Raise SchemeError for a network or an input on the meta device, where tensors have shapes and no numbers."""
    weights = "the network is on it: load its weights, net.to_empty(device='cpu') and load_state_dict"
    held = {weights: (*net.parameters(), *net.buffers()), "the input is on it: give one with values": tree_leaves(x)}
    for reason, values in held.items():
        if any(isinstance(t, Tensor) and t.is_meta for t in values):
            raise SchemeError(f"{name} needs numbers, tensors on the meta device have none, and {reason}")


def check_values(x: Any, name: str) -> None:
    """Raise SchemeError where the first tensor of an input has no entries, or some that are not finite."""
    first = next((t for t in tree_leaves(x) if isinstance(t, Tensor)), None)  # a mask beside the first one may be -inf
    if first is None or first.is_meta:
        return
    if first.numel() == 0:
        raise SchemeError(f"{name} needs an input with entries; one of shape {tuple(first.shape)} came")
    dense = first.is_floating_point() and first.layout == torch.strided and not first.is_nested
    if not dense or math.isfinite(first.detach().sum()):  # a sum is finite only if each number is
        return
    if bad := int((~torch.isfinite(first)).sum()):
        raise SchemeError(
            f"{name} needs an input of finite numbers; nan or inf at {bad} of {first.numel()} entries came"
        )


class Given:
    """An input as a network takes it: a tensor, a tuple of its arguments, or a mapping of its keywords.

    Raises SchemeError for what is none, empty tensors and numbers that are not finite; `name` is the function's.
    """

    def __init__(self, x: Any, name: str) -> None:
        self.args: tuple[Any, ...] = x if isinstance(x, tuple) else () if isinstance(x, Mapping) else (x,)
        self.kwargs: dict[str, Any] = {str(k): v for k, v in x.items()} if isinstance(x, Mapping) else {}
        self.name = name
        tensors = [t for t in tree_leaves((self.args, self.kwargs)) if isinstance(t, Tensor)]
        if not tensors or (not isinstance(x, (Tensor, tuple, Mapping))):
            raise SchemeError(
                f"{name} needs an input as the network takes it: a tensor of floats or token ids, a tuple of its "
                f"arguments, or a dict of its keywords; {type(x).__name__} came"
            )
        check_values((self.args, self.kwargs), name)

    def exact(self) -> "Given":
        """The same in double precision, on the CPU."""
        return self._with(_exact)

    def single(self) -> "Given":
        """A copy in single precision, on the CPU."""
        return self._with(_single)

    def _with(self, changed: Callable[[Any], Any]) -> "Given":
        made = object.__new__(Given)
        made.name = self.name
        made.args, made.kwargs = tree_map(changed, (self.args, self.kwargs))
        return made

    def run(self, net: nn.Module) -> Any:
        """The network on the input. Raises SchemeError where it does not take it."""
        try:
            return net(*self.args, **self.kwargs)
        except SchemeError:
            raise
        except Exception as problem:  # whatever a foreign network raises on what it does not take
            x = self.kwargs if not self.args else self.args[0] if len(self.args) == 1 else self.args
            raise not_taken(self.name, "its input", x, problem) from problem


def not_taken(name: str, what: str, x: Any, problem: Exception) -> SchemeError:
    """The error for an input, `what` it is to the function `name`, on which a network failed."""
    reason = str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
    return SchemeError(
        f"{name} ran the network on {what}, and the network does not take it ({reason}); {_shown(x)} came"
    )


def _shown(x: Any) -> str:
    """What an input is, in words."""
    if isinstance(x, Tensor):
        return f"a tensor of {str(x.dtype).removeprefix('torch.')} of shape {tuple(x.shape)}"
    if isinstance(x, Mapping):
        return f"the keywords {', '.join(map(str, x))}" if x else "no keywords"
    return f"a tuple of {len(x)}" if isinstance(x, tuple) else kind_of(x)


def _exact(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    return value.detach().cpu().double() if value.is_floating_point() else value.detach().cpu()


def _single(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    return value.detach().to("cpu", torch.float32 if value.is_floating_point() else value.dtype, copy=True)
