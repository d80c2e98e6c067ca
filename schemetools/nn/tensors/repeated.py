"""What a block is called with beside its state, where it is evaluated several times: a cache is filled once.

An object among the arguments (a cache of keys and values, a list that a block adds to) may change with each
evaluation, and every evaluation of a step is to see it as it was before the step.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from schemetools.errors import UnsupportedError
from schemetools.nn.tensors.inputs import Apart, Call, is_unchanging

Given = tuple[tuple[Any, ...], dict[str, Any]]
MENDED = "call the network with use_cache=False"


class Repeated:
    """Arguments for several evaluations: the first has them as they came, others have copies as they were before.

    With `lent` all have copies, and what is given stays as it is. Copies have containers of their own, and the same
    tensors. Raises UnsupportedError where an evaluation writes into these.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, lent: bool = False) -> None:
        self.given: Given = (args, dict(kwargs))
        self.first = not lent
        self.before = None if all(map(is_unchanging, (*args, *kwargs.values()))) else _before(self.given)

    def copies(self) -> Given:
        """The arguments as they came, in containers of their own."""
        return self.given if self.before is None else self.before.copies()

    def call(self, evaluate: Callable[[tuple[Any, ...], dict[str, Any]], Any], *, loses: bool = True) -> Any:
        """`evaluate` once more; what it changes in copies is refused, or lost where it `loses` that."""
        if self.before is None:
            return evaluate(*self.given)
        first, self.first = self.first, False
        given = self.given if first else self.before.copies()
        result = evaluate(*given)
        self.before.check(None if first or loses else given)
        return result


class _Before:
    """Arguments as they are now."""

    def __init__(self, given: Given) -> None:
        self.apart = Apart([Call(*given)])
        # A write into an inference tensor leaves no trace, so what was in it is kept.
        self.tensors = [t.clone() if t.is_inference() else t for t in self.apart.tensors]
        self.versions = _versions(self.tensors)
        self.held = _held(self.apart.as_they_are)

    @torch.compiler.disable()
    def copies(self) -> Given:
        """The arguments in containers of their own."""
        [call] = self.apart.joined([t.clone() if t.is_inference() else t for t in self.tensors])
        return call.both

    @torch.compiler.disable()
    def check(self, copies: Given | None) -> None:
        """Raise UnsupportedError for a tensor that was written into, and copies that are not as they were."""
        if _versions(self.tensors) != self.versions:
            raise UnsupportedError(
                "a block writes into the tensors of an argument (a static cache, for instance), and is evaluated "
                f"several times, each of which is to see them as they were: {MENDED}, or give a cache that grows"
            )
        held = _held(self.apart.as_they_are)
        if len(held) != len(self.held) or not all(map(_is_same, held, self.held)):
            raise UnsupportedError(
                "a block changes an argument that cannot be copied (pickled), and is evaluated several times, "
                f"each of which is to see it as it was: {MENDED}, or define the argument's class at the top of a module"
            )
        if copies is not None and not self._as_before(Apart([Call(*copies)])):
            raise UnsupportedError(
                "a block changes an argument that it is called with (a cache, for instance), which other steps than "
                f"its own cannot fill in its place: {MENDED}"
            )

    def _as_before(self, other: Apart) -> bool:
        pairs = list(zip(self.tensors, other.tensors, strict=False))
        same = len(self.tensors) == len(other.tensors) and all(a is b or _copy_of(a, b) for a, b in pairs)
        return same and self.apart.alike(other)


@torch.compiler.disable()
def _before(given: Given) -> _Before:
    return _Before(given)


def _copy_of(a: Tensor, b: Tensor) -> bool:
    return a.is_inference() and a.shape == b.shape and torch.equal(a, b)


def _held(value: Any, seen: dict[int, Any] | None = None) -> list[Any]:
    """What an object holds, in order, through its attributes and containers."""
    seen = {} if seen is None else seen
    if (is_unchanging(value) and not isinstance(value, tuple)) or id(value) in seen:
        return [value]
    seen[id(value)] = value
    if isinstance(value, dict):
        parts = [*value, *value.values()]
    else:
        parts = list(value) if isinstance(value, (list, tuple, set)) else [getattr(value, "__dict__", None)]
    return [value, *(leaf for part in parts for leaf in _held(part, seen))]


def _is_same(a: Any, b: Any) -> bool:
    return a is b or (isinstance(a, (int, float, str)) and type(a) is type(b) and a == b)


def _versions(tensors: list[Tensor]) -> list[int]:
    return [0 if t.is_inference() else t._version for t in tensors]
