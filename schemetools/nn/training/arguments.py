"""Arguments of training and tables: whole numbers, paths and callbacks, or a sentence that says what came."""

import os
from typing import Any

from schemetools.errors import SchemeError, came


def whole(name: str, value: Any, least: int = 1) -> int:
    """An integer of at least so much. Raises SchemeError for others."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise SchemeError(f"{name} must be an integer of at least {least}; {came(value)} came")
    return value


def path_name(name: str, value: Any, kind: str = "folder") -> str:
    """The name of a folder or a file, from text or a path. Raises SchemeError for others."""
    found = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(found, str) or "\0" in found:
        raise SchemeError(f"{name} is the name of a {kind}, text or a path; {came(value)} came")
    return found


def callback(name: str, value: Any) -> Any:
    """A function that is told something, or None. Raises SchemeError for others."""
    if value is not None and not callable(value):
        raise SchemeError(f"{name} is a function that is called after every step, or None; {came(value)} came")
    return value
