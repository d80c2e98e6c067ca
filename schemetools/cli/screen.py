"""Text that keeps to the width of a screen: folded between words, so that no number is broken."""

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

UNLIMITED = 100_000
LARGEST_MARGIN = 24  # under which the rest of a folded line stands
RULE = re.compile(r"[-+]+")
CELLS = re.compile(r"[^|]*\| ")  # of a tableau: what stands before its line
LABEL = re.compile(r" +|(?:\S+ )*?\S+ {2,}")


def screen_width() -> int:
    """The columns of the terminal, or those that COLUMNS says; without limit where text goes into a file or a pipe."""
    known = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return max(shutil.get_terminal_size().columns, 20) if known else UNLIMITED


def fitted(text: str, width: int | None = None) -> list[str]:
    """The lines of a text, each folded between words where it is too long; a tableau comes closer together first."""
    room = screen_width() if width is None else width
    lines = text.splitlines()
    if max(map(len, lines), default=0) <= room:
        return lines
    return [part for line in _closer(lines) for part in _folded(line, room)]


def wrapped(text: str, room: int, margin: str = "") -> list[str]:
    """A line broken between words alone, the later parts behind a margin; an empty one is one part."""
    wrapper = textwrap.TextWrapper(
        room, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )
    return wrapper.wrap(text) or [""]


def _folded(line: str, room: int) -> Iterator[str]:
    """One line in parts; the later ones stand under its label, or behind the line of a tableau."""
    if len(line) <= room or RULE.fullmatch(line):
        yield line[:room]
        return
    cells, label = CELLS.match(line), LABEL.match(line)
    margin = "    "
    if cells is not None:
        margin, line = f"{'|':>{cells.end() - 1}} ", line[: cells.end()] + "  ".join(line[cells.end() :].split())
    elif label is not None and label.end() <= LARGEST_MARGIN:
        margin = " " * label.end()
    yield from wrapped(line, room, margin)


def _closer(lines: Sequence[str]) -> list[str]:
    """Lines in which the columns of a tableau, two spaces apart, are one space apart."""
    inside = [i for i, line in enumerate(lines) if RULE.fullmatch(line) or CELLS.match(line)]
    size = max((len(lines[i]) for i in inside), default=0)
    rows = [lines[i].replace("-", " ") if RULE.fullmatch(lines[i]) else lines[i] for i in inside]
    empty = [all(row[j : j + 1] in ("", " ") for row in rows) for j in range(size)]
    kept = [j for j in range(size) if not (empty[j] and j + 1 < size and empty[j + 1])]
    made = {i: "".join(lines[i][j] for j in kept if j < len(lines[i])) for i in inside}
    return [made.get(i, line) for i, line in enumerate(lines)]
