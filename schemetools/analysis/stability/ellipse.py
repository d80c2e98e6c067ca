"""The stability region of the LM-ResNet scheme, which is an ellipse."""

from dataclasses import dataclass

import sympy
from sympy import Expr

from schemetools import exact
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep


@dataclass(frozen=True)
class Ellipse:
    """((x - centre)/real_axis)^2 + (y/imaginary_axis)^2 <= 1, lengths in units of z = h lambda.

    >>> import schemetools as st
    >>> st.stability("lm").ellipse
    Ellipse(centre=k - 1, real_axis=1 - k, imaginary_axis=k + 1)
    """

    centre: Expr
    real_axis: Expr
    imaginary_axis: Expr

    @property
    def area(self) -> Expr:
        """pi times the product of the semi-axes."""
        return sympy.pi * exact.canonical(self.real_axis * self.imaginary_axis)


def lm_ellipse(scheme: Scheme, *, normalized: bool = False) -> Ellipse | None:
    """The region of u_(n+1) = (1 - k) u_n + k u_(n-1) + h f(u_n) for |k| < 1: centre k - 1, semi-axes 1 - k and 1 + k.

    With a free k it holds for -1 < k < 1; `normalized` divides all lengths by 1 + k. None for other
    schemes and |k| >= 1.
    """
    if not isinstance(scheme, LinearMultistep) or scheme.steps != 2:
        return None
    lead = scheme.beta[1]
    if lead == 0 or scheme.beta[0] != 0 or scheme.beta[2] != 0:
        return None
    scale = scheme.alpha[2] / lead
    if exact.canonical(scale - 1) != 0:
        return None
    k = exact.canonical(-scheme.alpha[0] / lead)
    if k.is_number and not (-1 < k < 1):
        return None
    divisor = 1 + k if normalized else sympy.Integer(1)
    parts = (exact.canonical(value / divisor) for value in (k - 1, 1 - k, 1 + k))
    return Ellipse(*parts)
