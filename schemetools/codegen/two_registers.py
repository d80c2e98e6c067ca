"""Lowering of Williamson's 2N form: a state u and a register d are all that is alive when f is evaluated."""

import re
from dataclasses import replace

from sympy import Integer

from schemetools.codegen.plan import Combine, Eval, Step, StepPlan, Terms
from schemetools.errors import UnsupportedError
from schemetools.schemes.registers import two_n
from schemetools.schemes.runge_kutta import RungeKutta

_ROLLED = re.compile(r"([dy])\d*")


def lower_two_registers(scheme: RungeKutta) -> StepPlan:
    """The plan d_i = f(u_i) + A_i d_(i-1), u_(i+1) = u_i + h B_i d_i, each register used by the next line only."""
    lists = two_n(scheme.A, scheme.b, exact=scheme.exact)
    if lists is None:
        raise UnsupportedError(f"{scheme} has no form of two registers")
    A, B = lists["A"], lists["B"]
    field = scheme.normal_form().fields[0]
    steps: list[Step] = []
    state = "x"
    for i, (a, b) in enumerate(zip(A, B, strict=True), 1):
        plus: Terms = ((a, f"d{i - 1}"),) if a != 0 else ()
        steps.append(Eval(f"d{i}", field, state, i - 1, plus=plus))
        new = f"y{i + 1}" if i < len(B) else "y"
        steps.append(Combine(new, ((Integer(1), state),), ((b, f"d{i}"),)))
        state = new
    return StepPlan(("x",), tuple(steps), ("y",), (field,))


def rolled(plan: StepPlan) -> StepPlan:
    """The plan with one name for all d and one for all states y, so that a line lets go of what it replaces."""
    if not any(isinstance(step, Eval) and step.plus for step in plan.steps):
        return plan

    def name(register: str) -> str:
        found = _ROLLED.fullmatch(register)
        return register if found is None else found[1]

    def terms(given: Terms) -> Terms:
        return tuple((c, name(register)) for c, register in given)

    steps: list[Step] = []
    for step in plan.steps:
        if isinstance(step, Eval):
            steps.append(replace(step, out=name(step.out), argument=name(step.argument), plus=terms(step.plus)))
        elif isinstance(step, Combine):
            steps.append(Combine(name(step.out), terms(step.terms), terms(step.increments)))
    return replace(plan, steps=tuple(steps), outputs=tuple(map(name, plan.outputs)))
