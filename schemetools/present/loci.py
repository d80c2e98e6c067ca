"""Pictures of one scheme: its root locus, its order star, its region of relative stability."""

# The stubs of NumPy refuse .real and .imag of an array whose type is not known, and unpacked windows.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from schemetools.present.axes import BESIDE, complex_plane, style_cycle, styled
from schemetools.present.regions import (
    FILL,
    GRID,
    checked_limits,
    common_window,
    fill,
    name_of,
    outline,
    stabilities_of,
)

GRID_OF_ROOTS = 300
WIDE = 3.4
LOCUS: dict[str, Any] = {"color": "#E69F00", "linestyle": (0, (4, 3)), "linewidth": 1.3}


def plot_locus(
    scheme: Any,
    ax: Axes | None = None,
    *,
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
) -> Axes:
    """Draw the whole root locus, where some root has modulus 1, over the region; return the axes.

    >>> import schemetools as st
    >>> axes = st.plot_locus("bdf(3)", xlim=(-2, 8), ylim=(-5, 5))
    >>> len(axes.lines) > 0
    True
    """
    [s] = stabilities_of(scheme)
    curves = s.locus()
    points = np.concatenate([*curves, [0]])
    reach = 1.15 * np.abs(points[np.abs(points) < 50 * np.median(np.abs(points)) + 1]).max()
    window = common_window([s.window, ((-0.2 * reach, 0.2 * reach), (-0.2 * reach, 0.2 * reach))], None, None)
    near = 1.06 * points[np.abs(points) <= reach]
    window = common_window(
        [window, ((near.real.min(), near.real.max()), (near.imag.min(), near.imag.max()))], None, None
    )
    with styled():
        ax = complex_plane(ax)
        style = style_cycle()[0]
        fill(ax, s.region(*window, GRID), window, style["color"])
        outline(ax, s.curves(), {**style, "linewidth": WIDE})
        for curve in curves:
            ax.plot(curve.real, curve.imag, zorder=4, **LOCUS)  # above the outline, which is wider, and lighter than it
        handles = [
            Line2D([], [], label="root locus", **LOCUS),
            Patch(facecolor=(*to_rgb(style["color"]), FILL), edgecolor=style["color"], label=f"region of {name_of(s)}"),
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

    >>> import schemetools as st
    >>> st.plot_order_star("gauss(2)").get_title()
    'order star of gauss(2)'
    """
    [s] = stabilities_of(scheme)
    window = (checked_limits("xlim", xlim), checked_limits("ylim", ylim))
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
        ax.set_title(f"order star of {name_of(s)}")
    return ax


def plot_relative_stability(
    scheme: Any, ax: Axes | None = None, *, xlim: tuple[float, float] = (-3, 3), ylim: tuple[float, float] = (-3, 3)
) -> Axes:
    """Draw the region of relative stability over the outline of the region, and return the axes.

    Multistep: no root is larger than the principal one, taken as the root nearest to e^(limit z). One-step: |R(z)| is
    at most |e^(limit z)|.

    >>> import schemetools as st
    >>> axes = st.plot_relative_stability("ab(2)", xlim=(-2, 2), ylim=(-2, 2))
    >>> len(axes.lines) + len(axes.collections) > 0
    True
    """
    [s] = stabilities_of(scheme)
    window = (checked_limits("xlim", xlim), checked_limits("ylim", ylim))
    with styled():
        ax = complex_plane(ax)
        grid = _grid(window)
        _shade(ax, s.dominance(grid), window, style_cycle()[2]["color"])
        outline(ax, s.curves(), style_cycle()[0])
        ax.set_xlim(*window[0])
        ax.set_ylim(*window[1])
        handles = [
            Patch(facecolor=(*to_rgb(style_cycle()[2]["color"]), 2 * FILL), label="relatively stable"),
            Line2D([], [], label=f"region of {name_of(s)}", **style_cycle()[0]),
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
