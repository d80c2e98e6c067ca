"""Changes of variables on modified equations: the bracket of vector fields on trees, and what it can remove.

Where y = u + h^(n-1) g(u), u follows b + [g, f] at order n: the part of order n of a field b that is a bracket [c, f]
with c on trees of order n - 1 is a matter of variables. The only fields that commute with f are its multiples.
Source: Butcher, Numerical Methods for Ordinary Differential Equations, section 389.
"""

import functools
from typing import Any

from sympy.polys.matrices import DomainMatrix

from schemetools.analysis.trees.forest import Forest


def bracket(table: Forest, left: list[Any], right: list[Any], domain: Any) -> list[Any]:
    """[left, right](t) = sum over edges of left(branch) right(trunk) - right(branch) left(trunk)."""
    result = []
    for t in range(len(left)):
        total = domain.zero
        for branch, trunk, m in table.splits[t]:
            if left[branch] and right[trunk]:
                total = total + left[branch] * right[trunk] * domain.convert(m)
            if right[branch] and left[trunk]:
                total = total - right[branch] * left[trunk] * domain.convert(m)
        result.append(total)
    return result


def remover(table: Forest, n: int, b: list[Any], domain: Any) -> list[Any] | None:
    """c on trees of order n - 1 with [c, f] = -b at order n; None where there is none."""
    if b[_tall(table, n)]:  # linear fields commute: on u' = lambda u no variables change the error
        return None
    size, known = len(b), _images(table, n)
    columns = [known[t] for t in table.ids(n - 1)]
    rows = [[domain.convert(column.get(t, 0)) for column in columns] + [-b[t]] for t in table.ids(n)]
    reduced, pivots = DomainMatrix(rows, (len(rows), len(columns) + 1), domain).rref()
    if len(columns) in pivots:
        return None
    entries, change = reduced.to_list(), [domain.zero] * size
    for row, pivot in zip(entries, pivots, strict=False):
        change[table.ids(n - 1)[pivot]] = row[-1]
    return change


def _tall(table: Forest, n: int) -> int:
    """The tree of order n without a branching."""
    return functools.reduce(lambda below, _: table.graft[below][0], range(n - 1), 0)


def _images(table: Forest, n: int) -> dict[int, dict[int, int]]:
    """For each tree of order n - 1, [unit there, f] on the trees of order n: f is 1 on the single node, id 0."""
    images: dict[int, dict[int, int]] = {t: {} for t in table.ids(n - 1)}
    for t in table.ids(n):
        for branch, trunk, m in table.splits[t]:
            for own, other, sign in ((branch, trunk, m), (trunk, branch, -m)):
                if other == 0:
                    images[own][t] = images[own].get(t, 0) + sign
    return images
