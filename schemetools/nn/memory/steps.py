"""Steps taken by blocks of somebody else's, each paid for by itself: evaluated again, or run backwards on the grid.

A loop that nobody here wrote calls the blocks, so that each step is a node of the graph of its own. What a run on the
grid needs to go back, its integers and the remainders, travels with the state; the last step's gradient comes first.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.compiler import is_compiling
from torch.utils._pytree import tree_flatten, tree_unflatten

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.forms import Program
from schemetools.nn.blocks.places import Called
from schemetools.nn.blocks.residual import first_of
from schemetools.nn.blocks.stepped import called_with, symbols_of, walk
from schemetools.nn.blocks.travel import forget
from schemetools.nn.memory.kinds import KINDS
from schemetools.nn.memory.recompute import Group
from schemetools.nn.memory.rolling import Reel, Rolled
from schemetools.nn.memory.two_step import two_step
from schemetools.nn.tensors.inputs import Apart, Call
from schemetools.nn.tensors.replay import modules_of
from schemetools.nn.tensors.transforms import observed

Found = tuple[Any, Any, list[Any], list[Any], Any]
"""What a block returned, the state handed out, the values of the step, the history, what goes on with the run."""


class Part:
    """A part of a step as a function of tensors: the values at hand and what the block is called with."""

    def __init__(self, element: Any, call: Callable[..., Any], plan: Program, begin: int, end: int, called: Called):
        self.element, self.call, self.plan, self.begin, self.end = element, call, plan, begin, end
        self.slot, args, kwargs = called
        rest = args[1:] if isinstance(self.slot, int) else args
        self.given = Call(rest, {k: v for k, v in kwargs.items() if k != self.slot})

    def run(self, x: Tensor, values: Sequence[Any], given: Call, numbers: list[Any]) -> tuple[Any, Any, list[Any]]:
        """(what the block returned first, the state handed out, all values)."""
        args, named = given.both
        called = (self.slot, (x, *args) if isinstance(self.slot, int) else args, named)
        evaluate = called_with(self.element.place, self.call, called, self.end - self.begin)
        raw, out, found, _ = walk(self.plan, self.begin, self.end, x, list(values), numbers, evaluate)
        return raw, out, found

    def symbols(self, x: Tensor) -> dict[str, Any]:
        """The values of the symbols of the block's own step, random ones drawn."""
        return symbols_of(self.element, self.plan, x)


class Rest:
    """What a block returns beside its state: tensors, and what holds them."""

    def take(self, raw: Any) -> list[Tensor]:
        """The tensors, in order; what is left is kept."""
        leaves, self.spec = tree_flatten(raw)
        state = first_of(raw)
        self.state = next(i for i, leaf in enumerate(leaves) if leaf is state)
        places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor) and i != self.state]
        found = [leaves[i] for i in places]
        self.places, self.leaves = places, [None if isinstance(v, Tensor) else v for v in leaves]
        return found

    def give(self, out: Any, tensors: Sequence[Tensor]) -> Any:
        """What the block returned, with these tensors and the state handed out."""
        leaves = list(self.leaves)
        for place, tensor in zip(self.places, tensors, strict=True):
            leaves[place] = tensor
        leaves[self.state] = out
        return tree_unflatten(leaves, self.spec)


class Kept:
    """How the steps of a run pay for their gradients: "checkpoint" or "reversible"."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.draws_itself = kind == "reversible"  # a step is evaluated again, draws and all, to be undone

    def applies(self) -> bool:
        """Whether there is a gradient to pay for, and nobody looks on who wants the computation itself."""
        return torch.is_grad_enabled() and not observed() and not is_compiling()

    def take(self, part: tuple[Any, ...], x: Tensor, values: list[Any], numbers: list[Any], reel: Any) -> Found:
        """A part of a step, as `Part` has it."""
        return self._taken(Part(*part), x, values, numbers, reel)

    def _taken(self, part: Part, x: Tensor, values: list[Any], numbers: list[Any], reel: Any) -> Found:
        if self.kind == "reversible":
            return self._rolled(part, x, values, reel)
        return self._again(part, x, values, numbers)

    def _again(self, part: Part, x: Tensor, values: list[Any], numbers: Any) -> Found:
        rest, plan = Rest(), part.plan
        count = len(values)
        moving = [i for i, c in enumerate(numbers) if isinstance(c, Tensor)]

        def run(*given: Tensor, calls: Sequence[Call]) -> tuple[Tensor, ...]:
            state, held, rates = given[0], given[1 : count + 1], given[count + 1 :]
            used = list(numbers)
            for i, rate in zip(moving, rates, strict=True):
                used[i] = rate
            raw, out, found = part.run(state, held, calls[0], used)
            new = found[count:] if _needs_returned(plan, part.end) else []
            return (*_once(out, new), *rest.take(raw))

        group = Group([modules_of(part.element)], run, [part.given])
        outputs = group((x, *values, *(numbers[i] for i in moving)))
        new = part.end - part.begin if _needs_returned(plan, part.end) else 0
        alias = part.end == plan.evaluations and plan.outputs[0].is_value(count + new - 1) and new > 0
        out, returned = outputs[0], list(outputs[1 : 1 + new - alias])
        returned += [out] * alias
        raw = rest.give(out, outputs[1 + new - alias :])
        found = [*values, *returned]
        history: list[Any] = []
        if part.end == plan.evaluations:  # plain sums, which cost nothing to keep
            history = [form(found, numbers) for form in plan.outputs[1:]]
            for value in history:
                forget(value)
        return raw, out, found, history, None

    def _rolled(self, part: Part, x: Tensor, values: list[Any], reel: Reel | None) -> Found:
        rest = Rest()
        reel = Reel(x) if reel is None else reel
        rolled = Rolled(part, rest, reel)
        apart = Apart([part.given])
        before = values[1] if len(values) > 1 else None
        out, *tensors = rolled.apply(x, before, apart)
        if before is not None:
            forget(before)
        return rest.give(out, tensors), out, [], [x], reel


def _needs_returned(plan: Program, end: int) -> bool:
    """Whether what the blocks returned is needed behind this part: by the next one, or in the history."""
    if end < plan.evaluations:
        return True
    return any(form.uses(plan.inputs) for form in plan.outputs[1:])


def _once(out: Tensor, new: Sequence[Tensor]) -> list[Tensor]:
    """The state handed out and what was returned, each tensor once."""
    return [out, *(t for t in new if t is not out)]


def checked_memory(kind: str, every: int, step: Block) -> Kept | None:
    """How these steps pay. Raises UnsupportedError for what steps taken one by one cannot do."""
    if kind not in KINDS:
        raise SchemeError(f"memory={kind!r}: one of {', '.join(KINDS)}")
    if every != 1:
        raise UnsupportedError(
            f"every={every}: the blocks of a converted network are called one by one, so each is a group; use every=1"
        )
    if kind == "store":
        return None
    if not step.plan.is_explicit:
        if kind == "checkpoint":
            return None  # an implicit step keeps its solution alone anyway
    elif kind == "reversible" and two_step(type(step)) is None:
        raise UnsupportedError(
            f"{step.written} cannot be run backwards exactly: memory='reversible' takes two-step schemes "
            "(1 - k) u + k u_before + h c f(u); use memory='checkpoint'"
        )
    return Kept(kind)
