"""One algorithm, all values of a parameter: the signs it asks for cut the parameter's line into cells.

An algorithm made of field operations and sign tests is run over K(k) at a sample value of k. Every polynomial in k whose
sign it asked for is recorded; between the real roots of these the run takes the same course, so its result holds on the
whole cell. Cells without a sample are sampled until none is left. The roots themselves are decided by substitution.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sympy
from sympy import QQ, And, Expr, Or, Symbol
from sympy.logic.boolalg import Boolean
from sympy.polys.domains.domain import Domain

from schemetools.analysis.algebra import Field, evaluate, field_of
from schemetools.analysis.real_roots import (
    Factor,
    RealRoot,
    between,
    distinct_sorted,
    irreducible_factors,
    roots_of_factor,
)

Result = TypeVar("Result", bound=Hashable)


class _SampleOnBoundaryError(Exception):
    """The sample value is a root of a polynomial that was met during the run."""


class ParametricField(Field):
    """K(k) ordered by the value at k = `at`; records the factors of every polynomial whose sign is asked for."""

    def __init__(self, domain: Domain, base: Field, at: Any) -> None:
        super().__init__(domain)
        self.base, self.at = base, base.number(at)
        self.met: set[tuple[Any, ...]] = set()

    def sign(self, a: Any) -> int:
        """The sign at the sample."""
        return self._sign(a.numer) * self._sign(a.denom) if a else 0

    def is_zero(self, a: Any) -> bool:
        """Whether the function is zero; that it is not zero at the sample is recorded."""
        return self.sign(a) == 0

    def number(self, n: Any) -> Any:
        """The constant function."""
        return self.domain.convert(self.base.number(n), self.base.domain)

    def _sign(self, polynomial: Any) -> int:
        coefficients = polynomial_in_symbol(polynomial, self.base)
        if len(coefficients) > 1:
            self.met.add(tuple(coefficients))
        sign = self.base.sign(evaluate(self.base, coefficients, self.at))
        if not sign:
            raise _SampleOnBoundaryError
        return sign


def polynomial_in_symbol(polynomial: Any, base: Field) -> list[Any]:
    """The ascending coefficients of an element of K[k]."""
    coefficients = [base.zero] * (max(polynomial.degree(), 0) + 1)
    for (degree,), c in polynomial.terms():
        coefficients[degree] = base.domain.convert(c, polynomial.ring.domain)
    return coefficients


@dataclass(frozen=True)
class Cells(Generic[Result]):
    """The open cells of an interval of the parameter, ascending: `results[i]` holds between bounds[i-1] and bounds[i]."""

    low: Any
    high: Any
    bounds: tuple[RealRoot, ...]
    results: tuple[Result, ...]


def explore(
    decide: Callable[[ParametricField], Result], base: Field, domain: Domain, low: Any = -math.inf, high: Any = math.inf
) -> Cells[Result]:
    """Run `decide` over `domain` = K(k), K being `base`, on every open cell of the interval (low, high) of k.

    low and high are integers or infinite.
    """
    factors: set[Factor] = set()
    split: set[tuple[Any, ...]] = set()
    bounds: list[RealRoot] = []
    samples: dict[Any, Result] = {}
    while True:
        free = _unsampled(bounds, samples, low, high)
        if free is None:
            return Cells(
                low, high, tuple(bounds), tuple(samples[_inside(bounds, samples, i)] for i in range(len(bounds) + 1))
            )
        field = ParametricField(domain, base, free)
        try:
            samples[free] = decide(field)
        except _SampleOnBoundaryError:
            samples.pop(free, None)
        new = {factor for polynomial in field.met - split for factor in irreducible_factors(base, list(polynomial))}
        split |= field.met
        if new - factors:
            factors |= new
            bounds = _bounds(factors, low, high)


def _bounds(factors: set[Factor], low: Any, high: Any) -> list[RealRoot]:
    roots = distinct_sorted(root for factor in factors for root in roots_of_factor(factor))
    return [root for root in roots if _lies_above(root, low) and _lies_below(root, high)]


def _lies_above(root: RealRoot, low: Any) -> bool:
    if isinstance(low, float):
        return True
    while root.low <= low < root.high:
        root.refine()
    return root.low >= low and not root.low == root.high == low


def _lies_below(root: RealRoot, high: Any) -> bool:
    if isinstance(high, float):
        return True
    while root.low < high <= root.high:
        root.refine()
    return root.high <= high and not root.low == root.high == high


def _ends(bounds: list[RealRoot], low: Any, high: Any) -> list[RealRoot | None]:
    first = None if isinstance(low, float) else RealRoot((-low, 1), QQ(low), QQ(low))
    last = None if isinstance(high, float) else RealRoot((-high, 1), QQ(high), QQ(high))
    return [first, *bounds, last]


def _inside(bounds: list[RealRoot], samples: dict[Any, Any], i: int) -> Any:
    for x in samples:
        if (i == 0 or bounds[i - 1].high < x) and (i == len(bounds) or x < bounds[i].low):
            return x
    return None


def _unsampled(bounds: list[RealRoot], samples: dict[Any, Any], low: Any, high: Any) -> Any:
    """A point of a cell that has no sample yet, or None."""
    for bound in bounds:
        for x in samples:
            while bound.low < x < bound.high:
                bound.refine()
    ends = _ends(bounds, low, high)
    for i in range(len(bounds) + 1):
        if _inside(bounds, samples, i) is None:
            a, b = ends[i], ends[i + 1]
            if a is not None and b is not None:
                distinct_sorted([a, b])
            return between(a, b)
    return None


# ---- conditions --------------------------------------------------------------------


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


def adjoin(base: Field, root: RealRoot) -> tuple[Field, Any]:
    """The field K(root), and the root as its element."""
    if root.is_rational:
        return base, base.number(root.low)
    number: Expr = root.expr
    old = () if base.domain.is_QQ else (base.domain.ext.as_expr(),)  # type: ignore[attr-defined]
    domain = QQ.algebraic_field(*old, number)
    return field_of(domain), domain.from_sympy(number)
