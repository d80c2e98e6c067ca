"""A stability region as one object: membership, growth and boundary, and what a picture needs of them."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr

from schemetools.analysis.regions import window
from schemetools.analysis.regions.area import area
from schemetools.analysis.regions.boundary import Curve, boundary
from schemetools.analysis.regions.grid import region
from schemetools.analysis.regions.membership import contains, growth
from schemetools.analysis.regions.model import NumericModel


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of z with a closed region in it, in floating point, however its points are told apart.

    `contains` and `growth` map points z to booleans and to log|w|; `grid(xlim, ylim, n)` is the region row by row;
    `traced()` its boundary, which is computed once.
    """

    contains: Callable[[Any], np.ndarray]
    growth: Callable[[Any], np.ndarray]
    grid: Callable[[Any, Any, Any], np.ndarray]
    traced: Callable[[], Sequence[Curve]]

    @functools.cached_property
    def curves(self) -> tuple[Curve, ...]:
        """The boundary as closed curves."""
        return tuple(self.traced())

    @property
    def window(self) -> window.Window:
        """(xlim, ylim) in which the region is seen with a margin."""
        return window.window(self.contains, self.curves)

    @property
    def area(self) -> Expr:
        """The area of the region, oo where it is unbounded."""
        return area(self.contains, self.curves)

    def region(self, xlim: Any, ylim: Any, n: Any) -> np.ndarray:
        """The region on a grid; limits that are None are those of the window."""
        x, y = self.window if xlim is None or ylim is None else (xlim, ylim)
        return self.grid(x if xlim is None else xlim, y if ylim is None else ylim, n)


def plane_of(model: NumericModel) -> Plane:
    """The plane of a deterministic scheme, from the polynomial Phi(w, z)."""
    return Plane(
        lambda z: contains(model, z),
        lambda z: growth(model, z),
        lambda xlim, ylim, n: region(model, xlim, ylim, n),
        lambda: boundary(model),
    )
