"""What one step of a scheme costs, counted on its normal form after equal stages are merged and dead ones dropped."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sympy import Expr, Integer

from schemetools.schemes.arrays import Vector
from schemetools.schemes.base import as_scheme
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom
from schemetools.schemes.stages import System, merged, needed

Sum = tuple[dict[int, Expr], Vector]


class Cost(NamedTuple):
    """`evaluations` of a field, the largest number of `live_states` at one time, and `combinations` (scaled vectors
    added).

    >>> import schemetools as st
    >>> st.cost("rk4").evaluations
    4
    """

    evaluations: int
    live_states: int
    combinations: int


class LinearlyImplicitCost(NamedTuple):
    """As `Cost`, with what the linear algebra of a Rosenbrock step takes: Jacobians, factorisations, solves."""

    evaluations: int
    live_states: int
    combinations: int
    jacobians: int
    factorisations: int
    solves: int


def cost(s: Any) -> Any:
    """The cost of one step: verner89 has 14 evaluations, the stages that only its embedded result needs are not
    counted.

    Live states: the values carried from step to step, the stage argument under construction, and every f that is still
    needed; an implicit scheme keeps all. Combinations: nonzero coefficients other than a leading 1. A Rosenbrock
    method has the further entries of `LinearlyImplicitCost`.

    >>> import schemetools as st
    >>> cost(st.rk4).evaluations
    4
    """
    scheme = as_scheme(s)
    if isinstance(scheme, Rosenbrock):
        return _linearly_implicit(scheme)
    if isinstance(scheme, RungeKuttaNystrom):
        return _second_order(scheme)
    if isinstance(scheme, RungeKutta) and scheme.storage is not None:
        return Cost(scheme.stages, 2, 2 * scheme.stages - 1)
    if isinstance(scheme, Exponential):
        return _exponential(scheme)
    form = scheme.normal_form()
    system = merged(System(form.A, form.U, form.B, form.V, form.colours, tuple(range(form.stages)), ()))
    stages = [(_weights(row), arguments) for row, arguments in zip(system.A, system.U, strict=True)]
    outputs = [(_weights(row), form.V[m]) for m, row in enumerate(system.B[: form.values])]
    used = system.needed(range(form.values))
    count = sum(_additions(*stages[i]) for i in used) + sum(_additions(*output) for output in outputs)
    return Cost(len(used), _live(form.values, 1, stages, outputs, used, explicit=form.is_explicit), count)


def _linearly_implicit(scheme: Rosenbrock) -> LinearlyImplicitCost:
    """Stages that the result needs, each with a solve; f is evaluated once where arguments are equal."""
    both = [
        [a if a != 0 else g for a, g in zip(*rows, strict=True)] for rows in zip(scheme.A, scheme.Gamma, strict=True)
    ]
    used = needed(both, [i for i, w in enumerate(scheme.b) if w != 0], lambda c: c == 0)
    sums = [scheme.b, *(row[:i] for array in (scheme.A, scheme.Gamma) for i, row in enumerate(array) if i in used)]
    diagonal = {scheme.Gamma[i][i] for i in used} - {0}
    return LinearlyImplicitCost(
        evaluations=len({scheme.A[i] for i in used}),
        live_states=len(used) + 2,
        combinations=sum(1 for row in sums for c in row if c != 0),
        jacobians=int(not scheme.is_explicit),
        factorisations=len(diagonal),
        solves=sum(scheme.Gamma[i][i] != 0 for i in used),
    )


def _second_order(scheme: RungeKuttaNystrom) -> Cost:
    """Of a pair (q, p): a stage is its position, and its velocity too where f takes it; h p counts as one more term."""
    slopes = scheme.A_prime or ((Integer(0),) * scheme.stages,) * scheme.stages
    linked = [[a != 0 or x != 0 for a, x in zip(*rows, strict=True)] for rows in zip(scheme.A, slopes, strict=True)]
    start = [i for i in range(scheme.stages) if scheme.b[i] != 0 or scheme.b_prime[i] != 0]
    used = needed(linked, start, lambda link: not link)
    where = {i: n for n, i in enumerate(used)}
    stages: list[Sum] = [({where[j]: Integer(1) for j in used if linked[i][j]}, ()) for i in used]
    outputs: list[Sum] = [({where[j]: w for j, w in _weights(row).items()}, ()) for row in (scheme.b, scheme.b_prime)]
    count = sum(len(_weights(scheme.A[i])) + (scheme.c[i] != 0) + len(_weights(slopes[i])) for i in used)
    count += 1 + sum(len(weights) for weights, _ in outputs)
    arguments = 1 if scheme.A_prime is None else 2
    live = _live(2, arguments, stages, outputs, list(range(len(used))), explicit=scheme.is_explicit)
    return Cost(len(used), live, count)


def _exponential(scheme: Exponential) -> Cost:
    """Evaluations of N in a step; combinations are products of a phi function of h L with a vector."""
    used = needed(scheme.A, [i for i, w in enumerate(scheme.b) if w != 0], lambda a: a == 0)
    rows = [scheme.b, *(scheme.A[i] for i in used)]
    flows = 1 + sum(scheme.c[i] != 0 for i in used)
    return Cost(len(used), len(used) + 2, flows + sum(1 for row in rows for entry in row if entry != 0))


def _weights(row: Vector) -> dict[int, Expr]:
    return {j: a for j, a in enumerate(row) if a != 0}


def _additions(weights: Mapping[int, Expr], row: Vector) -> int:
    terms = len(weights) + sum(1 for v in row if v != 0)
    return terms - 1 if any(v == 1 for v in row) else terms


def _live(
    values: int, arguments: int, stages: list[Sum], outputs: list[Sum], used: list[int], *, explicit: bool
) -> int:
    """Values carried, the argument of one stage, and the f still needed, at the worst moment."""
    if not explicit:
        return values + len(used) + arguments
    at_end = {j for weights, _ in outputs for j in weights}
    order = _evaluation_order(stages, used)
    last = {j: max((k for k, i in enumerate(order) if j in stages[i][0]), default=-1) for j in order}
    worst = 0
    for k in range(len(order)):
        alive = sum(1 for i, j in enumerate(order) if i < k and (j in at_end or last[j] >= k))
        worst = max(worst, alive + arguments)
    return values + max(worst, len(at_end))


def _evaluation_order(stages: list[Sum], used: list[int]) -> list[int]:
    done: list[int] = []
    while len(done) < len(used):
        done += [j for j in used if j not in done and all(i in done for i in stages[j][0])]
    return done
