"""Running a plan on any numbers that have + and *: floats, arrays, tensors, sympy expressions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy
from sympy import Expr

from schemetools.codegen.plan import Combine, Eval, Linearise, LinearSolve, Solve, Step, StepPlan, Terms
from schemetools.errors import SchemeError, UnsupportedError

Field = Callable[[Any], Any]


def execute(
    plan: StepPlan,
    fields: Field | Mapping[str, Field],
    values: Sequence[Any],
    h: Any = 1,
    *,
    number: Callable[[Expr], Any] = lambda coefficient: coefficient,
    error: bool = False,
) -> tuple[Any, ...]:
    """One step: the new vector x from `values`, one per input of the plan; with `error` the error estimate is appended.

    `fields` is one callable, or a mapping from the plan's field labels. `number` turns an exact coefficient into what
    the values multiply with (the identity for sympy, `exact.to_float` for floats). An implicit system is solved
    exactly, which needs sympy values and fields that are affine in them.

    >>> import schemetools as st, sympy
    >>> from schemetools.codegen import lower
    >>> z = sympy.Symbol("z")
    >>> sympy.expand(execute(lower(st.midpoint), lambda u: z * u, [1])[0])
    z**2/2 + z + 1
    """
    if len(values) != len(plan.inputs):
        raise SchemeError(f"{len(values)} values came; this step needs {len(plan.inputs)}: {', '.join(plan.inputs)}")
    named = fields if isinstance(fields, Mapping) else dict.fromkeys(plan.fields, fields)
    run = _Run(named, dict(zip(plan.inputs, values, strict=True)), h, number)
    for step in plan.steps:
        run(step)
    if not error:
        return tuple(run.registers[out] for out in plan.outputs)
    if plan.error is None:
        raise SchemeError("this scheme has no embedded result, so there is no error estimate")
    for step in plan.error_steps:
        run(step)
    return tuple(run.registers[out] for out in (*plan.outputs, *plan.errors))


class _Run:
    """The registers of one run."""

    def __init__(self, fields: Mapping[str, Field], registers: dict[str, Any], h: Any, number: Callable[[Expr], Any]):
        self.fields, self.registers, self.h, self.number = fields, registers, h, number

    def __call__(self, step: Step) -> None:
        match step:
            case Eval(out, field):
                value = self.fields[field](*(self.registers[name] for name in step.arguments))
                for c, name in step.plus:
                    value = value + self.number(c) * self.registers[name]
                self.registers[out] = value
            case Combine(out, terms, increments):
                self.registers[out] = self._combined(terms, increments)
            case Solve():
                self._solve(step)
            case Linearise(out, field, argument):
                self.registers[out] = self._derivative(self.fields[field], self.registers[argument])
            case LinearSolve(out, jacobian, slope, products, diagonal):
                J = self.registers[jacobian]
                right = self.registers[slope] + self.h * J * self._combined(products, ())
                self.registers[out] = sympy.cancel(right / (1 - self.h * self.number(diagonal) * J))

    def _derivative(self, field: Field, at: Any) -> Any:
        if not isinstance(at, (Expr, int)):
            raise UnsupportedError(
                "a plan with a Jacobian runs on sympy values only; to_stepper and to_block run it on numbers"
            )
        u = sympy.Dummy("u")
        return sympy.sympify(field(u)).diff(u).subs(u, at)

    def _combined(self, terms: Terms, increments: Terms) -> Any:
        parts = [self.number(c) * self.registers[name] for c, name in terms]
        parts += [self.h * (self.number(c) * self.registers[name]) for c, name in increments]
        total = parts[0] if parts else 0
        for part in parts[1:]:
            total = total + part
        return total

    def _solve(self, step: Solve) -> None:
        unknowns = [sympy.Dummy(out) for out in step.outs]
        if not all(isinstance(self.registers[name], (Expr, int)) for name in step.known):
            raise UnsupportedError(
                "an implicit plan runs on sympy values only; to_stepper and to_block solve it on numbers"
            )
        equations = []
        for unknown, field, known, row in zip(unknowns, step.fields, step.known, step.matrix, strict=True):
            argument = self.registers[known] + self.h**step.power * sum(
                c * u for c, u in zip(row, unknowns, strict=True)
            )
            equations.append(unknown - self.fields[field](argument))
        try:
            [solution] = sympy.linsolve(equations, unknowns)
        except ValueError as problem:
            raise UnsupportedError(
                f"the implicit stages have no unique solution for affine fields: {problem}"
            ) from None
        self.registers.update(zip(step.outs, map(sympy.cancel, solution), strict=True))
