"""What a command leaves behind: lines and tables on the screen, files written whole or not at all."""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from schemetools.atomic import replacing as appearing_whole
from schemetools.errors import SchemeError

GAP = "  "
PICTURES = (".png", ".svg", ".pdf")
UNLIMITED, NARROWEST = 100_000, 24


def show_lines(*lines: str) -> None:
    """Print text as it is: no markup read, nothing cut."""
    typer.echo("\n".join(lines))


def table_lines(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table as lines, one per row; on a terminal the last column folds to its width. An empty header is left out."""
    shown = [tuple(header), *map(tuple, rows)] if any(header) else [*map(tuple, rows)]
    widths = [max(map(len, column)) + len(GAP) for column in list(zip(*shown, strict=True))[:-1]]
    room = shutil.get_terminal_size().columns - sum(widths) if sys.stdout.isatty() else UNLIMITED
    lines = []
    for row in shown:
        head = "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        first, *more = textwrap.wrap(row[-1], max(room, NARROWEST)) or [""]
        lines += [(head + first).rstrip(), *(" " * sum(widths) + line for line in more)]
    if any(header):
        lines[0] = typer.style(lines[0], bold=True) if sys.stdout.isatty() else lines[0]
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
