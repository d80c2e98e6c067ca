"""What printers of other languages share: a program's symbols and times, and sums of registers."""

from collections.abc import Collection
from dataclasses import dataclass

from sympy import Expr, Integer

from schemetools.codegen.lower import lower
from schemetools.codegen.plan import Solve, StepPlan, Terms
from schemetools.codegen.printers.names import expression, identifier, symbol_names
from schemetools.codegen.starting import times_of
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme


@dataclass(frozen=True)
class Program:
    """A plan with what every printer asks of it: names of inputs and symbols, and the time of each stage."""

    scheme: Scheme
    plan: StepPlan
    inputs: tuple[str, ...]
    names: dict[Expr, str]
    fields: dict[str, str]
    times: tuple[Expr, ...] | None
    power: str

    @property
    def symbols(self) -> list[str]:
        """The parameters that stand for free and random symbols."""
        return [self.names[s] for s in sorted(self.names, key=str)]

    @property
    def registers(self) -> list[str]:
        """The registers that are computed, in order, main steps before those of the error estimate."""
        steps = self.plan.steps + self.plan.error_steps
        return [r for step in steps for r in (step.outs if isinstance(step, Solve) else (step.out,))]

    def time(self, stage: int) -> str:
        """t + c h of a stage, `t` where it is evaluated at the state's time or the scheme has no times."""
        c = Integer(0) if self.times is None or stage < 0 else self.times[stage]
        if c == 0:
            return "t"
        return "t + h" if c == 1 else f"t + {expression(c, self.names, self.power)} * h".replace("+ -", "- ")

    def sum(self, terms: Terms, register: str = "{}") -> str:
        """c * register + ..., with `register` saying how one is read."""
        parts = []
        for c, name in terms:
            read = register.format(name)
            sign = {1: "", -1: "-"}.get(int(c)) if c.is_Integer else None
            parts.append(f"{expression(c, self.names, self.power)} * {read}" if sign is None else f"{sign}{read}")
        return " + ".join(parts).replace("+ -", "- ")

    def combined(self, terms: Terms, increments: Terms, register: str = "{}", power: int = 1) -> str:
        """terms + h^power * (increments)."""
        states, slopes = self.sum(terms, register), self.sum(increments, register)
        if not increments:
            return states
        scaled = f"{'h * ' * power}{slopes}" if len(increments) == 1 else f"{'h * ' * power}({slopes})"
        return f"{states} + {scaled}" if terms else scaled


def program(scheme: Scheme, reserved: Collection[str], power: str) -> Program:
    """The program of a scheme for a language with these words and this way to write powers."""
    plan = lower(scheme)
    inputs = plan.inputs
    computed = [r for s in plan.steps + plan.error_steps for r in (s.outs if isinstance(s, Solve) else (s.out,))]
    taken = {*inputs, *computed, "h", "t", *reserved}
    fields: dict[str, str] = {}
    for label in plan.fields:
        fields[label] = identifier(label, taken)
        taken.add(fields[label])
    names = symbol_names(scheme.free_symbols | scheme.random_symbols, taken)
    try:
        times: tuple[Expr, ...] | None = times_of(scheme)
    except UnsupportedError:
        times = None
    return Program(scheme, plan, inputs, names, fields, times, power)
