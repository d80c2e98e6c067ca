"""Pages that are written beside the other documents when these are built, and are not committed."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

Pages = Callable[[], Iterable[tuple[str, str]]]
"""What makes (file name without its ending, text in MyST) of every page."""


def written(folder: Path, pages: Pages) -> Callable[[Sphinx], dict[str, Any]]:
    """The `setup` of an extension that writes its pages into a folder before the documents are looked for."""

    def write(_: Sphinx) -> None:
        folder.mkdir(exist_ok=True)
        for name, text in pages():
            path = folder / f"{name}.md"
            if not path.is_file() or path.read_text(encoding="utf-8") != text:  # what is as it was is not read again
                path.write_text(text, encoding="utf-8")

    def setup(sphinx: Sphinx) -> dict[str, Any]:
        sphinx.connect("builder-inited", write)
        return {"parallel_read_safe": True, "parallel_write_safe": True}

    return setup
