"""Order conditions in floating point: enough to tell what a row of weights is, before it is a scheme.

The exact verdict is that of `schemetools.analysis`; here a table is only looked at, as its author's doubles.
"""

from collections.abc import Iterator
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

HIGHEST = 9  # 486 trees: what is stated beyond is not looked at here
CLOSE = 1e-8

Weights = NDArray[np.float64]


def float_order(A: Weights, b: Weights, highest: int = HIGHEST) -> int:
    """The order of the weights b (s,) with the stages A (s, s), by all trees with up to `highest` nodes, within 1e-8.

    phi(t) = sum_i b_i prod_children (A Phi_child)_i against 1/gamma(t). Source: Hairer, Norsett, Wanner, Solving
    Ordinary Differential Equations I, theorem II.2.13.
    """
    for n, trees in enumerate(_trees(A, highest), 1):
        if any(abs(b @ phi - 1 / density) > CLOSE for phi, density in trees):
            return n - 1
    return highest


def _trees(A: Weights, highest: int) -> Iterator[list[tuple[Weights, float]]]:
    """For n = 1, 2, ...: (Phi (s,), density) of every rooted tree with n nodes."""
    branches: list[list[tuple[Weights, float]]] = [[]]  # A Phi and density, by number of nodes
    for n in range(1, highest + 1):
        trees = [(phi, n * density) for phi, density in _forests(branches, n - 1, n - 1, len(A))]
        yield trees
        branches.append([(A @ phi, density) for phi, density in trees])


def _forests(
    branches: list[list[tuple[Weights, float]]], nodes: int, largest: int, stages: int
) -> Iterator[tuple[Weights, float]]:
    """The product of A Phi and of densities over every multiset of trees with `nodes` nodes, none above `largest`."""
    if nodes == 0:
        yield np.ones(stages), 1.0
        return
    for size in range(min(nodes, largest), 0, -1):
        for count in range(1, nodes // size + 1):
            for rest, density in _forests(branches, nodes - size * count, size - 1, stages):
                for chosen in combinations_with_replacement(branches[size], count):
                    product, gamma = rest, density
                    for phi, factor in chosen:
                        product, gamma = product * phi, gamma * factor
                    yield product, gamma
