"""The extensions in docs/ as Sphinx loads them: by their names, from that folder."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parent.parent / "docs"


def extension(name: str) -> ModuleType:
    """The module docs/NAME.py, loaded once, so that tests and other extensions see the same."""
    if str(DOCS) not in sys.path:
        sys.path.append(str(DOCS))
    return importlib.import_module(name)
