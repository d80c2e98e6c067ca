"""The catalog as a list to read, and the publications behind a scheme."""

import inspect
from collections.abc import Collection

from schemetools.errors import SchemeError
from schemetools.schemes import registry
from schemetools.schemes.base import Scheme
from schemetools.schemes.references import bibtex


def catalog_rows(word: str = "", among: Collection[str] | None = None) -> list[tuple[str, str]]:
    """(name with its parameters, description) of every entry and alias with the word in either, sorted.

    The name of a kind, such as "difference", picks the entries of that kind; `among` leaves only those of these names.
    """
    named = [registry.family(name) for name in registry.names(word if word in registry.kinds() else None)]
    named = [family for family in named if among is None or family.name in among]
    found = {f.name: (f.name + (f.usage if f.signature.parameters else ""), _description(f)) for f in named}
    rows = [*found.values()]
    rows += [(alias, f"the same as {name}") for alias, name in registry.aliases().items() if name in found]
    return sorted(row for row in rows if word in registry.kinds() or word.lower() in " ".join(row).lower())


def _description(family: registry.Family) -> str:
    return " ".join((inspect.getdoc(family.build) or "").split("\n\n")[0].split())


def publications(scheme: Scheme) -> str:
    """The publications of a scheme in BibTeX. Raises SchemeError where it names none."""
    if not scheme.reference:
        raise SchemeError(f'{scheme} names no publication; a line reference = "..." in its file does')
    return bibtex(scheme.reference)
