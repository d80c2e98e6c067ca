"""The picture of a measured order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from schemetools.errors import SchemeError
from schemetools.interop.convergence import STEPS, Convergence, convergence
from schemetools.present.axes import given_or_new, style_cycle, styled


def plot_convergence(
    schemes: Any, ax: Axes | None = None, *, problem: Any = None, steps: Sequence[int] = STEPS
) -> Axes:
    """Draw the errors of one scheme, or of several, against the step size, and return the axes.

    `schemes` holds schemes, names, or results of `convergence`. Points are what is measured; the line through the first
    usable one has the proven order for its slope. Raises SchemeError for an empty list.

    >>> import schemetools as st
    >>> st.plot_convergence(["heun2", "rk4"], steps=(8, 16, 32)).get_yscale()
    'log'
    """
    given = list(schemes) if isinstance(schemes, (list, tuple)) else [schemes]
    if not given:
        raise SchemeError("plot_convergence needs at least one scheme")
    results = [s if isinstance(s, Convergence) else convergence(s, problem, steps) for s in given]
    with styled():
        ax = given_or_new(ax)
        styles = style_cycle()
        for i, result in enumerate(results):
            _draw(ax, result, styles[i % len(styles)]["color"])
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_xlabel("$h$")
        ax.set_ylabel("largest error")
        ax.legend()
    return ax


def _draw(ax: Axes, result: Convergence, color: Any) -> None:
    usable = np.isfinite(result.errors) & (result.errors > 0)
    h, errors = result.h[usable], result.errors[usable]
    label = f"{result.scheme}: measured {result.measured:.2f}" + (f", proven {result.order}" if result.order else "")
    ax.plot(h, errors, "o", color=color, label=label)
    if result.order and h.size:
        middle = len(h) // 2
        ax.plot(h, errors[middle] * (h / h[middle]) ** result.order, "-", color=color, linewidth=1, alpha=0.6)
