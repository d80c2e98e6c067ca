"""One algorithm, all values of a parameter: the signs it asks for cut the parameter's line into cells.

An algorithm made of field operations and sign tests is run over K(k) at a sample value of k. Every polynomial in k
whose sign it asked for is recorded; between the real roots of these the run takes the same course, so its result holds
on the whole cell. Cells without a sample are sampled until none is left. The roots themselves are decided by
substitution.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sympy import QQ, AlgebraicNumber, Dummy, Expr, Poly
from sympy.polys.domains.domain import Domain

from schemetools.analysis.algebra.fields import Field, carried, field_of
from schemetools.analysis.algebra.polynomials import evaluate
from schemetools.analysis.algebra.real_roots import (
    Factor,
    RealRoot,
    between,
    distinct_sorted,
    irreducible_factors,
    roots_of_factor,
)
from schemetools.progress import tell

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
    coefficients = [base.zero] * (max((degree for (degree,) in polynomial), default=0) + 1)
    source, target = polynomial.ring.domain, base.domain
    for (degree,), c in polynomial.items():
        coefficients[degree] = carried(c, source, target)
    return coefficients


@dataclass(frozen=True)
class Cells(Generic[Result]):
    """The open cells of an interval of the parameter: `results[i]` holds between bounds[i-1] and bounds[i]."""

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
    # The result at a sample holds as far as no polynomial that was asked for its sign changes it, and which ones are
    # asked for is known only after the run: so cells are cut while they are sampled, and a cut may leave a part of an
    # old cell without a sample. It ends because a cell with a sample asks the same questions everywhere in it: a run
    # inside it adds no factor. A sample that is itself a root gives no answer, only the factor to cut at.
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
        tell("cell", len(samples) + 1, len(bounds) + 1)
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


def adjoin(base: Field, root: RealRoot) -> tuple[Field, Any]:
    """The field K(root), and the root as its element."""
    if root.is_rational:
        return base, base.number(root.low)
    if base.domain.is_QQ:
        minimal = Poly([int(c) for c in reversed(root.factor)], Dummy("x"), domain=QQ)
        field = QQ.algebraic_field(AlgebraicNumber((minimal, root.expr)))
        return field_of(field), field.unit
    number: Expr = root.expr
    old = (base.domain.ext.as_expr(),)  # type: ignore[attr-defined]
    domain = QQ.algebraic_field(*old, number)
    return field_of(domain), domain.from_sympy(number)
