"""A step cut at its evaluations: what goes into each, and what comes out, as linear forms of values at hand.

A residual block B gives B(u), and F(u) = B(u) - u is what the scheme steps. Written in B(u) itself, Euler's step is the
block's own output, without an operation.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
import torch
from sympy import Expr, Symbol
from torch import Tensor

from schemetools.codegen.lower import lower
from schemetools.codegen.plan import Combine, Eval, StepPlan
from schemetools.codegen.starting import input_names
from schemetools.errors import UnsupportedError
from schemetools.exact import to_float
from schemetools.schemes.base import Scheme

STEP_SIZE = Symbol("h")

Row = dict[int, Expr]
"""A linear form: {place of the value: coefficient}."""

HALF = (torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Form:
    """v[base] + sum of c (v[i] - v[j]) + sum of c v[i]; opposite coefficients belong to one difference."""

    base: int | None
    differences: tuple[tuple[int, int, int], ...]
    single: tuple[tuple[int, int], ...]

    def is_value(self, i: int) -> bool:
        """Whether the form is one of the values itself."""
        return self.base == i and not self.differences and not self.single

    def uses(self, begin: int) -> bool:
        """Whether a value from a place on occurs."""
        places = [i for _, *pair in (*self.differences, *self.single) for i in pair]
        return any(i >= begin for i in ([*places, self.base] if self.base is not None else places))

    def __call__(self, values: Sequence[Any], coefficients: Sequence[Any]) -> Any:
        """The value; a form that is one of the values gives that one itself."""
        total = None if self.base is None else values[self.base]
        for c, i, j in self.differences:
            total = _added(total, values[i] - values[j], coefficients[c])
        for c, i in self.single:
            total = _added(total, values[i], coefficients[c])
        return total


def _added(total: Any, value: Any, c: Any) -> Any:
    """total + c value; a factor keeps its own precision where the values have half."""
    if total is None:
        return value * c
    if isinstance(c, Tensor):
        return total + c * value if value.dtype in HALF else torch.addcmul(total, c.to(value.dtype), value)
    return total + c * value if value.dtype in HALF else torch.add(total, value, alpha=c)


class Program:
    """One step of a scheme around s evaluations of blocks; `program` makes it.

    The values at hand are the carried ones, `inputs` of them, then what the blocks returned, in turn. `arguments[j]` is
    what evaluation j is given, `outputs` are the new state and its history; `places` says which entries of the vector
    (state, history) the carried values are, and `random` which symbols are drawn.
    """

    def __init__(self, scheme: Scheme, pattern: tuple[str, ...] | None, h: Expr) -> None:
        self.given = (scheme, pattern, h)
        plan = lower(scheme, pattern, share=False)
        names = pattern or input_names(scheme.normal_form())
        self.places = tuple(names.index(name) for name in plan.inputs)
        self.inputs, self.evaluations = len(plan.inputs), plan.evaluations
        arguments, outputs = _rows(plan, h)
        self.coefficients: list[Expr] = []
        self.arguments = tuple(self._form(row) for row in arguments)
        self.outputs = tuple(self._form(row) for row in outputs)
        symbols = {s for c in self.coefficients for s in c.free_symbols}
        self.symbols = tuple(sorted(symbols, key=str))
        self.random = tuple(s for s in self.symbols if s in scheme.random_symbols)
        self.fixed = [0.0 if c.free_symbols else to_float(c) for c in self.coefficients]
        self.moving = [i for i, c in enumerate(self.coefficients) if c.free_symbols]
        plain = {s: Symbol(f"_{i}") for i, s in enumerate(self.symbols)}
        moving = [self.coefficients[i].xreplace(plain) for i in self.moving]  # type: ignore[arg-type]
        self.compute = sympy.lambdify([plain[s] for s in self.symbols], moving, modules="math", docstring_limit=-1)

    @property
    def is_block(self) -> bool:
        """Whether the new state is what the one block that is evaluated, at the state that came, returned."""
        if self.evaluations != 1 or 0 not in self.places:
            return False
        return self.arguments[0].is_value(self.places.index(0)) and self.outputs[0].is_value(self.inputs)

    def numbers(self, values: Mapping[str, Any]) -> list[Any]:
        """The coefficients, with values of the symbols by name."""
        if not self.moving:
            return self.fixed
        found: list[Any] = list(self.fixed)
        computed = self.compute(*(values[str(s)] for s in self.symbols))
        for place, value in zip(self.moving, computed, strict=True):
            found[place] = value
        return found

    def _form(self, row: Row) -> Form:
        """A row as a form: a value with the coefficient 1 is what is added to, the latest of them."""
        row = {i: c for i, c in row.items() if c != 0}
        base = max((i for i, c in row.items() if c == 1), default=None)
        rest = [i for i in row if i != base]
        differences, single = [], []
        while rest:
            i = rest.pop()
            j = next((j for j in rest if sympy.expand(row[i] + row[j]) == 0), None)
            if j is None:
                single.append((self._place(row[i]), i))
                continue
            rest.remove(j)
            # The sign without a minus in front: k (u_before - u).
            if row[i].could_extract_minus_sign():
                i, j = j, i
            differences.append((self._place(row[i]), i, j))
        return Form(base, tuple(differences), tuple(single))

    def _place(self, coefficient: Expr) -> int:
        self.coefficients.append(coefficient)
        return len(self.coefficients) - 1

    def __reduce__(self) -> Any:
        return program, self.given

    def __deepcopy__(self, memo: Any) -> "Program":
        return self


@functools.cache
def program(scheme: Scheme, pattern: tuple[str, ...] | None, h: Expr) -> Program:
    """The program of an explicit step of one field; `pattern`: which carried values are equal; h a number or h itself.

    Raises UnsupportedError for what is implicit or has several fields.
    """
    return Program(scheme, pattern, h)


def _rows(plan: StepPlan, h: Expr) -> tuple[list[Row], list[Row]]:
    if not plan.is_explicit or plan.linearises or len(plan.fields) > 1 or plan.parts > 1:
        raise UnsupportedError("steps around blocks of somebody else's are explicit, of one field and one state")
    registers: dict[str, Row] = {name: {i: sympy.S(1)} for i, name in enumerate(plan.inputs)}
    arguments: list[Row] = []
    for step in plan.steps:
        match step:
            case Eval(out, _, argument):
                returned = len(plan.inputs) + len(arguments)
                arguments.append(registers[argument])
                value = [(h, {returned: sympy.S(1)}), (-h, registers[argument])]
                registers[out] = _sum([*value, *((c, registers[name]) for c, name in step.plus)])
            case Combine(out, terms, increments):
                registers[out] = _sum([(c, registers[name]) for c, name in (*terms, *increments)])
    return arguments, [registers[name] for name in plan.outputs]


def _sum(parts: Sequence[tuple[Expr, Row]]) -> Row:
    """A linear combination of rows; registers of evaluations hold h f, so that increments add up as states do."""
    total: Row = {}
    for factor, row in parts:
        for i, c in row.items():
            total[i] = sympy.expand(total.get(i, sympy.S(0)) + factor * c)
    return {i: c for i, c in total.items() if c != 0}
