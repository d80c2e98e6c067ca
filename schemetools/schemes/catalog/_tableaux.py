"""How catalog files write a tableau: rows of text, padded to squares."""

from collections.abc import Sequence

from sympy import Expr, Integer

Entry = str | int | Expr
Rows = list[list[Entry]]


def square(rows: Sequence[Sequence[Entry]]) -> Rows:
    """Rows of any length, padded on the right with zeros to a square matrix."""
    return [[*row, *[Integer(0)] * (len(rows) - len(row))] for row in rows]


def explicit(text: str) -> Rows:
    """The matrix A of an explicit method from its text: one line per stage after the first, entries separated by blanks.

    >>> explicit("1/2; 0 1")
    [[0, 0, 0], ['1/2', 0, 0], ['0', '1', 0]]
    """
    lines = [line.split() for line in text.replace(";", "\n").splitlines() if line.strip()]
    return square([[], *lines])
