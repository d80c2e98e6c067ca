"""What pictures of regions are made of: fills and outlines as vectors, windows, labels, points laid over them."""

# The stubs of NumPy refuse .real and .imag of an array whose type is not known, and unpacked windows.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withTickedStroke

from schemetools.analysis.regions.boundary import Curve
from schemetools.analysis.stability.base import Stability
from schemetools.analysis.stability.exponential import ExponentialStability
from schemetools.analysis.stability.verb import stability
from schemetools.errors import SchemeError, UnsupportedError, came
from schemetools.present.axes import style_cycle
from schemetools.schemes.base import Scheme
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom

GRID = 600
FILL = 0.16
FAR = 3.0  # eigenvalues farther out than so many times the window's reach do not widen it
COLOURS = 8  # that are told apart; more schemes are numbered


def stabilities_of(schemes: Any, *, normalized: bool = False, shares: Any = None) -> list[Stability]:
    """The stability of each scheme of a list, or of one. Raises SchemeError for an empty list, and by `check_plane`."""
    if isinstance(schemes, (Stability, Scheme)) or not isinstance(schemes, Iterable) or isinstance(schemes, str):
        schemes = [schemes]
    found = [s if isinstance(s, Stability) else stability(s, normalized=normalized, shares=shares) for s in schemes]
    if not found:
        raise SchemeError("there is no scheme to draw: give a scheme or a list of schemes, such as [rk4, lm(k=0.3)]")
    for s in found:
        check_plane(s)
    return found


def check_plane(s: Any) -> None:
    """Raise UnsupportedError for a scheme whose stability is not a region in the plane of one number."""
    if isinstance(s.scheme, Discretisation):
        raise UnsupportedError(
            f"a region in the plane of h lambda belongs to a scheme of u' = f(u); {s.scheme:} is one of a partial "
            "differential equation: plot_dissipation, plot_dispersion and plot_plane draw what its waves do"
        )
    if isinstance(s.scheme, RungeKuttaNystrom):
        raise UnsupportedError(
            f"a region in one complex number does not exist: {s.scheme:} is for q'' = f, whose test equation is "
            "q'' = -w^2 q; st.stability(s).periodicity_interval says for which h w it is periodic"
        )
    if isinstance(s, ExponentialStability):
        raise UnsupportedError(
            f"a region in one number does not exist: {s.scheme:} has two, x = hλ for what it solves exactly and y = hμ "
            "for the rest; st.stability(s).region(x) is its region in the plane of y"
        )


def name_of(s: Stability) -> str:
    """The name of the scheme."""
    return format(s.scheme)


def common_window(windows: Sequence[Any], xlim: Any, ylim: Any) -> Any:
    """The given limits, and where they are missing the least window that shows every region."""
    lows, highs = np.min(windows, axis=0)[:, 0], np.max(windows, axis=0)[:, 1]
    x = (float(lows[0]), float(highs[0])) if xlim is None else checked_limits("xlim", xlim)
    y = (float(lows[1]), float(highs[1])) if ylim is None else checked_limits("ylim", ylim)
    return x, y


def checked_limits(name: str, given: Any) -> tuple[float, float]:
    """Two finite numbers, the lower one first. Raises SchemeError for anything else."""
    try:
        low, high = map(float, given)
    except (TypeError, ValueError):
        low, high = 0.0, 0.0
    if not (np.isfinite([low, high]).all() and low < high):
        raise SchemeError(f"{name}={given!r} came; give two numbers, the lower one first, as in {name}=(-4, 1)")
    return low, high


def fill(ax: Axes, region: np.ndarray, window: Any, color: Any, alpha: float = FILL) -> None:
    """Fill a region given on a grid, as a path, so that it stays sharp in SVG and PDF."""
    if region.any():
        x, y = (np.linspace(*limits, n) for limits, n in zip(window, region.shape[::-1], strict=True))
        ax.contourf(x, y, region.astype(float), levels=[0.5, 1.5], colors=[color], alpha=alpha, zorder=2)


def outline(ax: Axes, curves: Sequence[Curve], style: dict[str, Any], *, ticks: bool = False) -> None:
    """Draw the boundary; with `ticks`, short strokes on the side where it is stable, which is on the left."""
    for curve in curves:
        points = curve.points[:-1] if curve.unbounded else curve.points
        [line] = ax.plot(points.real, points.imag, zorder=3, solid_capstyle="round", **style)
        if ticks and min(np.ptp(points.real), np.ptp(points.imag)) > 0:  # a segment has no side
            line.set_path_effects([withTickedStroke(angle=90, spacing=9, length=0.5)])


def is_outside(curves: Sequence[Curve], s: Stability) -> bool:
    """Whether the region is what lies outside of its boundary, as for implicit schemes."""
    reach = max((float(np.abs(c.points).max()) for c in curves if not c.unbounded), default=1.0)
    return bool(s.contains(np.array([-20 * reach]))[0])


def edge(style: dict[str, Any]) -> dict[str, Any]:
    """The line of a legend's patch."""
    return {"linestyle": style["linestyle"], "linewidth": matplotlib.rcParams["lines.linewidth"]}


def styles_for(count: int) -> list[dict[str, Any]]:
    """A style for each of so many schemes: the package's, and other dashes where its colours come round again."""
    cycle = style_cycle()
    dashes = [(0, (12, 2)), (0, (6, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2))]
    return [
        cycle[i]
        if i < len(cycle)
        else {"color": cycle[i % len(cycle)]["color"], "linestyle": dashes[(i + i // len(cycle)) % len(dashes)]}
        for i in range(count)
    ]


def number_outlines(ax: Axes, found: Sequence[Sequence[Curve]], window: Any, styles: Sequence[dict[str, Any]]) -> None:
    """A number on each outline, at places that differ from one to the next, for more schemes than there are colours."""
    for i, (curves, style) in enumerate(zip(found, styles, strict=True)):
        points = np.concatenate([c.points for c in curves]) if curves else np.zeros(0)
        seen = points[
            (points.real > window[0][0])
            & (points.real < window[0][1])
            & (points.imag > 0)
            & (points.imag < window[1][1])
        ]
        if seen.size:
            place = seen[int(len(seen) * ((0.15 + 0.618 * i) % 1))]
            box = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": style["color"], "linewidth": 0.8}
            ax.annotate(str(i + 1), (place.real, place.imag), fontsize=7, ha="center", va="center", bbox=box, zorder=6)


def points_of(values: Any) -> np.ndarray:
    """Points h lambda, or the eigenvalues of a square matrix h J. Raises SchemeError for what is not finite."""
    try:
        points = np.asarray(values, dtype=complex)
    except (TypeError, ValueError):
        raise SchemeError(f"eigenvalues are complex numbers or a square matrix; {came(values)} came") from None
    if not np.isfinite(points).all():
        raise SchemeError("eigenvalues must be finite; NaN or infinity came")
    if points.ndim == 2 and points.shape[0] == points.shape[1]:
        points = np.linalg.eigvals(points)
    return points.ravel()


def around(points: np.ndarray, window: Any) -> Any:
    """The window of those points that are not far out of `window`, with a margin of a tenth of their reach."""
    reach = FAR * float(np.abs(window).max())
    near = points[np.abs(points) <= reach]
    if not near.size:
        return window
    margin = 0.1 * float(np.abs(near).max())
    sides = (near.real, near.imag)
    return tuple((float(side.min()) - margin, float(side.max()) + margin) for side in sides)


def scatter(ax: Axes, points: np.ndarray, window: Any, color: Any = "black", label: str | None = None) -> int:
    """Lay points over a picture; those outside are drawn as hollow marks on its edge. How many these are."""
    inside = np.ones(points.shape, bool)
    for side, limits in zip((points.real, points.imag), window, strict=True):
        inside &= (side >= limits[0]) & (side <= limits[1])
    here, far = points[inside], points[~inside]
    ax.scatter(here.real, here.imag, s=16, color=color, edgecolors="white", linewidths=0.5, zorder=5, label=label)
    if far.size:
        x, y = np.clip(far.real, *window[0]), np.clip(far.imag, *window[1])
        ax.scatter(x, y, s=26, marker="D", facecolors="none", edgecolors=[color], zorder=5, clip_on=False)
    return int(far.size)
