"""A report's table as plain text and as HTML, long notes below it."""

from collections.abc import Sequence
from html import escape

Rows = Sequence[Sequence[str]]


def numbered(rows: Rows) -> tuple[list[tuple[str, ...]], list[str]]:
    """The rows with their last cell, notes separated by "; ", as numbers "[1] [2]", and the notes "[1] ..."."""
    found: dict[str, int] = {}
    short = []
    for *cells, notes in rows:
        marks = [f"[{found.setdefault(note, len(found) + 1)}]" for note in notes.split("; ") if note]
        short.append((*cells, " ".join(marks)))
    return short, [f"[{number}] {note}" for note, number in found.items()]


def text_table(heads: Sequence[str], rows: Rows) -> list[str]:
    """Lines of a table: columns as wide as their widest cell, a rule below the headings.

    >>> print(*text_table(("layer", "inside"), [("layers.0", "yes")]), sep="\\n")
    layer     inside
    --------  ------
    layers.0  yes
    """
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    return aligned([heads, ["-" * width for width in widths], *rows])


def aligned(rows: Rows) -> list[str]:
    """Lines of a table without headings.

    >>> aligned([("order", "4"), ("A-stable", "no")])
    ['order     4', 'A-stable  no']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def html_table(heads: Sequence[str], rows: Rows, below: Sequence[str]) -> str:
    """The table as HTML, a paragraph for each line below it."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    told = "".join(f"<p>{escape(line)}</p>" for line in below)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{told}"
