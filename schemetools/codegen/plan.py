"""A step as a program: straight-line data that any printer can write down and any number type can run."""

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Expr

Terms = tuple[tuple[Expr, str], ...]


@dataclass(frozen=True)
class Combine:
    """out = sum of c * register over `terms` + h * (sum of c * register over `increments`).

    `terms` name states, `increments` name values of a field; no coefficient is zero.
    """

    out: str
    terms: Terms
    increments: Terms


@dataclass(frozen=True)
class Eval:
    """out = f_field(argument); `stage` is the stage of the scheme that it stands for.

    With `velocity`, out = f_field(argument, velocity): f(q, q') of an equation of second order. With `plus`,
    out = f_field(argument) + sum of c * register, registers being earlier values of the field.
    """

    out: str
    field: str
    argument: str
    stage: int
    velocity: str | None = None
    plus: Terms = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """The registers that f takes."""
        return (self.argument,) if self.velocity is None else (self.argument, self.velocity)


@dataclass(frozen=True)
class Solve:
    """The implicit system out_i = f_i(known_i + h^power sum_j matrix_ij out_j), solved for all its outs at once."""

    outs: tuple[str, ...]
    fields: tuple[str, ...]
    known: tuple[str, ...]
    matrix: tuple[tuple[Expr, ...], ...]
    stages: tuple[int, ...]
    power: int = 1


@dataclass(frozen=True)
class Linearise:
    """out = the Jacobian of a field at the value `argument`, at the time of the state."""

    out: str
    field: str
    argument: str


@dataclass(frozen=True)
class LinearSolve:
    """out with (I - h diagonal J) out = slope + h J (sum of c * register over `products`) + h time_weight f_t.

    `slope` is a value of the field, `jacobian` the register J, f_t the field's derivative by its time there, 0 for
    f(u).
    """

    out: str
    jacobian: str
    slope: str
    products: Terms
    diagonal: Expr
    time_weight: Expr


Step = Combine | Eval | Solve | Linearise | LinearSolve


@dataclass(frozen=True)
class StepPlan:
    """One step of a scheme: from the registers `inputs` to the registers `outputs`, both the normal form's vector x.

    The first `parts` registers are the state, the others its history, newest first; a name that occurs twice among
    the inputs stands for values known to be equal. With `errors`, `error_steps` compute these registers, the
    difference between the result and the embedded one (per part where there are two), after `steps` ran.
    """

    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    fields: tuple[str, ...]
    parts: int = 1
    error_steps: tuple[Step, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def carries(self) -> bool:
        """Whether there is a history beside the state."""
        return len(self.inputs) > self.parts

    @property
    def error(self) -> str | None:
        """The estimate as programs write it: a register, a tuple of them, or nothing."""
        return f"({', '.join(self.errors)})" if len(self.errors) > 1 else next(iter(self.errors), None)

    @property
    def evaluations(self) -> int:
        """Number of field evaluations in a step, the embedded result left out; an implicit stage counts once."""
        return sum(1 for _ in _evaluated(self.steps))

    @property
    def all_evaluations(self) -> int:
        """Number of field evaluations in a step with its error estimate."""
        return sum(1 for _ in _evaluated(self.steps + self.error_steps))

    @property
    def linearises(self) -> bool:
        """Whether a step solves linear systems with a Jacobian."""
        return any(isinstance(step, Linearise) for step in self.steps)

    @property
    def is_explicit(self) -> bool:
        """Whether no step of the plan has to be solved by iterations."""
        return not any(isinstance(step, Solve) for step in self.steps + self.error_steps)

    def evaluations_of(self, field: str) -> int:
        """Number of evaluations of one field, the embedded result included."""
        return sum(label == field for label in _evaluated(self.steps + self.error_steps))

    def coefficients(self) -> Iterator[Expr]:
        """Every coefficient in the plan, in the order in which it is used."""
        for step in self.steps + self.error_steps:
            match step:
                case Combine(_, terms, increments):
                    yield from (c for c, _ in terms + increments)
                case Eval(plus=plus):
                    yield from (c for c, _ in plus)
                case Solve(_, _, _, matrix):
                    yield from (c for row in matrix for c in row)
                case LinearSolve():
                    yield from (*(c for c, _ in step.products), step.diagonal, step.time_weight)


def _evaluated(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        match step:
            case Eval(_, field):
                yield field
            case Solve(_, fields):
                yield from fields
