"""Pictures of a trained network: its layers over their own regions, its coefficients over depth and epochs."""

# pyright: reportAttributeAccessIssue=false

import importlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from schemetools.analysis.stability.verb import stability
from schemetools.errors import SchemeError, came
from schemetools.present import regions
from schemetools.present.axes import complex_plane, given_or_new, style_cycle, styled

COLUMNS, PANEL = 4, 2.6
GRID = 240


def plot_layers(report: Any) -> Figure:
    """Draw the leading eigenvalues of every layer of an `inspect` report over the region of the layer's own scheme.

    One panel per layer; those outside of a panel are hollow marks on its edge. Raises SchemeError for no layers.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.euler, [torch.nn.Linear(3, 3) for _ in range(4)], h=0.1)
    >>> len(st.plot_layers(st.inspect(stack, torch.ones(1, 3))).axes) >= 4
    True
    """
    if not hasattr(report, "layers"):
        raise SchemeError(f"plot_layers draws a report, st.inspect(net, x); {came(report)} came")
    layers = [layer for layer in report.layers if not layer.scheme.random_symbols and not layer.scheme.free_symbols]
    if not layers:
        raise SchemeError("the report has no layer that can be drawn: each needs a scheme with numbers")
    columns = min(COLUMNS, len(layers))
    rows = -(-len(layers) // columns)
    with styled():
        figure, axes = plt.subplots(
            rows, columns, squeeze=False, sharex=True, sharey=True, figsize=(PANEL * columns, PANEL * rows)
        )
        found = [stability(layer.scheme) for layer in layers]
        points = [regions.points_of(list(layer.eigenvalues)) for layer in layers]
        window = regions.common_window([s.window for s in found], None, None)
        window = regions.common_window([window, regions.around(np.concatenate(points), window)], None, None)
        for ax, layer, s, own in zip(axes.flat, layers, found, points, strict=False):
            _panel(ax, layer, s, own, window)
        for n, ax in enumerate(axes.flat):
            if n >= len(layers):
                ax.remove()
            elif n + columns < len(layers):
                ax.set_xlabel("")
            else:
                ax.tick_params(labelbottom=True)
            if n % columns:
                ax.set_ylabel("")
    return figure


def _panel(ax: Axes, layer: Any, s: Any, points: np.ndarray, window: Any) -> None:
    complex_plane(ax)
    style = style_cycle()[0]
    regions.fill(ax, s.region(*window, GRID), window, style["color"])
    regions.outline(ax, s.curves(), style)
    regions.scatter(ax, points, window, "black" if layer.inside is not False else style_cycle()[1]["color"])
    ax.set_xlim(*window[0])
    ax.set_ylim(*window[1])
    ax.set_title(f"{layer.name}\n{layer.scheme}", fontsize=8)


def plot_coefficients(run: Any, ax: Axes | None = None, *, symbol: str = "k") -> Axes:
    """Draw the learned coefficients of a training over the depth of the network, one line per epoch; return the axes.

    `run` is the folder of a training, its run.json, its records, one per epoch with "coefficients" {layer.symbol:
    value}, or a network as it stands. Of a coefficient with one value per channel the mean is drawn. Raises SchemeError
    where none has the symbol, and for anything else.

    >>> import schemetools as st
    >>> epochs = [{"coefficients": {"layers.1.k": -0.1, "layers.2.k": -0.2}}]
    >>> axes = st.plot_coefficients(epochs)
    >>> axes.lines[0].get_ydata()
    array([-0.1, -0.2])
    """
    epochs = _epochs(run)
    lines = [by_depth(epoch.get("coefficients", {}), symbol) for epoch in epochs]
    if not any(lines):
        known = sorted({name.rpartition(".")[2] for epoch in epochs for name in epoch.get("coefficients", {})})
        raise SchemeError(f"no epoch has a coefficient {symbol!r}; this run learned {', '.join(known) or 'none'}")
    with styled():
        ax = given_or_new(ax)
        scale, shades = Normalize(1, max(2, len(lines) + 0.4)), matplotlib.colormaps["cividis"]
        for n, line in enumerate(lines, 1):
            ax.plot(range(1, len(line) + 1), line, "o-", markersize=3, color=shades(scale(n)))
        ax.set_xlabel("layer with a trained coefficient")
        ax.set_ylabel(symbol)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(True)
        ax.figure.colorbar(ScalarMappable(scale, shades), ax=ax, label="epoch", ticks=MaxNLocator(integer=True))
    return ax


def _epochs(run: Any) -> Sequence[Mapping[str, Any]]:
    if hasattr(run, "named_modules"):
        reading = importlib.import_module("schemetools.nn.reading.chains")  # which loads torch
        return [{"coefficients": reading.learned_coefficients(run)}]
    if not isinstance(run, (str, Path)):
        records = list(run) if isinstance(run, Iterable) else [None]
        epochs = [epoch if isinstance(epoch, Mapping) else getattr(epoch, "__dict__", None) for epoch in records]
        if not all(isinstance(epoch, Mapping) for epoch in epochs):
            raise SchemeError(
                f"a training is its folder, its run.json, its records, one per epoch, or the network; {came(run)} came"
            )
        return epochs  # type: ignore[return-value]
    path = Path(run) / "run.json" if Path(run).is_dir() else Path(run)
    try:
        return json.loads(path.read_text(encoding="utf-8"))["epochs"]
    except (OSError, ValueError, KeyError, TypeError):
        raise SchemeError(
            f"{path} is no run.json of a training; give the folder that schemetools train wrote"
        ) from None


def by_depth(coefficients: Mapping[str, Any], symbol: str) -> list[float]:
    """The values of a symbol in the order of the layers: layers.2 before layers.10."""
    named = {name: value for name, value in coefficients.items() if name.rpartition(".")[2] == symbol}
    ordered = sorted(named, key=lambda name: [int(s) if s.isdigit() else s for s in re.split(r"(\d+)", name)])
    return [float(np.mean(named[name])) for name in ordered]
