"""The recursion for general linear methods: the underlying one-step method and the starting series together.

With x_n = xi(y_n) a vector of B-series, xi(empty) = q, and stages eta = h A f(eta) + U xi,

    xi o flow_b = B eta' + V xi,      (xi o flow_b)(t) = xi(t) + q b(t) + low(t),

so that, with w the left eigenvector w V = w, w q = 1, b(t) = w (B eta'(t) - low(t)), and xi(t) solves
(I - V) xi(t) = B eta'(t) - low(t) - q b(t) under the normalisation xi_out(t) = 0: the first component is the solution
itself.
Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, section XV.2; Butcher, Acta Numerica 15 (2006).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sympy.polys.matrices import DomainMatrix

from schemetools.analysis.algebra.rings import FieldElements
from schemetools.analysis.series.lie import TreeSeries
from schemetools.analysis.trees.forest import NONAUTONOMOUS, PLAIN, Forest, Grammar, forest
from schemetools.analysis.trees.tree import Tree, ids_of_trees, trees_by_id
from schemetools.errors import UnsupportedError
from schemetools.exact import to_domain
from schemetools.schemes.base import GeneralLinear


class _Arrays(NamedTuple):
    domain: Any
    A: list[list[Any]]
    U: list[list[Any]]
    B: list[list[Any]]
    q: list[list[Any]]
    solver: list[list[Any]]
    stage_colour: list[int]


def _arrays(scheme: GeneralLinear, grammar: Grammar) -> _Arrays:
    r, s = scheme.values, scheme.stages
    blocks = [scheme.A, scheme.U, scheme.B[:r], scheme.V[:r], [scheme.q]]
    domain, flat = to_domain([entry for block in blocks for row in block for entry in row])
    result, start = [], 0
    for block, width in zip(blocks, (s, r, s, r, r), strict=True):
        result.append([flat[start + width * i : start + width * (i + 1)] for i in range(len(block))])
        start += len(block) * width
    colours = [0 if grammar.plain else grammar.colours.index(c) for c in scheme.colours]
    A, U, B, V, [q] = result
    return _Arrays(domain, A, U, B, _states(scheme, grammar, q, domain), _solver(domain, V, q, scheme.parts), colours)


def _states(scheme: GeneralLinear, grammar: Grammar, q: list[Any], domain: Any) -> list[list[Any]]:
    """q as the trees of each root colour see it: a field advances its own part of the state only."""
    if scheme.parts == 1:
        return [q] * len(grammar.colours)
    advanced = [{scheme.colours[j] for j, weight in enumerate(row) if weight != 0} for row in scheme.B[: scheme.values]]
    return [[x if c in own else domain.zero for x, own in zip(q, advanced, strict=True)] for c in grammar.colours]


def _solver(domain: Any, V: list[list[Any]], q: list[Any], parts: int) -> list[list[Any]]:
    """The matrix that takes (B eta' - low, 0) to (xi, b): the inverse of [[I - V, q], [first row, 0]].

    Partitioned states without history have xi = 0 and one component per tree that is not 0, so that b is the sum.
    """
    r, one, zero = len(q), domain.one, domain.zero
    if parts == r:
        return [[zero] * (r + 1)] * r + [[one] * r + [zero]]
    if parts > 1:
        raise UnsupportedError(
            "a partitioned scheme that carries history has no derived modified equation; write it as one field"
        )
    rows = [[(one if i == j else zero) - V[i][j] for j in range(r)] + [q[i]] for i in range(r)]
    if not any(q):
        raise UnsupportedError("no carried value is a copy of the solution (V q = q has q = 0 only)")
    out = next(i for i, x in enumerate(q) if x)  # the value that is the solution itself, unless a start says otherwise
    rows.append([one if i == out else zero for i in range(r)] + [zero])
    matrix = DomainMatrix(rows, (r + 1, r + 1), domain)
    if not matrix.det():
        raise UnsupportedError(
            "1 is a multiple eigenvalue of V, so the scheme has no limit of first order u' = limit * f"
        )
    return matrix.inv().to_list()


class Solution(NamedTuple):
    """b(t) and the vectors xi(t), by id, over a domain; `first` holds what was asked of the first value's series."""

    grammar: Grammar
    order: int
    domain: Any
    b: list[Any]
    xi: list[list[Any]]
    first: Mapping[int, Any]

    @property
    def series(self) -> TreeSeries:
        """b(t) as a series."""
        return TreeSeries(
            self.grammar, self.order, FieldElements(self.domain), self.b, self.domain.one, self.domain.one
        )


def general_linear(scheme: GeneralLinear, grammar: Grammar, order: int) -> TreeSeries:
    """b(t) on all trees of orders 1..order, by id; a non-autonomous field needs limit 1, where t counts as any other
    leaf."""
    if grammar == NONAUTONOMOUS:
        return with_time(general_linear(scheme, PLAIN, order))
    return solved(scheme, grammar, order).series


def solved(scheme: GeneralLinear, grammar: Grammar, order: int, first: Mapping[int, Any] | None = None) -> Solution:
    """The recursion, with xi_out(t) = first[t] on the given trees (domain elements by id) and 0 on all others."""
    table, arrays, first = forest(grammar), _arrays(scheme, grammar), first or {}
    one, zero = arrays.domain.one, arrays.domain.zero
    inverse_factorial = [one]
    for j in range(1, order + 1):
        inverse_factorial.append(inverse_factorial[-1] / arrays.domain.convert(j))
    b: list[Any] = []
    powers: list[list[Any]] = []  # D_1(t), D_2(t), ... of b
    starting: list[list[list[Any]]] = []  # E_0(t) = xi(t), E_1(t), ..., each a vector
    slopes: list[list[Any]] = []
    values: list[list[Any]] = []
    for n in range(1, order + 1):
        for t in table.ids(n):
            if n == 1:
                slope = [one if c == table.colour[t] else zero for c in arrays.stage_colour]
            else:
                slope = [x * y for x, y in zip(slopes[table.left[t]], values[table.right[t]], strict=True)]
            chain, flows = _chains(table, t, n, b, powers, starting, arrays)
            low = [
                q * sum((c * f for c, f in zip(chain, inverse_factorial[2:], strict=False)), zero)
                + sum((E[m] * f for E, f in zip(flows, inverse_factorial[1:], strict=False)), zero)
                for m, q in enumerate(arrays.q[table.colour[t]])
            ]
            gained = [_dot(row, slope, zero) - x for row, x in zip(arrays.B, low, strict=True)]
            *xi, value = [_dot(row, [*gained, first.get(t, zero)], zero) for row in arrays.solver]
            b.append(value)
            powers.append([value, *chain])
            starting.append([xi, *flows])
            slopes.append(slope)
            values.append([_dot(a, slope, zero) + _dot(u, xi, zero) for a, u in zip(arrays.A, arrays.U, strict=True)])
    return Solution(grammar, order, arrays.domain, b, [vectors[0] for vectors in starting], first)


def _dot(row: list[Any], column: list[Any], zero: Any) -> Any:
    return sum((x * y for x, y in zip(row, column, strict=True) if x and y), zero)


def _chains(
    table: Forest,
    t: int,
    n: int,
    b: list[Any],
    powers: list[list[Any]],
    starting: list[list[list[Any]]],
    arrays: _Arrays,
) -> tuple[list[Any], list[list[Any]]]:
    """(D_2(t), D_3(t), ...) of b and (E_1(t), E_2(t), ...) of the starting series: edges cut, one order at a time."""
    zero = arrays.domain.zero
    chain = [zero] * (n - 1)
    flows = [[zero] * len(arrays.B) for _ in range(n - 1)]
    for branch, trunk, multiplicity in table.splits[t]:
        if not b[branch]:
            continue
        w = b[branch] * arrays.domain.convert(multiplicity)
        for j, value in enumerate(powers[trunk]):
            chain[j] += w * value
        for j, vector in enumerate(starting[trunk]):
            flows[j] = [x + w * y for x, y in zip(flows[j], vector, strict=True)]
    return chain, flows


def with_time(plain: TreeSeries) -> TreeSeries:
    """The series for f(t, u), where the limit is 1."""
    if plain.numerators[0] != plain.ring.one:
        raise UnsupportedError("a field that depends on t is supported for general linear methods with limit 1")
    trees = trees_by_id(NONAUTONOMOUS, plain.order)
    ids = ids_of_trees(PLAIN, plain.order)
    numerators = [plain.numerators[ids[Tree(tree.level_sequence)]] for tree in trees]
    return TreeSeries(NONAUTONOMOUS, plain.order, plain.ring, numerators, plain.weight, plain.scale)
