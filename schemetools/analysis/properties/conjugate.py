"""Conjugate (effective) order: how accurate a method is after a change of variables, chi^(-1) o Phi o chi.

The modified field b is transported by exp of a field c: b -> b + [c, b] + [c, [c, b]]/2 + ... At order n the new term
is [c_(n-1), f], c_(n-1) on trees of order n-1: the order-n part of b can be removed exactly when it is of that form.
The only fields that commute with f are its multiples, so that each step has one solution and the order found is final.
Source: Butcher, Numerical Methods for Ordinary Differential Equations, section 389; Hairer, Lubich, Wanner, section
VI.8.
"""

from typing import Any

from schemetools.analysis.properties.order import order
from schemetools.analysis.series.solve import modified_series
from schemetools.analysis.series.transport import bracket, remover
from schemetools.analysis.trees.forest import Forest, forest
from schemetools.analysis.trees.tree import trees_by_id
from schemetools.errors import UnsupportedError
from schemetools.exact import to_domain
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import as_scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.transforms import rescale

MAX_EXTRA = 3


def conjugate_order(s: Any, *, through: int | None = None) -> int:
    """The highest q, up to `through`, such that the scheme is conjugate to one of order q; at least its order.

    `through` is p + 3 unless given. The scheme is rescaled to limit 1; it has one field.

    >>> import schemetools as st
    >>> conjugate_order(st.rk4), conjugate_order(st.trapezoid)
    (4, 2)
    """
    given = as_scheme(s, imaginary=True)
    if not isinstance(given, (RungeKutta, AdditiveRungeKutta, LinearMultistep)):
        raise UnsupportedError(
            f"conjugate_order is derived for Runge-Kutta, additive and multistep schemes; {given} is of the kind "
            f"{type(given).__name__}"
        )
    scheme = rescale(given)
    top = order(scheme) + MAX_EXTRA if through is None else through
    series = modified_series(scheme, top)
    if not series.grammar.plain:
        raise UnsupportedError("conjugate_order is derived for schemes with one field")
    table, names = forest(series.grammar), trees_by_id(series.grammar, top)
    domain, b = to_domain([series.value(t, tree.order) for t, tree in enumerate(names)])
    for n in range(2, top + 1):
        if not any(b[t] for t in table.ids(n)):
            continue
        change = remover(table, n, b, domain)
        if change is None:
            return n - 1
        b = _transported(table, b, change, domain, top)
    return top


def _transported(table: Forest, b: list[Any], change: list[Any], domain: Any, top: int) -> list[Any]:
    """b + [c, b] + [c, [c, b]]/2 + ..., through the trees at hand."""
    result, term = b, b
    for j in range(1, top + 1):
        term = [x / domain.convert(j) for x in bracket(table, change, term, domain)]
        if not any(term):
            break
        result = [x + y for x, y in zip(result, term, strict=True)]
    return result
