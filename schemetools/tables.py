"""A report's table as plain text and as HTML, long notes below it."""

import itertools
import re
import textwrap
from collections.abc import Sequence
from html import escape

Rows = Sequence[Sequence[str]]
WIDTH = 80  # of a terminal as they come
BREAKS = re.compile(r"(?<=\s)(?=\S)|(?<=\.)(?=[^\W\d])")


def numbered(rows: Rows) -> tuple[list[tuple[str, ...]], list[str]]:
    """The rows with their last cell, notes separated by "; ", as numbers "[1] [2]", and the notes "[1] ..."."""
    found: dict[str, int] = {}
    short = []
    for *cells, notes in rows:
        marks = [f"[{found.setdefault(note, len(found) + 1)}]" for note in notes.split("; ") if note]
        short.append((*cells, " ".join(marks)))
    return short, [f"[{number}] {note}" for note, number in found.items()]


def text_table(heads: Sequence[str], rows: Rows, width: int = WIDTH) -> list[str]:
    """Lines of a table, a rule below the headings; where it is wider than `width`, cells fold at their spaces.

    A number, and any other word, stays whole.

    >>> print(*text_table(("layer", "inside"), [("layers.0", "yes")]), sep="\\n")
    layer     inside
    --------  ------
    layers.0  yes
    >>> print(*text_table(("layer", "leading eigenvalue"), [("a", "0.0125+0.0716i")], width=24), sep="\\n")
           leading
    layer  eigenvalue
    -----  --------------
    a      0.0125+0.0716i
    """
    columns = list(zip(heads, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    least = [max(len(word.rstrip()) for cell in column for word in (_words(cell) or [""])) for column in columns]
    whole = sum(max(len(word) for cell in column for word in (cell.split() or [""])) for column in columns)
    gap = 2 if whole + 2 * (len(least) - 1) <= width else 1
    while sum(widths) + gap * (len(widths) - 1) > width and widths != least:
        widest = max((i for i, w in enumerate(widths) if w > least[i]), key=lambda i: widths[i])
        widths[widest] -= 1
    widths = [
        max(len(line) for cell in column for line in folded(cell, w)) for column, w in zip(columns, widths, strict=True)
    ]
    top = [folded(cell, w) for cell, w in zip(heads, widths, strict=True)]
    tall = max(map(len, top))
    lines = [*zip(*([""] * (tall - len(cell)) + cell for cell in top), strict=True), ["-" * w for w in widths]]
    for row in rows:
        cells = [folded(cell, w) for cell, w in zip(row, widths, strict=True)]
        lines += itertools.zip_longest(*cells, fillvalue="")
    return aligned(lines, gap)


def folded(cell: str, width: int) -> list[str]:
    """A text in lines of at most `width`, broken between words and before the words of a dotted name.

    >>> folded("features.layers.0 of 0.0125", 12)
    ['features.', 'layers.0 of', '0.0125']
    """
    lines = [""]
    for word in _words(cell):
        if lines[-1] and len(lines[-1]) + len(word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


def wrapped(text: str, room: int, margin: str = "") -> list[str]:
    """A line broken between words alone, the later parts behind a margin; an empty one is one part."""
    wrapper = textwrap.TextWrapper(
        room, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )
    return wrapper.wrap(text) or [""]


def _words(cell: str) -> list[str]:
    """Words with the spaces behind them; a dotted name is as many as it has words, each with the numbers behind it."""
    return [word for word in BREAKS.split(cell) if word]


def aligned(rows: Rows, gap: int = 2) -> list[str]:
    """Lines of a table without headings, `gap` spaces between its columns.

    >>> aligned([("order", "4"), ("A-stable", "no")])
    ['order     4', 'A-stable  no']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [(" " * gap).join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


def html_table(heads: Sequence[str], rows: Rows, below: Sequence[str]) -> str:
    """The table as HTML, a paragraph for each line below it."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    told = "".join(f"<p>{escape(line)}</p>" for line in below)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{told}"
