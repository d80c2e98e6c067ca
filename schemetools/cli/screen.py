"""Text that keeps to the width of a screen: folded between words, so that no number is broken."""

import importlib
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence

UNLIMITED = 100_000
LARGEST_MARGIN = 24  # under which the rest of a folded line stands
GAP = "  "
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
    near = _closer(lines)
    return [part for line, closer in zip(lines, near, strict=True) for part in _folded(line, closer, room)]


def wrapped(text: str, room: int, margin: str = "") -> list[str]:
    """A line as `tables.wrapped` breaks it; loaded on first use, since `--help` needs no tables."""
    return importlib.import_module("schemetools.tables").wrapped(text, room, margin)


def _folded(line: str, closer: str, room: int) -> Iterator[str]:
    """One line in parts; the later ones stand under its label, or behind the line of a tableau."""
    head, label = CELLS.match(line), LABEL.match(line)
    if len(closer) <= room or RULE.fullmatch(line):
        yield closer[:room]
    elif head is not None:
        yield from _row(head[0], re.split(" {2,}", line[head.end() :].strip()), room)
    else:
        yield from wrapped(line, room, " " * (label.end() if label and label.end() <= LARGEST_MARGIN else 4))


def _row(head: str, cells: Sequence[str], room: int) -> Iterator[str]:
    """A row of a tableau, folded between its cells, and within one between words where it is wider than the screen."""
    margin = f"{'|':>{len(head) - 1}} "
    parts = [head]
    for i, cell in enumerate(cells):
        if i and len(parts[-1]) + len(GAP) + len(cell) > room:
            parts.append(margin)
        parts[-1] += cell if parts[-1] in (head, margin) else GAP + cell
    for part in parts:
        yield from wrapped(part, room, f"{margin}  ")


def _closer(lines: Sequence[str]) -> list[str]:
    """Lines in which the columns of a tableau, two spaces apart, are one space apart."""
    inside = [i for i, line in enumerate(lines) if RULE.fullmatch(line) or CELLS.match(line)]
    size = max((len(lines[i]) for i in inside), default=0)
    rows = [lines[i].replace("-", " ") if RULE.fullmatch(lines[i]) else lines[i] for i in inside]
    empty = [all(row[j : j + 1] in ("", " ") for row in rows) for j in range(size)]
    kept = [j for j in range(size) if not (empty[j] and j + 1 < size and empty[j + 1])]
    made = {i: "".join(lines[i][j] for j in kept if j < len(lines[i])) for i in inside}
    return [made.get(i, line) for i, line in enumerate(lines)]
