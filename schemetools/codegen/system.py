"""The general linear system behind one step, before it becomes a program: starts filled in, stages merged."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import sympy

from schemetools.errors import UnsupportedError
from schemetools.schemes.arrays import Matrix
from schemetools.schemes.base import GeneralLinear
from schemetools.schemes.stages import System, gathered, total

START = "start"
"""Stands in a pattern for h f at the first state: the increment that a multistep scheme lacks in its first step."""


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
    return replace(plain, U=gathered(plain.U, groups), V=gathered(plain.V, groups), inputs=names)


def _with_start_stage(full: System, fields: tuple[str, ...]) -> System:
    """Column(s) START of U and V moved to new first stages, one per field, that evaluate the fields at the state."""
    missing = [i for i, name in enumerate(full.inputs) if name == START]
    kept = [i for i, name in enumerate(full.inputs) if name != START]
    owners = {i: fields[0] if len(fields) == 1 else _owner(full, i) for i in missing}
    started = tuple(field for field in fields if field in owners.values())
    state = tuple(sympy.S(int(i == 0)) for i in range(len(kept)))
    zero = (sympy.S(0),) * (len(full.stages) + len(started))

    def moved(left: Matrix, right: Matrix) -> Matrix:
        columns = [[i for i in missing if owners[i] == field] for field in started]
        return tuple(
            (*(total([u[i] for i in column]) for column in columns), *a) for a, u in zip(left, right, strict=True)
        )

    return System(
        A=(*(zero for _ in started), *moved(full.A, full.U)),
        U=(*(state for _ in started), *(tuple(u[i] for i in kept) for u in full.U)),
        B=moved(full.B, full.V),
        V=tuple(tuple(v[i] for i in kept) for v in full.V),
        fields=(*started, *full.fields),
        stages=(*(-1 for _ in started), *full.stages),
        inputs=tuple(full.inputs[i] for i in kept),
    )


def _owner(full: System, i: int) -> str:
    """The field whose increment the carried value i is."""
    stage = made_by(full.B, full.V, i)
    if stage is None:
        raise UnsupportedError("an earlier value of this scheme is no increment of one field; give its history")
    return full.fields[stage]


def made_by(B: Matrix, V: Matrix, i: int) -> int | None:
    """The stage whose h f the carried value i was when it was new; None for a value that is made in another way."""
    for _ in V:
        fresh = [j for j, b in enumerate(B[i]) if b != 0]
        shifted = [m for m, v in enumerate(V[i]) if v != 0]
        if len(fresh) == 1 and not shifted and B[i][fresh[0]] == 1:
            return fresh[0]
        if fresh or len(shifted) != 1 or V[i][shifted[0]] != 1:
            return None
        i = shifted[0]
    return None


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
