"""Approximate coefficients of several fields: R(z_1, z_2, ...) = P/Q of the additive scheme that they mean."""

import math
from collections.abc import Sequence

from sympy import Add, Expr, Integer, Rational

from schemetools import exact
from schemetools.analysis.algebra.real_roots import simplest_between
from schemetools.analysis.properties.judgement import SAFETY, judged
from schemetools.analysis.properties.order import is_consistent
from schemetools.schemes.base import Scheme

Key = tuple[int, ...]


def meant_terms(scheme: Scheme, keys: Sequence[Key], values: Sequence[Expr]) -> tuple[list[Key], list[Expr]]:
    """Phi = Q w - P in terms (power of w, powers of the z_f), with what the scheme meant has.

    P agrees with Q exp(z_1 + z_2 + ...) through the order; what nothing else determines is the fraction of least
    denominator within its error, 0 where that may be.
    """
    if scheme.exact or max(key[0] for key in keys) > 1 or not all(v.is_Rational for v in values):
        return list(keys), list(values)
    report = judged(scheme)
    size = max(1.0, *map(exact.size, values))
    error = Rational(SAFETY * max(10.0 ** -(scheme.digits or 0), report.holds_to) * size)
    found = {key: _shortest(value, error) for key, value in zip(keys, values, strict=True)}
    below = {key[1:]: value for key, value in found.items() if key[0] == 1}
    order = report.order if is_consistent(scheme) else 0
    for key in _through(order, len(keys[0]) - 1):
        parts = [value * _exponential(key, power) for power, value in below.items()]
        found[0, *key] = -Add(*parts)
    kept = {key: value for key, value in found.items() if value != 0}
    return list(kept), list(kept.values())


def _shortest(value: Expr, error: Rational) -> Expr:
    low, high = (exact.to_fraction(value + side * error) for side in (-1, 1))
    found = simplest_between(low, high)
    return Rational(int(found.numerator), int(found.denominator))


def _through(order: int, fields: int) -> list[Key]:
    """All exponents of a total degree through the order."""
    found: list[Key] = [()]
    for _ in range(fields):
        found = [(*key, n) for key in found for n in range(order + 1 - sum(key))]
    return found


def _exponential(key: Key, power: Key) -> Expr:
    """The coefficient of exp(z_1 + z_2 + ...) that carries one power to another."""
    rest = [n - m for n, m in zip(key, power, strict=True)]
    return Rational(1, math.prod(map(math.factorial, rest))) if min(rest) >= 0 else Integer(0)
