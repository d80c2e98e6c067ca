"""The Lie recursion: the vector field whose flow a method follows, for all trees at once.

    sum_(j>=1) g_j (d_b^(j-1) b)(t) = r(t),      (d_b c)(t) = sum over edges of t of c(trunk) b(branch)

g_j = 1/j! with r = phi, the elementary weights, for a one-step method; rho(e^x)/sigma(e^x) = sum g_j x^j with r = [t
= dot] for a multistep method. Instead of the chain D_j = d_b^(j-1) b the recursion keeps

    Q_i(t) = sum_(j>=1) g_(j+i) D_j(t) = g_(1+i) b(t) + sum over edges of b(branch) Q_(i+1)(trunk),

so that b(t) = (r(t) - sum b(branch) Q_1(trunk)) / g_1 and trees of order n need i <= N - n only: one number per
splitting for the highest order N, where most trees are.

Denominators are cleared beforehand: b(t) = numerator(t) / (weight**|t| scale**(|t|-1)) keeps the recursion as it
stands, with g_j scale**(j-1) / g_1 in place of g_j. Source: Hairer, Lubich, Wanner, Geometric Numerical Integration,
sections IX.9, XV.3.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from schemetools.analysis.algebra.rings import Expressions, Ring
from schemetools.analysis.trees.forest import Forest, Grammar, Progress, forest
from schemetools.progress import tell


@dataclass(frozen=True)
class TreeSeries:
    """Exact numbers on the trees of orders 1..order, held as numerator(t) over weight**|t| scale**(|t|-1)."""

    grammar: Grammar
    order: int
    ring: Ring
    numerators: Sequence[Any]
    weight: Any
    scale: Any

    @functools.cached_property
    def denominators(self) -> tuple[Any, ...]:
        """The common denominator of each order, from order 0 on."""
        ring, result = self.ring, [self.ring.one, self.weight]
        factor = ring.multiply(self.weight, self.scale)
        while len(result) <= self.order:
            result.append(ring.multiply(result[-1], factor))
        return tuple(result)

    def value(self, t: int, order: int) -> Expr:
        """The number on the tree with id t, which has the given order."""
        return self.ring.quotient(self.numerators[t], self.denominators[order])

    def __bool__(self) -> bool:
        return any(self.numerators)

    def __reduce__(self) -> Any:
        """Pickled as the values themselves: elements of fast rings do not travel, and tables belong to the process."""
        table = forest(self.grammar)
        values = tuple(self.value(t, n) for n in range(1, self.order + 1) for t in table.ids(n))
        return _finished, (self.grammar, self.order, values)


def _finished(grammar: Grammar, order: int, values: tuple[Expr, ...]) -> TreeSeries:
    forest(grammar).grow(order)
    ring = Expressions()
    return TreeSeries(grammar, order, ring, values, ring.one, ring.one)


def lie_recursion(
    grammar: Grammar,
    order: int,
    ring: Ring,
    right: Sequence[Any],
    g: Sequence[Any],
    *,
    known: Mapping[int, Any] | None = None,
    progress: Progress | None = None,
) -> list[Any]:
    """The numerators of b on all trees of orders 1..order, by id.

    `right` holds the cleared right-hand side by id, `g` the cleared g_1 = 1, g_2, ... from index 1; `known` fixes b
    on some trees, which are then not solved for.
    """
    table = forest(grammar)
    b: list[Any] = []
    chain: list[list[Any]] = [[] for _ in range(order + 1)]
    for n in range(1, order + 1):
        tell("trees of order", n, order)
        if progress is not None:
            progress(n, order)
        _one_order(table, n, ring, right, g, b, chain[1 : order - n + 2], known or {})
    return b


def _one_order(
    table: Forest,
    n: int,
    ring: Ring,
    right: Sequence[Any],
    g: Sequence[Any],
    b: list[Any],
    chain: list[list[Any]],
    known: Mapping[int, Any],
) -> None:
    """Append b(t), and Q_1(t), Q_2(t), ... to chain[0], chain[1], ..., for the trees of order n."""
    # sum_j g_j D^(j-1) b = right, with D the derivative along b, is summed as Horner's rule sums a polynomial: chain[i]
    # is g_(i+2) b + D chain[i+1], and b = right - D chain[0], since g_1 = 1. D of a series at t needs b on branches of
    # t and the series on their trunks, all smaller, so that one sweep by size solves it; and each D costs one order, so
    # that the levels needed get fewer. A known tree (time itself, t' = 1) is not solved for, but the levels
    # still pass through it: other trees differentiate along it.
    splits, reduce = table.splits, ring.reduce
    exact = type(ring).reduce is Ring.reduce
    first = chain[0]
    for t in table.ids(n):
        factors, trunks = [], []
        for branch, trunk, multiplicity in splits[t]:
            if w := b[branch]:
                factors.append(multiplicity * w)
                trunks.append(trunk)
        if t in known:
            value = known[t]
        else:
            value = right[t]
            for w, trunk in zip(factors, trunks, strict=True):
                value = value - w * first[trunk]
        if not exact:
            value = reduce(value)
        b.append(value)
        for i in range(1, len(chain)):
            level, total = chain[i], g[i + 1] * value
            for w, trunk in zip(factors, trunks, strict=True):
                total = total + w * level[trunk]
            chain[i - 1].append(total if exact else reduce(total))
