"""Arguments of training and tables: whole numbers and folders, or a sentence that says what came."""

import os
from typing import Any

from schemetools.errors import SchemeError, came


def whole(name: str, value: Any, least: int = 1) -> int:
    """An integer of at least so much. Raises SchemeError for others."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise SchemeError(f"{name} must be an integer of at least {least}; {came(value)} came")
    return value


def folder_name(name: str, value: Any) -> str:
    """The name of a folder, from text or a path. Raises SchemeError for others."""
    found = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(found, str):
        raise SchemeError(f"{name} is the name of a folder, text or a path; {came(value)} came")
    return found
