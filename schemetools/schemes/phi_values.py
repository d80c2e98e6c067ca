"""Phi functions in floating point, of numbers, diagonals and matrices; generated programs contain this function."""

import math
from typing import Any


def phi_functions(xp: Any, z: Any, highest: int) -> list[Any]:
    """[phi_0(z), ..., phi_highest(z)], xp being numpy or torch; by entry of z, or of a matrix z in two dimensions.

    Taylor's series where |z| <= 1/2, and nothing cancels; elsewhere z is halved that far, and the values are doubled:
        phi_k(2 z) = (phi_0(z) phi_k(z) + sum_j phi_j(z) / (k - j)!) / 2^k,    j = 1..k
    """
    dense = z.ndim == 2
    times = (lambda a, b: a @ b) if dense else (lambda a, b: a * b)
    one = xp.linalg.matrix_power(z, 0) if dense else xp.ones_like(z)
    halved = []
    while True:
        large = (abs(z).sum(-1).max() if dense else abs(z)) > 0.5  # by entry: small ones would lose digits in doubling
        if not large.any():
            break
        halved.append(large)
        z = xp.where(large, z / 2, z)
    last = term = one / math.factorial(highest)
    for m in range(1, 18):
        term = times(term, z) / (highest + m)
        last = last + term
    found = [last]
    for k in range(highest - 1, -1, -1):
        found.insert(0, times(z, found[0]) + one / math.factorial(k))
    for large in reversed(halved):
        doubled = [
            (times(found[0], found[k]) + sum(found[j] / math.factorial(k - j) for j in range(1, k + 1))) / 2.0**k
            for k in range(highest + 1)
        ]
        found = [xp.where(large, new, old) for new, old in zip(doubled, found, strict=True)]
    return found
