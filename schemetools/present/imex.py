"""The region of an implicit-explicit pair: an oscillation in the explicit field, a decay in the implicit one."""

# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from schemetools.analysis.stability.several_fields import growth_of_fields
from schemetools.errors import SchemeError
from schemetools.present.axes import complex_plane, style_cycle, styled
from schemetools.present.regions import FILL
from schemetools.schemes.base import Scheme, as_scheme

GRID = 301
TOLERANCE = 1e-9


def plot_imex(
    scheme: Any,
    ax: Axes | None = None,
    *,
    shares: Mapping[str, complex] | None = None,
    explicit: str | None = None,
    xlim: tuple[float, float] = (-10, 0),
    ylim: tuple[float, float] | None = None,
) -> Axes:
    """Draw where a scheme with two fields is stable on u' = i mu u + lambda u, and return the axes.

    The explicit field has h mu on the vertical axis, the implicit one h lambda <= 0 on the horizontal one; `explicit`
    names the first, which is otherwise the field whose stages are explicit, or the first. With `shares`, complex
    numbers per field, it is the plane of z instead, where a field with the share s has s z: {"F": 1j, "G": -1}.
    Raises SchemeError for a scheme with one field, or for other fields than its own.

    >>> import schemetools as st
    >>> st.plot_imex(st.get("ars222")).get_title()
    'ars222: F explicit and imaginary, G implicit and real'
    """
    scheme = as_scheme(scheme)
    fields = scheme.normal_form().fields
    if len(fields) != 2:
        raise SchemeError(f"this picture is of a scheme with two fields, such as ars222; {scheme} has {len(fields)}")
    first = _explicit_field(scheme) if explicit is None else explicit
    if first not in fields:
        raise SchemeError(f"explicit={explicit!r} came; the fields of {scheme} are {' and '.join(fields)}")
    second = next(field for field in fields if field != first)
    tall = ylim or ((-5, 5) if shares is None else (-10, 10))
    x, y = np.linspace(*xlim, GRID), np.linspace(*tall, GRID)
    if shares is None:
        values: dict[str, Any] = {first: 1j * y[:, None], second: x[None, :]}
    else:
        plane = x[None, :] + 1j * y[:, None]
        values = {field: complex(share) * plane for field, share in shares.items()}
    growth = growth_of_fields(scheme, values)
    with styled():
        ax = complex_plane(ax, label=r"h\lambda")
        _shade(ax, x, y, growth)
        if shares is None:
            ax.set_aspect("auto")
            ax.set_xlabel(rf"$h\lambda$ of {second}, real")
            ax.set_ylabel(rf"$h\mu$ of {first}, times i")
            ax.set_title(f"{scheme}: {first} explicit and imaginary, {second} implicit and real")
        else:
            said = ", ".join(f"{share:.3g} z in {field}" for field, share in shares.items())
            ax.set_title(f"{scheme}: {said}")
    return ax


def _shade(ax: Axes, x: np.ndarray, y: np.ndarray, growth: np.ndarray) -> None:
    color = style_cycle()[0]["color"]
    excess = np.minimum(growth, 2.0) - 1 - TOLERANCE
    ax.contourf(x, y, excess, levels=[-2, 0], colors=[color], alpha=FILL, zorder=2)
    if excess.min() < 0 < excess.max():
        ax.contour(x, y, excess, levels=[0], colors=[color], linewidths=1.7, zorder=3)


def _explicit_field(scheme: Scheme) -> str:
    """The field whose stages depend on earlier ones only."""
    form = scheme.normal_form()
    for field in form.fields:
        columns = [j for j, colour in enumerate(form.colours) if colour == field]
        if all(form.A[i][j] == 0 for j in columns for i in range(j + 1)):
            return field
    return form.fields[0]
