"""Operations on tensors as steps of a program that is run without autograd: what they read, and where results go."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

Linear = Callable[[Tensor], Tensor]

aten = torch.ops.aten
# What backward passes of functions of single entries multiply by, whose second argument is of the first one's shape.
SLOPES = {
    aten.threshold_backward.default,
    aten.gelu_backward.default,
    aten.silu_backward.default,
    aten.tanh_backward.default,
    aten.sigmoid_backward.default,
}


class TapeError(RuntimeError):
    """A function whose operations cannot be run again on other values."""


@dataclass
class Operation:
    """One operation: where its arguments come from, and where its results go. Places are those of a list of values.

    `args` has None where the value of a place goes, `sources` which; `lists` are arguments that are lists of tensors.
    """

    func: Any
    args: list[Any]
    kwargs: dict[str, Any]
    sources: list[tuple[int, int]]
    lists: list[tuple[int, list[int | None]]]
    targets: list[int | None]
    several: bool
    shapes: dict[int, torch.Size]
    last: list[int] = field(default_factory=list)  # places that none after it reads

    @classmethod
    def recorded(cls, func: Any, args: Any, kwargs: Any, result: Any, places: dict[int, int]) -> "Operation":
        """An operation as it was run; `places` are those of known tensors, by identity, and get its results."""
        sources = [(i, places[id(a)]) for i, a in enumerate(args) if isinstance(a, Tensor) and id(a) in places]
        lists = [(i, [places.get(id(b)) for b in a]) for i, a in enumerate(args) if isinstance(a, (list, tuple))]
        lists = [(i, found) for i, found in lists if any(place is not None for place in found)]
        _check_writes(func, args, {i for i, _ in sources})
        several = isinstance(result, (tuple, list))
        results = result if several else (result,)
        targets = [places.setdefault(id(r), len(places)) if isinstance(r, Tensor) else None for r in results]
        shapes = {places[id(t)]: t.shape for t in (*args, *results) if isinstance(t, Tensor) and id(t) in places}
        kept = [a.detach() if isinstance(a, Tensor) else a for a in args]
        for i, _ in sources:
            kept[i] = None
        return cls(func, kept, kwargs, sources, lists, targets, several, shapes)

    @property
    def writes(self) -> bool:
        """Whether it changes one of its arguments."""
        return self.func._schema.is_mutable

    @property
    def target(self) -> int:
        """The place of its first result; -1 if that is no tensor."""
        return -1 if self.targets[0] is None else self.targets[0]

    @property
    def read(self) -> set[int]:
        """The places of its arguments."""
        return {place for _, place in self.sources} | {p for _, found in self.lists for p in found if p is not None}

    def factor(self) -> Any:
        """What this operation multiplies each entry by, a finite constant; None for any other operation."""
        if [i for i, _ in self.sources] != [0] or self.lists:
            return None
        if self.func is aten.mul.Tensor:
            factor = self.args[1]
        elif self.func in SLOPES:
            factor = self.func(torch.ones_like(self.args[1]), *self.args[1:], **self.kwargs)
        else:
            return None
        return factor if bool(torch.isfinite(torch.as_tensor(factor)).all()) else None

    def multiply(self, factor: Any, then: "Operation") -> None:
        """Become the multiplication by a factor, what this operation and the next one are together."""
        self.func, self.args, self.kwargs = aten.mul.Tensor, [None, factor], {}
        self.last = [p for p in (*self.last, *then.last) if then is self or p != self.targets[0]]
        self.targets, self.shapes = then.targets, self.shapes | then.shapes

    def run(self, values: list[Any]) -> None:
        """Take the arguments from their places, put the results into theirs, forget what is not used again."""
        args = self.args.copy()
        for i, place in self.sources:
            args[i] = values[place]
        for i, found in self.lists:
            args[i] = [a if place is None else values[place] for a, place in zip(args[i], found, strict=True)]
        result = self.func(*args, **self.kwargs)
        for place, one in zip(self.targets, result if self.several else (result,), strict=True):
            if place is not None:
                values[place] = one
        for place in self.last:
            values[place] = None


def _check_writes(func: Any, args: Any, known: set[int]) -> None:
    """Raise TapeError for what is written into a tensor that does not depend on the given one."""
    for i, argument in enumerate(func._schema.arguments):
        written = argument.alias_info is not None and argument.alias_info.is_write
        if written and (i >= len(args) or i not in known):
            raise TapeError(f"{func} writes into a tensor that was there before")


class Program:
    """Operations in their order, the places of their values, and the place of the result; the given one is 0."""

    def __init__(self, steps: Sequence[Operation], count: int, result: int) -> None:
        self.steps, self.count, self.result = steps, count, result

    def __call__(self, v: Tensor) -> Tensor:
        """The function of v."""
        values: list[Any] = [None] * self.count
        values[0] = v
        for step in self.steps:
            step.run(values)
        return values[self.result]


def needed(steps: list[Operation], result: int) -> list[Operation]:
    """The steps that a result needs, each with the places that none after it reads."""
    needed, kept = {result}, []
    for step in reversed(steps):
        if not step.writes and needed.isdisjoint(step.targets):
            continue
        places = step.read | {place for place in step.targets if place is not None}
        step.last = list(places - needed)
        needed |= places
        kept.append(step)
    return kept[::-1]


def merged(steps: list[Operation]) -> list[Operation]:
    """The steps; those that multiply by constants are multiplications, one in the place of two in a row."""
    kept: list[Operation] = []
    before: Any = None
    for step in map(copy.copy, steps):
        factor = step.factor()
        last = kept[-1] if kept else None
        follows = last is not None and [p for _, p in step.sources] == last.targets and last.targets[0] in step.last
        if factor is not None and before is not None and follows:
            before = before * factor
            last.multiply(before, step)  # type: ignore[union-attr]
            continue
        before = factor
        kept.append(step)
        if step.func in SLOPES and factor is not None:
            step.multiply(factor, step)
    return kept
