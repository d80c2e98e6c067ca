"""The general linear system behind one step, before it becomes a program: starts filled in, stages merged."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import sympy
from sympy import Expr

from schemetools import exact
from schemetools.errors import UnsupportedError
from schemetools.schemes.normal_form import GeneralLinear

Vector = tuple[Expr, ...]
Matrix = tuple[Vector, ...]

START = "start"
"""Stands in a pattern for h f at the first state: the increment that a multistep scheme lacks in its first step."""


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


def system(form: GeneralLinear, pattern: tuple[str, ...]) -> System:
    """The system of a normal form whose vector x holds the values named by `pattern`, equal names being equal values.

    An entry `START` is h f(x[0]): its column becomes one more stage, which merging then joins to the first.
    """
    labels = tuple(form.colours)
    plain = System(form.A, form.U, form.B, form.V, labels, tuple(range(len(labels))), pattern)
    if START in pattern:
        plain = _with_start_stage(plain, form.fields)
    names = tuple(dict.fromkeys(plain.inputs))
    groups = [[i for i, other in enumerate(plain.inputs) if other == name] for name in names]
    return replace(plain, U=_gather(plain.U, groups), V=_gather(plain.V, groups), inputs=names)


def _with_start_stage(full: System, fields: tuple[str, ...]) -> System:
    """Column(s) START of U and V moved to a new first stage that evaluates f at the state."""
    if len(fields) != 1:
        raise UnsupportedError(
            f"a scheme with the fields {', '.join(fields)} keeps increments of no telling which; give its history"
        )
    missing = [i for i, name in enumerate(full.inputs) if name == START]
    kept = [i for i, name in enumerate(full.inputs) if name != START]
    state = tuple(sympy.S(int(i == 0)) for i in range(len(kept)))
    zero = (sympy.S(0),) * (len(full.stages) + 1)

    def moved(left: Matrix, right: Matrix) -> Matrix:
        return tuple((total([u[i] for i in missing]), *a) for a, u in zip(left, right, strict=True))

    return System(
        A=(zero, *moved(full.A, full.U)),
        U=(state, *(tuple(u[i] for i in kept) for u in full.U)),
        B=moved(full.B, full.V),
        V=tuple(tuple(v[i] for i in kept) for v in full.V),
        fields=(fields[0], *full.fields),
        stages=(-1, *full.stages),
        inputs=tuple(full.inputs[i] for i in kept),
    )


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


def components(linked: Callable[[int, int], bool], members: Sequence[int]) -> list[list[int]]:
    """The members in an order in which each comes after those it is linked to, cycles gathered in one list."""
    reach = {i: {j for j in members if linked(i, j)} for i in members}
    for via in members:
        for i in members:
            if via in reach[i]:
                reach[i] |= reach[via]
    remaining, ordered = list(members), []
    while remaining:
        done = set(members) - set(remaining)
        for i in remaining:
            cycle = [j for j in remaining if j == i or (j in reach[i] and i in reach[j])]
            if reach[i] <= done | set(cycle):
                ordered.append(cycle)
                remaining = [j for j in remaining if j not in cycle]
                break
    return ordered


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
