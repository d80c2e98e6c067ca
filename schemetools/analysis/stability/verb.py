"""The verb `stability`: what is known about a scheme on the linear test equation."""

from collections.abc import Mapping
from typing import Any, overload

from schemetools import exact
from schemetools.analysis.stability.answers import model, short_shares
from schemetools.analysis.stability.base import Stability
from schemetools.analysis.stability.complex_coefficients import complex_stability
from schemetools.analysis.stability.exponential import ExponentialStability
from schemetools.analysis.stability.linear import LinearStability
from schemetools.analysis.stability.mean_square import MeanSquareStability
from schemetools.analysis.stability.rosenbrock import RosenbrockStability
from schemetools.analysis.stability.von_neumann import VonNeumannStability, von_neumann
from schemetools.errors import SchemeError, came
from schemetools.schemes.base import as_scheme
from schemetools.schemes.discretisation import Discretisation, discretisation_of
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.variable import VariableMultistep

__all__ = ["MeanSquareStability", "Stability", "VonNeumannStability", "stability"]


@overload
def stability(scheme: Discretisation, *, normalized: bool = False, shares: None = None) -> VonNeumannStability: ...
@overload
def stability(scheme: Any, *, normalized: bool = False, shares: Mapping[str, Any] | None = None) -> Stability: ...
def stability(scheme: Any, *, normalized: bool = False, shares: Mapping[str, Any] | None = None) -> Any:
    """The stability of a scheme on the linear test equation u' = lambda u, z = h lambda.

    h is the h of the recurrence; `normalized=True` rescales z by the scheme's limit, so that regions of schemes with
    different limits compare at equal speed. A scheme with several fields is tested on u' = sum_i share_i lambda u, with
    equal shares unless `shares` gives one per field; a partitioned one on p' = lambda q, q' = lambda p, so that
    z = i omega h is the harmonic oscillator.
    A Rosenbrock method is the Runge-Kutta method A + Gamma there. An exponential method has two numbers, an
    ExponentialStability.
    A difference scheme or a method of lines gets its exact von Neumann set instead, a VonNeumannStability.
    A multistep scheme on a grid of growing steps is tested with its coefficients frozen, on equal steps.
    A scheme with complex coefficients gets the same object for its region, which need not be symmetric.
    A scheme with random symbols gets the same object for its mean-square stability, E|u_n|^2 bounded.
    Raises SchemeError for what is no scheme and for a multistep scheme with sigma(1) = 0.

    >>> import schemetools as st
    >>> st.stability(st.rk4).imaginary_interval
    2*sqrt(2)
    >>> st.stability(st.lm()).is_zero_stable
    (k <= 1) & (k > -1)
    >>> st.stability(st.schemes.lax_wendroff).condition
    (nu >= -1) & (nu <= 1)
    """
    grid = discretisation_of(scheme)
    if grid is not None:
        return _on_a_grid(grid, normalized, shares)
    scheme = as_scheme(scheme, imaginary=True)
    if isinstance(scheme, VariableMultistep):
        scheme = scheme.frozen()
    chosen = None if shares is None else _chosen(shares)
    if scheme.is_complex:
        return complex_stability(scheme, normalized=bool(normalized), shares=chosen)
    if scheme.random_symbols:
        scheme.normal_form()  # a mask per unit has none
        return MeanSquareStability(scheme, bool(normalized), chosen)
    if isinstance(scheme, Rosenbrock):
        if chosen is not None:
            raise SchemeError(f"{scheme} has one field, so that there are no shares")
        return RosenbrockStability(scheme, bool(normalized))
    if isinstance(scheme, Exponential):
        if chosen is not None or normalized:
            raise SchemeError(f"{scheme} is asked with both numbers, function(x, y): there are no shares, no rescaling")
        return ExponentialStability(scheme)
    if chosen is not None or normalized or short_shares(scheme) is None:
        model(scheme, bool(normalized), chosen)  # what is wrong with the scheme is said now, not at the first question
    return LinearStability(scheme, bool(normalized), chosen)


def _chosen(shares: Any) -> tuple[tuple[str, Any], ...]:
    if not isinstance(shares, Mapping):
        raise SchemeError(f"shares map fields to numbers, such as {{'F': '1/2', 'G': '1/2'}}; {came(shares)} came")
    return tuple((str(label), exact.coefficient(share)) for label, share in shares.items())


def _on_a_grid(scheme: Discretisation, normalized: bool, shares: Any) -> VonNeumannStability:
    if normalized or shares is not None:
        raise SchemeError(f"normalized and shares are for schemes of u' = f(u); {scheme} is one of a partial equation")
    return von_neumann(scheme)
