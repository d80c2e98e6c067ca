"""Polynomials over exact real fields: Euclid, Sturm, square-free parity.

A polynomial is a list of field elements, ascending, without trailing zeros. All decisions go through a `Field`, so
that one algorithm serves rationals, real algebraic numbers and (`analysis.parametric`) rational functions of a symbol.
"""

import functools
import math
from collections.abc import Iterable, Sequence
from typing import Any

from sympy import QQ
from sympy.polys.domains.domain import Domain

Polynomial = list[Any]


class Field:
    """The rationals, as an ordered field on a sympy domain."""

    def __init__(self, domain: Domain = QQ) -> None:
        self.domain = domain
        self.zero, self.one = domain.zero, domain.one

    def is_zero(self, a: Any) -> bool:
        """Whether the element is zero."""
        return not a

    def sign(self, a: Any) -> int:
        """The sign of the real number that the element stands for: -1, 0 or 1."""
        return (a > 0) - (a < 0)

    def number(self, n: Any) -> Any:
        """The element of the field that equals an integer or a rational."""
        return self.domain.convert(QQ.convert(n), QQ)


class AlgebraicReals(Field):
    """A real number field QQ<a>: signs by rational enclosures of a, refined until they decide."""

    @functools.cached_property
    def _enclosures(self) -> list[tuple[Any, Any]]:
        """(q, r) with |a - q| < r, the n-th with about 64 * 2^n bits."""
        return [self._enclosure(64)]

    def _enclosure(self, bits: int) -> tuple[Any, Any]:
        value = self.domain.ext.as_expr().evalf(math.ceil(bits * 0.302) + 5)  # type: ignore[attr-defined]
        return QQ(int(value * 2**bits), 2**bits), QQ(1, 2 ** (bits - 2))

    def sign(self, a: Any) -> int:
        """The sign of an element, decided exactly: an element is zero only if its representation is."""
        coefficients = a.to_list()
        if len(coefficients) < 2:
            return super().sign(coefficients[0]) if coefficients else 0
        level = 0
        while True:
            if level == len(self._enclosures):
                self._enclosures.append(self._enclosure(64 * 2**level))
            q, r = self._enclosures[level]
            value, slope, size = QQ.zero, QQ.zero, abs(q) + r
            for c in coefficients:
                slope = slope * size + abs(value)
                value = value * q + c
            if abs(value) > r * slope:
                return super().sign(value)
            level += 1


@functools.cache
def field_of(domain: Domain) -> Field:
    """The ordered field on a sympy domain: QQ or a real algebraic number field."""
    return Field(domain) if domain.is_QQ else AlgebraicReals(domain)


# ---- arithmetic ----------------------------------------------------------------


def trim(K: Field, f: Iterable[Any]) -> Polynomial:
    """The polynomial without trailing zeros."""
    f = list(f)
    while f and K.is_zero(f[-1]):
        f.pop()
    return f


def add(K: Field, f: Polynomial, g: Polynomial) -> Polynomial:
    """f + g."""
    if len(f) < len(g):
        f, g = g, f
    return trim(K, [a + b for a, b in zip(f, g, strict=False)] + f[len(g) :])


def scale(f: Polynomial, c: Any) -> Polynomial:
    """c f, for a nonzero c."""
    return [c * a for a in f]


def subtract(K: Field, f: Polynomial, g: Polynomial) -> Polynomial:
    """f - g."""
    return add(K, f, scale(g, -K.one))


def multiply(K: Field, f: Polynomial, g: Polynomial) -> Polynomial:
    """f g."""
    if not f or not g:
        return []
    product = [K.zero] * (len(f) + len(g) - 1)
    for i, a in enumerate(f):
        if a:
            for j, b in enumerate(g):
                product[i + j] += a * b
    return product


def divide(K: Field, f: Polynomial, g: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Quotient and remainder of f by g."""
    remainder, quotient = list(f), [K.zero] * max(len(f) - len(g) + 1, 0)
    for shift in range(len(f) - len(g), -1, -1):
        factor = remainder[shift + len(g) - 1] / g[-1]
        quotient[shift] = factor
        if factor:
            for j, b in enumerate(g):
                remainder[shift + j] -= factor * b
    return quotient, trim(K, remainder[: len(g) - 1])


def gcd(K: Field, f: Polynomial, g: Polynomial) -> Polynomial:
    """The monic greatest common divisor."""
    while g:
        f, g = g, divide(K, f, scale(g, K.one / g[-1]))[1]
    return scale(f, K.one / f[-1]) if f else f


def derivative(K: Field, f: Polynomial) -> Polynomial:
    """f'."""
    return [K.number(j) * a for j, a in enumerate(f)][1:]


def evaluate(K: Field, f: Sequence[Any], x: Any) -> Any:
    """f(x) by Horner's rule."""
    value = K.zero
    for a in reversed(f):
        value = value * x + a
    return value


def power(K: Field, f: Polynomial, n: int) -> Polynomial:
    """f to the n-th power."""
    return functools.reduce(lambda p, _: multiply(K, p, f), range(n), [K.one])


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
    numerator = 1
    while True:  # a point inside the interval that is no root; at most deg f + 1 are tried
        x = low + K.number(QQ(1, numerator)) * (K.one if isinstance(high, float) else high - low)
        if numerator > 1 and (s := K.sign(evaluate(K, f, x))):
            return s > 0
        numerator += 1
