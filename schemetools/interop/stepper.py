"""One step of a scheme in floating point, with the time of every stage."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from schemetools import exact
from schemetools.codegen.lower import lower
from schemetools.codegen.plan import Combine, Eval, Linearise, LinearSolve, Solve, Step
from schemetools.codegen.starting import times_of
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.interop.fields import Timed
from schemetools.interop.newton import central, differenced, solve_stages, solved
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.variable import VariableMultistep

Jac = Callable[[float, Any], Any]


class Stepper:
    """step(fields, t, values, h): a scheme's plan run on arrays, its coefficients rounded once.

    Raises SchemeError for a scheme whose coefficients have no values yet.
    """

    def __init__(self, scheme: Scheme) -> None:
        open_symbols = sorted(map(str, scheme.free_symbols | scheme.random_symbols))
        if open_symbols:
            raise SchemeError(f"{scheme} has coefficients without a value: give {', '.join(open_symbols)} one")
        if isinstance(scheme, VariableMultistep):
            raise UnsupportedError(
                f"{scheme} is for steps that grow by a ratio; solve takes equal steps: use its to_stepper, or bdf(2)"
            )
        self.scheme, self.plan = scheme, lower(scheme)
        try:
            times = [exact.to_float(c) for c in times_of(scheme)]
        except UnsupportedError:
            times = [0.0] * scheme.frame().stages
        self._times = times
        self._steps = [self._rounded(step) for step in self.plan.steps]
        self._error_steps = [self._rounded(step) for step in self.plan.error_steps]

    @property
    def form(self) -> GeneralLinear:
        """The fields and carried values of the scheme."""
        return self.scheme.frame()

    @property
    def has_error(self) -> bool:
        """Whether the scheme has an embedded result."""
        return self.plan.error is not None

    def __call__(
        self,
        fields: Mapping[str, Timed],
        t: float,
        values: Sequence[Any],
        h: float,
        *,
        error: bool = False,
        jac: Jac | None = None,
    ) -> tuple[Any, ...]:
        """The values one step of size h after t; with `error` the estimate is appended."""
        registers = dict(zip(self.plan.inputs, values, strict=True))
        for run in self._steps:
            run(registers, fields, t, h, jac)
        results = [registers[name] for name in self.plan.outputs]
        if error:
            for run in self._error_steps:
                run(registers, fields, t, h, jac)
            results += [registers[name] for name in self.plan.errors]
        return tuple(results)

    def _rounded(self, step: Step) -> Callable[..., None]:
        match step:
            case Eval(out, field, _, stage):
                return partial(_evaluate, out, field, step.arguments, self._time(stage), _floats(step.plus))
            case Combine(out, terms, increments):
                return partial(_combine, out, _floats(terms), _floats(increments))
            case Solve():
                matrix = np.array([[exact.to_float(c) for c in row] for row in step.matrix])
                return partial(_solve, step, [self._time(stage) for stage in step.stages], matrix)

            case Linearise(out, field, argument):
                return partial(_linearise, out, field, argument)
            case LinearSolve():
                products, numbers = _floats(step.products), map(exact.to_float, (step.diagonal, step.time_weight))
                return partial(_linear_solve, step, products, *numbers)

    def _time(self, stage: int) -> float:
        return self._times[stage] if stage >= 0 else 0.0


def _floats(terms: Sequence[tuple[Any, str]]) -> list[tuple[float, str]]:
    return [(exact.to_float(c), name) for c, name in terms]


def _evaluate(
    out: str,
    field: str,
    arguments: Sequence[str],
    c: float,
    plus: Any,
    registers: Any,
    fields: Any,
    t: Any,
    h: Any,
    _: Any,
) -> None:
    value = fields[field](t + c * h, *(registers[name] for name in arguments))
    registers[out] = sum((w * registers[name] for w, name in plus), value)


def _combine(out: str, terms: Any, increments: Any, registers: Any, _: Any, __: Any, h: Any, ___: Any) -> None:
    total = sum(c * registers[name] for c, name in terms) if terms else 0.0
    slopes = sum(c * registers[name] for c, name in increments) if increments else None
    registers[out] = total if slopes is None else total + h * slopes


def _matrix(jac: Jac, t: float, u: Any) -> Any:
    return np.asarray(jac(t, u), dtype=np.result_type(u, float))


def _solve(step: Solve, times: Any, matrix: Any, registers: Any, fields: Any, t: Any, h: Any, jac: Jac | None) -> None:
    at = [t + c * h for c in times]
    own = [partial(fields[label], time) for label, time in zip(step.fields, at, strict=True)]
    jacobians = [
        partial(differenced, f) if jac is None else partial(_matrix, jac, time) for f, time in zip(own, at, strict=True)
    ]
    found = solve_stages(own, jacobians, [registers[name] for name in step.known], matrix, h**step.power)
    registers.update(zip(step.outs, found, strict=True))


def _linearise(
    out: str, field: str, argument: str, registers: Any, fields: Any, t: Any, _: Any, jac: Jac | None
) -> None:
    f, u = fields[field], registers[argument]
    J = central(partial(f, t), u) if jac is None else _matrix(jac, t, u)
    in_time = central(lambda s: f(float(s[0]), u), np.array([float(t)])).reshape(np.shape(u))
    registers[out] = J, in_time


def _linear_solve(
    step: LinearSolve, products: Any, diagonal: float, weight: float, registers: Any, _: Any, __: Any, h: Any, ___: Any
) -> None:
    J, in_time = registers[step.jacobian]
    right = registers[step.slope] + h * weight * in_time
    if products:
        right = right + h * (J @ np.ravel(sum(c * registers[name] for c, name in products))).reshape(np.shape(right))
    registers[step.out] = right if diagonal == 0 else solved(np.eye(len(J)) - h * diagonal * J, right, h)
