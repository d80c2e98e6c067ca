"""Lowering: from a scheme's normal form to the straight-line plan of one step."""

import functools
from collections.abc import Sequence

from sympy import Expr, Integer

from schemetools.codegen.lower_rosenbrock import lower_rosenbrock
from schemetools.codegen.plan import Combine, Eval, Solve, Step, StepPlan, Terms
from schemetools.codegen.second_order import lower_second_order
from schemetools.codegen.starting import input_names
from schemetools.codegen.system import components, system
from schemetools.codegen.two_registers import lower_two_registers
from schemetools.schemes.base import GeneralLinear, Scheme, as_scheme
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom
from schemetools.schemes.stages import System, merged, total


def lower(scheme: Scheme, pattern: tuple[str, ...] | None = None, *, share: bool = True) -> StepPlan:
    """The plan of one step of a scheme.

    Stages of one field and one argument are evaluated once, stages that no result needs are dropped, zero terms are
    not written, and a new component of x that is an old register (a shift of the history) costs nothing.
    `pattern` names the values in x, equal names for values known to be equal: `start_pattern(form)` gives the
    first step, for which coefficients that belong to one value are summed (and may cancel). With `share`, a combination
    that begins as an earlier one does goes on from it; without, each starts from the carried values.

    >>> import schemetools as st
    >>> lower(st.rk4).evaluations
    4
    """
    scheme = as_scheme(scheme)
    if isinstance(scheme, Rosenbrock):
        return lower_rosenbrock(scheme)
    if isinstance(scheme, RungeKuttaNystrom):
        return _lower_second_order(scheme)
    if isinstance(scheme, RungeKutta) and scheme.storage is not None and pattern in (None, ("x",)):
        return lower_two_registers(scheme)
    return _lower(scheme.normal_form(), pattern, share)


@functools.cache
def _lower_second_order(scheme: RungeKuttaNystrom) -> StepPlan:
    return lower_second_order(scheme)


@functools.cache
def _lower(form: GeneralLinear, pattern: tuple[str, ...] | None, share: bool) -> StepPlan:
    given = merged(system(form, pattern or input_names(form)))
    writer = _Writer(given, share)
    count = len(form.U[0])
    main = given.needed(range(count))
    writer.stages(main)
    outputs = tuple(
        writer.row(f"{name}_new" if m else "y", given.B[m], given.V[m]) for m, name in enumerate(input_names(form))
    )
    steps = writer.take()
    errors = ()
    if form.embedded:
        writer.stages([i for i in given.needed([0, count]) if i not in main])
        error = writer.row("estimate", _difference(given.B[0], given.B[count]), _difference(given.V[0], given.V[count]))
        errors = (error,)
    return StepPlan(given.inputs, steps, outputs, form.fields, form.parts, writer.take(), errors)


def _difference(left: Sequence[Expr], right: Sequence[Expr]) -> tuple[Expr, ...]:
    return tuple(total([a, -b]) for a, b in zip(left, right, strict=True))


class _Writer:
    """Writes stages and results of a system as steps; a linear form that was computed once is not computed again."""

    def __init__(self, given: System, share: bool) -> None:
        self.given, self.share = given, share
        self.steps: list[Step] = []
        self.values: dict[int, str] = {}
        self.forms: dict[tuple[Terms, Terms], str] = {}

    def take(self) -> tuple[Step, ...]:
        taken, self.steps = tuple(self.steps), []
        return taken

    def stages(self, members: Sequence[int]) -> None:
        A = self.given.A
        for group in components(lambda i, j: A[i][j] != 0, members):
            if len(group) == 1 and A[group[0]][group[0]] == 0:
                self._evaluate(group[0])
            else:
                self._solve(group)

    def _name(self, stage: int) -> str:
        self.values[stage] = f"k{len(self.values) + 1}"
        return self.values[stage]

    def _evaluate(self, i: int) -> None:
        argument = self.row(f"y{len(self.values) + 1}", self.given.A[i], self.given.U[i])
        self.steps.append(Eval(self._name(i), self.given.fields[i], argument, self.given.stages[i]))

    def _solve(self, group: Sequence[int]) -> None:
        A, first = self.given.A, len(self.values) + 1
        outside = [tuple(Integer(0) if j in group else c for j, c in enumerate(A[i])) for i in group]
        known = tuple(
            self.row(f"z{first + n}", row, self.given.U[i])
            for n, (i, row) in enumerate(zip(group, outside, strict=True))
        )
        matrix = tuple(tuple(A[i][j] for j in group) for i in group)
        fields = tuple(self.given.fields[i] for i in group)
        stages = tuple(self.given.stages[i] for i in group)
        self.steps.append(Solve(tuple(self._name(i) for i in group), fields, known, matrix, stages))

    def row(self, out: str, slopes: Sequence[Expr], states: Sequence[Expr]) -> str:
        """The register that holds h * slopes . f(Y) + states . z, computed under the name `out` if it is new."""
        terms: Terms = tuple((c, name) for c, name in zip(states, self.given.inputs, strict=True) if c != 0)
        increments: Terms = tuple((c, self.values[j]) for j, c in enumerate(slopes) if c != 0)
        if not increments and len(terms) == 1 and terms[0][0] == 1:
            return terms[0][1]
        key = (terms, increments)
        if key not in self.forms:
            begun = self._begun(terms, increments) if self.share else None
            if begun is None:
                self.steps.append(Combine(out, terms, increments))
            else:
                self.steps.append(Combine(out, ((Integer(1), self.forms[begun]),), increments[len(begun[1]) :]))
            self.forms[key] = out
        return self.forms[key]

    def _begun(self, terms: Terms, increments: Terms) -> tuple[Terms, Terms] | None:
        """The longest earlier combination that this one continues, if that saves an operation."""
        earlier = [k for k in self.forms if k[0] == terms and k[1] == increments[: len(k[1])]]
        return max(earlier, key=lambda key: len(key[1]), default=None)
