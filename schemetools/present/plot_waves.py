"""Pictures of difference schemes: dispersion and dissipation curves, the spectrum over the region, stable planes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy
from matplotlib.axes import Axes

from schemetools import exact
from schemetools.analysis.modified import modified_equation
from schemetools.analysis.stability.verb import stability
from schemetools.analysis.stability.von_neumann import VonNeumannStability
from schemetools.errors import SchemeError
from schemetools.present.axes import given_or_new, style_cycle, styled
from schemetools.present.plot import plot_stability
from schemetools.schemes.discretisation import Discretisation, discretisation_of
from schemetools.schemes.semidiscrete import MethodOfLines

ANGLES = 721
PLANE = 401
COLUMNS = 121
SPECTRUM = 256


def plot_dispersion(
    schemes: Any, numbers: Mapping[str, Any], ax: Axes | None = None, *, truncations: Sequence[int] = ()
) -> Axes:
    """Draw the phase error arg G + arg of the exact wave against theta from 0 to pi, for one or several schemes.

    The curve is -arg G(theta)/theta over that of the limit equation: 1 is right, below it waves lag. `truncations` are
    orders of derivatives at which the modified equation is cut off, drawn dashed.

    >>> import schemetools as st
    >>> axes = st.plot_dispersion("lax_wendroff", {"nu": 0.5})
    >>> len(axes.lines) > 0
    True
    """
    return _curves(schemes, numbers, ax, truncations, phase=True)


def plot_dissipation(
    schemes: Any, numbers: Mapping[str, Any], ax: Axes | None = None, *, truncations: Sequence[int] = ()
) -> Axes:
    """Draw |G(theta)| of the principal root against theta from 0 to pi, for one or several schemes.

    `truncations` are orders of derivatives at which the modified equation is cut off, drawn dashed.

    >>> import schemetools as st
    >>> axes = st.plot_dissipation(["upwind", "lax_wendroff"], {"nu": 0.5})
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['upwind', 'lax_wendroff']
    """
    return _curves(schemes, numbers, ax, truncations, phase=False)


def _curves(schemes: Any, numbers: Mapping[str, Any], ax: Axes | None, cuts: Sequence[int], *, phase: bool) -> Axes:
    theta = np.linspace(0, np.pi, ANGLES)[1:]
    with styled():
        ax = given_or_new(ax)
        styles = style_cycle()
        for i, scheme in enumerate(_listed(schemes)):
            color = styles[i % len(styles)]["color"]
            speed = _speed(scheme, numbers) if phase else 1.0
            ax.plot(
                theta,
                _shown(_principal(scheme, theta, numbers), theta, speed, phase=phase),
                color=color,
                label=format(scheme),
            )
            for n, cut in enumerate(cuts):
                value = np.exp(_series(scheme, numbers, cut, theta))
                dashed = {"color": color, "linestyle": (0, (4, 1 + n)), "linewidth": 1.0}
                ax.plot(theta, _shown(value, theta, speed, phase=phase), label=f"through order {cut}", **dashed)
        ax.axhline(1, color="#999999", linewidth=0.8, zorder=1)
        ax.set_xlim(0, np.pi)
        ax.set_xticks([0, np.pi / 4, np.pi / 2, 3 * np.pi / 4, np.pi], ["0", "π/4", "π/2", "3π/4", "π"])
        ax.set_ylim(*((-0.5, 1.5) if phase else (0, 1.3)))
        ax.set_xlabel(r"$\theta = k\,\Delta x$")
        ax.set_ylabel("numerical over exact phase" if phase else r"$|G(\theta)|$")
        ax.legend()
    return ax


def _listed(schemes: Any) -> list[Discretisation]:
    several = schemes if isinstance(schemes, Iterable) and not isinstance(schemes, str) else [schemes]
    found = [discretisation_of(s) for s in several]
    if not found or any(s is None or s.dimension != 1 for s in found):
        raise SchemeError("waves are drawn of difference schemes and methods of lines in one dimension")
    return [s for s in found if s is not None]


def _principal(scheme: Discretisation, theta: np.ndarray, numbers: Mapping[str, Any]) -> np.ndarray:
    found = stability(scheme)
    factors = found.amplification(theta, **{n: numbers[n] for n in found.numbers if n in numbers})
    return factors if factors.shape == theta.shape else factors[..., 0]


def _shown(value: np.ndarray, theta: np.ndarray, speed: float, *, phase: bool) -> np.ndarray:
    return np.unwrap(np.angle(value)) / (speed * theta) if phase else np.abs(value)


def _series(scheme: Discretisation, numbers: Mapping[str, Any], order: int, theta: np.ndarray) -> np.ndarray:
    values = {sympy.Symbol(n): exact.coefficient(v, parameter=True) for n, v in numbers.items()}
    terms = modified_equation(scheme, order).in_numbers()
    total = np.zeros_like(theta, dtype=complex)
    for (n,), c in terms.items():
        total = total + exact.to_float(exact.canonical(c.subs(values))) * (1j * theta) ** n
    return total


def _speed(scheme: Discretisation, numbers: Mapping[str, Any]) -> float:
    values = {sympy.Symbol(n): exact.coefficient(v, parameter=True) for n, v in numbers.items()}
    found = modified_equation(scheme, 1).in_numbers().get((1,), sympy.Integer(0)).subs(values)
    if found == 0:
        raise SchemeError(f"{scheme} moves no waves with {dict(numbers)}, so there is no phase to compare with")
    return exact.to_float(exact.canonical(found))


def plot_spectrum(scheme: Any, numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw z = dt S(theta) of a method of lines at all angles over the stability region of its scheme in time.

    >>> import schemetools as st
    >>> axes = st.plot_spectrum("rk4_centred2", {"nu": 1})
    >>> len(axes.lines) + len(axes.collections) > 1
    True
    """
    lines = discretisation_of(scheme)
    if not isinstance(lines, MethodOfLines) or lines.dimension != 1 or len(lines.terms) != 1:
        raise SchemeError(
            f"{scheme} is not what plot_spectrum draws, a method of lines in one dimension with one operator, such as "
            "rk4_centred2; plot_dispersion draws the waves of a difference scheme"
        )
    theta = np.linspace(-np.pi, np.pi, SPECTRUM)
    values = {sympy.Symbol(n): exact.coefficient(v, parameter=True) for n, v in numbers.items()}
    z = np.zeros_like(theta, dtype=complex)
    for weight, stencil in lines.terms[0]:
        above, below = (
            sum(exact.to_float(exact.canonical(c.subs(values))) * np.exp(1j * int(e[0]) * theta) for e, c in part)
            for part in (stencil.numerator, stencil.denominator)
        )
        z = z + exact.to_float(exact.canonical(weight.subs(values))) * above / below
    return plot_stability(lines.time, ax, eigenvalues=z)


def plot_plane(
    scheme: Any,
    ax: Axes | None = None,
    *,
    xlim: tuple[float, float] = (-1.5, 1.5),
    ylim: tuple[float, float] = (-1.5, 1.5),
) -> Axes:
    """Draw the stable set of two numbers: the first along x. Outlines are the exact boundary curves.

    Raises SchemeError unless the scheme has two numbers.

    >>> import schemetools as st
    >>> axes = st.plot_plane("ftcs_advection_diffusion")
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('mu', 'nu')
    """
    grid = discretisation_of(scheme)
    if grid is None:
        raise SchemeError("a plane is drawn of a difference scheme or a method of lines with two numbers")
    found = stability(grid)
    if len(found.numbers) != 2:
        raise SchemeError(f"a plane has two numbers; {grid} has {', '.join(found.numbers) or 'none'}")
    with styled():
        ax = given_or_new(ax)
        color = style_cycle()[0]["color"]
        _fill_plane(found, ax, xlim, ylim, color)
        first, second = found.numbers
        ax.set_xlim(*xlim)
        ax.set_ylim(*ylim)
        ax.set_xlabel(first)
        ax.set_ylabel(second)
        ax.set_title(format(grid))
    return ax


def _fill_plane(found: VonNeumannStability, ax: Axes, xlim: Any, ylim: Any, color: Any) -> None:
    """Shade the set, and draw of the exact boundary curves the parts along it."""
    n = PLANE if found.condition is not None else COLUMNS
    x, y = (np.round(np.linspace(lim[0], lim[1], n) * 4096) / 4096 for lim in (xlim, ylim))
    first, second = found.numbers
    X, Y = np.meshgrid(x, y)
    inside = found.contains(**{first: X, second: Y})
    ax.contourf(X, Y, inside.astype(float), levels=[0.5, 1.5], colors=[color], alpha=0.25)
    near = np.zeros_like(inside)
    for axis in (0, 1):
        change = np.diff(inside.astype(int), axis=axis) != 0
        for shift in range(-1, 3):
            near |= np.roll(np.pad(change, [(0, int(axis == 0)), (0, int(axis == 1))]), shift, axis=axis)
    plane = found.cells
    for curve in plane.curves if plane is not None else ():
        values = sum(float(c) * X**i * Y**j for (i, j), c in curve.items())
        values = np.where(near, values, np.nan)
        if np.nanmin(values, initial=1) < 0 < np.nanmax(values, initial=-1):
            ax.contour(X, Y, values, levels=[0.0], colors=[color], linewidths=1.4)
