"""Pictures of stability: regions, loci, order stars, relative stability, sweeps along a parameter, eigenvalues."""

# The stubs of NumPy refuse .real and .imag of an array whose type is not known, and unpacked windows.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from sympy import Symbol

from schemetools.analysis.regions.boundary import Curve
from schemetools.analysis.stability.base import Stability
from schemetools.analysis.stability.verb import stability
from schemetools.errors import SchemeError
from schemetools.present.axes import complex_plane, save, style_cycle, styled
from schemetools.schemes.base import Scheme, as_scheme

__all__ = [
    "plot_eigenvalues",
    "plot_locus",
    "plot_order_star",
    "plot_relative_stability",
    "plot_stability",
    "plot_sweep",
    "save",
]

GRID = 600
GRID_OF_ROOTS = 300
FILL = 0.16
FILL_OF_ALL, FAINTEST = 0.3, 0.05
EIGENVALUES_SHOWN = "eigenvalues"
BESIDE: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}  # a legend inside would hide regions


def plot_stability(
    schemes: Any,
    ax: Axes | None = None,
    *,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    normalized: bool = False,
    labels: Sequence[str] | None = None,
    eigenvalues: Any = None,
) -> Axes:
    """Draw the stability region of one scheme, or of several on the same axes, and return the axes.

    Each region is filled and outlined; several get a legend. The window is chosen so that every region is seen, unless
    xlim and ylim are given. `normalized` rescales each scheme's z by its limit. `eigenvalues`, the points h lambda or a
    square matrix h J, are laid over the regions.
    Raises SchemeError for an empty list and for a scheme with free symbols.
    """
    stabilities = _stabilities(schemes, normalized=normalized)
    names = list(labels) if labels is not None else [_name(s) for s in stabilities]
    if len(names) != len(stabilities):
        raise SchemeError(f"{len(names)} labels came for {len(stabilities)} schemes; give one each")
    points = None if eigenvalues is None else _eigenvalues(eigenvalues)
    windows = [s.window for s in stabilities] + ([] if points is None or not points.size else [_around(points)])
    window = _common_window(windows, xlim, ylim)
    with styled():
        ax = complex_plane(ax, label=r"h\lambda\cdot\mathrm{limit}" if normalized else r"h\lambda")
        styles = style_cycle()
        handles: list[Any] = []
        fill = min(FILL, max(FAINTEST, FILL_OF_ALL / len(stabilities)))  # regions lie on one another
        for i, (s, name) in enumerate(zip(stabilities, names, strict=True)):
            style = styles[i % len(styles)]
            _fill(ax, s.region(*window, GRID), window, style["color"], fill)
            _outline(ax, s.curves(), style)
            handles.append(
                Patch(facecolor=(*to_rgb(style["color"]), fill), edgecolor=style["color"], label=name, **_edge(style))
            )
        if points is not None:
            plot_eigenvalues(points, ax)
            handles.append(
                Line2D([], [], marker="o", color="black", linestyle="none", markersize=4, label=EIGENVALUES_SHOWN)
            )
        ax.set_xlim(*window[0])
        ax.set_ylim(*window[1])
        _annotate(ax, handles, names)
    return ax


def _stabilities(schemes: Any, *, normalized: bool = False) -> list[Stability]:
    if isinstance(schemes, (Stability, Scheme)) or not isinstance(schemes, Iterable) or isinstance(schemes, str):
        schemes = [schemes]
    found = [s if isinstance(s, Stability) else stability(s, normalized=normalized) for s in schemes]
    if not found:
        raise SchemeError("there is no scheme to draw: give a scheme or a list of schemes")
    return found


def _name(s: Stability) -> str:
    return format(s.scheme)


def _common_window(windows: Sequence[Any], xlim: Any, ylim: Any) -> Any:
    """The given limits, and where they are missing the least window that shows every region."""
    lows, highs = np.min(windows, axis=0)[:, 0], np.max(windows, axis=0)[:, 1]
    x = tuple(xlim) if xlim is not None else (float(lows[0]), float(highs[0]))
    y = tuple(ylim) if ylim is not None else (float(lows[1]), float(highs[1]))
    return x, y


def _fill(ax: Axes, region: np.ndarray, window: Any, color: Any, alpha: float = FILL) -> None:
    image = np.zeros((*region.shape, 4))
    image[..., :3] = to_rgb(color)
    image[..., 3] = alpha * region
    ax.imshow(
        image, extent=(*window[0], *window[1]), origin="lower", aspect="equal", interpolation="bilinear", zorder=2
    )


def _edge(style: dict[str, Any]) -> dict[str, Any]:
    return {"linestyle": style["linestyle"], "linewidth": matplotlib.rcParams["lines.linewidth"]}


def _outline(ax: Axes, curves: Sequence[Curve], style: dict[str, Any]) -> None:
    for curve in curves:
        points = curve.points[:-1] if curve.unbounded else curve.points
        ax.plot(points.real, points.imag, zorder=3, solid_capstyle="round", **style)


def _annotate(ax: Axes, handles: Sequence[Any], names: Sequence[str]) -> None:
    if len(handles) > 1:
        ax.legend(handles=list(handles), **BESIDE)
    else:
        ax.set_title(names[0])


# ---- points over a region ------------------------------------------------------------


def plot_eigenvalues(values: Any, ax: Axes | None = None) -> Axes:
    """Lay the points h lambda, or the eigenvalues of a square matrix h J, over the axes, and return these.

    Raises SchemeError for values that are not finite.
    """
    points = _eigenvalues(values)
    with styled():
        ax = complex_plane(ax)
        ax.scatter(points.real, points.imag, s=16, color="black", edgecolors="white", linewidths=0.5, zorder=5)
    return ax


def _eigenvalues(values: Any) -> np.ndarray:
    points = np.asarray(values, dtype=complex)
    if points.ndim == 2 and points.shape[0] == points.shape[1]:
        points = np.linalg.eigvals(points)
    if not np.isfinite(points).all():
        raise SchemeError("eigenvalues must be finite; NaN or infinity came")
    return points.ravel()


def _around(points: np.ndarray) -> Any:
    """The window of the points with a margin of a tenth of their reach."""
    margin = 0.1 * float(np.abs(points).max())
    sides = (points.real, points.imag)
    return tuple((float(side.min()) - margin, float(side.max()) + margin) for side in sides)


# ---- a family along its parameter ----------------------------------------------------------


def plot_sweep(
    scheme: Any,
    values: Iterable[Any],
    ax: Axes | None = None,
    *,
    symbol: str | Symbol | None = None,
    normalized: bool = False,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
) -> Axes:
    """Draw the boundaries of a family's regions for values of its free symbol, dark to light, and return the axes.

    Raises SchemeError unless the scheme has a free symbol (the one named, or the only one).
    """
    scheme = as_scheme(scheme)
    name = _swept_symbol(scheme, symbol)
    values = list(values)
    stabilities = _stabilities([scheme.subs({name: value}) for value in values], normalized=normalized)
    window = _common_window([s.window for s in stabilities], xlim, ylim)
    with styled():
        ax = complex_plane(ax, label=r"h\lambda\cdot\mathrm{limit}" if normalized else r"h\lambda")
        shades = matplotlib.colormaps["cividis"](np.linspace(0, 0.92, len(stabilities)))
        styles = ["-", "--", "-.", ":"]
        for i, (s, value, shade) in enumerate(zip(stabilities, values, shades, strict=True)):
            _outline(ax, s.curves(), {"color": shade, "linestyle": styles[i % len(styles)]})
            ax.plot([], [], color=shade, linestyle=styles[i % len(styles)], label=f"{name} = {value}")
        ax.set_xlim(*window[0])
        ax.set_ylim(*window[1])
        ax.legend(**BESIDE)
        ax.set_title(format(scheme))
    return ax


def _swept_symbol(scheme: Scheme, symbol: str | Symbol | None) -> str:
    names = sorted(s.name for s in scheme.free_symbols)
    if symbol is None and len(names) == 1:
        return names[0]
    if symbol is not None and str(symbol) in names:
        return str(symbol)
    raise SchemeError(
        f"a sweep needs one free symbol of {scheme}; it has {', '.join(names) or 'none'}, and {symbol!r} was asked for"
    )


# ---- locus, order star, relative stability ---------------------------------------------------


def plot_locus(scheme: Any, ax: Axes | None = None) -> Axes:
    """Draw the whole root locus, where some root has modulus 1, over the region; return the axes."""
    [s] = _stabilities(scheme)
    curves = s.locus()
    points = np.concatenate([*curves, [0]])
    reach = 1.15 * np.abs(points[np.abs(points) < 50 * np.median(np.abs(points)) + 1]).max()
    window = _common_window([s.window, ((-0.2 * reach, 0.2 * reach), (-0.2 * reach, 0.2 * reach))], None, None)
    near = 1.06 * points[np.abs(points) <= reach]
    window = _common_window(
        [window, ((near.real.min(), near.real.max()), (near.imag.min(), near.imag.max()))], None, None
    )
    with styled():
        ax = complex_plane(ax)
        style = style_cycle()[0]
        _fill(ax, s.region(*window, GRID), window, style["color"])
        for curve in curves:
            ax.plot(curve.real, curve.imag, color="#777777", linestyle="--", linewidth=1.1, zorder=3)
        _outline(ax, s.curves(), style)
        handles = [
            Line2D([], [], color="#777777", linestyle="--", linewidth=1.1, label="root locus"),
            Patch(facecolor=(*to_rgb(style["color"]), FILL), edgecolor=style["color"], label=f"region of {_name(s)}"),
        ]
        ax.set_xlim(*window[0])
        ax.set_ylim(*window[1])
        ax.legend(handles=handles, **BESIDE)
    return ax


def plot_order_star(
    scheme: Any, ax: Axes | None = None, *, xlim: tuple[float, float] = (-5, 5), ylim: tuple[float, float] = (-5, 5)
) -> Axes:
    """Draw the order star {z : |R(z)| > |e^z|} of a one-step scheme, its zeros and its poles; return the axes.

    For several roots R is the largest of them. p + 1 fingers meet at the origin for order p (Wanner, Hairer and
    Norsett, 1978).
    """
    [s] = _stabilities(scheme)
    window = (tuple(xlim), tuple(ylim))
    with styled():
        ax = complex_plane(ax, label="z")
        grid = _grid(window)
        growth = s.growth(grid) - grid.real * float(s.limit)
        _shade(ax, growth, window, style_cycle()[0]["color"])
        zeros, poles = s.zeros_and_poles()
        _marks(ax, zeros, "o", "zeros")
        _marks(ax, poles, "X", "poles")
        ax.set_xlim(*window[0])
        ax.set_ylim(*window[1])
        if len(zeros) or len(poles):
            ax.legend(**BESIDE)
        ax.set_title(f"order star of {_name(s)}")
    return ax


def plot_relative_stability(
    scheme: Any, ax: Axes | None = None, *, xlim: tuple[float, float] = (-3, 3), ylim: tuple[float, float] = (-3, 3)
) -> Axes:
    """Draw the region of relative stability over the outline of the region, and return the axes.

    Multistep: no root is larger than the principal one, taken as the root nearest to e^(limit z). One-step: |R(z)| is
    at most |e^(limit z)|.
    """
    [s] = _stabilities(scheme)
    window = (tuple(xlim), tuple(ylim))
    with styled():
        ax = complex_plane(ax)
        grid = _grid(window)
        _shade(ax, s.dominance(grid), window, style_cycle()[2]["color"])
        _outline(ax, s.curves(), style_cycle()[0])
        ax.set_xlim(*window[0])
        ax.set_ylim(*window[1])
        handles = [
            Patch(facecolor=(*to_rgb(style_cycle()[2]["color"]), 2 * FILL), label="relatively stable"),
            Line2D([], [], label=f"region of {_name(s)}", **style_cycle()[0]),
        ]
        ax.legend(handles=handles, **BESIDE)
    return ax


def _grid(window: Any) -> np.ndarray:
    x, y = (np.linspace(*limits, GRID_OF_ROOTS) for limits in window)
    return x[None, :] + 1j * y[:, None]


def _shade(ax: Axes, values: np.ndarray, window: Any, color: Any) -> None:
    """Fill and outline where the values are positive."""
    extent = (*window[0], *window[1])
    ax.contourf(values, levels=[0, np.inf], colors=[color], alpha=2 * FILL, extent=extent, origin="lower", zorder=2)
    ax.contour(values, levels=[0], colors=[color], linewidths=1.2, extent=extent, origin="lower", zorder=3)


def _marks(ax: Axes, points: np.ndarray, marker: str, label: str) -> None:
    if len(points):
        ax.scatter(points.real, points.imag, marker=marker, color="black", s=26, zorder=5, label=label)
