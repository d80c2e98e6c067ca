"""Layers that differ in the values of their parameters only: what differs else, and whether any has changed since."""

import operator
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from schemetools.nn.blocks.block import Block

# What torch keeps in every module, beside what its class does; `unseen` only says whether a first call was watched.
_INTERNAL = (vars(nn.Module()).keys() - {"training"}) | {"unseen"}
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
_PLAIN = (bool, int, float, str, bytes, tuple, frozenset, type(None), torch.dtype, torch.device)


class Holdings:
    """What modules hold, down to each parameter's kind: a later look at many small layers costs a fraction of a walk.

    Compared are objects, not values: whatever was judged from attributes, modules, parameters and hooks holds for as
    long as `unchanged` says so.
    """

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        self.modules = list(dict.fromkeys(chain.from_iterable(m.modules() for m in modules)))
        dicts = list(map(vars, self.modules))
        dicts += [held[name] for held in dicts for name in (*HOOKS, "_parameters", "_buffers", "_modules")]
        self.empty = [held for held in dicts if not held]
        self.dicts = [held for held in dicts if held]
        self.parameters = list(dict.fromkeys(p for m in self.modules for p in m._parameters.values() if p is not None))
        self.types = list(map(type, self.modules))
        self.names, self.values = list(chain.from_iterable(self.dicts)), list(self._values())
        self.kinds = list(map(_kind, self.parameters))

    def _values(self) -> Iterator[Any]:
        return chain.from_iterable(map(dict.values, self.dicts))

    def unchanged(self) -> bool:
        """Whether the modules hold the very same objects."""
        if any(self.empty) or sum(map(len, self.dicts)) != len(self.values):
            return False
        same = all(map(operator.is_, self._values(), self.values))
        same = same and all(map(operator.is_, chain.from_iterable(self.dicts), self.names))
        same = same and all(map(operator.is_, map(type, self.modules), self.types))
        return same and all(map(operator.eq, map(_kind, self.parameters), self.kinds))


def parameters_apart(layers: Sequence[Block]) -> dict[str, list[Tensor]]:
    """The parameters that are not the same tensor in all layers, by name, one per layer."""
    first = layers[0]
    if all(layer.branch is first.branch and not list(layer.parameters(recurse=False)) for layer in layers):
        return {}
    held: list[dict[str, Tensor]] = [dict(layer.named_parameters()) for layer in layers]
    columns = {name: [one[name] for one in held] for name in held[0]}
    return {name: ts for name, ts in columns.items() if any(t is not ts[0] for t in ts)}


def unlike(a: nn.Module, b: nn.Module) -> str | None:
    """What is different in two modules beside the values of their parameters, or None."""
    if a is b:
        return None
    if type(a) is not type(b) or list(a._modules) != list(b._modules) or vars(a).keys() != vars(b).keys():
        return f"{type(a).__name__} and {type(b).__name__}"
    if list(a._parameters) != list(b._parameters) or list(a._buffers) != list(b._buffers):
        return f"what {type(a).__name__} holds"
    for name, value in vars(a).items():
        other = vars(b)[name]
        if name not in _INTERNAL and value is not other and not (isinstance(value, _PLAIN) and value == other):
            return f"{name}={value!r} and {other!r} of {type(a).__name__}"
    for name, p in a._parameters.items():
        if _kind(p) != _kind(b._parameters[name]):
            return f"{name} of {type(a).__name__}"
    return next((found for name in a._modules if (found := unlike(a._modules[name], b._modules[name]))), None)  # type: ignore[arg-type]


def tied_otherwise(a: Block, b: Block) -> str | None:
    """Whether other parameters of b than of a are one tensor: a word on that, or None."""
    if a.branch is b.branch:
        return None
    places: list[list[int]] = []
    for layer in (a, b):
        first: dict[int, int] = {}
        ids = [id(p) for _, p in layer.named_parameters(remove_duplicate=False)]
        places.append([first.setdefault(one, i) for i, one in enumerate(ids)])
    return "in the parameters that are shared inside of them" if places[0] != places[1] else None


def _kind(p: Tensor | None) -> Any:
    return None if p is None else (p.shape, p.dtype, p.device, p.requires_grad)
