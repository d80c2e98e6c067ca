"""Numbers by which operators of compiled graphs find the block that they belong to."""

import itertools
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from schemetools.errors import SchemeError

_objects: WeakValueDictionary[int, Any] = WeakValueDictionary()
_numbers = itertools.count()


def new_handle(owner: Any) -> Tensor:
    """A handle of its own for an object, held weakly; as a tensor it is an input of a compiled graph, no constant."""
    number = next(_numbers)
    _objects[number] = owner
    return torch.tensor(number, dtype=torch.int64, device="cpu")


def owner_of(handle: Tensor) -> Any:
    """The object; SchemeError if it is gone."""
    try:
        return _objects[int(handle)]
    except KeyError:
        raise SchemeError(
            "the implicit block of this compiled or exported program is gone: keep it while the program is used, "
            "and export again in a new process"
        ) from None
