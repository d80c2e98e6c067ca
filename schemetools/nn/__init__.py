"""Room 4: networks. The only room that imports torch; its parts are loaded on first use, as `st.nn.models.build`."""

import importlib
from types import ModuleType

_PARTS = frozenset({"digits", "models", "training"})


def __getattr__(name: str) -> ModuleType:
    if name not in _PARTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
