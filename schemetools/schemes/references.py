"""Where a scheme comes from: the text and the BibTeX of its `reference`.

A reference is free text, or keys of `references.bib`, each with a place if need be: "kutta1901, p. 443; lu2018".
"""

import functools
import re
from importlib.resources import files
from typing import Any

from schemetools.schemes.base import as_scheme

_ENTRY = re.compile(r"^@(\w+)\{(\w+),\n(.*?)\n\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^\s*(\w+) = \{(.*)\},?$", re.MULTILINE)


@functools.cache
def _bibliography() -> dict[str, tuple[str, dict[str, str]]]:
    """{key: (the entry as it stands in the file, its fields)}."""
    text = files("schemetools.schemes").joinpath("references.bib").read_text(encoding="utf-8")
    return {match[2]: (match[0], dict(_FIELD.findall(match[3]))) for match in _ENTRY.finditer(text)}


def keys() -> tuple[str, ...]:
    """The keys of the bibliography, sorted."""
    return tuple(sorted(_bibliography()))


def citation(reference: str | None) -> str:
    """A reference as a line to read; free text is returned as it is.

    >>> citation("runge1895")
    'Runge (1895), Über die numerische Auflösung von Differentialgleichungen, Mathematische Annalen 46, 167-178'
    """
    parts = _parts(reference)
    if any(key not in _bibliography() for key, _ in parts):
        return reference or ""
    return "; ".join(_lines()[key] + (f", {place}" if place else "") for key, place in parts)


def reference(scheme: Any) -> str:
    """Where a scheme comes from, as a line to read; empty where nothing is known.

    >>> import schemetools as st
    >>> reference(st.rk4).endswith("p. 443")
    True
    """
    return citation(as_scheme(scheme, imaginary=True).reference)


def bibtex(reference: str | None) -> str:
    """The BibTeX entries of a reference or of its citation, one after another; free text becomes one @misc entry.

    >>> print(bibtex("My notes").splitlines()[0])
    @misc{scheme,
    """
    parts = _parts(reference)
    known = [key for key, _ in parts if key in _bibliography()]
    if len(known) < len(parts):
        places = {key: (reference or "").find(line) for key, line in _lines().items()}
        known = sorted((key for key, place in places.items() if place >= 0), key=places.__getitem__)
    if known or not parts:
        return "\n\n".join(_bibliography()[key][0] for key in known)
    note = re.sub(r"([%&#$_])", r"\\\1", re.sub(r"[{}\\]", "", reference or ""))
    return f"@misc{{scheme,\n  note = {{{note}}}\n}}"


def _parts(reference: str | None) -> list[tuple[str, str]]:
    """(key, place) of each source in a reference."""
    pairs = [part.partition(",") for part in (reference or "").split(";")]
    return [(key.strip(), place.strip()) for key, _, place in pairs if key.strip() or place.strip()]


@functools.cache
def _lines() -> dict[str, str]:
    """{key: the source as a line}."""
    return {key: _line(fields) for key, (_, fields) in _bibliography().items()}


def _line(fields: dict[str, str]) -> str:
    people = [name.split(",")[0] for name in fields["author"].split(" and ")]
    authors = f"{people[0]} et al." if len(people) > 3 else ", ".join(people)
    where = next((fields[k] for k in ("journal", "booktitle", "publisher", "institution", "school") if k in fields), "")
    volume = fields.get("volume", "") if "journal" in fields else fields.get("number", "")
    pages = fields.get("pages", "").replace("--", "-")
    arxiv = f"arXiv {fields['eprint']}" if "eprint" in fields else ""
    parts = (f"{authors} ({fields['year']})", fields["title"], f"{where} {volume}".strip(), pages, arxiv)
    return ", ".join(part for part in parts if part)
