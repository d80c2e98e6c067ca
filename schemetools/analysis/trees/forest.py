"""The tables of trees that every recursion runs on: trees as integer ids, their grafting products and edge splittings.

A tree of order n > 1 is written once as t = u o v: v, its largest child, grafted to the root of u. Everything else
follows by recursion on that: the root cuts (child, rest), and from them the splittings of t at one edge into branch
and trunk. The pairs that arise are distinct, so that multiplicities need no merging, and the tables take a few
operations per splitting.
"""

import contextlib
import functools
import gc
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from schemetools.errors import SchemeError
from schemetools.exact import is_whole


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """No collection of reference cycles: the tables have none, and walking them again and again costs half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


MAX_TREES = 1_500_000
BYTES_PER_TREE = 1_600  # measured at order 14, tables of splittings included
Progress = Callable[[int, int], None]


class Grammar(NamedTuple):
    """Which trees there are: the colours of nodes, and for each colour the colours that its children may have.

    A node of one of the colours `linear` has at most one child: the second derivative of a linear field is 0.
    """

    colours: tuple[str, ...]
    below: tuple[tuple[int, ...], ...]
    plain: bool = False
    linear: tuple[int, ...] = ()

    def label(self, colour: int) -> str | None:
        """The name of a colour; None where trees are plain."""
        return None if self.plain else self.colours[colour]


PLAIN = Grammar(("f",), ((0,),), plain=True)
TIME = "t"
NONAUTONOMOUS = Grammar(("f", TIME), ((0, 1), ()))


def free(colours: tuple[str, ...]) -> Grammar:
    """Every colouring: u' = F(u) + G(u) + ..."""
    return Grammar(colours, (tuple(range(len(colours))),) * len(colours))


def with_linear(colours: tuple[str, ...], linear: tuple[str, ...]) -> Grammar:
    """Every colouring, some of the fields being linear: u' = L u + N(u)."""
    return free(colours)._replace(linear=tuple(map(colours.index, linear)))


def alternating(colours: tuple[str, ...]) -> Grammar:
    """No child has its parent's colour: p' = F(q), q' = G(p)."""
    return Grammar(colours, tuple(tuple(c for c in range(len(colours)) if c != own) for own in range(len(colours))))


def second_order(colours: tuple[str, str], *, velocities: bool = False) -> Grammar:
    """Nystrom trees, q' = p and p' = f(q): below p is one f at most. With `velocities`, f(q, p), f may be below f."""
    return Grammar(colours, ((0, 1) if velocities else (1,), (0,)), linear=(1,))


class Forest:
    """The table of all trees of one grammar, grown order by order and kept.

    Ids are consecutive, order by order: those of order n are `range(offsets[n], offsets[n + 1])`. Per id: `left` u and
    `right` v of t = u o v, `colour` of the root, `cuts` [(child, rest, multiplicity)] over distinct children, `splits`
    [(branch, trunk, multiplicity)] over distinct single-edge splittings, `graft[v][u]` = u o v.
    An order is published by the last statement that builds it, so an interrupt leaves a table that is whole.
    """

    def __init__(self, grammar: Grammar):
        n = len(grammar.colours)
        self.grammar = grammar
        self.offsets = [0, 0, n]
        self.left = [-1] * n
        self.right = [-1] * n
        self.colour = list(range(n))
        self.cuts: list[list[tuple[int, int, int]]] = [[] for _ in range(n)]
        self.splits: list[list[tuple[int, int, int]]] = [[] for _ in range(n)]
        self.graft: list[dict[int, int]] = [{} for _ in range(n)]

    @property
    def order(self) -> int:
        """The highest order in the table."""
        return len(self.offsets) - 2

    def ids(self, order: int) -> range:
        """The ids of the trees of one order."""
        return range(self.offsets[order], self.offsets[order + 1])

    @collector_paused()
    def grow(self, order: int, progress: Progress | None = None) -> None:
        """Extend the table to trees of the given order.

        Raises SchemeError for an order below 1, and for one whose table would not fit, with what it would cost.
        """
        check_order(self.grammar, order)
        while self.order < order:
            if progress is not None:
                progress(self.order, order)
            self._grow_once()

    def graftings_elsewhere(self, u: int, v: int) -> list[tuple[int, int]]:
        """[(tree, multiplicity)] that come from grafting v to the nodes of u other than its root."""
        result = []
        for child, rest, k in self.cuts[u]:
            onto_child = [(self.graft[v][child], 1)] if child in self.graft[v] else []
            for changed, m in onto_child + self.graftings_elsewhere(child, v):
                if rest in self.graft[changed]:
                    result.append((self.graft[changed][rest], k * m))
        return result

    def _grow_once(self) -> None:
        n, first = self.order + 1, self.offsets[-1]
        for column in (self.left, self.right, self.colour, self.cuts, self.splits, self.graft):
            del column[first:]
        for m in range(1, n):
            self._graft_all(n - m, m)
        last = len(self.left)
        self._split_all(range(first, last))
        self.offsets.append(last)

    def _graft_all(self, trunk_order: int, branch_order: int) -> None:
        """Every u o v with |u|, |v| as given and v no smaller than the children of u; and the other ways to write
        it."""
        left, right, colour, cuts, graft = self.left, self.right, self.colour, self.cuts, self.graft
        below = [frozenset(children) for children in self.grammar.below]
        trunks = self.ids(trunk_order)
        if trunk_order > 1 and self.grammar.linear:
            trunks = [u for u in trunks if colour[u] not in self.grammar.linear]
        t = len(left)
        for v in self.ids(branch_order):
            onto = graft[v]
            for u in trunks:
                if right[u] > v or colour[v] not in below[colour[u]]:
                    continue
                onto[u] = t
                left.append(u)
                right.append(v)
                colour.append(colour[u])
                mine, others = [(v, u, 1)], cuts[u]
                if right[u] == v:
                    mine, others = [(v, u, others[0][2] + 1)], others[1:]
                for child, rest, multiplicity in others:
                    rest_with_v = onto[rest]
                    graft[child][rest_with_v] = t
                    mine.append((child, rest_with_v, multiplicity))
                cuts.append(mine)
                graft.append({})
                t += 1

    def _split_all(self, ids: Iterable[int]) -> None:
        """Splittings: cut the edge to a child, or cut inside the child and graft what is left of it back."""
        cuts, splits, graft = self.cuts, self.splits, self.graft
        for t in ids:
            mine = cuts[t][:]
            for child, rest, k in cuts[t]:
                if k == 1:
                    mine += [(branch, graft[trunk][rest], m) for branch, trunk, m in splits[child]]
                else:
                    mine += [(branch, graft[trunk][rest], k * m) for branch, trunk, m in splits[child]]
            splits.append(mine)


@functools.cache
def forest(grammar: Grammar) -> Forest:
    """The one table of a grammar."""
    return Forest(grammar)


@functools.cache
def symmetries(grammar: Grammar, order: int) -> tuple[int, ...]:
    """sigma(t) by id through the given order: sigma(u o v) = sigma(u) sigma(v) times how often v is then a child."""
    table = forest(grammar)
    result = [1] * len(grammar.colours)
    for t in range(len(result), table.offsets[order + 1]):
        v, u, multiplicity = table.cuts[t][0]
        result.append(result[u] * result[v] * multiplicity)
    return tuple(result)


@functools.cache
def densities(grammar: Grammar, order: int) -> tuple[int, ...]:
    """gamma(t) by id through the given order: gamma(u o v) = gamma(u)/|u| (|u| + |v|) gamma(v)."""
    table = forest(grammar)
    result, sizes = [1] * len(grammar.colours), [1] * len(grammar.colours)
    for t in range(len(result), table.offsets[order + 1]):
        u, v = table.left[t], table.right[t]
        sizes.append(sizes[u] + sizes[v])
        result.append(result[u] // sizes[u] * sizes[t] * result[v])
    return tuple(result)


@functools.cache
def tree_counts(grammar: Grammar, order: int) -> tuple[int, ...]:
    """How many trees there are of each order 1..order, without building them.

    With r_c(n) trees of order n and root colour c: n-1 nodes are distributed over a multiset of trees of allowed
    colours, the Euler transform of the sum of r over those colours. Source: Otter, Annals of Mathematics 49 (1948).
    """
    by_colour = [[0, 1] for _ in grammar.colours]
    forests = [[1] for _ in grammar.colours]
    for n in range(1, order):
        for own, below in enumerate(grammar.below):
            if own in grammar.linear:
                forests[own].append(sum(by_colour[c][n] for c in below))
                continue
            total = 0
            for k in range(1, n + 1):
                weight = sum(d * by_colour[c][d] for d in range(1, k + 1) if k % d == 0 for c in below)
                total += weight * forests[own][n - k]
            forests[own].append(total // n)
        for own in range(len(grammar.colours)):
            by_colour[own].append(forests[own][n])
    return tuple(sum(column[n] for column in by_colour) for n in range(1, order + 1))


def check_order(grammar: Grammar, order: int) -> None:
    """Refuse an order that is no positive integer, or whose table would not fit into memory."""
    if not is_whole(order) or order < 1:
        raise SchemeError(
            f"order={order!r} came; give the number of nodes of the largest trees, a positive integer such as 4"
        )
    if order <= 8 and len(grammar.colours) < 3:
        return
    total = sum(tree_counts(grammar, order))
    if total > MAX_TREES:
        top = next(n for n in range(1, order + 1) if sum(tree_counts(grammar, n)) > MAX_TREES) - 1
        raise SchemeError(
            f"order {order} has {_rounded(total)} trees, whose tables would take about "
            f"{_rounded(total * BYTES_PER_TREE // 2**30)} GiB; the highest order that is computed here is {top}"
        )


def _rounded(count: int) -> str:
    return f"{count:,}" if count < 10**9 else f"{float(count):.1e}"
