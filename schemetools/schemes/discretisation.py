"""What stencils, difference schemes and methods of lines share: labels, formulas in declared symbols, offsets."""

import dataclasses
import importlib
import re
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from typing import Any

from sympy import Expr

from schemetools import exact as exact_arithmetic
from schemetools.errors import SchemeError, TableauError
from schemetools.exact.parser import shorten

Offset = tuple[Any, ...]
AXES = ("x", "y", "z")
LARGEST_OFFSET = 64
MOST_COEFFICIENTS = 4096
_NAME = re.compile(r"[A-Za-z_]\w*")
_FUNCTIONS = {"sqrt", "root"}


class Discretisation:
    """A scheme for a partial differential equation on a grid: a frozen, hashable value with labels.

    Two are equal when their coefficients and numbers are; `name`, `reference` and `exact` do not count.

    >>> import schemetools as st
    >>> isinstance(st.get("upwind"), Discretisation), st.get("upwind").numbers
    (True, (('nu', c*dt/dx),))
    """

    name: str | None
    reference: str | None
    exact: bool
    dimension: int

    def _set(self, name: str | None, reference: str | None, exact: bool, **fields: Any) -> None:
        for what, label in (("name", name), ("reference", reference)):
            if label is not None and (not isinstance(label, str) or not label.isprintable()):
                raise SchemeError(f"{what} must be one line of text; {label!r} came")
        for key, value in {**fields, "name": name, "reference": reference, "exact": exact}.items():
            object.__setattr__(self, key, value)

    def __format__(self, spec: str) -> str:
        """Its name: in a sentence a scheme is called by its name."""
        return format(self.name or f"unnamed {type(self).__name__}", spec)

    def __str__(self) -> str:
        """The scheme as people write it. Loaded on first use: that file knows all kinds, this one none."""
        return importlib.import_module(f"{__package__}.grid_text").discretisation_text(self)


def discretisation_of(value: Any) -> Discretisation | None:
    """The discretisation that a value is, carries (as a family does) or names; None for anything else."""
    if isinstance(value, str):
        value = importlib.import_module(f"{__package__}.registry").get(value)  # which knows this file
    for found in (value, getattr(value, "scheme", None)):
        if isinstance(found, Discretisation):
            return found
    return None


def labelled_discretisation(found: Discretisation, name: str | None, reference: str, exact: bool) -> Any:
    """The discretisation under the labels of the catalog; a method of lines by text keeps the name it has."""
    label = found.name if found.name is not None and (name or "").startswith("lines(") else name
    return dataclasses.replace(found, name=label, reference=reference, exact=exact)  # type: ignore[type-var]


def formula(value: Any, symbols: Collection[str] | None = None) -> Expr:
    """A coefficient of a grid: as `exact.coefficient`, where a text may name symbols, the declared ones or any.

    >>> formula("(1 + kappa)/2")
    kappa/2 + 1/2
    """
    if not isinstance(value, str):
        return exact_arithmetic.coefficient(value)
    found = set(_NAME.findall(value)) - _FUNCTIONS if symbols is None else symbols
    return exact_arithmetic.coefficient(exact_arithmetic.parse(value, found))


def offset(value: Any, what: str = "offset") -> Offset:
    """A grid offset as a tuple of 1 to 3 integers, or halves where fields are staggered.

    >>> offset(1), offset((0, "1/2"))
    ((1,), (0, Fraction(1, 2)))
    """
    parts = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not 1 <= len(parts) <= len(AXES):
        raise TableauError(f"the {what} {value!r} has {len(parts)} entries; grids have 1 to {len(AXES)} dimensions")
    return tuple(_step(part, what) for part in parts)


def _step(part: Any, what: str) -> Any:
    try:
        if isinstance(part, (bool, float)):
            raise TypeError
        number = Fraction(str(part)) if not isinstance(part, Fraction) else part
    except (TypeError, ValueError, ZeroDivisionError):
        raise TableauError(f"{shorten(repr(part))} is no {what}; write integers, halves, or tuples of them") from None
    if number.denominator > 2 or abs(number) > LARGEST_OFFSET:
        raise TableauError(f"the {what} {shorten(str(part), 20)} is no integer or half up to {LARGEST_OFFSET}")
    return int(number) if number.denominator == 1 else number


def table(values: Any, what: str, symbols: Collection[str] | None = None) -> tuple[tuple[Offset, Any], ...]:
    """{offset: coefficient} as sorted pairs without zeros; a coefficient may be a matrix, for systems."""
    if not isinstance(values, Mapping) or not values:
        raise TableauError(f"{what} must map offsets to coefficients, such as {{-1: -1, 0: 1}}; {values!r} came")
    if len(values) > MOST_COEFFICIENTS:
        raise TableauError(f"{what} has {len(values)} coefficients; at most {MOST_COEFFICIENTS} are taken")
    found: dict[Offset, Any] = {}
    for key, value in values.items():
        place = offset(key)
        if place in found:
            raise TableauError(f"{what} gives the offset {key!r} twice")
        found[place] = _entry(value, f"{what}[{key}]", symbols)
    if len({len(place) for place in found}) != 1:
        raise TableauError(f"{what} mixes offsets of different dimensions: {', '.join(map(str, values))}")
    return tuple(sorted((k, v) for k, v in found.items() if not is_zero(v)))


def _entry(value: Any, where: str, symbols: Collection[str] | None) -> Any:
    value = value.tolist() if hasattr(value, "tolist") else value
    try:
        if isinstance(value, (list, tuple)):
            rows = tuple(tuple(formula(entry, symbols) for entry in row) for row in value)
            if any(len(row) != len(rows) for row in rows):
                raise TableauError("a matrix of a system is square")
            return rows
        return formula(value, symbols)
    except (SchemeError, TypeError) as error:
        kind = type(error) if isinstance(error, SchemeError) else TableauError
        raise kind(f"{where}: {error}") from None


def is_zero(value: Any) -> bool:
    """Whether a coefficient, or every entry of a matrix, is 0."""
    return all(e == 0 for row in value for e in row) if isinstance(value, tuple) else value == 0


def symbol_names(values: Iterable[Any]) -> set[str]:
    """The names of the free symbols of coefficients and matrices."""
    flat = (e for v in values for e in ((x for row in v for x in row) if isinstance(v, tuple) else (v,)))
    return {s.name for e in flat for s in e.free_symbols}  # type: ignore[attr-defined]


def offset_text(place: Offset) -> str:
    """An offset as a key of a file: -1, 0,1 or 1/2.

    >>> offset_text((0, -1))
    '0,-1'
    """
    return ",".join(map(str, place))
