"""Stages as rows of (A, U): which are equal, which are needed. Lowering, costs and reduction all ask here."""

import operator
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Expr

from schemetools import exact
from schemetools.schemes.arrays import Matrix


@dataclass(frozen=True)
class System:
    """Y = h A f(Y) + U z,  x' = h B f(Y) + V z, with z one value per distinct name of `inputs`.

    `stages` are the stages of the normal form that the rows stand for (-1 for one that the start added).
    """

    A: Matrix
    U: Matrix
    B: Matrix
    V: Matrix
    fields: tuple[str, ...]
    stages: tuple[int, ...]
    inputs: tuple[str, ...]

    def needed(self, rows: Iterable[int]) -> list[int]:
        """The stages on which the given rows of results depend, in their own order."""
        return needed(self.A, [j for m in rows for j, c in enumerate(self.B[m]) if c != 0], lambda c: c == 0)


def equal_stages(
    A: Sequence[Sequence[Any]],
    labels: Sequence[Hashable],
    total: Callable[[Sequence[Any]], Any],
    same: Callable[[Any, Any], bool] = operator.eq,
) -> list[list[int]]:
    """The coarsest partition of the stages that A and the labels respect, classes by their first member.

    Stages i, j stay together when their labels and, for every class C, the sums of A_il and A_jl over l in C are equal
    (reducibility in the sense of Hundsdorfer and Spijker, 1981): classes are split until nothing differs, so that
    stages that are equal only through each other, as two implicit stages u + h a f(Y) are, are found as well. Merging
    from below, row by row, would miss those. `total` sums elements of the ring at hand, `same` compares two sums.
    """
    classes = fresh = _groups(range(len(labels)), labels, operator.eq)
    while fresh:
        sums = [tuple(total([row[j] for j in members]) for members in fresh) for row in A]
        split = [_groups(members, sums, same) for members in classes]
        classes = [group for groups in split for group in groups]
        fresh = [group for groups in split if len(groups) > 1 for group in groups]
    return sorted(classes)


def _groups(members: Iterable[int], keys: Sequence[Any], same: Callable[[Any, Any], bool]) -> list[list[int]]:
    """The members by equal keys: by their hash, or one by one where `same` compares the parts of two keys."""
    if same is operator.eq:
        table: dict[Hashable, list[int]] = {}
        for i in members:
            table.setdefault(keys[i], []).append(i)
        return list(table.values())
    found: list[list[int]] = []
    for i in members:
        group = next((group for group in found if all(map(same, keys[group[0]], keys[i]))), None)
        if group is None:
            found.append([i])
        else:
            group.append(i)
    return found


def needed(A: Sequence[Sequence[Any]], start: Iterable[int], is_zero: Callable[[Any], bool]) -> list[int]:
    """The stages that the stages `start` reach through A, themselves included, in their own order."""
    seen = set(start)
    waiting = list(seen)
    while waiting:
        for j, a in enumerate(A[waiting.pop()]):
            if j not in seen and not is_zero(a):
                seen.add(j)
                waiting.append(j)
    return sorted(seen)


def merged(given: System) -> System:
    """The system with stages of one field and one argument joined; see `equal_stages`."""
    labels = list(zip(given.fields, given.U, strict=True))
    classes = equal_stages(given.A, labels, total)
    rows = gathered(given.A, classes)
    first = [members[0] for members in classes]
    return replace(
        given,
        A=tuple(rows[i] for i in first),
        U=tuple(given.U[i] for i in first),
        B=gathered(given.B, classes),
        fields=tuple(given.fields[i] for i in first),
        stages=tuple(next((given.stages[i] for i in c if given.stages[i] >= 0), given.stages[c[0]]) for c in classes),
    )


def total(values: Sequence[Expr]) -> Expr:
    """The sum in canonical form, so that equal sums are equal expressions."""
    nonzero = [v for v in values if v != 0]
    if not nonzero:
        return sympy.S(0)
    return nonzero[0] if len(nonzero) == 1 else exact.canonical(sympy.Add(*nonzero))


def gathered(matrix: Matrix, groups: Sequence[Sequence[int]]) -> Matrix:
    """The matrix with the columns of every group added up."""
    return tuple(tuple(total([row[i] for i in group]) for group in groups) for row in matrix)
