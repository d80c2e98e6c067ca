"""Changes of variables on modified equations: the bracket of vector fields on trees, and what it can remove.

Where y = u + h^(n-1) g(u), u follows b + [g, f] at order n: the part of order n of a field b that is a bracket [c, f]
with c on trees of order n - 1 is a matter of variables. The only fields that commute with f are its multiples.
Source: Butcher, Numerical Methods for Ordinary Differential Equations, section 389.
"""

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
    size = len(b)
    columns = [_images(table, t, n, domain) for t in table.ids(n - 1)]
    rows = [[column.get(t, domain.zero) for column in columns] + [-b[t]] for t in table.ids(n)]
    reduced, pivots = DomainMatrix(rows, (len(rows), len(columns) + 1), domain).rref()
    if len(columns) in pivots:
        return None
    entries, change = reduced.to_list(), [domain.zero] * size
    for row, pivot in zip(entries, pivots, strict=False):
        change[table.ids(n - 1)[pivot]] = row[-1]
    return change


def _images(table: Forest, own: int, n: int, domain: Any) -> dict[int, Any]:
    """[unit at the tree `own`, f] on the trees of order n: f is 1 on the single node, id 0."""
    image: dict[int, Any] = {}
    for t in table.ids(n):
        total = 0
        for branch, trunk, m in table.splits[t]:
            total += (branch == own and trunk == 0) * m - (branch == 0 and trunk == own) * m
        if total:
            image[t] = domain.convert(total)
    return image
