"""What a branch takes beside the state: taken apart into tensors, which autograd saves, and what holds them.

An evaluation that is repeated gets equal containers with the tensors that autograd kept; so a cache that the first
evaluation filled is empty again in the second.
"""

import io
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from schemetools.errors import UnsupportedError

_UNCHANGING = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.Size, nn.Module)
_PLAIN = (Tensor, *_UNCHANGING)


@dataclass(frozen=True)
class Call:
    """What goes with a call beside the state: arguments by position and by name."""

    args: tuple[Any, ...] = ()
    named: dict[str, Any] | None = None

    def __bool__(self) -> bool:
        return bool(self.args or self.named)

    @property
    def both(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments by position, and those by name."""
        return self.args, self.named or {}


NOTHING = Call()
WRITTEN = (
    "a branch writes into an argument of the call (a cache, for instance), which memory={memory!r} cannot repeat: call "
    "it without the cache, or use memory='store'"
)


class Apart:
    """Calls as their tensors, each once, and the rest; `joined` puts them together again, in containers of their own.

    Tuples, lists and dicts are taken apart, and objects that hold tensors (caches) where they can be pickled.
    """

    def __init__(self, calls: Sequence[Call]) -> None:
        leaves, self._spec = tree_flatten([call.both for call in calls])
        self.tensors: list[Tensor] = []
        self._index: dict[int, int] = {}
        self.as_they_are: list[Any] = []
        """Objects that cannot be copied."""
        self._leaves = [self._leaf(leaf) for leaf in leaves]
        self.is_unchanging = all(is_unchanging(v) for call in calls for v in (*call.args, *(call.named or {}).values()))
        """Whether there is nothing but tensors, numbers, text, modules and None, in tuples."""

    def joined(self, tensors: Sequence[Tensor] | None = None) -> list[Call]:
        """The calls with other tensors in the places of their own."""
        held = self.tensors if tensors is None else tensors
        leaves = [leaf.value(held) for leaf in self._leaves]
        return [Call(*both) for both in tree_unflatten(leaves, self._spec)]

    def fits(self, tensors: Sequence[Tensor], calls: Sequence[Call]) -> bool:
        """Whether the calls have equal containers with these tensors."""
        other = Apart(calls)
        same = len(other.tensors) == len(tensors) and all(a is b for a, b in zip(tensors, other.tensors, strict=True))
        return same and self.alike(other)

    def alike(self, other: "Apart") -> bool:
        """Whether the containers of both are equal, whatever the tensors."""
        return self._spec == other._spec and self._leaves == other._leaves

    def _leaf(self, leaf: Any) -> "_Tensor | _Plain | _Object":
        if isinstance(leaf, Tensor):
            return _Tensor(self._number(leaf))
        if isinstance(leaf, _UNCHANGING) or callable(leaf):
            return _Plain(leaf)
        text = _Writer(self)
        try:
            text.dump(leaf)
        except Exception:  # an object of any kind that cannot be copied is given as it is
            self.as_they_are.append(leaf)
            return _Plain(leaf)
        return _Object(text.file.getvalue(), tuple(text.plain))

    def _number(self, t: Tensor) -> int:
        if id(t) not in self._index:
            self._index[id(t)] = len(self.tensors)
            self.tensors.append(t)
        return self._index[id(t)]


@dataclass(frozen=True)
class _Tensor:
    number: int

    def value(self, tensors: Sequence[Tensor]) -> Tensor:
        return tensors[self.number]


@dataclass(frozen=True)
class _Plain:
    held: Any

    def value(self, tensors: Sequence[Tensor]) -> Any:
        return self.held


@dataclass(frozen=True)
class _Object:
    text: bytes
    plain: tuple[Any, ...]

    def value(self, tensors: Sequence[Tensor]) -> Any:
        return _Reader(self, tensors).load()


class _Writer(pickle.Pickler):
    """Writes the structure of an object; tensors and modules in it are numbered, not written."""

    def __init__(self, apart: Apart) -> None:
        self.file = io.BytesIO()
        self.apart, self.plain = apart, []
        super().__init__(self.file)

    def persistent_id(self, obj: Any) -> Any:
        if isinstance(obj, Tensor):
            return "tensor", self.apart._number(obj)
        if isinstance(obj, nn.Module):
            self.plain.append(obj)
            return "plain", len(self.plain) - 1
        return None


class _Reader(pickle.Unpickler):
    """Reads what `_Writer` wrote a moment ago in this process."""

    def __init__(self, written: _Object, tensors: Sequence[Tensor]) -> None:
        super().__init__(io.BytesIO(written.text))
        self.tensors, self.plain = tensors, written.plain

    def persistent_load(self, pid: Any) -> Any:
        kind, number = pid
        return self.tensors[number] if kind == "tensor" else self.plain[number]


def is_unchanging(value: Any) -> bool:
    """Whether it is a tensor, a number, text, a module, a function or None, or such in tuples."""
    if isinstance(value, tuple):
        return all(map(is_unchanging, value))
    return isinstance(value, _PLAIN) or callable(value)


class Versions:
    """Tensors as they are now: a write into one raises its version."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self._tensors, self._before = tensors, self._present(tensors)

    @staticmethod
    def _present(tensors: Sequence[Tensor]) -> list[int]:
        return [0 if t.is_inference() else t._version for t in tensors]

    def check(self, memory: str) -> None:
        """Raise UnsupportedError if one was written into: a second evaluation would do it again."""
        if self._before != self._present(self._tensors):
            raise UnsupportedError(WRITTEN.format(memory=memory))
