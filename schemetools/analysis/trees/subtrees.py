"""Sums over the rooted subtrees of a tree, the combinatorics of composing B-series.

A tree s that contains the root of t leaves the forest t \\ s. For t = u o v the pairs follow from those of u and v: v
is cut off whole, or s_u o s_v remains. X(t) = sum_s s * a(t \\ s) is kept as {id of s: weight}, one vector per tree.
"""

from collections.abc import Sequence
from typing import Any

from schemetools.analysis.trees.forest import Forest

Cuts = dict[int, Any]


def cuts_of(table: Forest, t: int, left: Cuts | None, right: Cuts | None, value: Any, one: Any) -> Cuts:
    """X(t) from X(u), X(v) and a(v), for t = u o v; X(dot) = dot."""
    if left is None or right is None:
        return {t: one}
    result: Cuts = {s: w * value for s, w in left.items()} if value else {}
    for s_v, w_v in right.items():
        graft = table.graft[s_v]
        for s_u, w_u in left.items():
            s = graft[s_u]
            product = w_u * w_v
            result[s] = result[s] + product if s in result else product
    return result


def composition(table: Forest, order: int, inner: Sequence[Any], outer: Sequence[Any], one: Any) -> list[Any]:
    """sum_s outer(s) inner(t \\ s) by id: the series `outer` at the point that the map `inner` (with inner(empty) =
    1) reaches."""
    zero = one - one
    cuts: list[Cuts] = []
    result: list[Any] = []
    for n in range(1, order + 1):
        for t in table.ids(n):
            u, v = table.left[t], table.right[t]
            mine = cuts_of(table, t, *((cuts[u], cuts[v], inner[v]) if n > 1 else (None, None, zero)), one)
            cuts.append(mine)
            result.append(sum((outer[s] * w for s, w in mine.items() if outer[s]), zero))
    return result
