"""Slow and independent: B-series by the definition, on nested tuples, with sums over all subsets of edges.

A tree is the sorted tuple of its children. Nothing here is shared with the package.
"""

import functools
from fractions import Fraction
from itertools import combinations_with_replacement, product

DOT = ()


@functools.cache
def trees(n):
    """All rooted trees with n nodes."""
    if n == 1:
        return (DOT,)
    found = set()
    for parts in _partitions(n - 1):
        pools = [trees(size) for size in parts]
        found |= {tuple(sorted(choice)) for choice in product(*pools)}
    return tuple(sorted(found))


@functools.cache
def _partitions(n):
    return tuple(
        parts for k in range(1, n + 1) for parts in combinations_with_replacement(range(1, n + 1), k) if sum(parts) == n
    )


def size(tree):
    return 1 + sum(map(size, tree))


def density(tree):
    result = size(tree)
    for child in tree:
        result *= density(child)
    return result


def partitions(tree):
    """Every subset of edges cut, as (root component, other components, skeleton)."""
    result = [((), (), ())]
    for child in tree:
        result = [
            entry
            for component, others, skeleton in result
            for inner, inner_others, inner_skeleton in partitions(child)
            for entry in (
                ((*component, inner), others + inner_others, skeleton + inner_skeleton),
                (component, (*others, inner, *inner_others), (*skeleton, inner_skeleton)),
            )
        ]
    return [
        (tuple(sorted(component)), tuple(tuple(sorted(o)) for o in others), tuple(sorted(skeleton)))
        for component, others, skeleton in result
    ]


def substitution(field, series, tree):
    """(field * series)(tree): the series of the vector field `field` in place of f, by the substitution law."""
    total = 0
    for component, others, skeleton in partitions(tree):
        term = series(skeleton) * field(component)
        for other in others:
            term *= field(other)
        total += term
    return total


def modified(phi):
    """b with (b * exact flow) = phi, one tree at a time."""

    @functools.cache
    def b(tree):
        total = phi(tree)
        for component, others, skeleton in partitions(tree):
            if not others:
                continue
            term = Fraction(1, density(skeleton)) * b(component)
            for other in others:
                term *= b(other)
            total -= term
        return total

    return b


def flow(field, steps):
    """The series of the exact flow of `field` over the given number of steps."""

    @functools.cache
    def series(tree):
        return substitution(lambda t: steps * field(t), lambda t: Fraction(1, density(t)), tree)

    return series


def weights(A, b):
    """The elementary weights phi of a tableau."""
    s = range(len(b))

    @functools.cache
    def inner(tree):
        values = [1] * len(b)
        for child in tree:
            slopes = inner(child)
            values = [v * sum(A[i][j] * slopes[j] for j in s) for i, v in zip(s, values, strict=True)]
        return tuple(values)

    return lambda tree: sum(b[i] * inner(tree)[i] for i in s)


def from_levels(levels):
    """The nested tuple of a level sequence."""
    starts = [i for i, level in enumerate(levels) if level == 2] + [len(levels)]
    return tuple(
        sorted(from_levels(tuple(x - 1 for x in levels[i:j])) for i, j in zip(starts, starts[1:], strict=False))
    )
