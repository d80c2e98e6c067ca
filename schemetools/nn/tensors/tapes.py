"""A linear function of a tensor as the list of operations that its value went through: run again without autograd."""

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from schemetools.nn.tensors.operations import Linear, Operation, Program, TapeError, merged, needed

aten = torch.ops.aten
SUMS = {aten.add.Tensor: (1, 1), aten.sub.Tensor: (1, -1), aten.neg.default: (-1,)}  # the signs of what they take
Terms = list[tuple[int, Tensor]]


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
        self.steps: list[Operation] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        self.kept.append((args, result))
        if any(map(self._depends, args)):
            terms = None if kwargs else self._left(func, args, result)
            if terms is None or not self._summed(terms, result):
                self.steps.append(Operation.recorded(func, args, kwargs, result, self.places))
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
        """What is left of a sum in which terms cancel, or one is what nothing was left of; None where none do."""
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
        return left if len(left) < max(len(parts), len(args)) else None

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
        self.steps.append(Operation.recorded(func, args, {}, result, self.places))
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


class Tape(Program):
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
        place = recorder.places[id(result)]
        read = needed(recorder.steps, place)
        super().__init__(merged(read), len(recorder.places), place)
        if not check:
            return
        with torch.no_grad():
            expected = function(other)
            allowed = torch.finfo(like.dtype).eps ** 0.75 * expected.norm()
            allowed += 10 * torch.finfo(like.dtype).eps * recorder.cancelled
            for steps in (self.steps, read):  # a mask stops what is infinite, a factor 0 does not
                self.steps = steps
                if bool((self(other) - expected).norm() <= allowed):
                    return
        raise TapeError("the operations depend on the values of the given tensor")
