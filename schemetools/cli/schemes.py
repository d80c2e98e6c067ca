"""What the NAME of a command line stands for: a catalog entry, or a scheme in a TOML file."""

import dataclasses
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import schemetools as st
from schemetools.errors import SchemeError, UnknownNameError

if TYPE_CHECKING:  # at run time these would load sympy, and `--help` would take five times as long
    from sympy import Expr

    from schemetools.schemes.base import Scheme

WITH_VALUES = re.compile(r"(.+\.toml)(?::(.*))?", re.IGNORECASE)
VALUE = re.compile(r"\s*\w+\s*=[^=]*")
HEAD = re.compile(r"\s*\w+")


def named(name: str) -> "Scheme":
    """The scheme of a NAME, a catalog name in any case, or a file, as in mine.toml or mine.toml:a=2/3.

    Raises SchemeError with the nearest names, or with the line and key of a wrong file.
    """
    if WITH_VALUES.fullmatch(name) or (os.sep in name and os.path.isfile(name)):
        return from_file(Path(name))
    if VALUE.fullmatch(name):
        raise SchemeError(f"{name!r} is a value and no scheme; write it behind the name of one, as in lm:k=0.3")
    try:
        return st.get(name)
    except UnknownNameError:
        head = (HEAD.match(name) or [""])[0]
        same = [known for known in (*st.names(), *st.schemes.registry.aliases()) if known == head.lower()]
        if not same or same[0] == head:
            raise
        return st.get(name.replace(head, same[0], 1))


def from_file(path: Path) -> "Scheme":
    """The scheme of a TOML file, named after the file where it has no name of its own, its symbols as said behind."""
    match = None if path.is_file() else WITH_VALUES.fullmatch(str(path))
    file, values = (path, None) if match is None else (Path(match[1]), match[2])
    if not file.is_file():
        raise SchemeError(f"there is no file {file}; give a TOML file with a scheme, or a name of the catalog")
    scheme = st.load(file)
    scheme = scheme if scheme.name else dataclasses.replace(scheme, name=file.stem)
    return scheme if values is None else scheme.subs(_values(str(path), values))


def _values(text: str, values: str) -> dict[str, "Expr"]:
    """The values behind the name of a file, exact. Raises SchemeError for anything but symbol=value, once each."""
    found: dict[str, Expr] = {}
    for part in st.schemes.naming.split_arguments(values) or [""]:
        symbol, equals, value = part.partition("=")
        symbol = symbol.strip()
        if not (equals and symbol.isidentifier()) or symbol in found:
            raise SchemeError(f"{text}: write one value for each symbol behind a file, as in mine.toml:a=2/3,b=1")
        found[symbol] = st.exact.parse(value.strip())
    return found


def completed(begun: str) -> list[str]:
    """The catalog names that begin so, for the completion of a shell."""
    return [name for name in st.names() if name.startswith(begun)]
