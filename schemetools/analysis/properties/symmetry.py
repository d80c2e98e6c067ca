"""Whether a one-step scheme is its own adjoint, for any listing of its stages.

With x' = x + h B f(Y), Y = U x + h A f(Y), one colour per stage, the adjoint has A* = U B - A and the same U and B. Two
stages, of the scheme or of its adjoint, are equal as B-series iff no refinement by sums of A over classes tells them
apart; the two schemes are equal iff B has equal sums over the stages of every class.
"""

import math
from collections.abc import Hashable, Sequence
from typing import Any

from sympy import QQ

from schemetools.exact import to_domain, to_float
from schemetools.schemes.base import GeneralLinear

Row = Sequence[Any]
Classes = list[list[int]]


def is_own_adjoint(form: GeneralLinear, tolerance: float | None = None) -> bool:
    """Whether a one-step scheme, V = I, equals its adjoint; sums within `tolerance` are equal where one is given.

    Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, section V.2; Hundsdorfer and Spijker (1981).
    """
    kept = _reached(form)
    if not kept:
        return True  # a step that evaluates nothing is the identity
    s, r = len(kept), form.values
    arrays = [[[row[j] for j in kept] for row in form.A], form.U, [[row[j] for j in kept] for row in form.B[:r]]]
    arrays = [[array[i] for i in kept] if array is not arrays[2] else array for array in arrays]
    flat = [x for array in arrays for row in array for x in row]
    values = iter(to_domain(flat)[1] if tolerance is None else map(to_float, flat))
    A, U, B = ([[next(values) for _ in row] for row in array] for array in arrays)
    zero = A[0][0] - A[0][0]
    through = [[sum((u * B[m][j] for m, u in enumerate(row) if u), zero) for j in range(s)] for row in U]
    adjoint = [[x - a for x, a in zip(*rows, strict=True)] for rows in zip(through, A, strict=True)]
    A, adjoint, B = _integers(A, adjoint, B)
    zero = A[0][0] - A[0][0]
    labels = [(c, tuple(u)) for c, u in zip((form.colours[i] for i in kept), U, strict=True)]
    both = _Stages([*A, *adjoint], [*labels, *labels], tolerance, zero)
    sides = [([i for i in c if i < s], [i - s for i in c if i >= s]) for c in both.classes()]
    return all(both.same(_total(row, own, zero), _total(row, other, zero)) for own, other in sides for row in B)


def _integers(*arrays: Any) -> Any:
    """Rational arrays times their common denominator: integers compare and hash much faster; others as they are."""
    flat = [x for array in arrays for row in array for x in row]
    if not all(QQ.of_type(x) for x in flat):
        return arrays
    below = math.lcm(*(int(x.denominator) for x in flat))
    return [[[int(x.numerator) * (below // int(x.denominator)) for x in row] for row in array] for array in arrays]


def _reached(form: GeneralLinear) -> list[int]:
    """The stages that a result depends on."""
    waiting = [j for j in range(form.stages) if any(row[j] != 0 for row in form.B[: form.values])]
    seen = set(waiting)
    while waiting:
        more = {j for j, a in enumerate(form.A[waiting.pop()]) if a != 0} - seen
        seen |= more
        waiting += more
    return sorted(seen)


class _Stages:
    """The stages of a scheme (rows 0..s-1) and of its adjoint (rows s..2s-1), each row over its own scheme's stages."""

    def __init__(self, rows: Sequence[Row], labels: Sequence[Hashable], tolerance: float | None, zero: Any):
        self.rows, self.labels, self.tolerance, self.zero = rows, labels, tolerance, zero
        self.half = len(rows) // 2

    def classes(self) -> Classes:
        """The coarsest partition that the sums over its own classes do not refine; nodes come first, as they tell most
        stages apart at once."""
        found = self._grouped([(label,) for label in self.labels])
        finer = self._grouped([(*self._where(found, i), *row) for i, row in enumerate(self._weights())])
        while len(finer) > len(found):
            found = finer
            finer = self._refined(found)
        return found

    def _where(self, classes: Classes, i: int) -> tuple[int, ...]:
        return (next(n for n, members in enumerate(classes) if i in members),)

    def _weights(self) -> list[list[Any]]:
        """A 1, A (A 1) and A (A 1)^2 at every stage, summed over each colour alike."""
        c = [sum(row, self.zero) for row in self.rows]
        inner = [c[: self.half], c[self.half :]]
        squares = [[x * x for x in side] for side in inner]
        sides = [i >= self.half for i in range(len(self.rows))]
        return [
            [x, self._dot(row, inner[side]), self._dot(row, squares[side])]
            for x, row, side in zip(c, self.rows, sides, strict=True)
        ]

    def _dot(self, row: Row, column: Row) -> Any:
        return sum((a * x for a, x in zip(row, column, strict=True) if a and x), self.zero)

    def _refined(self, classes: Classes) -> Classes:
        split = [([j for j in c if j < self.half], [j - self.half for j in c if j >= self.half]) for c in classes]
        where = {i: n for n, members in enumerate(classes) for i in members}
        keys = []
        for i, row in enumerate(self.rows):
            columns = [pair[i >= self.half] for pair in split]
            keys.append((where[i], *(_total(row, members, self.zero) for members in columns)))
        return self._grouped(keys)

    def _grouped(self, keys: Sequence[tuple[Any, ...]]) -> Classes:
        if self.tolerance is None:
            table: dict[Hashable, list[int]] = {}
            for i, key in enumerate(keys):
                table.setdefault(key, []).append(i)
            return list(table.values())
        groups: list[tuple[tuple[Any, ...], list[int]]] = []
        for i, key in enumerate(keys):
            known = next((g for first, g in groups if all(map(self.same, first, key))), None)
            if known is None:
                groups.append((key, [i]))
            else:
                known.append(i)
        return [group for _, group in groups]

    def same(self, a: Any, b: Any) -> bool:
        """Whether two numbers (or labels) are equal, to the tolerance where there is one."""
        if self.tolerance is None or not isinstance(a, float):
            return bool(a == b)
        return abs(a - b) <= self.tolerance


def _total(row: Row, members: Sequence[int], zero: Any) -> Any:
    return sum((row[j] for j in members if row[j]), zero)
