"""What a command leaves behind: lines and tables on the screen, files written whole or not at all."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from schemetools.atomic import replacing as appearing_whole
from schemetools.cli.screen import fitted, screen_width, wrapped
from schemetools.errors import SchemeError

GAP = "  "
PICTURES = (".png", ".svg", ".pdf")
MOST_FOLDED = 3


def show_lines(*lines: str) -> None:
    """Print text as it is: no markup read, nothing cut."""
    typer.echo("\n".join(lines))


def show_json(record: Any) -> None:
    """Print a record as JSON."""
    typer.echo(importlib.import_module("json").dumps(record, indent=2, ensure_ascii=False))


@contextmanager
def working(what: str) -> Iterator[None]:
    """A bar on a terminal's stderr that says what the block is at; nothing elsewhere, where rich is not loaded."""
    if not sys.stderr.isatty():
        yield
        return
    with importlib.import_module("schemetools.cli.bar").steps_bar(what):
        yield


def table_lines(header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """A table as lines, one per row; an empty header is left out. On a terminal it keeps to the width of that.

    Where it is wider, its last column folds between words; what stands before it in a row has a line of its own where
    it takes more than a third. Where many columns are too wide, each row becomes a paragraph, one line per column. No
    number is broken.
    """
    if width is None:
        width = screen_width()
    shown = [tuple(header), *map(tuple, rows)] if any(header) else [*map(tuple, rows)]
    if any(header) and _width(shown) > width and len(header) > MOST_FOLDED:
        return _paragraphs(header, rows, width)
    widths = [max(map(len, column)) + len(GAP) for column in list(zip(*shown, strict=True))[:-1]]
    indent = sum(widths) if _width(shown) <= width else min(sum(widths), width // 3)
    lines = []
    for row in shown:
        head = "".join(cell.ljust(size) for cell, size in zip(row, widths, strict=False)).rstrip()
        first, *more = wrapped(row[-1], width - indent)
        if len(head) + len(GAP) > indent:
            lines += [head, *(" " * indent + line for line in (first, *more))]
        else:
            lines += [(head.ljust(indent) + first).rstrip(), *(" " * indent + line for line in more)]
    if any(header):
        lines[0] = typer.style(lines[0], bold=True) if sys.stdout.isatty() else lines[0]
    return lines


def _width(rows: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) + len(GAP) for column in zip(*rows, strict=True)) - len(GAP)


def _paragraphs(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Each row as lines "column  value", rows apart by an empty line."""
    size = max(map(len, header))
    lines: list[str] = []
    for row in rows:
        lines += [""] if lines else []
        for name, cell in zip(header, row, strict=True):
            lines += fitted(f"{name.ljust(size)}{GAP}{cell}".rstrip(), width)
    return lines


@contextmanager
def replacing(path: Path, endings: Sequence[str] = ()) -> Iterator[Path]:
    """A new file beside `path` to write to, which takes its place when all went well and is removed when not.

    Opened at once, so that a place where nothing can be written is found before the work is done.
    Raises SchemeError for a name without one of the `endings`, a folder, a device, or a place that cannot be written.
    """
    if endings and path.suffix.lower() not in endings:
        raise SchemeError(f"{path}: the ending says the format; {', '.join(endings)} are known")
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise SchemeError(
            f"{path} is {'a folder' if target.is_dir() else 'not a regular file'}; give the name of a file"
        )
    if not target.parent.is_dir():
        raise SchemeError(f"{path}: there is no folder {target.parent} to write to; make it first")
    try:
        with appearing_whole(target) as temporary:
            yield temporary
    except OSError as error:
        raise SchemeError(f"{path} cannot be written: {error.strerror}") from None
