"""Power series in several variables by total degree, over a ring: lists of parts, the n-th homogeneous of degree n.

A part is an element of a polynomial ring. One variable needs no letter, since the degree is the index; d variables
need d - 1, the exponent of the last one being what is missing to the degree. Every operation costs about one product
of two series.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import QQ

Series = list[Any]


def zero(ring: Any, order: int) -> Series:
    """The series 0 through degree `order`."""
    return [ring.zero] * (order + 1)


def constant(ring: Any, value: Any, order: int) -> Series:
    """A constant as a series."""
    return [ring.zero + value, *zero(ring, order - 1)]


def add(a: Series, b: Series) -> Series:
    """a + b."""
    return [x + y if x and y else x or y for x, y in zip(a, b, strict=True)]


def scale(a: Series, factor: Any) -> Series:
    """factor * a, for a number or an element of the ring."""
    return [x * factor if x else x for x in a]


def _dot(a: Sequence[Any], b: Sequence[Any], n: int, start: int = 0) -> Any:
    """sum_(i = start..n) a_i b_(n-i); None where every product vanishes."""
    total = None
    for i in range(start, n + 1):
        x, y = a[i], b[n - i]
        if x and y:
            total = x * y if total is None else total + x * y
    return total


def multiply(a: Series, b: Series) -> Series:
    """a b, through the degree of a."""
    return [_dot(a, b, n) or a[0] * 0 for n in range(len(a))]


def log(a: Series) -> Series:
    """log a, for a_0 = 1: n L_n = n a_n - sum_(k=1..n-1) k L_k a_(n-k)."""
    weighted: Series = [a[0] * 0]
    found: Series = [a[0] * 0]
    for n in range(1, len(a)):
        total = a[n] * n
        for k in range(1, n):
            if weighted[k] and a[n - k]:
                total = total - weighted[k] * a[n - k]
        weighted.append(total)
        found.append(total * QQ(1, n) if total else total)
    return found


def exp(a: Series) -> Series:
    """exp a, for a_0 = 0: n e_n = sum_(k=1..n) k a_k e_(n-k)."""
    found: Series = [a[0] * 0 + 1]
    weighted = [x * n for n, x in enumerate(a)]
    for n in range(1, len(a)):
        total = _dot(weighted, found, n, 1)
        found.append(a[0] * 0 if total is None else total * QQ(1, n))
    return found


def divide(a: Series, b: Series) -> Series:
    """a/b, for b_0 = 1."""
    found: Series = []
    for n in range(len(a)):
        total = a[n]
        for i in range(n):
            if found[i] and b[n - i]:
                total = total - found[i] * b[n - i]
        found.append(total)
    return found


def horner(coefficients: Sequence[Any], z: Series, ring: Any) -> Series:
    """sum_k c_k z^k, for elements c_k of the ring; degrees that z_0 = 0 makes vanish are left out by themselves."""
    order = len(z) - 1
    result = zero(ring, order)
    for c in reversed(coefficients):
        result = multiply(result, z) if any(result) else result
        result = [result[0] + c, *result[1:]]
    return result


def principal_log(levels: Mapping[int, Series]) -> Series:
    """log G of the root G = 1 + ... of sum_m a_m G^m = 0, where sum_m a_m = 0 and sum_m m a_m = 1 in degree 0.

    Two levels: log(-a_0) - log(a_1). More: with G = 1 + g and L_j = sum_m C(m, j) a_m, degree by degree,

        g_n = -[L_0 + (L_1 - 1) g + L_2 g^2 + ...]_n
    """
    first, last = min(levels), max(levels)
    shifted = {m - first: a for m, a in levels.items()}
    if last - first == 1:
        return add(log([-x for x in shifted[0]]), [-x for x in log(shifted[1])])
    return log(_root(shifted, last - first))


def _root(levels: Mapping[int, Series], degree: int) -> Series:
    """The root 1 + g."""
    sample = next(iter(levels.values()))
    nothing, order = sample[0] * 0, len(sample) - 1
    taylor = []
    for j in range(degree + 1):
        total = [nothing] * (order + 1)
        for m, a in levels.items():
            if m >= j:
                total = add(total, scale(a, _binomial(m, j)))
        taylor.append(total)
    powers: list[Series] = [[], [nothing], *([nothing, nothing] for _ in range(2, degree + 1))]
    for n in range(1, order + 1):
        for j in range(2, degree + 1):  # (g^j)_n = sum (g^(j-1))_i g_(n-i), known before g_n, since g_0 = 0
            if n >= 2:
                powers[j].append(_product_part(powers[j - 1], powers[1], n) if n >= j else nothing)
        total = taylor[0][n]
        for j in range(1, degree + 1):
            for i in range(n if j == 1 else n + 1):
                x = powers[j][i] if i < len(powers[j]) else nothing
                y = taylor[j][n - i]
                if x and y and not (j == 1 and i == n):
                    total = total + x * y
        powers[1].append(-total)
    g = powers[1]
    return [nothing + 1, *g[1:]]


def _product_part(left: Series, g: Series, n: int) -> Any:
    total = left[0] * 0
    for i in range(1, n):
        if left[i] and g[n - i]:
            total = total + left[i] * g[n - i]
    return total


def _binomial(n: int, k: int) -> int:
    result = 1
    for i in range(k):
        result = result * (n - i) // (i + 1)
    return result
