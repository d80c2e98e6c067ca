"""Truncation errors: the scheme on any function, and on solutions of its limit. Neither is the modified equation."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sympy import QQ, Expr

from schemetools.analysis.modified.pde_terms import Index, in_numbers
from schemetools.analysis.series import graded
from schemetools.analysis.series.laurent import laurent
from schemetools.analysis.series.symbol_series import LogSeries, collected, levels_of, lift


@dataclass(frozen=True)
class TruncationError:
    """What is left when a smooth function is put into L u = 0, divided by L_T(1, 1), times dt.

    `raw` maps (p, *a) to the factor of dt^p dx^a d_t^p d^a u; `on_solutions` maps a to the factor of dx^a d^a u where u
    solves the limit, so that d_t is replaced. Minus the second equals the modified equation's errors in the leading
    term only: eliminating time derivatives by the limit instead of the scheme is exact nowhere else. It is None for
    schemes of u_tt.
    """

    raw: dict[tuple[int, ...], Expr]
    on_solutions: dict[Index, Expr] | None

    def __str__(self) -> str:
        return "minus the truncation error and the modified equation agree in the leading term only"


def truncation_error(scheme: Any, order: int, limit: Mapping[Index, Any], time: int) -> TruncationError:
    """Both truncation errors through an order; `limit` is the limit in numbers, numerators by multi-index."""
    found = levels_of(scheme, order)
    raw = _raw(scheme, order, time)
    if time != 1:
        return TruncationError(raw, None)
    ring, n = found.ring, found.base.ngens
    weight = ring.zero
    for m, a in found.levels.items():
        weight = weight + a[0] * m
    tau = graded.zero(ring, order)
    for index, element in limit.items():
        letters = ring.from_dict({(0,) * (n + 1) + index[:-1]: ring.domain.one})
        degree = sum(index)
        if degree <= order and degree > 0:
            tau[degree] = tau[degree] + lift(element, ring) * letters
    total = graded.zero(ring, order)
    for m, a in found.levels.items():
        total = graded.add(total, graded.multiply(graded.exp(graded.scale(tau, m)), a))
    w = found.base.from_dict({mono[:n]: c for mono, c in weight.items()})
    series = collected(graded.scale(total, ring.gens[n]), found, w)
    return TruncationError(raw, in_numbers(series))


def _raw(scheme: Any, order: int, time: int) -> dict[tuple[int, ...], Expr]:
    found = laurent(scheme)
    base = found.ring
    w = base.zero
    for (m, *_), c in found.terms.items():
        w = w + c * (m if time == 1 else QQ(m * m, 2))
    terms = {}
    for p in range(order + 1):
        for index in _indices(found.dimension, order - p):
            value = base.zero
            for (m, *place), c in found.terms.items():
                factor = math.prod((j**a for j, a in zip((m, *place), (p, *index), strict=True)), start=1)
                below = math.prod(map(math.factorial, (p, *index)))
                if factor:
                    value = value + c * base.domain.convert(QQ(factor.numerator, factor.denominator * below), QQ)
            if value:
                terms[(p, *index)] = value.cancel(w)
    return in_numbers(LogSeries(base, terms))


def _indices(dimension: int, highest: int) -> list[tuple[int, ...]]:
    if dimension == 0:
        return [()]
    return [(i, *rest) for i in range(highest + 1) for rest in _indices(dimension - 1, highest - i)]
