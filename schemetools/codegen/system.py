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
