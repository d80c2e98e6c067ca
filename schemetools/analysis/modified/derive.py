"""The modified equation of a scheme: the differential equation that its numbers follow to all orders in h."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sympy import Symbol
from sympy.core.function import UndefinedFunction

from schemetools.analysis.modified.equation import ModifiedEquation
from schemetools.analysis.modified.modified_pde import derive_pde
from schemetools.analysis.modified.per_layer import LayerEquations, per_layer
from schemetools.analysis.modified.scheduled import random_equation
from schemetools.analysis.modified.varying import varying_equation
from schemetools.analysis.properties.order import order as scheme_order
from schemetools.analysis.series.solve import modified_series
from schemetools.analysis.trees.forest import Progress
from schemetools.errors import SchemeError
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.discretisation import discretisation_of
from schemetools.schemes.masked import MaskedEuler

LEAST, MOST = 4, 9


def modified_equation(
    s: Any,
    order: int | None = None,
    *,
    nonautonomous: bool = False,
    progress: Progress | None = None,
    **coefficients: Any,
) -> Any:
    """The modified equation of a scheme through trees of the given order, exact.

    Where no order is given it goes through the first error term, max(4, p + 1) for a scheme of order p up to 8, and
    through 4 for a scheme of higher order, whose corrections vanish through h^(p-1).
    Its solution agrees with the scheme's numbers to the order h^order (for multistep schemes, with the smooth part of
    them). `nonautonomous` derives it for f(t, u). Keywords give free symbols a value: a number; `k=Function("k")`,
    smooth over the steps (a VaryingEquation); or a list, one per layer (LayerEquations). Random coefficients give a
    StochasticModifiedEquation, masks a MaskedEquation, both with the same keywords (`p=Function("p")`, any function of
    t, or a list) and with `scaling`: "network", or "diffusive" for noise of size sqrt(h) in a step.
    `progress(done, order)` is called once per order.
    A scheme of a PDE gives a ModifiedPDE through derivatives of that order, a system a ModifiedSystem, and `flux`, a
    formula or function of u or the name of an unknown one, a NonlinearModifiedPDE of u_t + F(u)_x = 0.
    Raises SchemeError for an order that is not positive or too large, and for a scheme without a limit of first order.
    Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, sections IX.9 and XV.3.

    >>> import schemetools as st
    >>> eq = st.modified_equation(st.lm(), order=3)
    >>> eq.limit, eq[st.Tree.from_level_sequence((1, 2, 2))]
    (1/(k + 1), (k**2 - 10*k + 1)/(6*(k + 1)**5))
    """
    if (discretisation := discretisation_of(s)) is not None:
        return derive_pde(discretisation, order, **coefficients)
    scheme = as_scheme(s, imaginary=True)
    # The order of the questions: what has a grid is no ordinary equation; what is random has one answer, whatever
    # else is given; numbers among the keywords are put in first, so that what is left are functions or lists; and a
    # list is a plain equation per layer.
    if isinstance(scheme, MaskedEuler) or scheme.random_symbols:
        return random_equation(scheme, order, coefficients)
    functions = {Symbol(name): value for name, value in coefficients.items() if isinstance(value, UndefinedFunction)}
    lists = {
        name: list(value)
        for name, value in coefficients.items()
        if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str)
    }
    values = {
        name: value for name, value in coefficients.items() if name not in lists and Symbol(name) not in functions
    }
    if values:
        scheme = scheme.subs(values)
    through = order if order is not None else _default_order(scheme)
    if functions and lists:
        raise SchemeError("coefficients came both as functions of t and as lists; give one kind")
    if functions:
        return varying_equation(scheme, 4 if order is None else through, functions, nonautonomous=nonautonomous)
    if lists:
        numbers = {name: tuple(float(x) for x in value) for name, value in lists.items()}
        pieces = tuple(
            modified_equation(layer, through, nonautonomous=nonautonomous) for layer in per_layer(scheme, lists)
        )
        return LayerEquations(scheme, numbers, pieces)
    series = modified_series(scheme, through, nonautonomous=nonautonomous, progress=progress)
    return ModifiedEquation(scheme, through, series, asked=order is not None)


def _default_order(scheme: Scheme) -> int:
    """Through the first error term, where that is affordable: 486 trees of order up to 9, then three times as many."""
    try:
        known = scheme_order(scheme)
    except SchemeError:  # no limit, or symbols everywhere
        return LEAST
    return max(LEAST, known + 1) if known < MOST else LEAST
