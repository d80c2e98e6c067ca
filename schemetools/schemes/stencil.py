"""Stencils: an approximation of a derivative by values on a grid, explicit or compact, in one to three dimensions."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any, Self

from sympy import Expr, Integer, Rational

from schemetools import exact as exact_arithmetic
from schemetools.errors import TableauError
from schemetools.schemes.discretisation import AXES, Discretisation, Offset, offset, symbol_names, table
from schemetools.schemes.grid_latex import stencil_latex

Table = tuple[tuple[Offset, Expr], ...]
HIGHEST_DERIVATIVE = 12


@dataclass(frozen=True, repr=False)
class Stencil(Discretisation):
    """An approximation of a k-th derivative on a grid of width dx.

        sum_j D_j (u^(k))_(i+j) = dx^(-k) sum_j N_j u_(i+j)

    `numerator` holds the pairs (offset, N_j), `denominator` the pairs (offset, D_j): one at 0 for an explicit stencil.
    Offsets are integers (halves on staggered grids) or tuples of 1 to 3 of them; coefficients are exact numbers or
    formulas in symbols, text included. `derivative` is k; where it is left out it is the lowest derivative that the
    coefficients do not annihilate. In several dimensions dx stands for the width along every axis that is used.
    Raises TableauError where the coefficients stand for no derivative of that order.
    Source: B. Fornberg, Generation of finite difference formulas on arbitrarily spaced grids, Math. Comp. 51 (1988).

    >>> Stencil({-1: -1, 0: 1}, derivative=1)
    Stencil({-1: -1, 0: 1}, derivative=1)
    """

    numerator: Table
    denominator: Table
    derivative: int
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)

    def __init__(
        self,
        coefficients: Mapping[Any, Any],
        derivative: int | None = None,
        denominator: Mapping[Any, Any] | None = None,
        *,
        name: str | None = None,
        reference: str | None = None,
        exact: bool = True,
    ):
        above: Any = table(coefficients, "a stencil")
        if not above:
            raise TableauError("every coefficient of the stencil is 0; it approximates nothing")
        origin = (0,) * len(above[0][0])
        below: Any = table({origin: 1} if denominator is None else denominator, "the denominator of a stencil")
        if not below or len(below[0][0]) != len(origin):
            raise TableauError("the denominator of a stencil has offsets of the same dimension, not all with factor 0")
        if isinstance(derivative, bool) or not (derivative is None or hasattr(derivative, "__index__")):
            raise TableauError(f"derivative must be an integer from 0 to {HIGHEST_DERIVATIVE}; {derivative!r} came")
        self._set(name, reference, exact, numerator=above, denominator=below, derivative=_checked(above, derivative))
        if exact_arithmetic.canonical(sum((c for _, c in below), Integer(0))) == 0:
            raise TableauError("the denominator sums to 0: the compact stencil is singular on constants")

    @property
    def dimension(self) -> int:  # type: ignore[override]
        """The number of dimensions of the grid."""
        return len(self.numerator[0][0])

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes along which it reaches, 0 for x."""
        places = [place for part in (self.numerator, self.denominator) for place, _ in part]
        return tuple(i for i in range(self.dimension) if any(place[i] for place in places))

    @property
    def is_compact(self) -> bool:
        """Whether it couples derivatives at several points."""
        return any(any(place) for place, _ in self.denominator)

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the symbols in its coefficients."""
        return frozenset(symbol_names(c for part in (self.numerator, self.denominator) for _, c in part))

    @property
    def leading(self) -> dict[tuple[int, ...], Expr]:
        """{multi-index: factor} of the derivatives of order k that it approximates: {(2, 0): 1, (0, 2): 1}."""
        scale = sum((c for _, c in self.denominator), Integer(0))
        found = {a: _moment(self.numerator, a) for a in _indices(self.dimension, self.derivative)}
        return {a: exact_arithmetic.canonical(m / scale) for a, m in found.items() if m != 0}

    def along(self, axis: int | str, dimension: int | None = None) -> "Stencil":
        """A stencil of one dimension placed along an axis, "x", "y", "z" or 0, 1, 2, of a grid with more.

        >>> Stencil({-1: -1, 0: 1}).along("y")
        Stencil({(0, -1): -1, (0, 0): 1}, derivative=1)
        """
        number = AXES.index(axis) if axis in AXES else axis
        size = max(2, number + 1) if dimension is None and isinstance(number, int) else dimension
        if self.dimension != 1 or not isinstance(number, int) or not isinstance(size, int):
            raise TableauError(f"along takes a stencil of one dimension and one of {', '.join(AXES)}; {axis!r} came")
        if not 0 <= number < size <= len(AXES):
            raise TableauError(f"axis {axis!r} does not fit a grid of {size} dimensions")

        def put(part: Table) -> dict[Any, Expr]:
            return {tuple(place[0] if i == number else 0 for i in range(size)): c for place, c in part}

        return Stencil(put(self.numerator), self.derivative, put(self.denominator), exact=self.exact)

    @classmethod
    def derivative_of(cls, n: int, at: Sequence[Any]) -> Self:
        """The stencil of the n-th derivative at 0 that is exact for polynomials through all the points `at`.

        >>> Stencil.derivative_of(1, at=[-2, -1, 0, 1])
        Stencil({-2: 1/6, -1: -1, 0: 1/2, 1: 1/3}, derivative=1)
        """
        places = [offset(p, "point")[0] for p in at]
        if isinstance(n, bool) or not isinstance(n, int) or n < 0 or len(set(places)) != len(places):
            raise TableauError(f"derivative_of takes an order n >= 0 and different points; {n!r} and {at!r} came")
        if n >= len(places):
            raise TableauError(f"derivative {n} needs at least {n + 1} points; {len(places)} came")
        return cls({p: w for p, w in zip(places, _weights(n, places), strict=True) if w}, derivative=n)

    def __add__(self, other: Any) -> "Stencil":
        """The sum of two explicit stencils of the same derivative and dimension."""
        if not isinstance(other, Stencil) or self.is_compact or other.is_compact:
            return NotImplemented
        if (self.derivative, self.dimension) != (other.derivative, other.dimension):
            raise TableauError(
                f"{self!r} and {other!r} have different derivatives or dimensions; give them as two terms"
            )
        total = dict(_explicit(self))
        for place, c in _explicit(other):
            total[place] = total.get(place, Integer(0)) + c
        return Stencil(total, self.derivative, exact=self.exact and other.exact)

    def __rmul__(self, factor: Any) -> "Stencil":
        """The stencil times an exact number or symbol."""
        value = exact_arithmetic.coefficient(factor)
        return Stencil(
            {p: value * c for p, c in self.numerator}, self.derivative, dict(self.denominator), exact=self.exact
        )

    def __neg__(self) -> "Stencil":
        return -1 * self

    def __repr__(self) -> str:
        below = f", denominator={_shown(self.denominator)}" if self.is_compact else ""
        return f"Stencil({_shown(self.numerator)}, derivative={self.derivative}{below})"

    def __format__(self, spec: str) -> str:
        return format(self.name or repr(self), spec)

    def __str__(self) -> str:
        return format(self)

    def _repr_latex_(self) -> str:
        return stencil_latex(self.numerator, self.denominator, self.derivative, self.dimension)


def _explicit(stencil: Stencil) -> Table:
    scale = stencil.denominator[0][1]
    return tuple((place, c / scale) for place, c in stencil.numerator)


def _shown(part: Table) -> str:
    one = len(part[0][0]) == 1
    return "{" + ", ".join(f"{place[0] if one else place}: {exact_arithmetic.text(c)}" for place, c in part) + "}"


def _indices(dimension: int, degree: int) -> list[tuple[int, ...]]:
    return [a for a in product(range(degree + 1), repeat=dimension) if sum(a) == degree]


def _moment(part: Table, index: tuple[int, ...]) -> Expr:
    """sum_j c_j j^a / a!, the factor of the derivative a in the Taylor series."""
    total: Any = Integer(0)
    for place, c in part:
        factor = math.prod((Fraction(j) ** a for j, a in zip(place, index, strict=True)), start=Fraction(1))
        total += c * Rational(factor.numerator, factor.denominator)
    return exact_arithmetic.canonical(total / math.prod(map(math.factorial, index)))


def _checked(part: Table, derivative: int | None) -> int:
    """The order of the derivative that a stencil approximates, which must be the declared one."""
    dimension = len(part[0][0])
    highest = HIGHEST_DERIVATIVE if derivative is None else derivative.__index__()
    if not 0 <= highest <= HIGHEST_DERIVATIVE:
        raise TableauError(f"derivative must be an integer from 0 to {HIGHEST_DERIVATIVE}; {derivative!r} came")
    for degree in range(highest + 1):
        for index in _indices(dimension, degree):
            value = _moment(part, index)
            if value != 0 and (derivative is None or degree == highest):
                return degree
            if value != 0:
                raise TableauError(
                    f"this is no stencil of derivative {highest}: it does not annihilate the powers of degree {degree} "
                    f"(their moment is {exact_arithmetic.text(value)}); correct a coefficient, or derivative={degree}"
                )
    raise TableauError(f"the stencil annihilates every polynomial of degree {highest}: it is no derivative {highest}")


def _weights(n: int, places: Sequence[Any]) -> list[Rational]:
    """The n-th derivative at 0 of each polynomial of Lagrange on the points."""
    result = []
    for i, here in enumerate(places):
        poly = [Fraction(1)]
        for j, there in enumerate(places):
            if i != j:
                scale = Fraction(1) / (Fraction(here) - there)
                shifted = [Fraction(0), *poly]
                poly = [scale * (a - there * b) for a, b in zip(shifted, [*poly, Fraction(0)], strict=True)]
        value = poly[n] * math.factorial(n)
        result.append(Rational(value.numerator, value.denominator))
    return result
