"""The choice of a domain: the smallest exact ring of sympy that holds given coefficients, and the ways in and out."""

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sympy
from sympy import QQ, CRootOf, Expr
from sympy.polys.domains.domain import Domain
from sympy.polys.numberfields import primitive_element
from sympy.polys.polyutils import expr_from_dict
from sympy.polys.rings import PolyRing

from schemetools.errors import CoefficientError
from schemetools.exact.quotients import rational_functions
from schemetools.exact.roots import sharpen

LARGEST_FIELD, LARGEST_COMPLEX_FIELD = 128, 64  # their degrees, found in seconds
Image = Callable[[Domain], Any]  # a number's element of a field


def _generators(value: Expr, found: set[Expr]) -> None:
    """Collect the irrational numbers and the symbols out of which an expression is built by + - * /."""
    if value.is_Rational:
        return
    if value.is_Symbol or isinstance(value, CRootOf) or value is sympy.I or is_random(value) or _is_function(value):
        found.add(value)
    elif value.is_Add or value.is_Mul or (value.is_Pow and value.exp.is_Integer):  # type: ignore[attr-defined]
        for argument in value.args:
            _generators(argument, found)  # type: ignore[arg-type]
    elif value.is_Pow and value.exp.is_Rational and value.base.is_nonnegative:  # type: ignore[attr-defined]
        found.add(value.base ** (sympy.Rational(1, value.exp.q)))  # type: ignore[attr-defined]
    else:
        raise CoefficientError(
            f"{value} is not an algebraic number or a rational formula in symbols; "
            "write it with fractions, sqrt(...), cos(p*pi/q) or root(...)"
        )


def is_random(value: Any) -> bool:
    """Whether a symbol is a random variable; told by the name of its class, since sympy.stats is slow to import."""
    return type(value).__name__ == "RandomSymbol"


def _is_function(value: Expr) -> bool:
    return isinstance(value, sympy.core.function.AppliedUndef)


def generators(values: Iterable[Expr]) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """(irrational numbers, symbols) that the values are rational expressions in, each sorted by name."""
    found: set[Expr] = set()
    for value in values:
        _generators(value, found)
    numbers = sorted((g for g in found if g.is_number), key=sympy.default_sort_key)
    symbols = sorted((g for g in found if not g.is_number), key=str)
    return tuple(numbers), tuple(symbols)


@functools.cache
def domain_over(numbers: tuple[Expr, ...], symbols: tuple[Expr, ...]) -> Domain:
    """QQ, QQ<numbers>, and the field of rational functions in the symbols over it.

    The number field is built before the symbols are adjoined: one `construct_domain` call over both falls to EX.
    """
    field: Domain = _number_field(numbers) if numbers else QQ
    return rational_functions(field, symbols) if symbols else field


_images: dict[tuple[Domain, Expr], Any] = {}


@functools.cache
def _number_field(numbers: tuple[Expr, ...]) -> Domain:
    """QQ<numbers> in a primitive element; what the numbers are in it comes with that, exactly, and is kept.

    A number that the others give by arithmetic alone adds nothing to the field, and is left to it.
    """
    for number in reversed(numbers if len(numbers) > 1 else ()):
        rest = tuple(n for n in numbers if n != number)
        given = _from_its_root(number, rest) or _from_conjugates(number, rest)
        if given is not None:
            field = _number_field(rest)
            _images[field, number] = given(field)
            return field
    _check_degree(numbers)
    for number in numbers:
        if isinstance(number, CRootOf):
            sharpen(number)
    polynomial, coefficients, images = primitive_element(numbers, ex=True, polys=True)
    element = sum((c * number for c, number in zip(coefficients, numbers, strict=True)), sympy.S.Zero)
    field = QQ.algebraic_field((polynomial, element))
    _images.update({(field, number): field(image) for number, image in zip(numbers, images, strict=True)})
    return field


def _check_degree(numbers: tuple[Expr, ...]) -> None:
    """Refuse a field that would take minutes: cosines of several angles multiply its degree, as complex steps do."""
    bound = math.prod(map(_degree, numbers))
    largest, kind = (LARGEST_COMPLEX_FIELD, "complex ") if sympy.I in numbers else (LARGEST_FIELD, "")
    if bound > largest:
        raise CoefficientError(
            f"these {kind}coefficients lie in a number field of degree {bound}, and above {largest} nothing is "
            "computed exactly; give them in decimals, with exact=False"
        )


def _degree(number: Expr) -> int:
    """A bound of the degree of a generator over the rationals."""
    if isinstance(number, CRootOf):
        return number.poly.degree()
    if number.is_Pow:
        base = math.prod(map(_degree, generators([number.base])[0]))  # type: ignore[attr-defined]
        return int(number.exp.q) * base  # type: ignore[attr-defined]
    return 2


def _from_its_root(number: Expr, rest: Sequence[Expr]) -> Image | None:
    """sqrt(2) out of sqrt(5 + 3 sqrt(2)): r = (g^k - a) / q where g is the k-th root of a + q r."""
    for g in rest:
        if g.is_Pow:
            a, more = g.base.as_coeff_Add()  # type: ignore[attr-defined]
            q, r = more.as_coeff_Mul()
            if r == number and a.is_Rational and q.is_Rational:
                k = int(g.exp.q)  # type: ignore[attr-defined]
                return lambda field: (_generator_image(field, g) ** k - convert(a, field)) / convert(q, field)
    return None


def _from_conjugates(number: Expr, rest: Sequence[Expr]) -> Image | None:
    """The last root of a polynomial out of all others: their sum is a coefficient."""
    if not isinstance(number, CRootOf):
        return None
    others = [r for r in rest if isinstance(r, CRootOf) and r.poly == number.poly]
    if len(others) + 1 < number.poly.degree():
        return None
    leading, next_to_it = number.poly.all_coeffs()[:2]
    total = -next_to_it / leading
    return lambda field: functools.reduce(lambda x, r: x - _generator_image(field, r), others, convert(total, field))


@functools.cache
def _generator_image(domain: Domain, generator: Expr) -> Any:
    field = domain.domain if domain.is_Composite else domain  # type: ignore[attr-defined]
    if (field, generator) not in _images:
        return domain.from_sympy(generator)
    known = _images[field, generator]
    return known if field is domain else domain.convert_from(known, field)


def convert(value: Expr, domain: Domain) -> Any:
    """The element of the domain that equals the expression, by the ring operations alone."""
    if value.is_Rational:
        return _rational(value) if domain.is_QQ else domain.convert(_rational(value), QQ)
    if value.is_Add:
        return functools.reduce(lambda a, b: a + b, (convert(a, domain) for a in value.args))  # type: ignore[arg-type]
    number, rest = value.as_coeff_Mul()
    image = _image(rest, domain)
    return image if number == 1 else image * _rational(number)


def _rational(value: Expr) -> Any:
    return QQ(int(value.p), int(value.q))  # type: ignore[attr-defined]


@functools.lru_cache(maxsize=4096)
def _image(value: Expr, domain: Domain) -> Any:
    """Of a product without its rational factor, kept: the entries of a tableau are sums of multiples of a few."""
    if value.is_Mul:
        return functools.reduce(lambda a, b: a * b, (convert(a, domain) for a in value.args))  # type: ignore[arg-type]
    if value.is_Pow and value.exp.is_Rational and value.exp.p != 1:  # type: ignore[attr-defined]
        root = value.base if value.exp.is_Integer else value.base ** sympy.Rational(1, value.exp.q)  # type: ignore[attr-defined]
        base = convert(root, domain) if value.exp.is_Integer else _generator_image(domain, root)  # type: ignore[attr-defined]
        n = int(value.exp.p)  # type: ignore[attr-defined]
        return base**n if n >= 0 else domain.one / base ** (-n)
    return convert(value, domain) if value.is_Add else _generator_image(domain, value)


def to_domain(values: Sequence[Expr]) -> tuple[Domain, list[Any]]:
    """The smallest exact domain that holds the values, and the values as its elements."""
    domain, elements = _in_domain(tuple(values))
    return domain, list(elements)


@functools.lru_cache(maxsize=64)
def _in_domain(values: tuple[Expr, ...]) -> tuple[Domain, tuple[Any, ...]]:
    """Kept, since one question about a scheme asks several that all read its coefficients."""
    domain = domain_over(*generators(values))
    return domain, tuple([convert(value, domain) for value in values])


def from_domain(domain: Domain, element: Any) -> Expr:
    """The sympy expression of a domain element."""
    if domain.is_QQ:  # in lowest terms already: looking for a common factor again takes longer than what was done
        return sympy.Rational.from_coprime_ints(int(element.numerator), int(element.denominator))
    if domain.is_FractionField:
        ring = domain.field.ring  # type: ignore[attr-defined]
        above, below = (
            expr_from_dict({m: from_domain(ring.domain, c) for m, c in part.items()}, *ring.symbols)
            for part in (element.numer, element.denom)
        )
        return above / below
    return _in_generators(domain, element) if domain.is_Algebraic else domain.to_sympy(element)


def _in_generators(field: Domain, element: Any) -> Expr:
    """An element of a number field, expanded in products of the numbers whose sum is the primitive element."""
    numbers, powers = _powers(field)
    rows = zip(reversed(element.to_list()), powers, strict=False)
    total: Any = sum((power.mul_ground(c) for c, power in rows if c), powers[0].ring.zero)
    return sympy.Add(*(from_domain(QQ, c) * _product(numbers, m) for m, c in total.items()))


@functools.cache
def _powers(field: Domain) -> tuple[tuple[Expr, ...], list[Any]]:
    """(the numbers, the powers of the primitive element as polynomials in them, reduced by their own equations)."""
    weights = field.ext.as_expr().as_coefficients_dict()  # type: ignore[attr-defined]
    ring = PolyRing([sympy.Dummy() for _ in weights], QQ)
    equations = [ring.from_expr(sympy.minpoly(n, s)) for n, s in zip(weights, ring.symbols, strict=True)]
    primitive = sum((convert(w, QQ) * g for w, g in zip(weights.values(), ring.gens, strict=True)), ring.zero)
    powers = [ring.one]
    while len(powers) < field.mod.degree():  # type: ignore[attr-defined]
        powers.append((powers[-1] * primitive).rem(equations))
    return tuple(weights), powers


@functools.lru_cache(maxsize=4096)
def _product(numbers: tuple[Expr, ...], exponents: tuple[int, ...]) -> Expr:
    return sympy.expand(sympy.Mul(*(n**e for n, e in zip(numbers, exponents, strict=True))))
