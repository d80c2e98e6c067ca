"""What a command leaves behind: lines and tables on the screen, files written whole or not at all."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemetools.errors import SchemeError

UNLIMITED = 100_000


def show_lines(*lines: str) -> None:
    """Print text as it is: no markup read, nothing cut."""
    typer.echo("\n".join(lines))


def table_lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table as lines: on a terminal cells fold to its width, elsewhere every row is one line of plain text."""
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else UNLIMITED, highlight=False)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=any(header))
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    with console.capture() as captured:
        console.print(table)
    return [line.rstrip() for line in captured.get().splitlines()]


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
    temporary = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise SchemeError(f"{path} cannot be written: {error.strerror}") from None
    try:
        yield temporary
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
