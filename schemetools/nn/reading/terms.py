"""The O(h) equation and the program's coefficients of a scheme as numbers, for given values of its free symbols."""

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
import torch
from sympy import Expr, Symbol
from torch import Tensor

from schemetools.analysis.modified.first_order import layered_equation
from schemetools.codegen.plan import StepPlan
from schemetools.errors import UnsupportedError
from schemetools.exact import to_float
from schemetools.schemes.base import Scheme

Values = dict[Symbol, float]
Along = Callable[[int, Tensor, float], Tensor]


class NoLimitError(UnsupportedError):
    """A scheme has no limit equation at these values of its symbols: (1 + k) u' = f(u) has none at k = -1."""

    def __init__(self, scheme: Scheme, values: Values) -> None:
        self.place = ", ".join(f"{symbol} = {value:.10g}" for symbol, value in values.items())
        super().__init__(
            f"{scheme} has no limit equation at {self.place}, where its coefficients divide by 0: give the symbols "
            "other values, or keep them away from there with bounds"
        )


@dataclass(frozen=True)
class Terms:
    """The O(h) equation of a layer in numbers, one row per branch that a step evaluates; see `LayeredEquation`."""

    limit: np.ndarray
    second: np.ndarray
    time: np.ndarray
    shift: np.ndarray
    drift: dict[Symbol, np.ndarray]
    start: np.ndarray

    @property
    def is_exact_limit(self) -> bool:
        """Whether the O(h) term vanishes for every field, so that the modified field is the limit field."""
        return not (np.any(self.second) or np.any(self.time))

    def correction(self, fields: Sequence[Tensor], along: Along, rates: Values) -> Tensor:
        """The O(h) term of the modified field without its factor h:

            sum_i f_i' (sum_j second_ij f_j) + time_i df_i/dt,  and the change of the coefficients

        `fields` are the values f_j; along(i, v, c) is f_i' v + c df_i/dt; `rates` how fast the free symbols change.
        """
        parts = [along(i, combined(row, fields), float(self.time[i])) for i, row in enumerate(self.second)]
        drifts = [(rate, self.drift[symbol]) for symbol, rate in rates.items() if rate]
        parts += [combined(rate * drift, fields) for rate, drift in drifts]
        return functools.reduce(torch.add, parts)


def combined(coefficients: Any, values: Sequence[Tensor]) -> Tensor:
    """sum_j c_j v_j, without the terms whose coefficient is 0: a branch that does not count may be infinite."""
    total: Tensor | None = None
    for c, value in zip(coefficients, values, strict=True):
        if c:
            total = float(c) * value if total is None else torch.add(total, value, alpha=float(c))
    return torch.zeros_like(values[0]) if total is None else total


@functools.cache
def numeric_terms(scheme: Scheme, stages: tuple[int, ...] | None = None) -> Callable[[Values], Terms]:
    """Values of the free symbols -> `Terms`; `stages`: those that have branches of their own, None for one branch.

    Raises UnsupportedError where a stage without a branch counts (the program merged it with another one).
    """
    equation = layered_equation(scheme)
    s = len(equation.limit)
    groups = [list(range(s))] if stages is None else [[stage] for stage in stages]
    if stages is not None and any(equation.limit[j] != 0 for j in range(s) if j not in stages):
        raise UnsupportedError(f"{scheme} evaluates merged stages; its layers cannot be read with one branch per stage")
    symbols = tuple(sorted(scheme.free_symbols, key=str))

    def row(values: Sequence[Expr]) -> list[Expr]:
        return [sum((values[j] for j in group), sympy.S(0)) for group in groups]

    second = [row([sum((equation.second[i][j] for i in group), sympy.S(0)) for j in range(s)]) for group in groups]
    flat = [*row(equation.limit), *(c for r in second for c in r), *row(equation.time), *row(equation.shift)]
    flat += [c for symbol in symbols for c in row(equation.drift[symbol])] + list(equation.start)
    evaluate = _evaluator(tuple(flat), symbols)
    e = len(groups)
    sizes = [e, e * e, e, e, *(e for _ in symbols), len(equation.start)]
    ends = list(itertools.accumulate(sizes, initial=0))

    def terms(values: Values) -> Terms:
        try:
            numbers = evaluate(values)
        except (ZeroDivisionError, OverflowError):
            raise NoLimitError(scheme, values) from None
        parts = [numbers[a:b] for a, b in itertools.pairwise(ends)]
        drift = dict(zip(symbols, parts[4:-1], strict=True))
        return Terms(parts[0], parts[1].reshape(e, e), parts[2], parts[3], drift, parts[-1])

    if symbols:
        return terms
    fixed = terms({})
    return lambda values: fixed


def terms_or_none(scheme: Scheme, stages: tuple[int, ...] | None, values: Values) -> tuple[Terms | None, str]:
    """`numeric_terms` at these values; None where there is no limit equation, and a note that says so.

    Raises UnsupportedError as `numeric_terms` does, with branches per stage also where there is no limit equation,
    which says how much each of them counts.
    """
    try:
        return numeric_terms(scheme, stages)(values), ""
    except NoLimitError as problem:
        if stages is not None:
            raise
        return None, f"no limit equation at {problem.place}"


@functools.cache
def numeric_plan(plan: StepPlan) -> Callable[[Values], Mapping[Expr, float]]:
    """Values of the free symbols -> {coefficient of the program: its number}."""
    coefficients = tuple(dict.fromkeys(plan.coefficients()))
    symbols = tuple(sorted({s for c in coefficients for s in c.free_symbols}, key=str))
    evaluate = _evaluator(coefficients, symbols)  # type: ignore[arg-type]
    return lambda values: dict(zip(coefficients, evaluate(values).tolist(), strict=True))


def _evaluator(expressions: tuple[Expr, ...], symbols: tuple[Symbol, ...]) -> Callable[[Values], np.ndarray]:
    """Expressions as one function of the symbols' values; the constant ones pass the float gate once."""
    fixed = np.array([0.0 if e.free_symbols else to_float(e) for e in expressions])
    moving = [i for i, e in enumerate(expressions) if e.free_symbols]
    found = [expressions[i] for i in moving]
    compute = sympy.lambdify(symbols, found, modules="math", docstring_limit=-1) if moving else None

    def evaluate(values: Values) -> np.ndarray:
        numbers = fixed.copy()
        if compute is not None:
            numbers[moving] = compute(*(values[s] for s in symbols))
        return numbers

    return evaluate
