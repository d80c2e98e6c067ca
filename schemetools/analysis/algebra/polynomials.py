"""Polynomials over exact real fields: Euclid, Sturm, square-free parity.

A polynomial is a list of field elements, ascending, without trailing zeros. All decisions go through a `Field`, so
that one algorithm serves rationals, real algebraic numbers and (`analysis.parametric`) rational functions of a symbol.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from sympy.external.gmpy import GROUND_TYPES

from schemetools.analysis.algebra.fields import Field

HAS_FLINT = GROUND_TYPES == "flint"
if HAS_FLINT:
    from flint import fmpq_poly

Polynomial = list[Any]
LONG = 16  # terms from which a product is worth the way to flint and back


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
    if HAS_FLINT and K.domain.is_QQ and min(len(f), len(g)) >= LONG:
        product = (fmpq_poly(f) * fmpq_poly(g)).coeffs()
        return product + [K.zero] * (len(f) + len(g) - 1 - len(product))
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
    if HAS_FLINT and K.domain.is_QQ:  # modular: Euclid's remainders over the rationals grow
        return fmpq_poly(f).gcd(fmpq_poly(g)).coeffs()
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
