"""A linear function of a tensor as the list of operations that its value went through: run again without autograd."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

Linear = Callable[[Tensor], Tensor]


aten = torch.ops.aten
SUMS = {aten.add.Tensor: (1, 1), aten.sub.Tensor: (1, -1), aten.neg.default: (-1,)}  # the signs of what they take
Terms = list[tuple[int, Tensor]]
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


class _Recorder(TorchDispatchMode):
    """Each operation with an argument that depends on a given tensor. Tensors are known by identity: all are kept.

    A sum in which a term is added and taken away, (a + b) - a, is recorded as what is left of it: so much is a residual
    block less its input, and where its branch is small, rounding would leave nothing right.
    """

    def __init__(self, given: Tensor) -> None:
        super().__init__()
        self.sums: dict[int, Terms] = {}
        self.cancelled = 0.0
        self.places: dict[int, int] = {id(given): 0}
        self.kept: list[Any] = [given]
        self.steps: list[_Step] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        self.kept.append((args, result))
        if any(map(self._depends, args)):
            terms = None if kwargs else self._left(func, args, result)
            if terms is None or not self._summed(terms, result):
                self.steps.append(_Step(func, args, kwargs, result, self.places))
            if func._schema.is_mutable:
                self._forget([a for a in args if isinstance(a, Tensor)])
        elif any(map(self._depends, kwargs.values())):
            raise TapeError(f"{func} takes a keyword that depends on the given tensor")
        return result

    def _depends(self, value: Any) -> bool:
        if isinstance(value, (list, tuple)):
            return any(map(self._depends, value))
        return isinstance(value, Tensor) and id(value) in self.places

    def _left(self, func: Any, args: Any, result: Any) -> Terms | None:
        """What is left of a sum in which terms cancel; None where none do."""
        signs = SUMS.get(func)
        if signs is None or not all(self._depends(a) and _alike(a, result) for a in args):
            return None
        parts = [(sign * s, t) for sign, a in zip(signs, args, strict=True) for s, t in self.sums.get(id(a), [(1, a)])]
        left: Terms = []
        for s, t in parts:
            other = next((i for i, (r, u) in enumerate(left) if u is t and r == -s), None)
            if other is None:
                left.append((s, t))
            else:
                del left[other]
                self.cancelled = max(self.cancelled, float(t.norm()))
        self.sums[id(result)] = left
        return left if len(left) < len(parts) else None

    def _summed(self, terms: Terms, result: Tensor) -> bool:
        """Record a sum of these terms in the place of a result, if it lies in memory as that does."""
        before, value = len(self.steps), None
        for sign, term in sorted(terms, key=lambda pair: -pair[0]):
            if value is None:
                value = self._record(aten.clone.default if sign > 0 else aten.neg.default, term)
            else:
                value = self._record(aten.add.Tensor if sign > 0 else aten.sub.Tensor, value, term)
        if value is None or value.stride() != result.stride():
            del self.steps[before:]
            return False
        self.places[id(result)] = self.places[id(value)]
        return True

    def _record(self, func: Any, *args: Tensor) -> Tensor:
        result = func(*args)
        self.kept.append(result)
        self.steps.append(_Step(func, args, {}, result, self.places))
        return result

    def _forget(self, written: list[Tensor]) -> None:
        """Terms that share memory with what was written into are no longer what they were."""
        memory = {t.untyped_storage().data_ptr() for t in written}
        self.sums = {
            key: terms
            for key, terms in self.sums.items()
            if all(t.untyped_storage().data_ptr() not in memory for _, t in terms)
        }


def _alike(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype


class _Step:
    """One operation: where its arguments come from, and where its results go. Places are those of a list of values."""

    def __init__(self, func: Any, args: Any, kwargs: Any, result: Any, places: dict[int, int]) -> None:
        self.func, self.kwargs, self.writes = func, kwargs, func._schema.is_mutable
        self.args = [a.detach() if isinstance(a, Tensor) else a for a in args]
        self.sources = [(i, places[id(a)]) for i, a in enumerate(args) if isinstance(a, Tensor) and id(a) in places]
        self.lists = [(i, [places.get(id(b)) for b in a]) for i, a in enumerate(args) if isinstance(a, (list, tuple))]
        self.lists = [(i, found) for i, found in self.lists if any(place is not None for place in found)]
        self._check_writes(places)
        self.several = isinstance(result, (tuple, list))
        results = result if self.several else (result,)
        self.targets = [places.setdefault(id(r), len(places)) if isinstance(r, Tensor) else None for r in results]
        self.last: list[int] = []
        for i, _ in self.sources:
            self.args[i] = None

    def _check_writes(self, places: dict[int, int]) -> None:
        """Raise TapeError for what is written into a tensor that does not depend on the given one."""
        known = {i for i, _ in self.sources}
        for i, argument in enumerate(self.func._schema.arguments):
            written = argument.alias_info is not None and argument.alias_info.is_write
            if written and (i >= len(self.args) or i not in known):
                raise TapeError(f"{self.func} writes into a tensor that was there before")

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

    def multiply(self, factor: Any, then: "_Step") -> None:
        """Become the multiplication by a factor, what this operation and the next one are together."""
        self.func, self.args, self.kwargs = aten.mul.Tensor, [None, factor], {}
        self.last = [p for p in (*self.last, *then.last) if then is self or p != self.targets[0]]
        self.targets = then.targets

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


class Tape:
    """The operations between a tensor and a linear function of it, without those that the result does not need.

    What they take besides are constants. The function is called once to record it, and once more, on other values, to
    see that the tape gives the same (without `check` the caller sees to that). Raises TapeError where it does not.
    """

    def __init__(self, function: Linear, like: Tensor, *, check: bool = True) -> None:
        random = torch.Generator().manual_seed(5)
        given, other = (torch.empty_like(like).copy_(torch.randn(like.shape, generator=random)) for _ in range(2))
        with _Recorder(given) as recorder:
            result = function(given)
        if id(result) not in recorder.places:
            raise TapeError("no operation leads from the given tensor to the result")
        self.result, self.count = recorder.places[id(result)], len(recorder.places)
        needed = _needed(recorder.steps, self.result)
        self.steps = _merged(needed)
        if not check:
            return
        with torch.no_grad():
            expected = function(other)
            allowed = torch.finfo(like.dtype).eps ** 0.75 * expected.norm()
            allowed += 10 * torch.finfo(like.dtype).eps * recorder.cancelled
            for steps in (self.steps, needed):  # a mask stops what is infinite, a factor 0 does not
                self.steps = steps
                if bool((self(other) - expected).norm() <= allowed):
                    return
        raise TapeError("the operations depend on the values of the given tensor")

    def __call__(self, v: Tensor) -> Tensor:
        """The function of v."""
        values: list[Any] = [None] * self.count
        values[0] = v
        for step in self.steps:
            step.run(values)
        return values[self.result]


def _needed(steps: list[_Step], result: int) -> list[_Step]:
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


def _merged(steps: list[_Step]) -> list[_Step]:
    """The steps; those that multiply by constants are multiplications, one in the place of two in a row."""
    kept: list[_Step] = []
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
