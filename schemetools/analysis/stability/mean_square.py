"""The stability object of a scheme with random symbols: mean-square stability in the same words."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol

from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.algebra.decisions import decide
from schemetools.analysis.regions.boundary import Curve
from schemetools.analysis.stability.linear import Shares, Stability
from schemetools.analysis.stability.numbers import length, real_exit
from schemetools.analysis.stability.second_moments import (
    axis_model,
    mean_square_boundary,
    mean_square_contains,
    mean_square_growth,
    mean_square_region,
    second_moment,
    second_moments,
)
from schemetools.analysis.stability.symbolic_numbers import interval, is_infinite
from schemetools.analysis.stability.verdicts import is_zero_stable
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme


@dataclass(frozen=True)
class MeanSquareStability(Stability):
    """Mean-square stability on u' = lambda u, z = h lambda: E|u_n|^2 stays bounded when every step draws anew.

    The region and intervals are those of the mean square, A-stable and the like are meant in the mean square.
    `second_moment(x, y) <= 1` is the region of a scheme with one value.
    """

    def __post_init__(self) -> None:
        if self.normalized:
            raise UnsupportedError(
                "a mean-square region is not rescaled: the noise does not scale with the limit; leave normalized out"
            )

    @property
    def _moments(self) -> Any:
        return second_moments(self.scheme, self.shares)

    def second_moment(self, x: Any, y: Any) -> Expr:
        """E|R(x + i y)|^2 as a formula in real x and y. Raises UnsupportedError for a scheme with several values."""
        return second_moment(self._moments, x, y)

    def polynomial(self, w: Any, z: Any) -> Expr:
        """Not defined: the coefficients are random. Raises UnsupportedError."""
        raise UnsupportedError("the characteristic polynomial is random here; second_moment(x, y) is what decides")

    def function(self, z: Any) -> Expr:
        """Not defined: R(z) is random. Raises UnsupportedError."""
        raise UnsupportedError("R(z) is random here; second_moment(x, y) = E|R(x + i y)|^2 is what decides")

    @property
    def limit(self) -> Expr:
        """Not defined here: `modified_equation` gives the drift and diffusion. Raises UnsupportedError."""
        raise UnsupportedError(
            "the limit is a stochastic equation; ask modified_equation(scheme) for its drift and diffusion"
        )

    @property
    def is_zero_stable(self) -> Verdict:
        """Whether the powers at z = 0, where nothing is random, stay bounded."""
        found = axis_model(self._moments, imaginary=False)
        return decide(found.domain, is_zero_stable, found.as_written)

    @property
    def is_a_stable(self) -> Verdict:
        """Whether the left half plane is in the mean-square region; decided for explicit schemes, where it is not."""
        return _never_if_explicit(self.scheme)

    @property
    def is_l_stable(self) -> Verdict:
        """Whether A-stable in the mean square with all roots 0 at infinity; decided for explicit schemes."""
        return _never_if_explicit(self.scheme)

    @property
    def is_a0_stable(self) -> Verdict:
        """Whether the negative real axis is in the mean-square region."""
        return _whole_axis(self.scheme, self.shares, imaginary=False)

    @property
    def is_i_stable(self) -> Verdict:
        """Whether the imaginary axis is in the mean-square region."""
        return _whole_axis(self.scheme, self.shares, imaginary=True)

    @property
    def is_algebraically_stable(self) -> Verdict:
        """Decided for explicit schemes, which never are."""
        return _never_if_explicit(self.scheme)

    @property
    def is_an_stable(self) -> Verdict:
        """Decided for explicit schemes, which never are."""
        return _never_if_explicit(self.scheme)

    @property
    def angle(self) -> None:
        """None for an explicit scheme; not decided otherwise."""
        _never_if_explicit(self.scheme)

    @property
    def real_interval(self) -> Expr:
        """The largest r with [-r, 0] in the closed mean-square region."""
        return _interval(self.scheme, self.shares, imaginary=False)

    @property
    def imaginary_interval(self) -> Expr:
        """The largest r with i [-r, r] in the closed mean-square region."""
        return _interval(self.scheme, self.shares, imaginary=True)

    def dissipation(self, order: int = 8, y: Symbol = Symbol("y")) -> Expr:
        """Not defined: the principal root is random. Raises UnsupportedError."""
        raise UnsupportedError("the principal root is random here; second_moment(0, y) is the mean-square damping")

    def dispersion(self, order: int = 8, y: Symbol = Symbol("y")) -> Expr:
        """Not defined: the principal root is random. Raises UnsupportedError."""
        raise UnsupportedError("the principal root is random here, so there is no phase error of its own")

    def contains(self, z: Any) -> np.ndarray:
        """Whether points lie in the closed mean-square region: boolean, of the shape of z."""
        return mean_square_contains(self.scheme, self.shares, z)

    def region(self, xlim: Any = None, ylim: Any = None, n: int = 401) -> np.ndarray:
        """The closed mean-square region on a grid, boolean (n, n), rows the imaginary part ascending."""
        x, y = self.window if xlim is None or ylim is None else (xlim, ylim)
        return mean_square_region(
            self.scheme, self.shares, xlim if xlim is not None else x, ylim if ylim is not None else y, n
        )

    def curves(self) -> Sequence[Curve]:
        """The boundary of the mean-square region."""
        return tuple(Curve(points, False) for points in mean_square_boundary(self.scheme, self.shares))

    def growth(self, z: Any) -> np.ndarray:
        """log of the growth of the root mean square in one step, at each point."""
        return mean_square_growth(self.scheme, self.shares, z)

    def locus(self) -> list[np.ndarray]:
        """Not defined: the roots are random. Raises UnsupportedError."""
        raise UnsupportedError(
            "the roots are random here, so there is no root locus; boundary() is the mean-square boundary"
        )

    def zeros_and_poles(self) -> tuple[np.ndarray, np.ndarray]:
        """Not defined: R(z) is random. Raises UnsupportedError."""
        raise UnsupportedError("R(z) is random here, so it has no zeros and poles of its own")


def _never_if_explicit(scheme: Scheme) -> bool:
    if scheme.is_explicit:
        return False
    raise UnsupportedError(
        "mean-square A-stability is decided for explicit schemes only; use contains(z) and the intervals"
    )


def _whole_axis(scheme: Scheme, shares: Shares, *, imaginary: bool) -> Verdict:
    found = axis_model(second_moments(scheme, shares), imaginary=imaginary)
    if found.symbols:
        return is_infinite(found, imaginary=False)
    return bool(_interval(scheme, shares, imaginary=imaginary) == sympy.oo)


@functools.lru_cache(maxsize=128)
def _interval(scheme: Scheme, shares: Shares, *, imaginary: bool) -> Expr:
    found = axis_model(second_moments(scheme, shares), imaginary=imaginary)
    if found.symbols:
        return interval(found, imaginary=False)
    return length(real_exit(found.base, found.phi, found.at_zero))
