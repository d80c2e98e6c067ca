"""A table of the literature as a picture: errors, momentum over depth, layers against the regions of their schemes."""

# pyright: reportAttributeAccessIssue=false

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from schemetools.analysis.stability.verb import stability
from schemetools.errors import FileError, SchemeError, came
from schemetools.plain import misfit
from schemetools.present import regions
from schemetools.present.axes import complex_plane, style_cycle, styled
from schemetools.present.trained import by_depth
from schemetools.schemes.registry import get

Record = Mapping[str, Any]
WIDTH, HEIGHT = 5.2, 3.4

LAYER = {"coefficients": {str: float}, "eigenvalues": [[float, float]], "inside": (bool, None)}
RUN = {
    "error": float,
    "coefficients": {str: (float, [float])},
    "theory": ({"layers": [LAYER]}, {"refused": str}, None),
}
ROW = {"label": str, "scheme": (str, None), "runs": [RUN], "paired": ({"against": (str, None)}, None)}
TABLE = {"title": str, "rows": [ROW]}


def plot_table(record: Record | str | os.PathLike[str]) -> Figure:
    """Draw what `st.nn.tables.reproduce` measured: the `record` it returns, its table.json, or the contents of that.

    The first panel has the error of every run, with the mean of each row; published figures are not in it. Where rows
    learned a k, the second has the momentum coefficient -k of their layers over depth, one line per seed, and for each
    of them a panel shows the eigenvalues of h f' over the regions of the layers' own schemes, of the network it is
    compared with too: the two claims of LM-ResNet. Raises SchemeError where no run is there, and for a
    record or file that is none.

    >>> import schemetools as st
    >>> run = {"error": 8.0, "coefficients": {}, "theory": None, "config": {"seed": 0}}
    >>> row = {"label": "ResNet-20", "scheme": None, "runs": [run], "paired": None}
    >>> len(st.plot_table({"title": "A table", "rows": [row]}).axes)
    1
    """
    record = _checked(record)
    measured = [row for row in record["rows"] if row["runs"]]
    if not measured:
        raise SchemeError(f"the table {record['title']!r} has no finished run yet; there is nothing to draw")
    learned = [row for row in measured if any(by_depth(run["coefficients"], "k") for run in row["runs"])]
    planes = [row for row in _with_rivals(learned, measured) if _layers(row)]
    window = _window(planes)
    planes = [] if window is None else planes
    panels = 1 + bool(learned) + len(planes)
    columns = min(2, panels)
    with styled():
        rows = -(-panels // columns)
        figure, axes = plt.subplots(
            rows, columns, squeeze=False, figsize=(WIDTH * columns, HEIGHT * rows), layout="constrained"
        )
        places = iter(axes.flat)
        _errors(next(places), measured)
        if learned:
            _momentum(next(places), learned)
        for row in planes:
            _plane(next(places), row, window)
        for ax in places:
            ax.remove()
        figure.suptitle(record["title"])
    return figure


def _checked(table: Any) -> Record:
    """The record of a table, from its file too. Raises SchemeError for anything else."""
    named = isinstance(table, (str, os.PathLike))
    try:
        record = json.loads(Path(table).read_text(encoding="utf-8")) if named else table
    except OSError as problem:
        raise FileError(f"cannot read {table}: {problem.strerror}; give the path of a table.json") from None
    except (ValueError, RecursionError) as problem:  # no UTF-8, no JSON
        raise FileError(f"{table} is no table.json: {problem}") from None
    if wrong := misfit(record, TABLE):
        if named:
            raise FileError(f"{table} is no table.json of st.nn.tables.reproduce: {wrong}")
        said = wrong if isinstance(record, Mapping) else f"{came(record)} came"
        raise SchemeError(f"plot_table draws the record of a table, st.nn.tables.reproduce(...); {said}")
    return record


def _with_rivals(learned: Sequence[Record], measured: Sequence[Record]) -> list[Record]:
    """The rows with a learned k and those that they are compared with, in the order of the table."""
    against = {row["paired"]["against"] for row in learned if row["paired"]}
    return [row for row in measured if row in learned or row["label"] in against]


def _errors(ax: Axes, rows: Sequence[Record]) -> None:
    style = style_cycle()
    for place, row in enumerate(rows):
        values = [run["error"] for run in row["runs"]]
        ax.plot(values, [place] * len(values), "o", color=style[0]["color"], markersize=4, alpha=0.7)
        ax.plot([np.mean(values)] * 2, [place - 0.3, place + 0.3], color="black", linestyle="-", linewidth=1.2)
    ax.set_yticks(range(len(rows)), [f"{row['label']} ({len(row['runs'])})" for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlabel("test error in %: runs, and their mean")
    ax.grid(True, axis="x")


def _momentum(ax: Axes, rows: Sequence[Record]) -> None:
    ax.axhline(0, color="#999999", linewidth=0.8)
    for row, style in zip(rows, regions.styles_for(len(rows)), strict=True):
        for n, run in enumerate(row["runs"]):
            values = -np.array(by_depth(run["coefficients"], "k"))
            label = {} if n else {"label": row["label"]}
            ax.plot(range(1, len(values) + 1), values, marker="o", markersize=3, linewidth=1, **style, **label)
    ax.set_xlabel("layer with a learned k")
    ax.set_ylabel("momentum coefficient -k")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(True)
    ax.legend(loc="best", fontsize=8)


def _layers(row: Record) -> list[Record]:
    """The layers of a row that were read, of all seeds."""
    read = [run["theory"] for run in row["runs"] if run["theory"] and "layers" in run["theory"]]
    return [layer for theory in read for layer in theory["layers"]]


def _schemes(row: Record) -> list[Any]:
    """The schemes of the layers, with the numbers they have: one for each set of learned coefficients."""
    family = get(row["scheme"] or "euler")
    symbols = {str(symbol) for symbol in family.free_symbols}
    found = {tuple(sorted(layer["coefficients"].items())) for layer in _layers(row)}
    return [family.subs(dict(values)) for values in sorted(found) if symbols == set(dict(values))]


def _window(planes: Sequence[Record]) -> Any:
    windows = [stability(scheme).window for row in planes for scheme in _schemes(row)]
    if not windows:
        return None
    points = [regions.points_of([complex(*z) for z in layer["eigenvalues"]]) for r in planes for layer in _layers(r)]
    window = regions.common_window(windows, None, None)
    return regions.common_window([window, regions.around(np.concatenate(points), window)], None, None)


def _plane(ax: Axes, row: Record, window: Any) -> None:
    complex_plane(ax)
    ax.set_xlabel(r"Re $h\lambda$, leading eigenvalues of $h f'$")
    style = style_cycle()
    for scheme in _schemes(row):
        regions.outline(ax, stability(scheme).curves(), style[0] | {"linewidth": 0.7, "alpha": 0.7})
    layers = _layers(row)
    inside = sum(layer["inside"] is True for layer in layers)
    for layer in layers:
        points = regions.points_of([complex(*z) for z in layer["eigenvalues"]])
        regions.scatter(ax, points, window, "black" if layer["inside"] is not False else style[1]["color"])
    ax.set_xlim(*window[0])
    ax.set_ylim(*window[1])
    ax.set_title(f"{row['label']}: {inside} of {len(layers)} layers inside their region", fontsize=9)
