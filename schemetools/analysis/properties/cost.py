"""What one step of a scheme costs, counted on its normal form after equal stages are merged and dead ones dropped."""

from typing import Any, NamedTuple

from schemetools.exact import canonical
from schemetools.schemes.base import GeneralLinear, as_scheme

Stage = tuple[Any, ...]


class Cost(NamedTuple):
    """`evaluations` of a field, the largest number of `live_states` at one time, and `combinations` (scaled vectors
    added)."""

    evaluations: int
    live_states: int
    combinations: int


def cost(s: Any) -> Cost:
    """The cost of one step: verner89 has 14 evaluations, the stages that only its embedded result needs are not
    counted.

    Live states: the values carried from step to step, the stage argument under construction, and every f that is still
    needed; an implicit scheme keeps all. Combinations: nonzero coefficients other than a leading 1.

    >>> import schemetools as st
    >>> cost(st.rk4).evaluations
    4
    """
    form = as_scheme(s).normal_form()
    stages, sources = _merged(form)
    outputs = [(_weights(row, sources), form.V[m]) for m, row in enumerate(form.B[: form.values])]
    needed = _needed(stages, outputs)
    count = sum(_additions(stages[i][1], stages[i][2]) for i in needed)
    count += sum(_additions(tuple(sorted(weights.items())), row) for weights, row in outputs)
    return Cost(len(needed), _live(form, stages, outputs, needed), count)


def _merged(form: GeneralLinear) -> tuple[list[Stage], list[int]]:
    """(distinct stages as (colour, ((stage, A entry), ...), U row), the stage that each written one became)."""
    sources = list(range(form.stages))
    while True:
        known: dict[Stage, int] = {}
        mapped = []
        for i in range(form.stages):
            row = tuple(sorted(_weights(form.A[i], sources).items()))
            mapped.append(known.setdefault((form.colours[i], row, form.U[i]), i))
        if mapped == sources:
            break
        sources = mapped
    stages = [
        (form.colours[i], tuple(sorted(_weights(form.A[i], sources).items())), form.U[i]) for i in range(form.stages)
    ]
    return stages, sources


def _weights(row: tuple[Any, ...], sources: list[int]) -> dict[int, Any]:
    result: dict[int, Any] = {}
    for j, a in enumerate(row):
        if a != 0:
            result[sources[j]] = canonical(result[sources[j]] + a) if sources[j] in result else a
    return {j: a for j, a in result.items() if a != 0}


def _needed(stages: list[Stage], outputs: list[Any]) -> list[int]:
    seen: set[int] = set()
    waiting = [j for weights, _ in outputs for j in weights]
    while waiting:
        j = waiting.pop()
        if j not in seen:
            seen.add(j)
            waiting += [i for i, _ in stages[j][1]]
    return sorted(seen)


def _additions(weights: tuple[Any, ...], row: tuple[Any, ...]) -> int:
    terms = len(weights) + sum(1 for v in row if v != 0)
    return terms - 1 if any(v == 1 for v in row) else terms


def _live(form: GeneralLinear, stages: list[Stage], outputs: list[Any], needed: list[int]) -> int:
    """Values carried, one argument, and the f still needed, at the worst moment."""
    if not form.is_explicit:
        return form.values + len(needed) + 1
    at_end = {j for weights, _ in outputs for j in weights}
    order = _evaluation_order(stages, needed)
    last = {j: max((k for k, i in enumerate(order) if j in dict(stages[i][1])), default=-1) for j in order}
    worst = 0
    for k in range(len(order)):
        alive = sum(1 for i, j in enumerate(order) if i < k and (j in at_end or last[j] >= k))
        worst = max(worst, alive + 1)
    return form.values + max(worst, len(at_end))


def _evaluation_order(stages: list[Stage], needed: list[int]) -> list[int]:
    done: list[int] = []
    while len(done) < len(needed):
        done += [j for j in needed if j not in done and all(i in done for i, _ in stages[j][1])]
    return done
