"""Blocks of somebody else's that are steps, read as blocks of the scheme with the arguments of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from schemetools.errors import UnsupportedError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.residual import Residual, first_of, state_in
from schemetools.nn.blocks.scopes import Scopes
from schemetools.nn.blocks.travel import record_of
from schemetools.nn.blocks.turns import Turn
from schemetools.nn.tensors.repeated import Repeated


@dataclass
class Step:
    """A step under way, or done: its name, its block of the scheme, what came in, its branches so far, the result."""

    name: str
    block: Block
    vector: tuple[Tensor, ...]
    result: Tensor
    branches: list[Residual] = field(default_factory=list)


class Shared:
    """Steps that one block, or several in turn, take in a run that is watched."""

    def __init__(self, names: Mapping[nn.Module, str]) -> None:
        self.names = names
        self.under_way: dict[int, Step] = {}
        self.turns: dict[int, tuple[list[Any], list[Any]]] = {}
        self.ended: dict[int, Tensor] = {}
        self.came: dict[nn.Module, tuple[Any, Any]] = {}

    def begin(self, element: Any, args: Any, kwargs: Any) -> None:
        """Note what a block is about to be called with: a cache in there is filled by the call."""
        self.came[element] = Repeated(args, kwargs, lent=True).copies()

    def _turn(self, element: Any, called: tuple[Any, Any, Any], state: Tensor, result: Tensor) -> Step | None:
        """A step whose sums are made outside: its block is the modules of one turn."""
        place = element.place
        key = id(place.run)
        scope = Scopes.of(place.run)
        if place.opens:
            self.turns[key] = ([], [])
        modules, calls = self.turns[key]
        modules.append(element.plain())
        calls.append(called)
        if not place.closes or scope is None:
            return None
        x, came = scope.opened[key]
        before = self.ended.get(key)
        x = before if before is not None and torch.equal(before, x) else x  # one state, made twice
        branch = Residual(Turn(modules, calls), mark=place.mark)
        branch.args = (x,)
        if place.evaluation == 0:
            history = () if came is None or came.run is not place.run else came.values
            self.under_way[key] = Step(place.name, element.held(), (x, *history), result)
        found = self.under_way[key]
        found.branches.append(branch)
        self.ended[key] = found.result = state + result
        if place.evaluation + 1 < place.evaluations and not place.whole:
            return None
        found.block = with_branches(found.block, found.branches)
        return found

    def step(self, element: Any, output: Any) -> Step | None:
        """The step that this call of a block ends; None if it goes on. Raises UnsupportedError for another state."""
        place = element.place
        args, kwargs = self.came.pop(element)
        slot, state = state_in(place.slot, args, kwargs)
        result = first_of(output)
        if not isinstance(state, Tensor) or not isinstance(result, Tensor):
            raise UnsupportedError(
                f"{self.names[element]} carries its state in several parts; what is read is one tensor"
            )
        if place.opens or place.closes:
            return self._turn(element, (slot, args, kwargs), state, result)
        branch = Residual(element.plain(), slot, args, kwargs, mark=place.mark, clones=place.clones)
        branch.training = element.training
        if place.evaluation == 0:
            came = record_of(state)
            known = came is not None and came.run is place.run
            history = came.values if known else ()  # type: ignore[union-attr]
            found = Step(self.names[element], element.held(), (state, *history), result)
            self.under_way[id(place.run)] = found
        else:
            found = self.under_way[id(place.run)]
        found.branches.append(branch)
        if place.evaluation + 1 < place.evaluations and not place.whole:
            return None
        found.block, found.result = with_branches(found.block, found.branches), result
        return found


def with_branches(step: Block, branches: list[Residual]) -> Block:
    """The block of the scheme with these branches; its coefficients are the step's own."""
    made = object.__new__(type(step))
    made.__dict__.update(step.__dict__)
    branch = nn.ModuleList(branches) if step.options.separate else branches[0]
    made.__dict__["_modules"] = {**step._modules, "branch": branch}
    return made
