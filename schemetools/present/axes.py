"""The axes that all pictures share: one style, made only where none are given."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from schemetools.errors import FileError, SchemeError, came

BESIDE: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}  # a legend inside would hide regions
STYLE = Path(__file__).with_name("style.mplstyle")


@functools.cache
def _style() -> Any:
    return matplotlib.rc_params_from_file(str(STYLE), use_default_template=False)


@contextmanager
def styled() -> Iterator[None]:
    """The package's matplotlib style, for the duration of a block."""
    with matplotlib.rc_context(rc=_style()):
        yield


def given_or_new(ax: Axes | None) -> Axes:
    """The given axes or new ones. Raises SchemeError for what is no axes of matplotlib."""
    if ax is None:
        return plt.subplots()[1]
    if not isinstance(ax, Axes):
        raise SchemeError(f"ax is the axes of a matplotlib figure, or left out for new ones; {came(ax)} came")
    return ax


def complex_plane(ax: Axes | None, *, label: str = r"h\lambda") -> Axes:
    """The given axes or new ones, set up as a complex plane: equal aspect, the two axes through the origin."""
    ax = given_or_new(ax)
    ax.set_aspect("equal", adjustable="box")
    ax.axhline(0, color="#999999", linewidth=0.8, zorder=1)
    ax.axvline(0, color="#999999", linewidth=0.8, zorder=1)
    ax.grid(True, color="#DDDDDD", linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel(rf"Re ${label}$")
    ax.set_ylabel(rf"Im ${label}$")
    return ax


def style_cycle() -> list[dict[str, Any]]:
    """The colours and line styles of the package's style, in order."""
    return list(_style()["axes.prop_cycle"])


UNDATED = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
"""What leaves the date out of a picture, so that the same figure is the same file."""


def save(ax: Axes | Figure, path: str | Path, *, dpi: float | None = None) -> Path:
    """Write a figure, or that of the axes, to a PNG, SVG or PDF file; `dpi` for a PNG, 150 without.

    Raises FileError for a path that cannot be written.
    """
    path = Path(path)
    figure = ax if isinstance(ax, Figure) else ax.figure
    if not isinstance(figure, Figure):
        raise FileError("these axes belong to a subfigure; save its figure instead")
    kinds = figure.canvas.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in kinds:
        raise FileError(f"{path} has no picture format that can be written; name the file .png, .svg or .pdf")
    try:
        with styled():
            figure.savefig(
                path, dpi=dpi or matplotlib.rcParams["savefig.dpi"], metadata=UNDATED.get(path.suffix.lower())
            )
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error.strerror or error}") from None
    return path
