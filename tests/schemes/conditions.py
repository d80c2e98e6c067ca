"""Order conditions written anew for the tests: recursive trees, elementary weights, nothing of the analysis room."""

import functools
from math import prod

from sympy import QQ

from schemetools.exact import to_domain


@functools.cache
def trees(n, colours=("f",), alternating=False):
    """All rooted trees with n coloured nodes, as (colour, sorted children); children of another colour if alternating."""
    if n == 1:
        return tuple((colour, ()) for colour in colours)
    found = set()
    for colour in colours:
        for children in _forests(n - 1, n - 1, colours, alternating):
            if not (alternating and any(child[0] == colour for child in children)):
                found.add((colour, tuple(sorted(children))))
    return tuple(sorted(found))


def _forests(total, largest, colours, alternating):
    if total == 0:
        yield ()
    for size in range(min(total, largest), 0, -1):
        for first in trees(size, colours, alternating):
            for rest in _forests(total - size, size, colours, alternating):
                yield (first, *rest)


def size(tree):
    return 1 + sum(map(size, tree[1]))


def density(tree):
    return size(tree) * prod(map(density, tree[1]))


def residuals(tableaux, n, alternating=False, embedded=False):
    """phi(t) - 1/gamma(t) for every tree of n nodes, exactly, over the tableaux {colour: RungeKutta}."""
    weight = _weights(tuple(tableaux.items()), embedded)
    return [weight(tree) for tree in trees(n, tuple(tableaux), alternating)]


@functools.cache
def _weights(tableaux, embedded):
    flat = []
    for _, t in tableaux:
        flat += [a for row in t.A for a in row] + list(t.b_hat if embedded else t.b)
    domain, elements = to_domain(flat)
    s = tableaux[0][1].stages
    A, b = {}, {}
    for n, (colour, _) in enumerate(tableaux):
        own = elements[n * (s * s + s) : (n + 1) * (s * s + s)]
        A[colour] = [[(j, a) for j, a in enumerate(own[i * s : (i + 1) * s]) if a] for i in range(s)]
        b[colour] = own[s * s :]

    @functools.cache
    def pushed(tree):
        inner = stage_weights(tree)
        return [sum((a * inner[j] for j, a in row), domain.zero) for row in A[tree[0]]]

    def stage_weights(tree):
        result = [domain.one] * s
        for child in tree[1]:
            result = [x * y for x, y in zip(result, pushed(child), strict=True)]
        return result

    def residual(tree):
        phi = sum((w * v for w, v in zip(b[tree[0]], stage_weights(tree), strict=True) if w), domain.zero)
        return domain.to_sympy(phi - domain.convert(QQ(1, density(tree)), QQ))

    return residual


def order(scheme, embedded=False, at_most=11):
    """The order of a one-step scheme: conditions are tried, all of them, until one fails."""
    partitioned = getattr(scheme, "partitioned", False)
    tableaux = dict(scheme.tableaux) if hasattr(scheme, "tableaux") else {"f": scheme}
    for n in range(1, at_most + 1):
        if any(r != 0 for r in residuals(tableaux, n, partitioned, embedded)):
            return n - 1
    return at_most


def multistep_order(scheme):
    """The largest p with sum_j alpha_j j^q = q sum_j beta_j j^(q-1) for all q <= p."""
    q = 0
    while True:
        left = sum(a * (j**q if q else 1) for j, a in enumerate(scheme.alpha))
        right = sum(q * b * (j ** (q - 1) if q > 1 else 1) for j, b in enumerate(scheme.beta)) if q else 0
        if (left - right).expand() != 0:
            return q - 1
        q += 1
