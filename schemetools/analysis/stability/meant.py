"""Approximate coefficients on the linear test equation: the stability function of the scheme that they are meant to be.

Where the exact scheme is recovered, everything is decided for it. Else the coefficients of P and Q, R = P/Q, are known
to within the digits given, and what should hold for the scheme meant is put in: R(z) = e^z through the order, degrees
that drop (L-stability), P(z) = Q(-z) (symmetry), |P| = |Q| at infinity. The error is that of a table whose every entry
is off by its last digit, from derivatives measured by small changes.
"""

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import QQ, Add, Expr, Rational

from schemetools.analysis.algebra.fields import Field, RoundedRationals
from schemetools.analysis.algebra.real_roots import simplest_between
from schemetools.analysis.properties.agreement import distance_to
from schemetools.analysis.properties.judgement import SAFETY, has_few_digits, judged, meant_limit, unit
from schemetools.analysis.properties.recover import recovered
from schemetools.analysis.stability.meant_multistep import meant_multistep
from schemetools.analysis.stability.model import Model
from schemetools.exact import canonical, to_float
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme
from schemetools.schemes.collocation import Collocation
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.runge_kutta import RungeKutta

CHANGE = 1e-6
TRIALS = 8
CORNERS = 32


@dataclass(frozen=True)
class Meant:
    """An approximate scheme as the subject of a question; its digits count, as they do not for a scheme's equality."""

    scheme: Scheme
    digits: int


Subject = Scheme | Meant
Shares = tuple[tuple[str, Expr], ...] | None


def tested(scheme: Scheme, shares: Shares) -> tuple[Scheme, Shares]:
    """The scheme and shares of a question on u' = sum_i share_i lambda u.

    An approximate additive scheme is there the one tableau sum_i share_i A^i, sum_i share_i b^i, whose digits are
    judged like those of any other.
    """
    if scheme.exact or scheme.free_symbols or scheme.is_complex or not isinstance(scheme, AdditiveRungeKutta):
        return scheme, shares
    given = [(label, Rational(1, len(scheme.fields))) for label in scheme.fields] if shares is None else shares
    if scheme.partitioned or any(share.free_symbols for _, share in given):
        return scheme, shares
    return _together(scheme, tuple(given), scheme.digits), None


@functools.lru_cache(maxsize=128)
def _together(scheme: AdditiveRungeKutta, shares: tuple[tuple[str, Expr], ...], digits: int | None) -> RungeKutta:
    """One tableau of an additive scheme; equal schemes may be known to different digits, part of the key."""
    tableaux, n = dict(scheme.tableaux), range(scheme.stages)
    parts = [(share, tableaux[label]) for label, share in shares]
    A = [[canonical(Add(*(share * t.A[i][j] for share, t in parts))) for j in n] for i in n]
    b = [canonical(Add(*(share * t.b[j] for share, t in parts))) for j in n]
    return RungeKutta(A, b, exact=False, digits=digits, name=f"{scheme}")


def subject(scheme: Scheme) -> Subject:
    """What verdicts are decided for: the scheme, the exact one that was recovered, or the one meant."""
    if scheme.exact or scheme.free_symbols or scheme.random_symbols or isinstance(scheme, Collocation):
        return scheme
    found = recovered(scheme)
    if found is not None:
        return found
    if scheme.is_complex or not isinstance(scheme, (RungeKutta, LinearMultistep)):
        return scheme
    return Meant(scheme, scheme.digits or 0) if isinstance(scheme, RungeKutta) else meant_multistep(scheme) or scheme


def known_to(scheme: Scheme) -> float:
    """How far from the scheme meant the coefficients may be."""
    found = recovered(scheme)
    if found is not None:
        return distance_to(found, scheme)
    return max(10.0 ** -(scheme.digits or 0), judged(scheme).holds_to)


def decided_how(scheme: Scheme) -> str:
    """The words of `how` for an approximate scheme."""
    found = recovered(scheme)
    if found is not None:
        return f"exact for {found.name}, which these approximate coefficients stand for to {known_to(scheme):.0e}"
    tolerance = f"{known_to(scheme):.0e}"
    if isinstance(scheme, LinearMultistep) and (scheme.is_complex or meant_multistep(scheme) is None):
        return f"decided for these approximate coefficients as they are written, which are known to {tolerance}"
    return f"decided for the scheme that these approximate coefficients mean, to {tolerance}, their tolerance"


@dataclass(frozen=True)
class _Rounded:
    """P and Q as they were given, what each coefficient may be off by, and what holds of the scheme meant."""

    P: list[Any]
    Q: list[Any]
    errors: tuple[list[Any], list[Any]]
    order: int
    is_mirrored: bool

    def model(self, P: Sequence[Any], Q: list[Any], *, rounded: bool) -> Model:
        """With e^z Q through the order in P, or Q(-z) as a whole; `rounded` if a tangency is to be recognised."""
        P, error_P = _settled(self, P, Q)
        base = RoundedRationals([error_P[: len(P)], self.errors[1][: len(Q)]]) if rounded else Field(QQ)
        return Model(QQ, base, (), [[-c for c in P], Q], [-QQ.one, QQ.one], [-QQ.one, QQ.one])


def meant_model(subject: Meant, raw: Model, *, short: bool = False) -> Model:
    """The model with the coefficients of P and Q that the scheme meant has, and their errors.

    With `short` those that nothing else determines are the fractions of least denominator within their errors.
    """
    known = _rounded(subject, raw, short)
    return raw if known is None else known.model(_without_small(known.P, known.errors[0]), known.Q, rounded=True)


def possible_models(subject: Meant, raw: Model) -> Iterator[Model]:
    """Models at the corners of what P and Q may be: all of them where there are few, else some; and that of the order.

    What is 0 to the digits may be anything in an explicit scheme; in others it is what makes them L-stable, say.
    """
    known = _rounded(subject, raw, False)
    if known is None:
        return
    is_implicit = len(known.Q) > 1
    if known.order < (order := _order(subject.scheme)):
        yield replace(known, order=order).model(known.P, known.Q, rounded=True)
    P = _without_small(known.P, known.errors[0]) if is_implicit else known.P
    free_P = [m for m, c in enumerate(P) if m > known.order and not known.is_mirrored and (c or not is_implicit)]
    free_Q = [m for m, c in enumerate(known.Q) if m and c]
    width = len(free_P) + len(free_Q)
    random = np.random.default_rng(0)
    every = (
        itertools.product((-1, 1), repeat=width) if 2**width <= CORNERS else random.choice([-1, 1], (CORNERS, width))
    )
    for signs in every:
        moved_P, moved_Q = list(P), list(known.Q)
        for sign, m in zip(signs, free_P, strict=False):
            moved_P[m] += int(sign) * known.errors[0][m]
        for sign, m in zip(signs[len(free_P) :], free_Q, strict=True):
            moved_Q[m] += int(sign) * known.errors[1][m]
        yield known.model(moved_P, moved_Q, rounded=is_implicit)


def _rounded(subject: Meant, raw: Model, short: bool) -> _Rounded | None:
    """What is known of P and Q; None where a step takes more than one value."""
    scheme = subject.scheme
    if len(raw.phi) != 2 or not isinstance(scheme, RungeKutta):
        return None
    Q, P = _rational(raw, raw.phi[1]), [-c for c in _rational(raw, raw.phi[0])]
    error_P, error_Q = _errors(scheme, len(P), len(Q))
    Q = _without_small(Q, error_Q)
    if short:
        P, Q = _shortest(P, error_P), _shortest(Q, error_Q)
    pairs = zip(P, _mirrored(Q), error_P, error_Q, strict=False)
    is_mirrored = len(P) == len(Q) and all(abs(c - m) <= e + f for c, m, e, f in pairs)
    order = _order(scheme)
    if has_few_digits(scheme) and not is_mirrored:
        order = _shown(P, error_P, Q, error_Q, order)
    return _Rounded(P, Q, (error_P, error_Q), order, is_mirrored)


def _shown(P: Sequence[Any], error_P: list[Any], Q: Sequence[Any], error_Q: Sequence[Any], order: int) -> int:
    """The order that P and Q have within their errors, which are made as large as what the order would ask beyond it.

    Few decimals may seem to meet conditions of trees that add up to more than rounding moves P by.
    """
    shown = order
    for m in range(min(order + 1, len(P))):
        asked, off = _exponential(Q, m), _exponential(error_Q, m)
        if abs(P[m] - asked) > error_P[m] + off:
            shown = min(shown, m - 1)
        if m > shown:
            error_P[m] = max(error_P[m], abs(P[m] - asked) + off)
    return max(shown, 0)


def _exponential(Q: Sequence[Any], m: int) -> Any:
    """The coefficient of z^m in e^z Q(z)."""
    return sum((q / math.factorial(m - j) for j, q in enumerate(Q[: m + 1])), QQ.zero)


def _mirrored(Q: Sequence[Any]) -> list[Any]:
    """Q(-z)."""
    return [c if m % 2 == 0 else -c for m, c in enumerate(Q)]


def _order(scheme: Scheme) -> int:
    """Through which power R(z) = e^z; 0 where the scheme follows another equation than u' = f."""
    is_consistent = isinstance(scheme, RungeKutta) and meant_limit(scheme, Add(*scheme.b)) == 1
    return judged(scheme).order if is_consistent else 0


def _rational(model: Model, p: Sequence[Any]) -> list[Any]:
    if model.domain.is_QQ:
        return list(p)
    values = (model.domain.to_sympy(c).evalf(60) for c in p)
    return [QQ(int((v * 10**60).round()), 10**60) for v in values]


def _errors(scheme: RungeKutta, degree_P: int, degree_Q: int) -> tuple[list[Any], list[Any]]:
    """What the coefficients of P and Q may be off by.

    Few decimals are each taken to be off by one unit of the last, at worst; of many, some units add up by chance.
    """
    if has_few_digits(scheme):
        rows, unit_of = _at_worst(scheme), 10.0 ** -(scheme.digits or 0)
    else:
        rows, unit_of = _derivatives(scheme), SAFETY * max(unit(scheme), judged(scheme).holds_to)
    pad = [[*row, *[row[-1]] * (n - len(row))][:n] for row, n in zip(rows, (degree_P, degree_Q), strict=True)]
    error_P, error_Q = ([QQ(*(unit_of * float(d)).as_integer_ratio()) for d in row] for row in pad)
    return error_P, error_Q


def _at_worst(scheme: RungeKutta) -> list[list[float]]:
    """By how much the coefficients of P and Q change when all entries but the zeros do by 1, at worst."""
    A, b = _floats(scheme)
    base = [_polynomial(A - b), _polynomial(A)]
    total = [np.zeros_like(p) for p in base]
    table = np.vstack([A, b])
    for place in zip(*np.nonzero(table), strict=True):
        changed = table.copy()
        changed[place] += CHANGE
        for m, matrix in enumerate((changed[:-1] - changed[-1], changed[:-1])):
            total[m] = total[m] + np.abs(_polynomial(matrix) - base[m]) / CHANGE
    return [p.tolist() for p in total]


def _floats(scheme: RungeKutta) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[to_float(a) for a in row] for row in scheme.A]), np.array([to_float(w) for w in scheme.b])


def _derivatives(scheme: RungeKutta) -> list[list[float]]:
    """By how much the coefficients of P and Q change when every entry of the tableau does by a relative 1."""
    A, b = _floats(scheme)
    base = [_polynomial(A - b), _polynomial(A)]
    random = np.random.default_rng(0)
    largest = [np.zeros_like(p) for p in base]
    for _ in range(TRIALS):
        changed = A * (1 + CHANGE * random.choice([-1, 1], A.shape))
        weights = b * (1 + CHANGE * random.choice([-1, 1], b.shape))
        for m, matrix in enumerate((changed - weights, changed)):
            largest[m] = np.maximum(largest[m], np.abs(_polynomial(matrix) - base[m]) / CHANGE)
    size = max(1.0, float(np.max(np.abs(A))), float(np.max(np.abs(b))))
    return [[float(size * (d + abs(c))) for d, c in zip(p, q, strict=True)] for p, q in zip(largest, base, strict=True)]


def _polynomial(A: np.ndarray) -> np.ndarray:
    """The coefficients of det(I - z A), ascending."""
    return np.poly(A).real


def _shortest(p: list[Any], errors: list[Any]) -> list[Any]:
    return [simplest_between(c - e, c + e) if e else c for c, e in zip(p, errors, strict=False)]


def _without_small(p: list[Any], errors: list[Any]) -> list[Any]:
    kept = [c if abs(c) > e else QQ.zero for c, e in zip(p, errors, strict=True)]
    while len(kept) > 1 and not kept[-1]:
        kept.pop()
    return kept


def _settled(known: _Rounded, given: Sequence[Any], Q: list[Any]) -> tuple[list[Any], list[Any]]:
    """P with what the scheme meant has, and its errors: those of Q alone where the order determines it."""
    P, error_P, error_Q = list(given), list(known.errors[0]), known.errors[1]
    if known.is_mirrored:
        return _mirrored(Q), error_P
    for m in range(min(known.order + 1, len(P))):
        P[m], error_P[m] = _exponential(Q, m), _exponential(error_Q[: len(Q)], m)
    if len(P) == len(Q) and abs(abs(P[-1]) - abs(Q[-1])) <= error_P[len(P) - 1] + error_Q[len(Q) - 1]:
        P[-1] = abs(Q[-1]) if P[-1] > 0 else -abs(Q[-1])
    while len(P) > 1 and not P[-1]:
        P.pop()
    return P, error_P
