"""Elementary weights of Runge-Kutta methods, one field or several, on all trees at once."""

from collections.abc import Sequence
from typing import Any

from schemetools.analysis.algebra.rings import Ring
from schemetools.analysis.trees.forest import Grammar, forest


def elementary_weights(
    grammar: Grammar,
    order: int,
    ring: Ring,
    tableaux: Sequence[tuple[Sequence[Sequence[Any]], Sequence[Any]]],
    unit: Any,
) -> list[Any]:
    """phi(t) = sum_i b_i Phi_i(t) for all trees of orders 1..order, by id.

        Phi_i([t_1, ..., t_m]) = prod_l (A Phi(t_l))_i

    `tableaux` holds one (A (s, s), b (s,)) per colour, as ring elements; the child's colour chooses A, the root's
    colour b. `unit` is the ring's 1. Coefficients may carry a common denominator d: phi(t) then carries d**|t|.
    """
    # A tree is its left part with the right one grafted to the root, both with smaller ids: one product per tree and
    # stage where the formula has one per child. `below` is A Phi(t), what t gives as a child; A is that of t's own
    # colour, b that of the root's, the same tree being both at different places. Nothing grows on the highest order,
    # which holds most trees, so that it is not kept.
    table = forest(grammar)
    rows = [[[(j, a) for j, a in enumerate(row) if a] for row in A] for A, _ in tableaux]
    weights = [[(i, w) for i, w in enumerate(b) if w] for _, b in tableaux]
    stages = range(len(tableaux[0][1]))
    left, right, colour = table.left, table.right, table.colour
    plain = type(ring).reduce is Ring.reduce
    zero = unit - unit
    at_stages: list[list[Any]] = []
    below: list[list[Any]] = []
    phi: list[Any] = []
    for n in range(1, order + 1):
        for t in table.ids(n):
            if n == 1:
                values = [unit] * len(stages)
            else:
                values = [x * y for x, y in zip(at_stages[left[t]], below[right[t]], strict=True)]
            if not plain and n > 1:
                values = [ring.reduce(x) for x in values]
            phi.append(sum([w * values[i] for i, w in weights[colour[t]]], zero))
            if n < order:
                at_stages.append(values)
                below.append([sum([a * values[j] for j, a in row], zero) for row in rows[colour[t]]])
    return phi if plain else [ring.reduce(x) for x in phi]
