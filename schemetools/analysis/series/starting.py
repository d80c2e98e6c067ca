"""The start of a general linear method: what its values approximate, chosen so that the order is as high as it can be.

The method maps xi(y) to xi(y(t + h)); the first value is y itself only in a normalisation that costs order where the
method keeps, say, y - h lambda y'. A correction g of the first value's series on the trees of order n - 1 adds [g, f]
to the modified equation at order n, so that one order after the other is removed while that can be done.
Source: Butcher, Numerical Methods for Ordinary Differential Equations, section 530 (order through a starting method).
"""

import functools
from typing import Any

from schemetools.analysis.series.general import Solution, solved
from schemetools.analysis.series.transport import remover
from schemetools.analysis.trees.forest import PLAIN, Grammar, forest
from schemetools.analysis.trees.tree import ids_of_trees, trees_by_id
from schemetools.schemes.base import GeneralLinear


def has_start(scheme: GeneralLinear, grammar: Grammar) -> bool:
    """Whether there is a choice: several values, one state, one field."""
    return scheme.values > 1 and scheme.parts == 1 and grammar.plain


def best_start(scheme: GeneralLinear, order: int) -> Solution:
    """The solution through trees of the given order whose first error comes as late as a start allows.

    For approximate coefficients, whose residuals are never 0, the first value is taken to be the solution.
    """
    return _best(scheme, order, scheme.exact)


@functools.lru_cache(maxsize=64)
def _best(scheme: GeneralLinear, order: int, exact: bool) -> Solution:
    table, first = forest(PLAIN), _known(scheme, order, exact)
    found = solved(scheme, PLAIN, order, first)
    if not exact:
        return found
    checked = 2
    while checked <= order:
        b, domain = found.b, found.domain
        if not any(b[t] for t in table.ids(checked)):
            checked += 1
            continue
        change = remover(table, checked, b, domain) if b[0] and checked > 2 else None
        if change is None:
            break
        first = {**first, **{t: first.get(t, domain.zero) + change[t] / b[0] for t in table.ids(checked - 1)}}
        found = solved(scheme, PLAIN, order, first)
        checked += 1
    return found


def _known(scheme: GeneralLinear, order: int, exact: bool) -> dict[int, Any]:
    """The start found with fewer trees, where there is one: the search goes on from it."""
    return {} if order < 3 or not exact else dict(_best(scheme, order - 1, exact).first)


def values_of(scheme: GeneralLinear, order: int) -> list[dict[Any, Any]]:
    """For each carried value the series xi(t) on the trees through the given order, {Tree: number}, in the best
    start."""
    found = best_start(scheme, order)
    names, ids = trees_by_id(PLAIN, order), ids_of_trees(PLAIN, order)
    to_expression = found.domain.to_sympy
    return [{tree: to_expression(found.xi[ids[tree]][m]) for tree in names} for m in range(scheme.values)]
