"""Real roots counted exactly: square-free parts, Sturm sequences, the Cauchy index."""

import functools
import math
from collections.abc import Iterable
from typing import Any

from sympy import QQ

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import (
    Polynomial,
    derivative,
    divide,
    evaluate,
    gcd,
    multiply,
    scale,
    subtract,
)

# ---- real roots ------------------------------------------------------------------


def square_free_factors(K: Field, f: Polynomial) -> list[tuple[Polynomial, int]]:
    """The square-free factors of positive degree with their multiplicities (Yun, 1976)."""
    factors: list[tuple[Polynomial, int]] = []
    slope = derivative(K, f)
    common = gcd(K, f, slope)
    w, y = divide(K, f, common)[0], divide(K, slope, common)[0]
    multiplicity = 1
    while len(w) > 1:
        z = subtract(K, y, derivative(K, w))
        g = gcd(K, w, z)
        if len(g) > 1:
            factors.append((g, multiplicity))
        w, y = divide(K, w, g)[0], divide(K, z, g)[0]
        multiplicity += 1
    return factors


def odd_part(K: Field, f: Polynomial) -> Polynomial:
    """The square-free polynomial whose roots are the roots of odd multiplicity of f: where f changes sign."""
    odd = (g for g, multiplicity in square_free_factors(K, f) if multiplicity % 2)
    return functools.reduce(lambda p, g: multiply(K, p, g), odd, [K.one])


def remainder_sequence(K: Field, f: Polynomial, g: Polynomial) -> list[Polynomial]:
    """The signed remainder (Sturm) sequence f, g, -(f mod g), ..., each scaled by a positive number."""
    chain = [f]
    while g:
        g = scale(g, K.one / g[-1] if K.sign(g[-1]) > 0 else -K.one / g[-1])
        chain.append(g)
        f, g = g, scale(divide(K, f, g)[1], -K.one)
    return chain


def _variations(signs: Iterable[int]) -> int:
    nonzero = [s for s in signs if s]
    return sum(a != b for a, b in zip(nonzero, nonzero[1:], strict=False))


def variations_at(K: Field, chain: list[Polynomial], x: Any) -> int:
    """Sign variations of the chain at a field element, or at -oo, oo given as the floats -inf, inf."""
    if isinstance(x, float):
        return _variations(K.sign(f[-1]) * (-1 if x < 0 and len(f) % 2 == 0 else 1) for f in chain)
    return _variations(K.sign(evaluate(K, f, x)) for f in chain)


def cauchy_index(K: Field, f: Polynomial, g: Polynomial) -> int:
    """The Cauchy index of g/f over the real line: jumps from -oo to oo less jumps from oo to -oo."""
    chain = remainder_sequence(K, f, g)
    return variations_at(K, chain, -math.inf) - variations_at(K, chain, math.inf)


def count_real_roots(K: Field, f: Polynomial, low: Any = -math.inf, high: Any = math.inf) -> int:
    """The number of distinct real roots of f in the open interval (low, high)."""
    for end in (low, high):
        while not isinstance(end, float) and len(f) > 1 and K.sign(evaluate(K, f, end)) == 0:
            f = divide(K, f, [-end, K.one])[0]
    if len(f) < 2:
        return 0
    chain = remainder_sequence(K, f, derivative(K, f))
    return variations_at(K, chain, low) - variations_at(K, chain, high)


def is_nonnegative(K: Field, f: Polynomial, low: Any, high: Any) -> bool:
    """Whether f >= 0 on the interval from low (a field element) to high (a field element or inf)."""
    if not f:
        return True
    odd = odd_part(K, f)
    if count_real_roots(K, odd, low, high):
        return False
    width, parts = K.one if isinstance(high, float) else high - low, 2
    while not (sign := K.sign(evaluate(K, f, low + K.number(QQ(1, parts)) * width))):  # at a root; it has deg f at most
        parts += 1
    return sign > 0
