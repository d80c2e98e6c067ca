"""Roots counted against the unit circle and the imaginary axis, exactly."""

import functools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial, divide, gcd, trim
from schemetools.analysis.algebra.sturm import cauchy_index, count_real_roots, square_free_factors


class RootCount(NamedTuple):
    """How many roots lie inside, on and outside the unit circle, and whether those on it are simple."""

    inside: int
    on: int
    outside: int
    simple: bool

    @property
    def is_power_bounded(self) -> bool:
        """The root condition: none outside, those on the circle simple."""
        return not self.outside and self.simple


@functools.cache
def moebius_table(n: int) -> list[tuple[list[int], list[int]]]:
    """Real and imaginary parts of (1 + i x)^j (1 - i x)^(n - j) as integer polynomials in x, for j = 0..n."""
    table = []
    for j in range(n + 1):
        coefficients = [0] * (n + 1)  # of (1 + y)^j (1 - y)^(n - j), y = i x
        for a in range(j + 1):
            for b in range(n - j + 1):
                coefficients[a + b] += math.comb(j, a) * math.comb(n - j, b) * (-1) ** b
        real = [c * (1, 0, -1, 0)[m % 4] for m, c in enumerate(coefficients)]
        imaginary = [c * (0, 1, 0, -1)[m % 4] for m, c in enumerate(coefficients)]
        table.append((real, imaginary))
    return table


def count_against_circle(K: Field, real: Sequence[Any], imaginary: Sequence[Any] | None = None) -> RootCount:
    """Where the roots of sum_j (real[j] + i imaginary[j]) w^j lie.

    The degree is the formal one, len(real) - 1; a vanishing leading coefficient is a root at infinity, outside: x = -i.
    With w = (1 + i x)/(1 - i x) the disc becomes the upper half plane; the polynomial U(x) + i V(x) has its real roots
    and conjugate pairs in gcd(U, V), and the Cauchy index of V/U counts the rest (Hermite-Biehler).
    """
    U, V = _on_the_circle(K, real, imaginary if imaginary is not None else [K.zero] * len(real))
    at_minus_one = len(real) - max(len(U), len(V))
    common = gcd(K, U, V)
    distinct = count_real_roots(K, common)
    repeated = sum((m - 1) * count_real_roots(K, g) for g, m in square_free_factors(K, common) if m > 1)
    pairs = (len(common) - 1 - distinct - repeated) // 2
    U, V = (divide(K, p, common)[0] if p else p for p in (U, V))
    index = -cauchy_index(K, U, V) if len(U) >= len(V) else cauchy_index(K, V, U)
    rest = max(len(U), len(V)) - 1
    inside = (rest + index) // 2
    on = distinct + repeated + at_minus_one
    simple = not repeated and at_minus_one < 2
    return RootCount(inside + pairs, on, rest - inside + pairs, simple)


def _on_the_circle(K: Field, real: Sequence[Any], imaginary: Sequence[Any]) -> tuple[Polynomial, Polynomial]:
    """(U, V) with U(x) + i V(x) = (1 - i x)^n p((1 + i x)/(1 - i x))."""
    n = len(real) - 1
    U, V = [K.zero] * (n + 1), [K.zero] * (n + 1)
    for a, b, (c, s) in zip(real, imaginary, moebius_table(n), strict=True):
        for m in range(n + 1):
            if c[m]:
                U[m] += a * c[m]
                V[m] += b * c[m]
            if s[m]:
                U[m] -= b * s[m]
                V[m] += a * s[m]
    return trim(K, U), trim(K, V)


def is_hurwitz(K: Field, f: Polynomial) -> bool:
    """Whether all roots of a real polynomial have negative real part (Hermite-Biehler in place of Routh's array)."""
    n = len(f) - 1
    U = trim(K, [a * (1, 0, -1, 0)[m % 4] for m, a in enumerate(f)])
    V = trim(K, [a * (0, 1, 0, -1)[m % 4] for m, a in enumerate(f)])
    if n > 0 and len(gcd(K, U, V)) > 1:
        return False
    index = -cauchy_index(K, U, V) if len(U) >= len(V) else cauchy_index(K, V, U)
    return index == n
