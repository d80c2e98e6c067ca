"""Fields of rational functions over the rationals with flint's arithmetic behind sympy's interface.

sympy cancels a common factor after every operation, term by term: 50 to 100 us where flint takes 2. The elements are
the same, numerator and denominator in lowest terms with integer coefficients, and are read in the same way.
"""

import functools
import math
from typing import Any

from sympy import QQ, ZZ, Expr
from sympy.external.gmpy import GROUND_TYPES
from sympy.polys.domains.domain import Domain
from sympy.polys.domains.fractionfield import FractionField
from sympy.polys.fields import FracElement, FracField
from sympy.polys.rings import PolyElement

HAS_FLINT = GROUND_TYPES == "flint"
if HAS_FLINT:
    import flint


def rational_functions(base: Domain, symbols: tuple[Expr, ...]) -> Domain:
    """The field of rational functions in the symbols over a field."""
    if HAS_FLINT and base.is_QQ:
        return FractionField(Quotients(symbols, base))
    return base.frac_field(*symbols)


class Quotients(FracField):
    """QQ(symbols). As a field it equals sympy's own, and elements of both may be mixed."""

    context: Any
    unit: Any

    def __new__(cls, symbols: tuple[Expr, ...], domain: Domain) -> "Quotients":
        """The field and its generators."""
        field: Any = super().__new__(cls, symbols, domain)
        field._hash = hash(("FracField", *field._hash_tuple[1:]))  # equal to sympy's, so of one hash with it
        names = tuple(f"x{i}" for i in range(field.ngens))
        field.context = flint.fmpz_mpoly_ctx.get(names, flint.Ordering.lex)
        field.unit = field.context.from_dict({(0,) * field.ngens: 1})
        field.zero = Quotient(field, field.ring.zero)
        field.dtype = field.zero.raw_new
        field.one, field.gens = field.dtype(field.ring.one), field._gens()
        return field

    def new(self, numer: PolyElement, denom: PolyElement | None = None) -> "Quotient":
        """numer / denom."""
        return Quotient(self, numer, denom)

    def ground_new(self, element: Any) -> "Quotient":
        """A constant."""
        value = self.domain.convert(element)
        return _element(self, self.unit * int(value.numerator), self.unit * int(value.denominator))


class Quotient(FracElement):
    """above / below, coprime polynomials with integer coefficients, the leading one of `below` positive.

    A power with a negative exponent leaves the sign where it was, as in sympy.
    """

    def __init__(self, field: Quotients, numer: PolyElement, denom: PolyElement | None = None) -> None:
        if denom is not None and not denom:
            raise ZeroDivisionError("zero denominator")
        above, a = _integral(field, numer)
        below, b = (field.unit, 1) if denom is None else _integral(field, denom)
        self.field = field
        self.above, self.below = _lowest(above * b, below * a)

    @functools.cached_property
    def numer(self) -> PolyElement:
        """The numerator as sympy's polynomial."""
        return _terms(self.field, self.above)

    @functools.cached_property
    def denom(self) -> PolyElement:
        """The denominator as sympy's polynomial."""
        return _terms(self.field, self.below)

    def new(self, numer: PolyElement, denom: PolyElement) -> "Quotient":
        """numer / denom."""
        return Quotient(self.field, numer, denom)

    def _other(self, g: Any) -> "Quotient | None":
        """Another element of the field, or a number, as one of this class; None for anything else."""
        if type(g) is Quotient:
            return g if g.field is self.field or g.field == self.field else None
        return self.field.ground_new(g) if isinstance(g, (int, QQ.dtype, ZZ.dtype)) else None  # type: ignore[attr-defined]

    def __bool__(self) -> bool:
        return bool(self.above)

    def __eq__(self, g: object) -> bool:
        if type(g) is Quotient and g.field is self.field:
            return bool(self.above == g.above and self.below == g.below)
        return bool(super().__eq__(g))

    __hash__ = FracElement.__hash__

    def __neg__(self) -> "Quotient":
        return _element(self.field, -self.above, self.below)

    def __add__(self, g: Any) -> Any:
        other = self._other(g)
        return super().__add__(g) if other is None else _sum(self, other.above, other.below)

    def __radd__(self, g: Any) -> Any:
        other = self._other(g)
        return super().__radd__(g) if other is None else _sum(self, other.above, other.below)

    def __sub__(self, g: Any) -> Any:
        other = self._other(g)
        return super().__sub__(g) if other is None else _sum(self, -other.above, other.below)

    def __rsub__(self, g: Any) -> Any:
        other = self._other(g)
        return super().__rsub__(g) if other is None else _sum(-self, other.above, other.below)

    def __mul__(self, g: Any) -> Any:
        other = self._other(g)
        return super().__mul__(g) if other is None else _product(self, other.above, other.below)

    def __rmul__(self, g: Any) -> Any:
        other = self._other(g)
        return super().__rmul__(g) if other is None else _product(self, other.above, other.below)

    def __truediv__(self, g: Any) -> Any:
        other = self._other(g)
        if other is None:
            return super().__truediv__(g)
        if not other.above:
            raise ZeroDivisionError
        return _product(self, other.below, other.above)

    def __rtruediv__(self, g: Any) -> Any:
        other = self._other(g)
        return super().__rtruediv__(g) if other is None else other / self

    def __pow__(self, n: int) -> "Quotient":
        if n >= 0:
            return _element(self.field, self.above**n, self.below**n)
        if not self.above:
            raise ZeroDivisionError
        return _element(self.field, self.below**-n, self.above**-n)


def _element(field: Quotients, above: Any, below: Any) -> Quotient:
    """Of two that are in lowest terms."""
    found = object.__new__(Quotient)
    found.field, found.above, found.below = field, above, below
    return found


def _sum(f: Quotient, above: Any, below: Any) -> Quotient:
    if f.below == below:
        total = f.above + above
        return _element(f.field, *((total, below) if below.is_one() else _lowest(total, below)))
    return _element(f.field, *_lowest(f.above * below + above * f.below, f.below * below))


def _product(f: Quotient, above: Any, below: Any) -> Quotient:
    if f.below.is_one() and below.is_one():
        return _element(f.field, f.above * above, below)
    return _element(f.field, *_lowest(f.above * above, f.below * below))


def _lowest(above: Any, below: Any) -> tuple[Any, Any]:
    common = above.gcd(below)
    if not common.is_one():
        above, below = above // common, below // common
    return (above, below) if below.leading_coefficient() > 0 else (-above, -below)


def _integral(field: Quotients, f: PolyElement) -> tuple[Any, int]:
    """(n f, n) with integer coefficients."""
    n = math.lcm(*(int(c.denominator) for c in f.values()))
    return field.context.from_dict({m: int(c.numerator) * (n // int(c.denominator)) for m, c in f.items()}), n


def _terms(field: Quotients, f: Any) -> PolyElement:
    return field.ring.from_dict({tuple(map(int, m)): c for m, c in f.to_dict().items()}, ZZ)
