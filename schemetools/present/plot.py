"""Pictures of stability: regions of schemes, a family along its parameter, eigenvalues over a region."""

# The stubs of NumPy refuse .real and .imag of an array whose type is not known, and unpacked windows.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from sympy import Symbol, sympify

from schemetools.analysis.stability.base import Stability
from schemetools.analysis.stability.mean_square import MeanSquareStability
from schemetools.errors import SchemeError
from schemetools.present import regions
from schemetools.present.axes import BESIDE, complex_plane, save, styled
from schemetools.present.loci import plot_locus, plot_order_star, plot_relative_stability
from schemetools.present.verdicts import meaning
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

FILL_OF_ALL, FAINTEST = 0.3, 0.05
EIGENVALUES_SHOWN = "eigenvalues"
MOST_LABELS = 8  # values in a legend; more get a colour bar
SHORT = 6  # characters of an exact value in a label; a longer one is shown as a decimal


def plot_stability(
    schemes: Any,
    ax: Axes | None = None,
    *,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    normalized: bool = False,
    labels: Sequence[str] | None = None,
    eigenvalues: Any = None,
    shares: Mapping[str, Any] | None = None,
) -> Axes:
    """Draw the stability region of one scheme, or of several on the same axes, and return the axes.

    Each region is filled and outlined, with short strokes to the stable side where that is outside the curve; several
    get a legend, more than eight are numbered as well. The window is chosen so that every region is seen, unless xlim
    and ylim are given. `normalized` rescales each scheme's z by its limit. `shares` are the shares of lambda that the
    fields of an additive scheme get, as in `stability`; see `plot_imex` for the region of an implicit-explicit pair.
    `eigenvalues`, the points h lambda or a square matrix h J, are laid over the regions; those far outside are hollow
    marks on the edge. The region of a scheme with random coefficients is that of the mean square, and says so.
    Raises SchemeError for an empty list and for a scheme with free symbols.

    >>> import schemetools as st
    >>> st.plot_stability("rk4").get_title()
    'rk4'
    """
    found = regions.stabilities_of(schemes, normalized=normalized, shares=shares)
    names = list(labels) if labels is not None else [regions.name_of(s) for s in found]
    if len(names) != len(found):
        raise SchemeError(f"{len(names)} labels came for {len(found)} schemes; give one each")
    points = None if eigenvalues is None else regions.points_of(eigenvalues)
    window = _window(found, points, xlim, ylim)
    with styled():
        ax = complex_plane(ax, label=_axis(found, normalized=normalized))
        handles = _draw(ax, found, names, window)
        if points is not None:
            far = regions.scatter(ax, points, window)
            said = EIGENVALUES_SHOWN + (f" ({far} outside, on the edge)" if far else "")
            handles.append(Line2D([], [], marker="o", color="black", linestyle="none", markersize=4, label=said))
        ax.set_xlim(*window[0])
        ax.set_ylim(*window[1])
        _annotate(ax, handles, names, found)
    return ax


def _window(found: Sequence[Stability], points: np.ndarray | None, xlim: Any, ylim: Any) -> Any:
    windows = [s.window for s in found]
    if points is not None and points.size:
        windows.append(regions.around(points, regions.common_window(windows, None, None)))
    return regions.common_window(windows, xlim, ylim)


def _axis(found: Sequence[Stability], *, normalized: bool) -> str:
    label = r"h\lambda\cdot\mathrm{limit}" if normalized else r"h\lambda"
    return rf"{label}\ \mathrm{{(mean\ square)}}" if all(isinstance(s, MeanSquareStability) for s in found) else label


def _draw(ax: Axes, found: Sequence[Stability], names: list[str], window: Any) -> list[Any]:
    """Fill and outline the regions; the handles of a legend."""
    styles, handles = regions.styles_for(len(found)), []
    alpha = min(regions.FILL, max(FAINTEST, FILL_OF_ALL / len(found)))  # regions lie on one another
    numbered = len(found) > regions.COLOURS
    curves = [s.curves() for s in found]
    for i, (s, name, style) in enumerate(zip(found, names, styles, strict=True)):
        regions.fill(ax, s.region(*window, regions.GRID), window, style["color"], alpha)
        regions.outline(ax, curves[i], style, ticks=regions.is_outside(curves[i], s))
        said = f"{i + 1}  {name}" if numbered else name
        if len(found) > 1 and (what := meaning(s)):
            said = f"{said}\n{what}"
        face = (*to_rgb(style["color"]), alpha)
        handles.append(Patch(facecolor=face, edgecolor=style["color"], label=said, **regions.edge(style)))
    if numbered:
        regions.number_outlines(ax, curves, window, styles)
    return handles


def _annotate(ax: Axes, handles: Sequence[Any], names: Sequence[str], found: Sequence[Stability]) -> None:
    if len(names) == 1:
        what = meaning(found[0])
        ax.set_title(f"{names[0]}\n{what}" if what else names[0])
    if len(handles) > 1:
        ax.legend(handles=list(handles) if len(names) > 1 else handles[1:], **BESIDE)


def plot_eigenvalues(values: Any, ax: Axes | None = None) -> Axes:
    """Lay the points h lambda, or the eigenvalues of a square matrix h J, over the axes, and return these.

    Raises SchemeError for values that are not finite.

    >>> import schemetools as st
    >>> st.plot_eigenvalues([-1, -0.5 + 1j], st.plot_stability("rk4")).get_title()
    'rk4'
    """
    points = regions.points_of(values)
    with styled():
        ax = complex_plane(ax)
        ax.scatter(points.real, points.imag, s=16, color="black", edgecolors="white", linewidths=0.5, zorder=5)
    return ax


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

    Short strokes point to the stable side. Up to eight values are listed, more get a colour bar.
    Raises SchemeError unless the scheme has a free symbol (the one named, or the only one).

    >>> import schemetools as st
    >>> st.plot_sweep("lm", ["-1/2", 0, "1/2"]).get_title()
    'lm(k); strokes to the stable side'
    """
    scheme = as_scheme(scheme)
    name = _swept_symbol(scheme, symbol)
    values = list(values)
    found = regions.stabilities_of([scheme.subs({name: value}) for value in values], normalized=normalized)
    window = regions.common_window([s.window for s in found], xlim, ylim)
    few = len(found) <= MOST_LABELS
    with styled():
        ax = complex_plane(ax, label=_axis(found, normalized=normalized))
        sizes = np.array([float(sympify(value)) for value in values])
        scale = Normalize(sizes.min(), sizes.max() + 0.08 * (np.ptp(sizes) or 1.0))  # the lightest shade is not used
        shades = matplotlib.colormaps["cividis"]
        styles = ["-", "--", "-.", ":"] if few else ["-"]
        every = -(-len(found) // MOST_LABELS)  # strokes on each of hundreds of curves would hide them
        for i, (s, value, size) in enumerate(zip(found, values, sizes, strict=True)):
            style = {"color": shades(scale(size)), "linestyle": styles[i % len(styles)]}
            regions.outline(ax, s.curves(), style, ticks=i % every == 0)
            ax.plot([], [], label=f"{name} = {_short(value)}", **style)
        ax.set_xlim(*window[0])
        ax.set_ylim(*window[1])
        if few:
            ax.legend(**BESIDE)
        elif ax.figure is not None:
            ax.figure.colorbar(ScalarMappable(scale, shades), ax=ax, label=name, shrink=0.6)
        ax.set_title(f"{scheme}; strokes to the stable side")
    return ax


def _short(value: Any) -> str:
    written = str(value)
    return written if len(written) <= SHORT else f"{float(sympify(value)):.3g}"


def _swept_symbol(scheme: Scheme, symbol: str | Symbol | None) -> str:
    names = sorted(s.name for s in scheme.free_symbols)
    if symbol is None and len(names) == 1:
        return names[0]
    if symbol is not None and str(symbol) in names:
        return str(symbol)
    raise SchemeError(
        f"a sweep needs one free symbol of {scheme}, whose free symbols are: {', '.join(names) or 'none'}"
        + (f"; symbol={str(symbol)!r} came" if symbol is not None else "; say which, as in symbol='k'" if names else "")
    )
