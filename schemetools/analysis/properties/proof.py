"""A proof that order conditions have a common zero near a tableau, by the interval Newton method.

The conditions of all trees are a system of full rank where nothing special holds. Where D(1) holds,

    sum_i b_i a_ij = b_j (1 - c_j),

every tree whose root has one child t follows from t and from t with one more leaf at its root, so that D(1) and the
trees with another root are a smaller system, of full rank for many published methods. Of a full-rank system as many
coefficients are unknowns as there are equations; the others stay as printed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from schemetools.analysis.algebra.balls import HAS_BALLS, Enclosure, ball, precision, proven_zero
from schemetools.analysis.properties.judgement import judged
from schemetools.analysis.series.numeric_weights import levels
from schemetools.analysis.trees.forest import PLAIN
from schemetools.schemes.pairs import embedded
from schemetools.schemes.runge_kutta import RungeKutta

RANK = 1e-7
BITS = 256
MOST_EQUATIONS = 120
Entry = tuple[str, int, int]


@dataclass(frozen=True)
class Proof:
    """How far the zero is from the printed coefficients, and its enclosure to any number of digits."""

    radius: float
    how: str
    enclose: Callable[[int], list[Any]]


@dataclass(frozen=True)
class Conditions:
    """Which equations: the order of each result, and whether D(1) of b replaces the trees that it implies."""

    orders: tuple[int, ...]
    with_d1: bool

    def kept(self, result: int) -> list[bool]:
        """Which trees of orders 1..p stand in the system, by id."""
        keep = []
        for n in range(1, self.orders[result] + 1):
            level = levels(PLAIN, n)[-1]
            single = (level.left == 0) & (n > 1) & self.with_d1 & (result == 0)
            keep += [not x for x in single]
        return keep


def proven(scheme: RungeKutta) -> Proof | None:
    """The proof by one of the two systems, or None."""
    if not HAS_BALLS:
        return None
    weights = [scheme.b] if scheme.b_hat is None else [scheme.b, scheme.b_hat]
    orders = (judged(scheme).order,) if scheme.b_hat is None else (judged(scheme).order, judged(embedded(scheme)).order)
    for with_d1 in (False, True):
        conditions = Conditions(orders, with_d1)
        if sum(sum(conditions.kept(r)) for r in range(len(orders))) > MOST_EQUATIONS:
            continue
        if (proof := _by(scheme, weights, conditions)) is not None:
            return proof
    return None


def _by(scheme: RungeKutta, weights: Sequence[Any], conditions: Conditions) -> Proof | None:
    entries = [("A", i, j) for i, row in enumerate(scheme.A) for j, a in enumerate(row) if a != 0]
    entries += [("b", r, i) for r, b in enumerate(weights) for i, w in enumerate(b) if w != 0]
    values = [scheme.A[i][j] if kind == "A" else weights[i][j] for kind, i, j in entries]
    if not all(v.is_Rational for v in values):
        return None
    with precision(BITS):
        start = [ball(v) for v in values]
        equations = _equations(scheme.stages, entries, start, range(len(entries)), conditions)
    rows = [i for i, e in enumerate(equations) if e.slopes]
    if any(e.value != 0 for e in equations if not e.slopes):  # no coefficient stands in it
        return None
    table = np.zeros((len(rows), len(entries)))
    for n, i in enumerate(rows):
        for k, slope in equations[i].slopes.items():
            table[n, k] = float(slope.mid())
    unknown = _independent_columns(table)
    if unknown is None:
        return None

    def system(x: Sequence[Any]) -> tuple[list[Any], list[list[Any]]]:
        point = [ball(v) for v in values]
        for k, value in zip(unknown, x, strict=True):
            point[k] = value
        found = _equations(scheme.stages, entries, point, unknown, conditions)
        zero, count = point[0] * 0, len(unknown)
        return [found[i].value for i in rows], [[found[i].slopes.get(n, zero) for n in range(count)] for i in rows]

    def zero() -> Enclosure | None:
        return proven_zero(system, [ball(values[k]) for k in unknown])

    with precision(BITS):
        found = zero()
    if found is None:
        return None

    def enclose(_: int) -> list[Any]:
        enclosed = zero() or found
        point = dict(zip(entries, map(ball, values), strict=True))
        point |= {entries[k]: value for k, value in zip(unknown, enclosed.balls, strict=True)}
        return _flat(point, scheme.stages, len(weights))

    what = "D(1) and the conditions that it does not imply" if conditions.with_d1 else "the order conditions"
    return Proof(found.radius, f"interval Newton on {what}, {len(unknown)} equations", enclose)


def _flat(point: dict[Entry, Any], s: int, results: int) -> list[Any]:
    zero = next(iter(point.values())) * 0
    A = [[point.get(("A", i, j), zero) for j in range(s)] for i in range(s)]
    b = [[point.get(("b", r, i), zero) for i in range(s)] for r in range(results)]
    c = [sum(row, zero) for row in A]
    return [*(x for row in A for x in row), *b[0], *c, *(x for row in b[1:] for x in row)]


def _independent_columns(table: np.ndarray) -> list[int] | None:
    """As many columns as there are rows, well conditioned, by pivoting; None where the rows are dependent."""
    rest, chosen = table / np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-300), []
    for _ in range(len(table)):
        sizes = np.linalg.norm(rest, axis=0)
        k = int(np.argmax(sizes))
        if sizes[k] < RANK:
            return None
        direction = rest[:, k] / sizes[k]
        rest = rest - np.outer(direction, direction @ rest)
        chosen.append(k)
    return chosen


def _equations(
    s: int, entries: Sequence[Entry], point: Sequence[Any], unknown: Sequence[int], conditions: Conditions
) -> list["_Dual"]:
    """The equations with their gradients over the unknowns, by the product rule along the trees."""
    zero = point[0] * 0
    place = {k: n for n, k in enumerate(unknown)}
    one = _Dual(zero + 1, {})
    A: list[list[Any]] = [[None] * s for _ in range(s)]
    b: list[list[Any]] = [[None] * s for _ in conditions.orders]
    for k, ((kind, i, j), value) in enumerate(zip(entries, point, strict=True)):
        (A if kind == "A" else b)[i][j] = _Dual(value, {place[k]: zero + 1} if k in place else {})
    equations = []
    if conditions.with_d1:
        c = [_total([a for a in row if a is not None], zero) for row in A]
        for j in range(s):
            left = [b[0][i] * A[i][j] for i in range(s) if b[0][i] is not None and A[i][j] is not None]
            right = [] if b[0][j] is None else [b[0][j] * (c[j] - one)]
            equations.append(_total([*left, *right], zero))
    stages = _stage_values(s, A, max(conditions.orders), one, zero)
    for result, p in enumerate(conditions.orders):
        densities = np.concatenate([level.density for level in levels(PLAIN, p)])
        for t, keep in enumerate(conditions.kept(result)):
            if keep:
                terms = [w * stages[t][i] for i, w in enumerate(b[result]) if w is not None]
                equations.append(_total(terms, zero) - _Dual((zero + 1) / int(densities[t]), {}))
    return equations


def _stage_values(s: int, A: Sequence[Sequence[Any]], order: int, one: Any, zero: Any) -> list[list[Any]]:
    values, below = [], []
    for n in range(1, order + 1):
        level = levels(PLAIN, n)[-1]
        for u, v in zip(level.left, level.right, strict=True):
            row = [one] * s if n == 1 else [x * y for x, y in zip(values[u], below[v], strict=True)]
            values.append(row)
            below.append([_total([a * x for a, x in zip(r, row, strict=True) if a is not None], zero) for r in A])
    return values


@dataclass(frozen=True)
class _Dual:
    """A ball with its derivatives, those that are not 0."""

    value: Any
    slopes: dict[int, Any]

    def __add__(self, other: "_Dual") -> "_Dual":
        slopes = dict(self.slopes)
        for n, d in other.slopes.items():
            slopes[n] = slopes[n] + d if n in slopes else d
        return _Dual(self.value + other.value, slopes)

    def __sub__(self, other: "_Dual") -> "_Dual":
        return self + _Dual(-other.value, {n: -d for n, d in other.slopes.items()})

    def __mul__(self, other: "_Dual") -> "_Dual":
        slopes = {n: d * other.value for n, d in self.slopes.items()}
        for n, d in other.slopes.items():
            slopes[n] = slopes[n] + d * self.value if n in slopes else d * self.value
        return _Dual(self.value * other.value, slopes)


def _total(values: Sequence[_Dual], zero: Any) -> _Dual:
    total = _Dual(zero, {})
    for value in values:
        total = total + value
    return total
