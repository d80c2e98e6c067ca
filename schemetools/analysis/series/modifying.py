"""The series of the modifying integrator: the field on which one step of a scheme is the exact flow of u' = f.

Runge-Kutta: with the field c = sum h^(|t|-1) c(t)/sigma(t) F(t), stages eta_i = h sum_j A_ij c(eta_j) and sum_j b_j
c(eta_j) = 1/gamma; c(eta_j)(t) = c(t) + terms of smaller trees, so that c(t) follows order by order. Multistep: along
the exact flow sum_j g_j h^(j-1) u^(j) = c(u), and u^(n) has the coefficients n!/gamma(t), so that c(t) = g_n
n!/gamma(t).
Source: Chartier, Hairer, Vilmart, Numerical integrators based on modified differential equations, Math. Comp. 76
(2007).
"""

import math
from collections.abc import Sequence
from typing import Any

from schemetools.analysis.algebra.rings import FieldElements
from schemetools.analysis.series.lie import TreeSeries
from schemetools.analysis.series.momentum import momentum_series
from schemetools.analysis.series.solve import RANDOM, Tabled, grammar_of, tableaux_of
from schemetools.analysis.trees.forest import Forest, check_order, densities, forest
from schemetools.analysis.trees.subtrees import Cuts, cuts_of
from schemetools.analysis.trees.tree import trees_by_id
from schemetools.errors import UnsupportedError
from schemetools.exact import to_domain
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_multistep, reduced_runge_kutta
from schemetools.schemes.runge_kutta import RungeKutta


def modifying_series(scheme: Scheme, order: int) -> TreeSeries:
    """c(t) on all trees of orders 1..order; a scheme with limit L has c(dot) = 1/L.

    Raises SchemeError for an order that cannot be enumerated, UnsupportedError where the scheme has no limit, or a zero
    one.
    """
    if scheme.random_symbols:
        raise UnsupportedError(f"{scheme} has no modifying integrator: {RANDOM}")
    grammar = grammar_of(scheme)
    check_order(grammar, order)
    forest(grammar).grow(order)
    if isinstance(scheme, LinearMultistep):
        return _multistep(reduced_multistep(scheme), order)
    if isinstance(scheme, RungeKutta):
        return _runge_kutta([reduced_runge_kutta(scheme)], scheme, order)
    if isinstance(scheme, Tabled):
        return _runge_kutta(tableaux_of(scheme), scheme, order)
    raise UnsupportedError(
        "the modifying integrator is derived for Runge-Kutta, additive and multistep schemes; "
        f"{scheme} is of the kind {type(scheme).__name__}"
    )


def _multistep(scheme: LinearMultistep, order: int) -> TreeSeries:
    grammar = grammar_of(scheme)
    domain, g = to_domain(momentum_series(scheme.alpha, scheme.beta, order).values(order))
    values = [
        g[tree.order - 1] * domain.convert(math.factorial(tree.order)) / domain.convert(tree.density)
        for tree in trees_by_id(grammar, order)
    ]
    return TreeSeries(grammar, order, FieldElements(domain), values, domain.one, domain.one)


def _runge_kutta(tableaux: Sequence[RungeKutta], scheme: Tabled, order: int) -> TreeSeries:
    # The step is to be the exact flow: sum_j b_j c(eta_j) = 1/gamma, and the stages eta_j themselves are series in the
    # unknown field c. At a tree t the field along a stage is c(t) and terms with smaller trees (`lower`), so that
    # (sum_j b_j) c(t) = 1/gamma(t) - sum_j b_j lower_j is solved tree by tree; the stages at t need the new c(t), so
    # they come after it. With several colours t's root decides whose weights, as in the scheme.
    grammar, s = grammar_of(scheme), tableaux[0].stages
    table, gamma = forest(grammar), densities(grammar, order)
    domain, flat = to_domain([x for tableau in tableaux for row in (*tableau.A, tableau.b) for x in row])
    rows = [flat[s * i : s * (i + 1)] for i in range((s + 1) * len(tableaux))]
    A = [rows[(s + 1) * c : (s + 1) * c + s] for c in range(len(tableaux))]
    b = [rows[(s + 1) * c + s] for c in range(len(tableaux))]
    limits = [sum(weights[1:], weights[0]) for weights in b]
    if not all(limits):
        raise UnsupportedError("the weights b sum to 0: the limit is u' = 0, which no field turns into u' = f")
    field: list[Any] = []
    stages = [_Stage(table, domain) for _ in range(s)]
    for n in range(1, order + 1):
        for t in table.ids(n):
            colour = table.colour[t]
            lower = [stage.lower(t, n, field) for stage in stages]
            total = sum((w * x for w, x in zip(b[colour], lower, strict=True) if w and x), domain.zero)
            field.append((domain.one / domain.convert(gamma[t]) - total) / limits[colour])
            slopes = [field[t] + x for x in lower]
            for stage, row in zip(stages, A[colour], strict=True):
                stage.values.append(sum((a * x for a, x in zip(row, slopes, strict=True) if a and x), domain.zero))
    return TreeSeries(grammar, order, FieldElements(domain), field, domain.one, domain.one)


class _Stage:
    """The series eta of one stage, by id, and the sums over subtrees that composing with it needs."""

    def __init__(self, table: Forest, domain: Any):
        self.table, self.domain = table, domain
        self.values: list[Any] = []
        self.cuts: list[Cuts] = []

    def lower(self, t: int, n: int, field: list[Any]) -> Any:
        """c(eta)(t) less c(t), for c known on smaller trees."""
        one, zero = self.domain.one, self.domain.zero
        if n == 1:
            self.cuts.append({t: one})
            return zero
        u, v = self.table.left[t], self.table.right[t]
        self.cuts.append(cuts_of(self.table, t, self.cuts[u], self.cuts[v], self.values[v], one))
        return sum((field[s] * w for s, w in self.cuts[t].items() if s != t and field[s]), zero)
