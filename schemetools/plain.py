"""Plain values, as JSON files and checkpoints hold them, against the shape that they should have."""

import sys
from collections.abc import Mapping
from typing import Any

from schemetools.errors import came

WORDS = {float: "a finite number", int: "an integer", str: "text", bool: "true or false", None: "null"}


def misfit(value: Any, shape: Any, place: str = "") -> str | None:
    """What first keeps a value from a shape, as the end of a sentence; None where it fits.

    A shape is a type (`float` is any finite number, `int` no bool), None, a tuple of alternatives, [shape] for a list
    of any length, [shape, shape] for a pair, {str: shape} for a mapping with any names, {"name": shape, ...} for one
    that has these names among others.

    >>> misfit({"losses": [1.0, "x"]}, {"losses": [float]})
    "losses[1] is 'x', a str, and not a finite number"
    """
    if isinstance(shape, tuple):
        found = [misfit(value, each, place) for each in shape]
        return None if None in found else found[0]
    here = place or "it"
    if isinstance(shape, dict):
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            return f"{here} is {came(value)} and not a mapping with names"
        wanted = dict.fromkeys(value, shape[str]) if str in shape else shape
        if missing := [name for name in wanted if name not in value]:
            return f"{here} has no {missing[0]}"
        dot = f"{place}." if place else ""
        return _first(misfit(value[name], each, f"{dot}{name}") for name, each in wanted.items())
    if isinstance(shape, list):
        if not isinstance(value, (list, tuple)):
            return f"{here} is {came(value)} and not a list"
        if len(shape) > 1 and len(value) != len(shape):
            return f"{here} has {len(value)} entries and not {len(shape)}"
        return _first(misfit(each, shape[n % len(shape)], f"{place}[{n}]") for n, each in enumerate(value))
    return None if _is(value, shape) else f"{here} is {came(value)} and not {WORDS.get(shape) or f'a {shape.__name__}'}"


def _first(found: Any) -> str | None:
    return next((each for each in found if each is not None), None)


def _is(value: Any, shape: Any) -> bool:
    if shape is None:
        return value is None
    if shape is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    return isinstance(value, shape) and (shape is not int or not isinstance(value, bool))
