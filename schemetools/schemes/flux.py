"""Schemes of conservation laws u_t + F(u)_x = 0, stage by stage: shifts of values and of fluxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, sympify

from schemetools.errors import TableauError, came
from schemetools.exact import canonical, is_whole
from schemetools.schemes.discretisation import Offset, table

Part = tuple[tuple[int, tuple[tuple[Offset, Expr], ...]], ...]


@dataclass(frozen=True)
class FluxForm:
    """An explicit scheme of u_t + F(u)_x = 0, with Y_0 = u^n and lam = dt/dx.

        Y_s = sum_r sum_j V_srj Y_r(i+j) + lam sum_r sum_j W_srj F(Y_r)(i+j),   r < s;   the last stage is u^(n+1)

    `stages` holds one pair (V_s, W_s) per stage, each {r: {j: coefficient}}; offsets may be halves.
    Raises TableauError where a stage uses later ones.

    >>> FluxForm([({0: {0: 1}}, {0: {0: -1, -1: 1}})]).stages[0][1]
    ((0, (((-1,), 1), ((0,), -1))),)
    """

    stages: tuple[tuple[Part, Part], ...]

    def __init__(self, stages: Sequence[tuple[Mapping[int, Any], Mapping[int, Any]]]):
        found = []
        for s, (values, fluxes) in enumerate(_pairs(stages), 1):
            parts = tuple(
                tuple((int(r), table(dict(row), f"stage {s}")) for r, row in part.items()) for part in (values, fluxes)
            )
            if any(not 0 <= r < s for part in parts for r, _ in part):
                raise TableauError(f"stage {s} of a flux form may use the stages 0..{s - 1} only")
            for part, what, total in zip(parts, ("values", "fluxes"), (1, 0), strict=True):
                found_total = sum((c for _, row in part for _, c in row), Integer(0))
                if found_total != total:
                    raise TableauError(
                        f"the weights of the {what} of stage {s} of a flux form sum to {found_total}; they must sum to "
                        f"{total}, or constants are not kept"
                    )
            found.append(parts)
        object.__setattr__(self, "stages", tuple(found))


def linear_update(form: FluxForm, lam: Expr) -> dict[Offset, Expr]:
    """What a flux form does to F(u) = u: the coefficients of u^(n+1)(i) = sum_j b_j u^n(i+j), zeros left out."""
    found: list[dict[Offset, Expr]] = [{(Integer(0),): Integer(1)}]
    for stage in form.stages:
        value: dict[Offset, Any] = {}
        for part, factor in zip(stage, (Integer(1), lam), strict=True):
            for r, row in part:
                for (j,), c in row:
                    for (i,), b in found[r].items():
                        place = (sympify(i + j),)
                        value[place] = value.get(place, Integer(0)) + factor * c * b
        found.append(value)
    update = {place: canonical(c) for place, c in found[-1].items()}
    return {place: c for place, c in update.items() if c != 0}


def _pairs(stages: Any) -> list[Any]:
    """The stages as they were given. Raises TableauError for what is no list of pairs of mappings of mappings."""
    found = list(stages) if isinstance(stages, (list, tuple)) else [stages]
    for pair in found:
        mappings = isinstance(pair, (list, tuple)) and len(pair) == 2 and all(isinstance(p, Mapping) for p in pair)
        if not mappings or not all(
            is_whole(r) and isinstance(row, Mapping) for part in pair for r, row in part.items()
        ):
            raise TableauError(
                "a flux form has a pair (V, W) per stage, each {earlier stage: {offset: coefficient}}, such as "
                f"({{0: {{0: 1}}}}, {{0: {{0: -1, -1: 1}}}}); {came(pair)} came"
            )
    return found
