"""Stages as rows of (A, U): equal ones merged, unused ones dropped."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

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


def merged(given: System) -> System:
    """The system with stages of one field and one argument joined: the coarsest partition that A and U respect.

    Stages i, j stay together when their fields, their rows of U and, for every class C, the sums of A_il and A_jl
    over l in C are equal (reducibility in the sense of Hundsdorfer and Spijker, 1981).
    """
    count = len(given.stages)
    classes = _classes([(given.fields[i], given.U[i]) for i in range(count)])
    while True:
        rows = _gather(given.A, classes)
        of = {i: n for n, members in enumerate(classes) for i in members}
        finer = _classes([(of[i], rows[i]) for i in range(count)])
        if len(finer) == len(classes):
            break
        classes = finer
    first = [members[0] for members in classes]
    return replace(
        given,
        A=tuple(rows[i] for i in first),
        U=tuple(given.U[i] for i in first),
        B=_gather(given.B, classes),
        fields=tuple(given.fields[i] for i in first),
        stages=tuple(next((given.stages[i] for i in c if given.stages[i] >= 0), given.stages[c[0]]) for c in classes),
    )


def total(values: Sequence[Expr]) -> Expr:
    """The sum in canonical form, so that equal sums are equal expressions."""
    nonzero = [v for v in values if v != 0]
    if not nonzero:
        return sympy.S(0)
    return nonzero[0] if len(nonzero) == 1 else exact.canonical(sympy.Add(*nonzero))


def _gather(matrix: Matrix, groups: Sequence[Sequence[int]]) -> Matrix:
    return tuple(tuple(total([row[i] for i in group]) for group in groups) for row in matrix)


def _classes(keys: Sequence[Hashable]) -> list[list[int]]:
    found: dict[Hashable, list[int]] = {}
    for i, key in enumerate(keys):
        found.setdefault(key, []).append(i)
    return list(found.values())
