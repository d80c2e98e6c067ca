"""The schemes whose stability region is the inside of an ellipse: Euler's disc, and LM-ResNet's scheme for |k| < 1."""

from typing import Any, NamedTuple

from sympy import Abs, Expr

from ..errors import UnsupportedError
from ..exact import canonical
from ..schemes.base import as_scheme
from .momentum import as_multistep


class Ellipse(NamedTuple):
    """((x - centre)/real_half_axis)^2 + (y/imaginary_half_axis)^2 < 1 for z = h lambda = x + i y."""

    centre: Expr
    real_half_axis: Expr
    imaginary_half_axis: Expr


def stability_ellipse(s: Any) -> Ellipse | None:
    """The ellipse inside which a scheme is stable; None where the region is something else.

    For rho = a_2 w^2 + a_1 w + a_0 and sigma = b w the root locus

        rho(w)/sigma(w) = (a_1 + (a_0 + a_2) cos t + i (a_2 - a_0) sin t) / b,     w = e^(it)

    is an ellipse, and its inside is the region exactly when |a_0| < |a_2|, as a_0/a_2 is the product of the roots.
    lm(k), |k| < 1: ((x + 1 - k)/(1 - k))^2 + (y/(1 + k))^2 < 1. Raises UnsupportedError for free symbols.

    >>> import schemetools as st
    >>> stability_ellipse(st.lm(k="1/2"))
    Ellipse(centre=-1/2, real_half_axis=1/2, imaginary_half_axis=3/2)
    """
    scheme = as_scheme(s)
    if scheme.free_symbols:
        raise UnsupportedError(f"{scheme} has free symbols; give them values: the ellipse depends on their size")
    method = as_multistep(scheme)
    if method is None:
        return None
    alpha, beta = (*method.alpha,), (*method.beta,)
    if method.steps == 1:  # Euler: (w - 1)/1 is (w^2 - w)/w
        alpha, beta = (alpha[0] * 0, *alpha), (beta[0] * 0, *beta)
    if len(alpha) != 3 or beta[0] != 0 or beta[2] != 0 or not Abs(alpha[0]) < Abs(alpha[2]):
        return None
    a0, a1, a2 = (a / beta[1] for a in alpha)
    return Ellipse(canonical(a1), canonical(Abs(a0 + a2)), canonical(Abs(a2 - a0)))
