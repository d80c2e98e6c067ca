"""The history that travels with a state: what a step hands to the next one, whoever calls both.

It is kept beside the tensor that a step hands out, so it is there for whoever is called with that tensor: the next
block, the one after it where a block is left out, a second evaluation under gradient checkpointing, another thread. It
is gone with the tensor, and a tensor that somebody made of it has none.
"""

from collections import OrderedDict
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor
from torch.compiler import is_compiling

_by_storage: "WeakValueDictionary[int, Record]" = WeakValueDictionary()


class Record:
    """What a step leaves for the next: how many were taken (`age`), the history, and within a step its values so far.

    `run` are the blocks that belong together, `evaluation` the next one within a step, 0 between steps; `numbers` are
    the coefficients of a step that is under way, `program` what it does.
    """

    def __init__(
        self, run: Any, evaluation: int, age: int, values: list[Any], program: Any = None, numbers: Any = None
    ) -> None:
        self.run, self.evaluation, self.age, self.values = run, evaluation, age, values
        self.program, self.numbers = program, numbers
        self.reel: Any = None
        self.version, self.place = -1, None

    def __reduce__(self) -> Any:
        """A tensor that is saved leaves its history behind."""
        return OrderedDict, ()


def hand_out(state: Any, record: Record) -> None:
    """Let the record travel with the state."""
    if not is_compiling() and type(state) is Tensor:
        record.version, record.place = _version(state), _place(state)
        if record.place is not None:
            _by_storage[record.place[0]] = record
    state._schemetools_record = record  # type: ignore[attr-defined]


def record_of(state: Any) -> Record | None:
    """What travels with a state; None where nothing does, or the state was written into since.

    A tensor over the same memory is the same state: some wrappers of modules hand on an alias.
    """
    found = getattr(state, "_schemetools_record", None)
    if is_compiling():
        return found if isinstance(found, Record) else None
    if not isinstance(found, Record):
        if type(state) is not Tensor or not _by_storage:
            return None
        place = _place(state)
        found = None if place is None else _by_storage.get(place[0])
        if found is None or found.place != place:
            return None
    return found if found.version in (-1, _version(state)) else None


def forget(state: Any) -> None:
    """Nothing travels with the state any more."""
    if getattr(state, "_schemetools_record", None) is not None:
        state._schemetools_record = None


def _version(state: Any) -> int:
    wrapped = torch._C._functorch.is_functorch_wrapped_tensor(state)  # type: ignore[attr-defined]
    return -1 if wrapped or state.is_inference() else state._version


def _place(state: Tensor) -> Any:
    """Where a tensor lies in memory, None for what lies nowhere."""
    try:
        return state.untyped_storage()._cdata, state.data_ptr(), tuple(state.shape), state.dtype
    except (RuntimeError, NotImplementedError):
        return None
