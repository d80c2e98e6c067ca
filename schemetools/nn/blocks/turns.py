"""Blocks whose sum is somebody else's: loops x = f(x) + x, often over pairs, attention and then an MLP.

A block is one turn of the loop: h = x + f(x), y = h + g(h). Its first module is called with the state x, its last one
returns what makes the sum outside the state after the step. That state is made outside, so its history waits in the
call of the module that runs the loop.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.compiler import is_compiling

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.residual import first_of, state_in, with_first, with_state
from schemetools.nn.blocks.scopes import Scopes
from schemetools.nn.blocks.travel import Record
from schemetools.nn.tensors.repeated import Repeated


class Turn(nn.Module):
    """The modules of one turn as one block, x + f(x) and so on, each with what it was called with beside the state."""

    def __init__(self, modules: list[nn.Module], calls: list[tuple[Any, Any, Any]]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(modules)
        self.calls = calls

    def forward(self, x: Tensor) -> Tensor:
        """The state after the turn."""
        for part, (slot, args, kwargs) in zip(self.parts, self.calls, strict=True):
            arguments = Repeated(*with_state(slot, x, args, kwargs), lent=True)
            x = x + first_of(arguments.call(partial(_called, part)))
        return x


def _called(part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return part(*args, **kwargs)


def in_turn(
    element: Any,
    call: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    taken: Callable[..., tuple[Any, Any, Record]],
    plain: bool,
) -> Any:
    """A module's part of a turn; `taken` takes the step, `plain`: it is Euler's.

    Raises SchemeError outside of a call of the module that makes the sums, and UnsupportedError where it is compiled.
    """
    place = element.place
    if is_compiling():
        raise UnsupportedError(f"{place.name} is a step with a sum outside of it, and such steps are not compiled")
    _, h = state_in(place.slot, args, kwargs)
    scope, key = Scopes.of(place.run), id(place.run)
    if scope is None:
        raise SchemeError(
            f"{place.name} returns a part of a sum that is made outside of it, so it is a step only within a call "
            "of the module that makes the sum: call that one"
        )
    if place.opens:
        scope.opened[key] = (h, scope.waiting.pop(key, None))
    if not place.closes:
        return call(*args, **kwargs)
    if key not in scope.opened:
        raise SchemeError(f"{place.name} is called without the module in front of it: both are one block")
    x, record = scope.opened[key]
    raw = call(*args, **kwargs)
    if plain:
        scope.waiting[key] = Record(place.run, 0, 0, [])
        return raw
    y = h + first_of(raw)
    _, out, scope.waiting[key] = taken(element, x, record, lambda *_: y, (0, (x,), {}))
    return raw if out is y else with_first(raw, out - h)
