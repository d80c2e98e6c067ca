"""How catalog files write a tableau: rows of text, padded to squares."""

from collections.abc import Sequence

from sympy import Expr, Integer

Entry = str | int | Expr
Rows = list[list[Entry]]


def square(rows: Sequence[Sequence[Entry]]) -> Rows:
    """Rows of any length, padded on the right with zeros to a square matrix."""
    return [[*row, *[Integer(0)] * (len(rows) - len(row))] for row in rows]


def explicit(text: str) -> Rows:
    """The matrix A of an explicit method from text: one line per stage after the first, entries separated by blanks.

    A longer row goes on in the next line, indented further than the first line of the text.

    >>> explicit("1/2; 0 1")
    [[0, 0, 0], ['1/2', 0, 0], ['0', '1', 0]]
    """
    lines = [line for line in text.replace(";", "\n").splitlines() if line.strip()]
    margin = _indent(lines[0]) if lines else 0
    rows: list[list[str]] = []
    for line in lines:
        if rows and _indent(line) > margin + 1:
            rows[-1] += line.split()
        else:
            rows.append(line.split())
    return square([[], *rows])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
