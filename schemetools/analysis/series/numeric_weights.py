"""Elementary weights in numbers, all trees of one order at once: floats, or integers that stand for x / 2^bits.

Only what the recursion needs of a tree is kept, t = u o v as two ids, and its density: tables of splittings are not
built, so that order 15 takes seconds.
"""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from schemetools.analysis.trees.forest import Grammar, check_order


class Level(NamedTuple):
    """The trees of one order: ids of u and v in t = u o v, colours of the roots, densities."""

    first: int
    left: np.ndarray
    right: np.ndarray
    colour: np.ndarray
    density: np.ndarray


@functools.cache
def levels(grammar: Grammar, order: int) -> tuple[Level, ...]:
    """The trees of orders 1..order, ids in the order of `Forest`."""
    check_order(grammar, order)
    if order == 1:
        n = len(grammar.colours)
        none = np.full(n, -1)
        return (Level(0, none, none, np.arange(n), np.ones(n)),)
    below = levels(grammar, order - 1)
    allowed = np.zeros((len(grammar.colours),) * 2, dtype=bool)
    for parent, children in enumerate(grammar.below):
        allowed[parent, list(children)] = True
    single = np.isin(np.arange(len(grammar.colours)), grammar.linear)
    parts = [_grafted(below[order - m - 1], below[m - 1], allowed, single, order, order - m) for m in range(1, order)]
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    return (*below, Level(below[-1].first + len(below[-1].left), *columns))


def _grafted(
    trunks: Level, branches: Level, allowed: np.ndarray, single: np.ndarray, order: int, trunk_order: int
) -> tuple[Any, ...]:
    v = np.arange(len(branches.left))[:, None]
    fits = (trunks.right[None, :] <= v + branches.first) & allowed[trunks.colour[None, :], branches.colour[:, None]]
    fits &= ~(single[trunks.colour] & (trunks.right >= 0))[None, :]  # a linear field has one child at most
    branch, trunk = np.nonzero(fits)
    density = trunks.density[trunk] / trunk_order * order * branches.density[branch]
    return trunk + trunks.first, branch + branches.first, trunks.colour[trunk], density


class Numbers(NamedTuple):
    """How values are multiplied: floats as they are, integers x standing for x / 2^bits with a shift."""

    bits: int | None

    def times(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The product, entry by entry."""
        return a * b if self.bits is None else (a * b) >> self.bits

    def dot(self, values: np.ndarray, row: np.ndarray) -> np.ndarray:
        """values @ row, row (s,) or (s, s) transposed; of long integers, those that meet a zero are left out."""
        if self.bits is None:
            return values @ row
        if row.ndim == 2:
            return np.stack([self.dot(values, column) for column in row.T], axis=1)
        used = np.flatnonzero(row)
        return (values[:, used] @ row[used]) >> self.bits if len(used) else 0 * values[:, 0]

    @property
    def one(self) -> Any:
        """The number 1."""
        return 1.0 if self.bits is None else 1 << self.bits


def weights_by_order(
    grammar: Grammar, order: int, tableaux: Sequence[tuple[np.ndarray, np.ndarray]], numbers: Numbers
) -> Any:
    """Yield, for n = 1..order, phi(t) of the trees of order n, one array each.

    `tableaux` holds (A (s, s), b (s,)) per colour, in the numbers chosen.
    """
    s = len(tableaux[0][1])
    kind = tableaux[0][1].dtype
    at_stages: list[np.ndarray] = []
    below: list[np.ndarray] = []
    for n in range(1, order + 1):
        level = levels(grammar, n)[-1]
        if n == 1:
            values = np.full((len(level.left), s), numbers.one, dtype=kind)
        else:
            values = numbers.times(np.concatenate(at_stages)[level.left], np.concatenate(below)[level.right])
        phi = np.zeros(len(level.left), dtype=kind)
        under = np.zeros_like(values)
        for colour, (A, b) in enumerate(tableaux):
            mine = level.colour == colour
            phi[mine] = numbers.dot(values[mine], b)
            under[mine] = numbers.dot(values[mine], A.T)
        at_stages.append(values)
        below.append(under)
        yield phi
