"""Residual blocks of somebody else's: the state in what they take and return, and the branch F(x) = B(x) - x."""

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from schemetools.errors import SchemeError
from schemetools.nn.tensors.inputs import is_unchanging
from schemetools.nn.tensors.repeated import Repeated

NOT_STEPS = "not steps of the scheme"
STATE_NAMES = ("hidden_states", "x", "src", "input", "inputs")


class Residual(nn.Module):
    """The branch inside a residual block B: F(x) = B(x, ...) - x, with what else a call of B was given.

    `mark` says why B is no x + F(x), where it is none: this F is then not the block's own branch.
    """

    def __init__(
        self,
        block: nn.Module,
        slot: int | str = 0,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        mark: str = "",
        clones: bool = False,
    ) -> None:
        super().__init__()
        self.block, self.slot, self.mark, self.clones = block, slot, mark, clones
        self.args, self.kwargs = args, dict(kwargs or {})

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """B(x, ...) - x; with other arguments beside the state than those it was made with, where some are given."""
        if args or kwargs:
            given: tuple[Any, ...] = (x, *args) if isinstance(self.slot, int) else args
        else:
            given, kwargs = self.args, self.kwargs
        if all(map(is_unchanging, (*given, *kwargs.values()))):  # nearly always, and this is called most of all
            given, kwargs = with_state(self.slot, x.clone() if self.clones else x, given, kwargs)
            return self.increment(self.block(*given, **kwargs), x)
        loses = given is self.args  # it is read at other states, while the network's own run filled the cache

        def evaluate(given: tuple[Any, ...], named: dict[str, Any]) -> Any:
            given, named = with_state(self.slot, x.clone() if self.clones else x, given, named)
            return self.block(*given, **named)

        return self.increment(self.repeated(given, kwargs).call(evaluate, loses=loses), x)

    def repeated(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Repeated:
        """What the block is called with; a cache in there stays as it is."""
        return Repeated(args, kwargs, lent=True)

    def increment(self, returned: Any, x: Tensor) -> Tensor:
        """What the block returned, less x."""
        return first_of(returned) - x


def state_slot(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int | str | None:
    """Where the state is among what a block is called with: the first argument, or a keyword; None if nowhere."""
    if args:
        return 0 if isinstance(args[0], Tensor) else None
    named = [*(n for n in STATE_NAMES if n in kwargs), *kwargs]
    return next((n for n in named if isinstance(kwargs[n], Tensor) and kwargs[n].is_floating_point()), None)


def state_in(slot: int | str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[int | str, Any]:
    """The state among what a block is called with, and where it was found; the slot is where it usually is."""
    if isinstance(slot, int):
        if args:
            return 0, args[0]
    elif slot in kwargs:
        return slot, kwargs[slot]
    found = state_slot(args, kwargs)
    if found is None:
        raise SchemeError("a block was called without a state: its first argument, or a keyword, is to be a tensor")
    return found, args[0] if isinstance(found, int) else kwargs[found]


def with_state(slot: int | str, x: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """What a block is called with, another state in the place of its own."""
    return ((x, *args[1:]), kwargs) if isinstance(slot, int) else (args, {**kwargs, slot: x})


def first_of(value: Any) -> Any:
    """The state in what a block returns: the value, or the first of a tuple, a list or a mapping."""
    if isinstance(value, (tuple, list)) and value:
        return value[0]
    return next(iter(value.values())) if isinstance(value, Mapping) and value else value


def with_first(value: Any, state: Any) -> Any:
    """What a block returned, another state in the place of its own."""
    if isinstance(value, tuple):
        rest = (state, *value[1:])
        return type(value)(*rest) if hasattr(value, "_fields") else rest
    if isinstance(value, list):
        return [state, *value[1:]]
    if isinstance(value, Mapping):
        made: Any = copy.copy(value)
        made[next(iter(value))] = state
        return made
    return state
