"""Real roots of integer polynomials in intervals, by Descartes' rule of signs in flint's arithmetic."""

import math
from collections.abc import Iterator
from typing import Any

from sympy import QQ
from sympy.external.gmpy import GROUND_TYPES

HAS_FLINT = GROUND_TYPES == "flint"
if HAS_FLINT:
    from flint import fmpz_poly


def real_intervals(f: Any) -> list[tuple[Any, Any]]:
    """Intervals that hold one real root each of a square-free polynomial, ascending."""
    left = [(-high, -low) for low, high in positive_intervals(f(fmpz_poly([0, -1])))]
    return [*left[::-1], *([(QQ(0), QQ(0))] if not f[0] else []), *positive_intervals(f)]


def positive_intervals(f: Any) -> Iterator[tuple[Any, Any]]:
    """Intervals that hold one positive root each of a square-free polynomial, ascending; a point where it is a cut.

    By Descartes' rule on the halves, quarters, ... of an interval that holds all of them, the left ones first, so that
    the first root costs no more than itself (Vincent; Collins and Akritas, 1976).
    """
    coefficients = f.coeffs()
    if coefficients and not coefficients[0]:
        f = fmpz_poly(coefficients[1:])
    if f.degree() < 1:
        return
    n, size = f.degree(), 1 << max(_root_bits(f), 0)
    pieces = [(f(fmpz_poly([0, size])), QQ(0), QQ(size))]
    while pieces:
        g, low, width = pieces.pop()
        if g.degree() < 0:  # the root at the middle of an interval
            yield low, low
            continue
        changes = _sign_changes(fmpz_poly(_padded(g, n)[::-1])(fmpz_poly([1, 1])).coeffs())
        if changes == 1 and g(1):
            yield low, low + width
        elif changes:
            left = fmpz_poly([c << (n - i) for i, c in enumerate(_padded(g, n))])
            right, middle = left(fmpz_poly([1, 1])), low + width / 2
            pieces.append((right, middle, width / 2))
            if not right[0]:
                pieces.append((fmpz_poly(), middle, width))
            pieces.append((left, low, width / 2))


def _root_bits(f: Any) -> int:
    """k with every positive root below 2^k (Cauchy, with the coefficients of the other sign only)."""
    *lower, leading = f.coeffs()
    ratios = [
        (abs(int(c)).bit_length() - abs(int(leading)).bit_length() + 1) / (len(lower) - i)
        for i, c in enumerate(lower)
        if c * leading < 0
    ]
    return math.ceil(max(ratios, default=0)) + 1


def _padded(f: Any, n: int) -> list[Any]:
    coefficients = f.coeffs()
    return coefficients + [0] * (n + 1 - len(coefficients))


def _sign_changes(coefficients: list[Any]) -> int:
    signs = [c > 0 for c in coefficients if c]
    return sum(a != b for a, b in zip(signs, signs[1:], strict=False))
