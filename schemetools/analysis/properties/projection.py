"""The exact tableau nearest to printed digits that satisfies the simplifying assumptions: linear algebra, exactly.

With the nodes c as they stand (short fractions where they are these, else the decimals), b solves B(p), and given b and
c the assumptions that published methods are built from are linear in A:

    sum_j a_ij c_j^(k-1) = c_i^k / k;    sum_i b_i a_ij = b_j (1 - c_j);    sum_i b_i c_i^l a_ij = 0;
    sum_ij b_i c_i^l a_ij c_j^m = 1 / ((m + 1)(l + m + 2))

Those that the digits nearly meet are solved together, with the smallest number of coefficients changed. That the result
has the order is checked exactly.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sympy import QQ, Expr, Rational
from sympy.polys.matrices import DomainMatrix

from schemetools.analysis.properties.judgement import judged
from schemetools.analysis.properties.recover import agrees, distance
from schemetools.errors import SchemeError
from schemetools.exact import to_float
from schemetools.exact.recognise import short_fraction
from schemetools.schemes.pairs import embedded
from schemetools.schemes.runge_kutta import RungeKutta

NEAR = 1e-9
MOST_STAGES = 17
Equation = tuple[Mapping[tuple[int, int], Any], Any]


def projected(scheme: RungeKutta) -> RungeKutta | None:
    """The exact tableau, or None where the assumptions that nearly hold do not give one of the order."""
    rational = all(c.is_Rational for c in scheme.coefficients)
    if not scheme.is_explicit or not rational or scheme.c_is_declared or scheme.stages > MOST_STAGES:
        return None
    return _projected(scheme, scheme.digits or 0)


@functools.lru_cache(maxsize=64)
def _projected(scheme: RungeKutta, digits: int) -> RungeKutta | None:
    c = [_node(x, scheme) for x in scheme.c]
    orders = [judged(scheme).order, *([judged(embedded(scheme)).order] if scheme.b_hat is not None else [])]
    given = [scheme.b, *([scheme.b_hat] if scheme.b_hat is not None else [])]
    weights = []
    for b, p in zip(given, orders, strict=True):
        found = _weights([_q(w) for w in b], c, p)
        if found is None:
            return None
        weights.append(found)
    A = _matrix([[_q(a) for a in row] for row in scheme.A], weights, c, orders)
    if A is None:
        return None
    rows = [[_rational(a) for a in row] for row in A]
    hat = [_rational(w) for w in weights[1]] if weights[1:] else None
    try:
        candidate = RungeKutta(rows, [_rational(w) for w in weights[0]], b_hat=hat, exact=True)
    except SchemeError:
        return None
    near = max(1e3 * distance(scheme), 1e-9)
    pairs = zip(candidate.coefficients, scheme.coefficients, strict=True)
    if any(abs(to_float(x - y)) > near * (1 + abs(to_float(y))) for x, y in pairs):
        return None
    return candidate if agrees(candidate, scheme) else None


def _node(value: Expr, scheme: RungeKutta) -> Any:
    short = short_fraction(value, distance(scheme), scheme.digits or 0)
    return _q(short if short is not None else value)


def _q(value: Expr) -> Any:
    return QQ(int(value.p), int(value.q))  # type: ignore[attr-defined]


def _rational(value: Any) -> Expr:
    return Rational(int(value.numerator), int(value.denominator))


def _weights(b: Sequence[Any], c: Sequence[Any], p: int) -> list[Any] | None:
    """b changed where it is not 0, so that B(p) holds."""
    unknown = [i for i, w in enumerate(b) if w]
    rows = [[c[i] ** k for i in unknown] for k in range(p)]
    right = [QQ(1, k + 1) - sum((b[i] * c[i] ** k for i in unknown), QQ.zero) for k in range(p)]
    change = _least_change(rows, right)
    if change is None:
        return None
    result = list(b)
    for i, d in zip(unknown, change, strict=True):
        result[i] += d
    return result


def _matrix(
    A: Sequence[Sequence[Any]], weights: Sequence[Sequence[Any]], c: Sequence[Any], orders: Sequence[int]
) -> list[list[Any]] | None:
    unknown = [(i, j) for i, row in enumerate(A) for j, a in enumerate(row) if a]
    place = {entry: n for n, entry in enumerate(unknown)}
    rows, right = [], []
    for equation, value in _equations(A, weights, c, orders):
        miss = value - sum((w * A[i][j] for (i, j), w in equation.items()), QQ.zero)
        if abs(float(miss)) > NEAR:
            continue
        row = [QQ.zero] * len(unknown)
        for entry, w in equation.items():
            row[place[entry]] += w
        rows.append(row)
        right.append(miss)
    change = _least_change(rows, right)
    if change is None:
        return None
    result = [list(row) for row in A]
    for (i, j), d in zip(unknown, change, strict=True):
        result[i][j] += d
    return result


def _equations(A: Any, weights: Any, c: Any, orders: Sequence[int]) -> Iterator[Equation]:
    s = range(len(c))
    pattern = [[j for j in s if A[i][j]] for i in s]
    for i in s:
        for k in range(1, 6):
            yield {(i, j): c[j] ** (k - 1) for j in pattern[i]}, c[i] ** k / k
    for b, p in zip(weights, orders, strict=True):
        used = [(i, j) for i in s if b[i] for j in pattern[i]]
        for j in s:
            column = [i for i, k in used if k == j]
            yield {(i, j): b[i] for i in column}, b[j] * (1 - c[j])
            for power in range(p - 2):
                yield {(i, j): b[i] * c[i] ** power for i in column}, QQ.zero
        for power in range(p - 1):
            for m in range(1, p - 1 - power):
                entries = {(i, j): b[i] * c[i] ** power * c[j] ** m for i, j in used}
                yield entries, QQ(1, (m + 1) * (power + m + 2))


def _least_change(rows: Sequence[Sequence[Any]], right: Sequence[Any]) -> list[Any] | None:
    """A solution of rows @ x = right with x = 0 but for the pivots; None where there is none."""
    if not any(right):
        return [QQ.zero] * (len(rows[0]) if rows else 0)
    width = len(rows[0])
    table = DomainMatrix([[*row, r] for row, r in zip(rows, right, strict=True)], (len(rows), width + 1), QQ)
    reduced, pivots = table.rref(method="GJ")
    if width in pivots:
        return None
    entries = reduced.to_list()
    solution = [QQ.zero] * width
    for i, pivot in enumerate(pivots):
        solution[pivot] = entries[i][width]
    return solution
