"""Lowering of Rosenbrock methods: one Jacobian at the state, then a linear system per stage."""

import functools
from collections.abc import Sequence

from sympy import Expr, Integer

from schemetools.codegen.plan import Combine, Eval, Linearise, LinearSolve, Step, StepPlan, Terms
from schemetools.schemes.rosenbrock import Rosenbrock
from schemetools.schemes.stages import needed, total

STATE, FIELD, JACOBIAN = "x", "f", "J"


@functools.cache
def lower_rosenbrock(scheme: Rosenbrock) -> StepPlan:
    """The plan of one step: f once where arguments are equal, and no stage that nothing needs."""
    main, errors = _Writer(scheme), tuple[str, ...]()
    used = main.reached([scheme.b])
    main.stages(used)
    result = main.row("y", scheme.b)
    steps = tuple(main.steps)
    if scheme.b_hat is not None:
        gap = [total([x, -y]) for x, y in zip(scheme.b, scheme.b_hat, strict=True)]
        main.stages([i for i in main.reached([gap]) if i not in used])
        errors = ("estimate",)
        main.steps.append(Combine(*errors, (), main.terms(gap)))
    return StepPlan((STATE,), steps, (result,), (FIELD,), 1, tuple(main.steps[len(steps) :]), errors)


class _Writer:
    """Writes stages as steps; equal arguments are one register."""

    def __init__(self, scheme: Rosenbrock) -> None:
        self.scheme = scheme
        self.steps: list[Step] = [] if scheme.is_explicit else [Linearise(JACOBIAN, FIELD, STATE)]
        self.slopes: dict[int, str] = {}
        self.evaluated: dict[Terms, str] = {}

    def reached(self, rows: Sequence[Sequence[Expr]]) -> list[int]:
        """The stages on which results with these weights depend."""
        links = [
            [a if a != 0 else g for a, g in zip(left, right, strict=True)]
            for left, right in zip(self.scheme.A, self.scheme.Gamma, strict=True)
        ]
        return needed(links, [i for row in rows for i, w in enumerate(row) if w != 0], lambda c: c == 0)

    def terms(self, row: Sequence[Expr]) -> Terms:
        """The slopes with their weights, zeros left out."""
        return tuple((c, self.slopes[j]) for j, c in enumerate(row) if c != 0)

    def row(self, out: str, weights: Sequence[Expr]) -> str:
        """The register of x + h sum weights_j k_j."""
        increments = self.terms(weights)
        if not increments:
            return STATE
        self.steps.append(Combine(out, ((Integer(1), STATE),), increments))
        return out

    def stages(self, members: Sequence[int]) -> None:
        """Their slopes k."""
        for i in members:
            gammas = self.scheme.Gamma[i]
            number = len(self.slopes) + 1
            value = self._evaluation(i, number, is_slope=not any(gammas))
            self.slopes[i] = value
            if any(gammas):
                self.slopes[i] = f"k{number}"
                others, weight = self.terms([*gammas[:i], *[Integer(0)] * (len(gammas) - i)]), total(gammas)
                self.steps.append(LinearSolve(f"k{number}", JACOBIAN, value, others, gammas[i], weight))

    def _evaluation(self, i: int, number: int, *, is_slope: bool) -> str:
        """The register of f at the argument of stage i."""
        key = self.terms(self.scheme.A[i])
        if key not in self.evaluated:
            out = f"k{number}" if is_slope else f"r{number}"
            argument = self.row(f"y{number}", self.scheme.A[i])
            self.steps.append(Eval(out, FIELD, argument, i))
            self.evaluated[key] = out
        return self.evaluated[key]
