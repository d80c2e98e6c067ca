"""Elementary differentials of concrete fields, and the modified vector field that they add up to.

One directional derivative per tree: the derivative of F(u) in the direction F(v) is the sum of F over all graftings
of v to a node of u, so that F(u o v) is that derivative less the graftings elsewhere, which have a smaller root degree.
"""

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from schemetools.analysis.algebra.closure import Algebra, ExpressionAlgebra, algebra_for
from schemetools.analysis.series.lie import TreeSeries
from schemetools.analysis.trees.forest import Forest, forest, symmetries


class Differentials:
    """F(t) of given fields, by id, each computed once and only where it is needed.

    With `inner` the root takes `fields` (an energy, say) and everything above it the fields of `inner`.
    """

    def __init__(
        self,
        table: Forest,
        algebra: Algebra | ExpressionAlgebra,
        fields: Sequence[Sequence[Expr]],
        *,
        inner: "Differentials | None" = None,
    ):
        self.table, self.algebra = table, algebra
        self._inner = self if inner is None else inner
        self._known: dict[int, list[Any]] = {
            colour: [algebra.convert(component) for component in f] for colour, f in enumerate(fields)
        }
        self._gradients: dict[int, list[list[Any]]] = {}

    def __getitem__(self, t: int) -> list[Any]:
        if t not in self._known:
            u, v = self.table.left[t], self.table.right[t]
            value = self._derivative(u, self._inner[v])
            for other, multiplicity in self.table.graftings_elsewhere(u, v):
                value = [x - y * multiplicity for x, y in zip(value, self[other], strict=True)]
            self._known[t] = value
        return self._known[t]

    def _derivative(self, u: int, direction: list[Any]) -> list[Any]:
        if u not in self._gradients:
            self._gradients[u] = [self.algebra.gradient(component) for component in self[u]]
        zero = self.algebra.zero
        return [
            sum((g * x for g, x in zip(row, direction, strict=True) if g and x), zero) for row in self._gradients[u]
        ]


def concrete_orders(
    series: TreeSeries, fields: Sequence[Sequence[Expr]], variables: Sequence[Symbol]
) -> list[list[Expr]]:
    """The field's coefficients of h^0, h^1, ..., each with one expression per component."""
    flat = [component for f in fields for component in f]
    algebra = algebra_for(flat, variables)
    table = forest(series.grammar)
    differentials = Differentials(table, algebra, fields)
    sigma = symmetries(series.grammar, series.order)
    result = []
    for n in range(1, series.order + 1):
        needed = [t for t in table.ids(n) if series.numerators[t]]
        coefficients = [series.value(t, n) / sigma[t] for t in needed]
        result.append(_combine(algebra, coefficients, [differentials[t] for t in needed], len(variables)))
    return result


def _combine(
    algebra: Algebra | ExpressionAlgebra, coefficients: list[Expr], vectors: list[list[Any]], dimension: int
) -> list[Expr]:
    if all(c.is_Rational for c in coefficients):
        factors = [algebra.rational(c) for c in coefficients]
        return [
            algebra.expression(sum((w * v[i] for w, v in zip(factors, vectors, strict=True)), algebra.zero))
            for i in range(dimension)
        ]
    if not all(c.is_number for c in coefficients):
        return [
            sympy.Add(*(c * algebra.expression(v[i]) for c, v in zip(coefficients, vectors, strict=True)))
            for i in range(dimension)
        ]
    parts = [sympy.expand(c).as_coefficients_dict() for c in coefficients]
    basis = sorted({term for part in parts for term in part}, key=sympy.default_sort_key)
    shares = {term: [part.get(term, Integer(0)) for part in parts] for term in basis}
    combined = {term: _combine(algebra, share, vectors, dimension) for term, share in shares.items()}
    return [sympy.Add(*(term * combined[term][i] for term in basis)) for i in range(dimension)]
