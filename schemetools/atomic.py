"""Files that are whole or absent: written beside, flushed to the disk, renamed."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MODE = 0o644


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new file beside `path` to write to, which takes its place when all went well and is removed when not.

    It is opened at once, so that a place where nothing can be written is found before the work is done, and keeps the
    ending of `path`, by which writers tell the format. The content reaches the disk before the name does, and then the
    folder: without the first a power cut can leave an empty file under the new name, without the second the old one.
    The permissions are those of the file replaced. A link is followed. Raises OSError where the place cannot be
    written.
    """
    target = Path(path).resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}.", suffix=target.suffix)
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.chmod(target.stat().st_mode & 0o777 if target.exists() else MODE)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    """Make the rename itself durable, on systems where a folder can be opened."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
