"""The command line, with no mathematics in it; `bar`, which needs rich, is loaded by the commands that train."""

import importlib
from types import ModuleType

from schemetools.cli import commands, networks, reproduce
from schemetools.cli.main import main

__all__ = ["commands", "main", "networks", "reproduce"]


def __getattr__(name: str) -> ModuleType:
    if name != "bar":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.bar")
