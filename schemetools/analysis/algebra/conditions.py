"""Verdicts as conditions on a free symbol, which refuse to be a bool."""

from collections.abc import Callable
from typing import Any

import sympy
from sympy import And, Or, Symbol
from sympy.logic.boolalg import Boolean

from schemetools.analysis.algebra.cells import Cells
from schemetools.analysis.algebra.real_roots import RealRoot


def _refuse(condition: Boolean) -> bool:
    raise TypeError(f"the verdict depends on a parameter: it is the condition {condition}; substitute a value first")


class AndCondition(And):
    """A sympy And that refuses to be a bool (sympy's own is always true)."""

    def __bool__(self) -> bool:
        return _refuse(self)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, And) and self.args == other.args

    def __hash__(self) -> int:
        return hash(And(*self.args, evaluate=False))


class OrCondition(Or):
    """A sympy Or that refuses to be a bool (sympy's own is always true)."""

    def __bool__(self) -> bool:
        return _refuse(self)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Or) and self.args == other.args

    def __hash__(self) -> int:
        return hash(Or(*self.args, evaluate=False))


Verdict = bool | Boolean


def condition(symbol: Symbol, cells: Cells[bool], at: Callable[[RealRoot], bool]) -> Verdict:
    """The truth set over the real line as a condition on the symbol, or a plain bool where it does not depend on it."""
    pieces: list[tuple[tuple[Any, bool], tuple[Any, bool]]] = []  # ((low, closed), (high, closed))
    start: tuple[Any, bool] | None = (None, False) if cells.results[0] else None
    for bound, after in zip(cells.bounds, cells.results[1:], strict=True):
        here = at(bound)
        if start is not None and not (here and after):
            pieces.append((start, (bound, here)))
            start = (bound, False) if after else None
        elif start is None and (here or after):
            start = (bound, here)
            if not after:
                pieces.append((start, (bound, True)))
                start = None
    if start is not None:
        pieces.append((start, (None, False)))
    return _as_condition(symbol, pieces)


def _as_condition(symbol: Symbol, pieces: list[tuple[tuple[Any, bool], tuple[Any, bool]]]) -> Verdict:
    if not pieces:
        return False
    if pieces == [((None, False), (None, False))]:
        return True
    parts = [_piece(symbol, *piece) for piece in pieces]
    return parts[0] if len(parts) == 1 else OrCondition(*parts)


def _piece(symbol: Symbol, low: tuple[RealRoot | None, bool], high: tuple[RealRoot | None, bool]) -> Boolean:
    (a, a_closed), (b, b_closed) = low, high
    if a is not None and a is b:
        return sympy.Eq(symbol, a.expr)
    parts = []
    if a is not None:
        parts.append(symbol >= a.expr if a_closed else symbol > a.expr)
    if b is not None:
        parts.append(symbol <= b.expr if b_closed else symbol < b.expr)
    return parts[0] if len(parts) == 1 else AndCondition(*parts)
