"""Where the recursions run: coefficients cleared of denominators, in a ring with fast exact arithmetic.

Fractions cost a greatest common divisor in every operation; integers, integer polynomials and integral algebraic
numbers do not. `clear` picks the ring and `quotient` is the way back, one division per result.
"""

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import sympy
from sympy import QQ, Expr, Rational
from sympy.external.gmpy import GROUND_TYPES

from schemetools.analysis.algebra.reciprocal import Factors, factors
from schemetools.analysis.algebra.written import power_of, product
from schemetools.exact import from_domain, to_domain

HAS_FLINT = GROUND_TYPES == "flint"
if HAS_FLINT:
    from flint import fmpz_poly


class Ring(ABC):
    """A commutative ring of exact numbers: elements have + - * with each other and with int, and a truth value."""

    one: Any

    def reduce(self, value: Any) -> Any:
        """The canonical representative of a sum of products."""
        return value

    @abstractmethod
    def quotient(self, numerator: Any, denominator: Any) -> Expr:
        """numerator / denominator as an expression, in the form in which people write it."""

    def multiply(self, left: Any, right: Any) -> Any:
        """The reduced product."""
        return self.reduce(left * right)

    def power(self, base: Any, exponent: int) -> Any:
        """The reduced power."""
        return functools.reduce(self.multiply, [base] * exponent, self.one)


class Expressions(Ring):
    """Finished values, as they travel between processes: nothing is computed with them but the value itself."""

    one = sympy.Integer(1)

    def quotient(self, numerator: Expr, denominator: Expr) -> Expr:
        """The value; its denominator is 1."""
        return numerator


class Integers(Ring):
    """The integers; quotients are rational numbers."""

    one = 1

    def quotient(self, numerator: int, denominator: int) -> Expr:
        """The reduced fraction."""
        common = math.gcd(numerator, denominator) * (1 if denominator > 0 else -1)
        return Rational.from_coprime_ints(numerator // common, denominator // common)

    def power(self, base: int, exponent: int) -> int:
        """base ** exponent."""
        return base**exponent


class IntegerPolynomials(Ring):
    """Z[k] on flint's polynomials; quotients are rational functions, factored over Q."""

    def __init__(self, symbol: Expr):
        self.symbol = symbol
        self.one = fmpz_poly([1])
        self._last: tuple[Any, Factors] = (self.one, factors(self.one))

    def quotient(self, numerator: Any, denominator: Any) -> Expr:
        """The reduced fraction, factored: (k**2 - 10*k + 1)/(6*(k + 1)**5)."""
        if not numerator:
            return sympy.Integer(0)
        up, up_factors = factors(fmpz_poly(numerator))
        last = self._last
        if denominator is not last[0]:  # thousands of numerators stand over one denominator
            last = self._last = (denominator, factors(fmpz_poly(denominator)))
        down, down_factors = last[1]
        exponents = dict(up_factors)
        for key, n in down_factors:
            exponents[key] = exponents.get(key, 0) - n
        parts = [power_of(self.symbol, cs, n) for cs, n in exponents.items() if n]
        return product(INTEGERS.quotient(int(up), int(down)), parts)


class AlgebraicIntegers(Ring):
    """Z[theta] for an integral generator theta of a number field, on flint's polynomials modulo its minimal
    polynomial."""

    def __init__(self, domain: Any):
        self.domain = domain
        self.generator = domain.ext.as_expr()
        leading, *rest = (Rational(int(c.numerator), int(c.denominator)) for c in domain.mod.to_list())
        modulus = [sympy.Integer(1), *(c / leading for c in rest)]
        lead = math.lcm(*(int(c.q) for c in modulus))  # theta = lead * generator is integral
        self.lead = lead
        degree = len(modulus) - 1
        self.modulus = fmpz_poly([int(c * lead ** (degree - i)) for i, c in enumerate(reversed(modulus))])
        self.one = fmpz_poly([1])

    def reduce(self, value: Any) -> Any:
        """The remainder modulo the minimal polynomial."""
        return value % self.modulus if value.degree() >= self.modulus.degree() else value

    def lift(self, element: Any, denominator: int) -> Any:
        """The polynomial in theta of denominator * element."""
        coefficients = reversed(element.to_list())
        return fmpz_poly([int(c * denominator / self.lead**i) for i, c in enumerate(coefficients)])

    def denominator(self, element: Any) -> int:
        """The least positive integer that makes an element a polynomial in theta."""
        return math.lcm(*(int((c / self.lead**i).denominator) for i, c in enumerate(reversed(element.to_list()))))

    def _element(self, value: Any) -> Any:
        descending = reversed([QQ(int(c)) * self.lead**i for i, c in enumerate(value.coeffs())])
        return self.domain.new(list(descending))

    def quotient(self, numerator: Any, denominator: Any) -> Expr:
        """The quotient, as a polynomial in the field's generators."""
        if not numerator:
            return sympy.Integer(0)
        below = self.reduce(fmpz_poly(denominator))
        if below.degree() > 0 or self.generator.is_Add:
            value = self._element(numerator) / self._element(below)
            return sympy.expand(from_domain(self.domain, value))
        number = int(below[0])
        terms = (
            Rational(int(c) * self.lead**i, number) * self.generator**i for i, c in enumerate(numerator.coeffs()) if c
        )
        return sympy.Add(*terms)


class QuadraticIntegers(Ring):
    """Z[sqrt(d)] on flint's polynomials modulo x^2 - d: the field of most tableaux that are not rational."""

    def __init__(self, square: int):
        self.square = square
        self.generator = sympy.sqrt(square)
        self.modulus = fmpz_poly([-square, 0, 1])
        self.one = fmpz_poly([1])

    def reduce(self, value: Any) -> Any:
        """The remainder modulo x^2 - d."""
        return value % self.modulus if value.degree() > 1 else value

    def quotient(self, numerator: Any, denominator: Any) -> Expr:
        """a + b sqrt(d), with a denominator that contains the root made rational."""
        below = self.reduce(fmpz_poly(denominator))
        if below[1]:
            conjugate = fmpz_poly([below[0], -below[1]])
            numerator, below = self.multiply(numerator, conjugate), self.multiply(below, conjugate)
        plain, radical = (Rational(int(numerator[i]), int(below[0])) for i in (0, 1))
        return plain + radical * self.generator if radical else plain


class FieldElements(Ring):
    """The elements of a sympy field as they are."""

    def __init__(self, domain: Any):
        self.domain = domain
        self.one = domain.one

    def quotient(self, numerator: Any, denominator: Any) -> Expr:
        """The quotient; factored where it contains symbols."""
        if not numerator:
            return sympy.Integer(0)
        value = from_domain(self.domain, self.domain.convert(numerator) / self.domain.convert(denominator))
        return sympy.factor(value) if self.domain.is_FractionField else sympy.expand(value)


class Polynomials(Ring):
    """The polynomials in several symbols, or over a number field, below a sympy field of rational functions."""

    def __init__(self, domain: Any):
        self.domain = domain
        self.one = domain.field.ring.one

    def quotient(self, numerator: Any, denominator: Any) -> Expr:
        """The reduced fraction, factored."""
        if not numerator:
            return sympy.Integer(0)
        above, below = (self.one * value for value in (numerator, denominator))
        return sympy.factor(from_domain(self.domain, self.domain.field.new(above, below)))


INTEGERS = Integers()


def clear(values: Sequence[Expr]) -> tuple[Ring, list[Any], Any]:
    """(ring, numerators, denominator): the values are numerators / denominator, all of them elements of the ring."""
    if all(v.is_Rational for v in values):
        denominator = math.lcm(*(int(v.q) for v in values))  # type: ignore[attr-defined]
        return INTEGERS, [int(v.p) * (denominator // int(v.q)) for v in values], denominator  # type: ignore[attr-defined]
    if HAS_FLINT and (found := _clear_quadratic(values)) is not None:
        return found
    domain, elements = to_domain(values)
    if domain.is_FractionField:
        return _clear_fractions(domain, elements)
    if not HAS_FLINT:
        return FieldElements(domain), elements, domain.one
    ring = AlgebraicIntegers(domain)
    denominator = math.lcm(*(ring.denominator(e) for e in elements))
    return ring, [ring.lift(e, denominator) for e in elements], fmpz_poly([denominator])


def _clear_quadratic(values: Sequence[Expr]) -> tuple[Ring, list[Any], Any] | None:
    """The same for values a + b sqrt(d) with one integer d; None for any others."""
    parts = [v.as_coefficients_dict() for v in values]
    roots = {term for part in parts for term in part if term != 1}
    root = roots.pop() if len(roots) == 1 else sympy.Integer(0)
    if not (root.is_Pow and root.exp == Rational(1, 2) and root.base.is_Integer and root.base > 0):  # type: ignore[attr-defined]
        return None
    ring = QuadraticIntegers(int(root.base))  # type: ignore[attr-defined]
    numbers = [(part.get(sympy.Integer(1), Rational(0)), part.get(root, Rational(0))) for part in parts]
    denominator = math.lcm(*(int(x.q) for pair in numbers for x in pair))
    cleared = [fmpz_poly([int(x.p) * (denominator // int(x.q)) for x in pair]) for pair in numbers]
    return ring, cleared, fmpz_poly([denominator])


def _clear_fractions(domain: Any, elements: list[Any]) -> tuple[Ring, list[Any], Any]:
    ring = domain.field.ring
    denominator = functools.reduce(lambda a, b: a if not a.rem(b) else a.lcm(b), (e.denom for e in elements), ring.one)
    numerators = [e.numer * denominator.exquo(e.denom) for e in elements]
    if not HAS_FLINT or len(domain.symbols) > 1 or not domain.domain.is_QQ:
        return Polynomials(domain), numerators, denominator
    content = math.lcm(*(int(c.denominator) for p in (*numerators, denominator) for c in p.coeffs()))
    integral = [_integer_polynomial(p, content) for p in (*numerators, denominator)]
    return IntegerPolynomials(domain.symbols[0]), integral[:-1], integral[-1]


def _integer_polynomial(value: Any, content: int) -> Any:
    coefficients = [0] * (max((m[0] for m in value.monoms()), default=0) + 1)
    for (power,), c in value.terms():
        coefficients[power] = int(c * content)
    return fmpz_poly(coefficients)


@functools.cache
def primorial(n: int) -> int:
    """The product of the primes up to n: P**(j-1) / j! is an integer for every j <= n."""
    return math.prod(int(p) for p in sympy.primerange(n + 1))
