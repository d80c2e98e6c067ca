"""What the NAME of a command line stands for: a catalog entry, or a scheme in a TOML file."""

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

import schemetools as st
from schemetools.errors import SchemeError

if TYPE_CHECKING:  # at run time these would load sympy, and `--help` would take five times as long
    from schemetools.schemes.base import Scheme


def named(name: str) -> "Scheme":
    """The scheme of a NAME. Raises SchemeError with the nearest names, or with the line and key of a wrong file."""
    is_file = name.lower().endswith(".toml") or (os.sep in name and os.path.isfile(name))
    return from_file(Path(name)) if is_file else st.get(name)


def from_file(path: Path) -> "Scheme":
    """The scheme of a TOML file, named after the file where it has no name of its own."""
    if not path.is_file():
        raise SchemeError(f"there is no file {path}; give a TOML file with a scheme, or a name of the catalog")
    scheme = st.load(path)
    return scheme if scheme.name else dataclasses.replace(scheme, name=path.stem)


def completed(begun: str) -> list[str]:
    """The catalog names that begin so, for the completion of a shell."""
    return [name for name in st.names() if name.startswith(begun)]
