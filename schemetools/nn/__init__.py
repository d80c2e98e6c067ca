"""Room 4: networks. The only room that imports torch; its parts are loaded on first use, as `st.nn.models.build`."""

import importlib
from typing import Any

_PARTS = frozenset({"digits", "models", "tables", "training"})
_HOME = {"cost": "reading.cost", "parameter_groups": "blocks.groups", "load_branches": "stacks.weights"}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    if name not in _PARTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
