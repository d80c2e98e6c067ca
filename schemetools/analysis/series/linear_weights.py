"""Elementary weights of methods that treat a linear part by itself: the Jacobian, in Rosenbrock and W methods.

    k_i = f(U_i) + h J sum_j gamma_ij k_j,    U_i = u + h sum_j alpha_ij k_j

A root with several children is f with its arguments U_i, so that each child is summed with alpha. A root with one child
is that, or J: with J = f'(u) the two are one tree, summed with beta = alpha + gamma; with any J it is a node of its own
colour (a fat node, f being meagre), summed with gamma. J is a linear field, so that such a node has one child; on u
itself it does not act, so that a leaf J weighs 0, and the limit of a W method is u' = f + 0 J u: conditions of trees
with a J are that they vanish, as for any field with limit 0.
Source: Hairer, Wanner, Solving Ordinary Differential Equations II, section IV.7.
"""

from collections.abc import Sequence
from typing import Any

from schemetools.analysis.algebra.rings import clear
from schemetools.analysis.series.lie import TreeSeries
from schemetools.analysis.trees.forest import Grammar, forest
from schemetools.schemes.rosenbrock import Rosenbrock

Rows = list[list[tuple[int, Any]]]


def rosenbrock_weights(scheme: Rosenbrock, grammar: Grammar, order: int) -> TreeSeries:
    """phi(t) = sum_i b_i Phi_i(t) on all trees of orders 1..order.

    In a non-autonomous table time is one more component, t' = 1, with J and f_t as its derivatives.
    """
    s, table = scheme.stages, forest(grammar)
    ring, flat, denominator = clear([c for row in (*scheme.A, *scheme.Gamma, scheme.b) for c in row])
    rows = [flat[s * i : s * (i + 1)] for i in range(2 * s + 1)]
    alpha, gamma, b = _sparse(rows[:s]), _sparse(rows[s : 2 * s]), rows[-1]
    beta = _sparse([[x + y for x, y in zip(rows[i], rows[s + i], strict=True)] for i in range(s)])
    zero = ring.one - ring.one
    plain = alpha if scheme.w_method else beta
    single = [gamma if c in grammar.linear else plain for c in range(len(grammar.colours))]
    slopes: list[list[Any]] = []
    products: list[list[Any]] = []
    phi: list[Any] = []
    for n in range(1, order + 1):
        for t in table.ids(n):
            u, v, colour = table.left[t], table.right[t], table.colour[t]
            if n == 1:
                slope = product = [zero if colour in grammar.linear else ring.one] * s
            else:
                # As a part of a bushier tree, u keeps its children summed with alpha, whatever u is by itself.
                many = [ring.multiply(x, y) for x, y in zip(products[u], _sums(alpha, slopes[v], zero), strict=True)]
                product = many
                slope = _sums(single[colour], slopes[v], zero) if table.left[u] < 0 else many
            slopes.append([ring.reduce(x) for x in slope])
            products.append(product)
            phi.append(ring.reduce(sum((w * x for w, x in zip(b, slopes[-1], strict=True)), zero)))
    return TreeSeries(grammar, order, ring, phi, denominator, ring.one)


def _sparse(rows: Sequence[Sequence[Any]]) -> Rows:
    return [[(j, a) for j, a in enumerate(row) if a] for row in rows]


def _sums(rows: Rows, values: Sequence[Any], zero: Any) -> list[Any]:
    return [sum((a * values[j] for j, a in row), zero) for row in rows]
