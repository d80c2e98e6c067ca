"""The stability object of a scheme with random symbols: mean-square stability in the same words."""

import functools
from dataclasses import dataclass
from typing import Any, final

import sympy
from sympy import Expr

from schemetools import exact
from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.algebra.decisions import decide
from schemetools.analysis.algebra.polynomials import trim
from schemetools.analysis.regions.boundary import Curve
from schemetools.analysis.regions.plane import Plane
from schemetools.analysis.stability.base import Shares, Stability, undefined
from schemetools.analysis.stability.model import reduced
from schemetools.analysis.stability.nonlinear import is_stiffly_accurate
from schemetools.analysis.stability.numbers import length, real_exit
from schemetools.analysis.stability.second_moments import (
    SecondMoments,
    axis_model,
    mean_square_boundary,
    mean_square_contains,
    mean_square_growth,
    mean_square_region,
    second_moment,
    second_moments,
)
from schemetools.analysis.stability.symbolic_numbers import interval, is_infinite
from schemetools.analysis.stability.verdicts import is_zero_stable, poles_are_right, vanishes_at_infinity
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme


@final
@dataclass(frozen=True)
class MeanSquareStability(Stability):
    """Mean-square stability on u' = lambda u, z = h lambda: E|u_n|^2 stays bounded when every step draws anew.

    The region and intervals are those of the mean square, A-stable and the like are meant in the mean square.
    `second_moment(x, y) <= 1` is the region of a scheme with one value.

    >>> import schemetools as st
    >>> st.stability("stochastic_depth(p=1/2)").real_interval
    2
    """

    def __post_init__(self) -> None:
        if self.normalized:
            raise UnsupportedError(
                "a mean-square region is not rescaled: the noise does not scale with the limit; leave normalized out"
            )

    @property
    def _moments(self) -> SecondMoments:
        return second_moments(self.scheme, self.shares)

    # ---- polynomials and formulas

    polynomial = undefined("the characteristic polynomial is random here; second_moment(x, y) is what decides")
    function = undefined("R(z) is random here; second_moment(x, y) = E|R(x + i y)|^2 is what decides")
    dissipation = undefined("the principal root is random here; second_moment(0, y) is the mean-square damping")
    dispersion = undefined("the principal root is random here, so there is no phase error of its own")

    def second_moment(self, x: Any, y: Any) -> Expr:
        """E|R(x + i y)|^2, the moments of the random symbols taken exactly."""
        return second_moment(self._moments, x, y)

    @property
    def ellipse(self) -> None:
        """None: the ellipse of lm(k) is that of its deterministic region."""

    # ---- verdicts

    @property
    def is_zero_stable(self) -> Verdict:
        """The root condition at z = 0, where nothing is random."""
        found = axis_model(self._moments, imaginary=False)
        return decide(found.domain, is_zero_stable, found.as_written)

    @property
    def is_a_stable(self) -> Verdict:
        """Decided exactly, by the poles and the imaginary axis; explicit schemes never are."""
        return _a_stable(self.scheme, self.shares)

    @property
    def is_l_stable(self) -> Verdict:
        """A-stable, and every second moment vanishes as z -> oo; refused for a free symbol."""
        return _l_stable(self.scheme, self.shares)

    @property
    def is_a0_stable(self) -> Verdict:
        """All of the negative real axis."""
        return _whole_axis(self.scheme, self.shares, imaginary=False)

    @property
    def is_i_stable(self) -> Verdict:
        """All of the imaginary axis."""
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
    def is_stiffly_accurate(self) -> Verdict:
        """By the last row of A, for every draw."""
        return is_stiffly_accurate(self.scheme)

    # ---- numbers

    limit = property(
        undefined("the limit is a stochastic equation; ask modified_equation(scheme) for its drift and diffusion")
    )
    ssp_coefficient = property(
        undefined("the coefficients are random here, and the SSP coefficient needs numbers: ask it of a single draw")
    )

    @property
    def angle(self) -> None:
        """None for an explicit scheme; refused otherwise, being numerical: `contains(z)` along rays finds it."""
        _never_if_explicit(self.scheme)

    @property
    def real_interval(self) -> Expr:
        """From 0 to the left, in the mean square."""
        return _interval(self.scheme, self.shares, imaginary=False)

    @property
    def imaginary_interval(self) -> Expr:
        """From 0 upwards, in the mean square."""
        return _interval(self.scheme, self.shares, imaginary=True)

    @property
    def area(self) -> Expr:
        """Of the polygon of the boundary."""
        return self.plane.area

    # ---- the region

    @property
    def plane(self) -> Plane:
        """The region in which E|u_n|^2 stays bounded."""
        return _plane(self.scheme, self.shares)

    locus = undefined("the roots are random here, so there is no root locus; boundary() is the mean-square boundary")
    dominance = undefined("the roots are random here, so that none dominates in every step; growth(z) is what decides")
    zeros_and_poles = undefined("R(z) is random here, so it has no zeros and poles of its own")

    def _found_otherwise(self, name: str) -> None:
        """None: what has an answer was found exactly."""


@functools.lru_cache(maxsize=64)
def _plane(scheme: Scheme, shares: Shares) -> Plane:
    return Plane(
        lambda z: mean_square_contains(scheme, shares, z),
        lambda z: mean_square_growth(scheme, shares, z),
        lambda xlim, ylim, n: mean_square_region(scheme, shares, xlim, ylim, n),
        lambda: [Curve(points, False) for points in mean_square_boundary(scheme, shares)],
    )


def _never_if_explicit(scheme: Scheme) -> bool:
    if scheme.is_explicit:
        return False
    raise UnsupportedError(
        "this is decided in the mean square for explicit schemes only; is_a_stable and the intervals are exact, and "
        "contains(z) is numerical"
    )


@functools.lru_cache(maxsize=128)
def _a_stable(scheme: Scheme, shares: Shares) -> Verdict:
    """Whether the poles are to the right and the imaginary axis is stable.

    Every entry of the product of n steps is analytic in z where there is no pole, for every draw; so the mean of its
    squared modulus is subharmonic, and with it the logarithm of the growth: its maximum over the left half plane is on
    the imaginary axis.
    """
    if scheme.is_explicit:
        return False
    domain, Q = exact.to_domain(second_moments(scheme, shares).Q)
    right = decide(domain, lambda K, q: poles_are_right(K, [trim(K, list(q))]), Q)
    axis = _whole_axis(scheme, shares, imaginary=True)
    return right and axis if isinstance(right, bool) and isinstance(axis, bool) else sympy.And(right, axis)


@functools.lru_cache(maxsize=128)
def _l_stable(scheme: Scheme, shares: Shares) -> Verdict:
    if scheme.is_explicit:
        return False
    found = axis_model(second_moments(scheme, shares), imaginary=False)
    if found.symbols:
        raise UnsupportedError("mean-square L-stability needs numbers; put values in with .subs({...})")
    return vanishes_at_infinity(found.base, reduced(found.base, found.phi)) and _a_stable(scheme, shares)


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
