"""Amplification factors of waves in floating point, and as formulas."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy
from sympy import Expr

from schemetools import exact
from schemetools.analysis.stability.torus import TorusSymbol
from schemetools.errors import SchemeError, UnsupportedError

PATH = 24  # steps from theta = 0, along which the principal root is followed


def amplification(symbol: TorusSymbol, theta: Any, numbers: Mapping[str, Any]) -> np.ndarray:
    """The roots T at angles: the shape of theta for two levels, with a last axis of roots for more."""
    values = _values(symbol, numbers)
    angles = _angles(symbol, theta)
    shape = angles.shape[1:]
    if len(symbol.a) == 2:
        below, above = (_row(symbol, j, angles, values) for j in (0, 1))
        return -below / above
    flat = angles.reshape(len(angles), -1)
    followed = _roots(symbol, flat * 0, values)
    first = np.argsort(np.abs(followed - 1), axis=-1)
    followed = np.take_along_axis(followed, first, axis=-1)
    for n in range(1, PATH + 1):
        followed = _matched(followed, _roots(symbol, flat * (n / PATH), values))
    return followed.reshape(*shape, -1)


def unordered(symbol: TorusSymbol, theta: Any, numbers: Mapping[str, Any]) -> np.ndarray:
    """The roots T at angles along a last axis, in no order."""
    angles = _angles(symbol, theta)
    return _roots(symbol, angles.reshape(len(angles), -1), _values(symbol, numbers)).reshape(*angles.shape[1:], -1)


def _values(symbol: TorusSymbol, numbers: Mapping[str, Any]) -> list[Any]:
    unknown, missing = sorted(set(numbers) - set(symbol.names)), [n for n in symbol.names if n not in numbers]
    if unknown or missing:
        wrong = f"{unknown[0]!r} is none of them" if unknown else f"{missing[0]} has no value"
        raise SchemeError(f"the scheme's numbers are {', '.join(symbol.names) or 'none'}; {wrong}")
    return [np.asarray(exact.to_float(exact.coefficient(numbers[n], parameter=True))) for n in symbol.names]


def _angles(symbol: TorusSymbol, theta: Any) -> np.ndarray:
    d = symbol.dimension
    if d == 1:
        return np.asarray(theta, dtype=float)[None]
    if not isinstance(theta, (tuple, list)) or len(theta) != d:
        raise SchemeError(f"the scheme has {d} dimensions: give theta as {d} arrays, one angle per axis")
    return np.stack(np.broadcast_arrays(*(np.asarray(t, dtype=float) for t in theta)))


def _row(symbol: TorusSymbol, j: int, angles: np.ndarray, values: list[Any]) -> np.ndarray:
    total = np.zeros(angles.shape[1:], dtype=complex)
    for e, c in symbol.a[j].items():
        phase = sum(n * a for n, a in zip(e, angles, strict=True)) / symbol.fraction
        total = total + _number(c, values, symbol) * np.exp(1j * phase)
    return total


def _number(c: Any, values: list[Any], symbol: TorusSymbol) -> float:
    convert = symbol.ring.domain.to_sympy
    return float(sum(float(convert(v)) * np.prod([x**n for x, n in zip(values, m, strict=True)]) for m, v in c.items()))


def _roots(symbol: TorusSymbol, flat: np.ndarray, values: list[Any]) -> np.ndarray:
    rows = [_row(symbol, j, flat, values) for j in range(len(symbol.a))]
    k = len(rows) - 1
    if k == 1:
        return (-rows[0] / rows[1])[:, None]
    if k == 2:  # without cancellation: the larger root first, the other from the product
        half = -rows[1] / rows[2] / 2
        product = rows[0] / rows[2]
        root = np.sqrt(half**2 - product)
        first = np.where((half.conj() * root).real >= 0, half + root, half - root)
        second = np.where(first == 0, 0, product / np.where(first == 0, 1, first))
        return np.stack([first, second], axis=-1)
    companion = np.zeros((flat.shape[1], k, k), dtype=complex)
    companion[:, np.arange(1, k), np.arange(k - 1)] = 1
    for j in range(k):
        companion[:, j, -1] = -rows[j] / rows[-1]
    return np.linalg.eigvals(companion)


def _matched(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """The roots in the order of the ones before them, each the nearest that is left."""
    now, result = now.copy(), np.empty_like(now)
    for i in range(before.shape[-1]):
        distance = np.abs(now - before[:, i : i + 1])
        distance[np.isnan(distance)] = np.inf
        nearest = np.argmin(distance, axis=-1)[:, None]
        result[:, i] = np.take_along_axis(now, nearest, axis=-1)[:, 0]
        np.put_along_axis(now, nearest, np.nan, axis=-1)
    return result


def amplification_formula(symbol: TorusSymbol, theta: Expr, numbers: Mapping[str, Any]) -> Expr:
    """The amplification factor of a scheme of two levels in one dimension as a formula in theta and the numbers."""
    if len(symbol.a) != 2 or symbol.dimension != 1:
        raise UnsupportedError("the amplification factor is a formula for two levels in one dimension; give numbers")
    i_theta = sympy.I * theta / symbol.fraction
    given = {sympy.Symbol(n): exact.coefficient(v, parameter=True) for n, v in numbers.items()}
    parts = [sympy.Add(*(c.as_expr() * sympy.exp(i_theta * e[0]) for e, c in row.items())) for row in symbol.a]
    return sympy.expand(-parts[0]).subs(given) / parts[1].subs(given)
