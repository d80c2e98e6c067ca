"""Fields that keep or reuse their arrays, made harmless."""

from collections.abc import Callable
from typing import Any

import numpy as np


def copied(value: Any) -> Any:
    """A copy of an array; anything else as it is."""
    return value.copy() if isinstance(value, np.ndarray) else value


def owned(f: Any) -> Any:
    """The field, or the fields of a mapping, on copies of the states, with copies of what they return.

    A step keeps its slopes and its states, and a field may work in place or return one array again and again, as
    compiled ones do.
    """
    if isinstance(f, dict):
        return {label: owned(field) for label, field in f.items()}
    return _owned(f) if callable(f) else f


def _owned(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *states: copied(f(*map(copied, states)))
