"""Elementary weights of exponential methods, on trees with nodes L (linear) and N.

    U_i = e^(c_i z) u + h sum_j A_ij(z) N(U_j),    A_ij(z) = sum_m a_ij^(m) z^m,    z = h L

A tree of the series of U_i is a chain of m nodes L over nothing, with the weight c_i^m / m!, or over a tree with the
root N and children t_l, with sum_j a_ij^(m) prod_l U_j(t_l). The order is that for bounded L.
"""

import math
from typing import Any

from sympy import Rational

from schemetools.analysis.algebra.rings import clear
from schemetools.analysis.series.lie import TreeSeries
from schemetools.analysis.trees.forest import Grammar, forest
from schemetools.schemes import phi
from schemetools.schemes.exponential import Exponential


def exponential_weights(scheme: Exponential, grammar: Grammar, order: int) -> TreeSeries:
    """phi(t) on all trees of orders 1..order."""
    s, table = scheme.stages, forest(grammar)
    rows = [*scheme.A, scheme.b]
    nodes = [*scheme.c, Rational(1)]
    series = [phi.taylor(entry, order) for row in rows for entry in row]
    powers = [c**m / math.factorial(m) for c in nodes for m in range(1, order + 1)]
    ring, flat, d = clear([x for values in series for x in values] + powers)
    weights = [[flat[order * (s * i + j) : order * (s * i + j + 1)] for j in range(s)] for i in range(s + 1)]
    start = order * s * (s + 1)
    chains = [flat[start + order * i : start + order * (i + 1)] for i in range(s + 1)]
    scales = [ring.power(d, m) for m in range(order + 1)]
    zero, linear = ring.one - ring.one, set(grammar.linear)
    above: list[tuple[int, int]] = []  # (m, id of the tree with root N below the chain, or -1)
    products: list[list[Any]] = []
    values: list[list[Any]] = []
    for n in range(1, order + 1):
        for t in table.ids(n):
            u, v = table.left[t], table.right[t]
            if table.colour[t] in linear:
                m, below = (1, -1) if n == 1 else (above[v][0] + 1, above[v][1])
                products.append([])
            else:
                m, below = 0, t
                products.append(
                    [ring.one] * s
                    if n == 1
                    else [ring.multiply(x, y) for x, y in zip(products[u], values[v][:s], strict=True)]
                )
            above.append((m, below))
            if below < 0:
                found = [row[m - 1] * scales[m - 1] for row in chains]
            else:
                inner = products[below]
                found = [sum((w[m] * x for w, x in zip(row, inner, strict=True)), zero) * scales[m] for row in weights]
            values.append([ring.reduce(x) for x in found])
    return TreeSeries(grammar, order, ring, [row[s] for row in values], d, ring.one)
