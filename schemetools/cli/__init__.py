"""The command line, with no mathematics in it; `bar`, `pictures`, `waves` are loaded by the commands that use them."""

import importlib
from types import ModuleType

from schemetools.cli import commands, doctor, networks, report, reproduce, stability
from schemetools.cli.main import main

__all__ = ["commands", "doctor", "main", "networks", "report", "reproduce", "stability"]


def __getattr__(name: str) -> ModuleType:
    if name not in ("bar", "pictures", "waves"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
