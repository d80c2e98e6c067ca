"""Fields that work in place or return one array again and again, made harmless."""

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from schemetools.errors import SchemeError


def copied(value: Any) -> Any:
    """A copy of an array; anything else as it is."""
    return value.copy() if isinstance(value, np.ndarray) else value


def owned(f: Any, *, spare: bool = False) -> Any:
    """The field, or the fields of a mapping, on copies of the states, with copies of what they return.

    A step keeps its slopes and its states, and a field may change or reuse them, as compiled ones do. With `spare`, for
    programs that keep as few arrays as they can, states are not copied: a field that changes one is refused.
    """
    if isinstance(f, dict):
        return {label: owned(field, spare=spare) for label, field in f.items()}
    return (_watched(f) if spare else _owned(f)) if callable(f) else f


def _owned(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *states: copied(f(*map(copied, states)))


def _watched(f: Callable[..., Any]) -> Callable[..., Any]:
    def field(*states: Any) -> Any:
        before = [_mark(state) for state in states]
        value = copied(f(*states))
        if before != [_mark(state) for state in states]:
            raise SchemeError(
                "f changed its argument, of which a program of few registers has no copy; return a new array"
            )
        return value

    return field


def _mark(state: Any) -> int:
    return zlib.crc32(np.ascontiguousarray(state).data)
