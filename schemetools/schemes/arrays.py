"""A user's lists and arrays as exact vectors and matrices."""

from collections.abc import Iterable, Iterator
from typing import Any

import sympy
from sympy import Expr

from schemetools import exact as exact_arithmetic
from schemetools.errors import SchemeError, TableauError, came

Vector = tuple[Expr, ...]
Matrix = tuple[Vector, ...]


def vector(values: Any, what: str) -> Vector:
    """A user's sequence as exact coefficients; errors name the entry."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TableauError(f"{what} must be a list of coefficients; {came(values)} came")
    return tuple(_entry(value, f"{what}[{i}]") for i, value in enumerate(values))


def matrix(values: Any, what: str, columns: int | None = None) -> Matrix:
    """A user's rows as exact coefficients, all of one length (`columns`, or that of the first row)."""
    if isinstance(values, sympy.MatrixBase):
        values = values.tolist()
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TableauError(f"{what} must be a list of rows; {came(values)} came")
    rows = tuple(vector(row, f"{what}[{i}]") for i, row in enumerate(values))
    width = columns if columns is not None else len(rows[0]) if rows else 0
    for i, row in enumerate(rows):
        if len(row) != width:
            raise TableauError(f"{what} is ragged: row {i} has {len(row)} entries, {width} were expected")
    return rows


def _entry(value: Any, where: str) -> Expr:
    try:
        return exact_arithmetic.coefficient(value)
    except SchemeError as error:
        raise type(error)(f"{where}: {error}") from None


def flat(values: Any) -> Iterator[Expr]:
    """The entries of nested tuples, in the order in which they are written."""
    for value in values:
        if isinstance(value, tuple):
            yield from flat(value)
        else:
            yield value
