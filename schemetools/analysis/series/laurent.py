"""A difference scheme as its Laurent polynomial L(T, E), coefficients in a polynomial ring over its numbers."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sympy
from sympy import Expr, Symbol
from sympy.polys.domains.domain import Domain
from sympy.polys.rings import PolyRing

from schemetools import exact
from schemetools.analysis.series.steps import StepPolynomial, step_polynomial
from schemetools.errors import UnsupportedError
from schemetools.exact.domains import convert as convert_to
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.semidiscrete import MethodOfLines

Key = tuple[Any, ...]
MOST_TERMS = 20_000


class Laurent(NamedTuple):
    """L(T, E) = sum terms[m, j_1, ..., j_d] T^m E_1^j_1 ... E_d^j_d, the terms elements of `ring` over the numbers.

    Factors without T and E are cleared: L is determined up to a polynomial in the numbers.
    """

    ring: PolyRing
    terms: dict[Key, Any]

    @property
    def dimension(self) -> int:
        """The number of dimensions of the grid."""
        return len(next(iter(self.terms))) - 1


class _NoPolynomialError(Exception):
    """A coefficient has a symbol in a denominator."""


@functools.lru_cache(maxsize=512)
def ring_over(names: tuple[str, ...], domain: Domain) -> PolyRing:
    """The polynomial ring in symbols of these names over a field."""
    return PolyRing(names, domain, sympy.polys.orderings.lex)


def convert(values: Sequence[Expr], names: Iterable[str] = ()) -> tuple[PolyRing, list[Any], Any]:
    """(ring, elements, denominator): the values times one common denominator, as polynomials in their symbols.

    >>> k = Symbol("k")
    >>> convert([1 / (k + 1), k])[1:]
    ([1, k**2 + k], k + 1)
    """
    numbers, symbols = exact.generators(values)
    base = exact.domain_over(numbers, ())
    ring = ring_over(tuple(sorted({s.name for s in symbols} | set(names))), base)
    images = {Symbol(s.name): g for s, g in zip(ring.symbols, ring.gens, strict=True)}
    try:
        return ring, [ring.zero + _element(v, ring, images) for v in values], ring.one
    except _NoPolynomialError:
        field = base.frac_field(*ring.symbols)
        elements = [convert_to(v, field) for v in values]
        common = functools.reduce(lambda a, b: a.lcm(b), (e.denom for e in elements))
        found = [ring.from_dict(dict(e.numer * common.exquo(e.denom))) for e in elements]
        return ring, found, ring.from_dict(dict(common))


def _element(value: Expr, ring: PolyRing, images: Mapping[Any, Any]) -> Any:
    if value in images:
        return images[value]
    if value.is_Rational:
        return ring.domain.convert(sympy.QQ(int(value.p), int(value.q)), sympy.QQ)  # type: ignore[attr-defined]
    if value.is_Add:
        return sum((_element(a, ring, images) for a in value.args), ring.zero)  # type: ignore[arg-type]
    if value.is_Mul:
        return functools.reduce(lambda a, b: a * b, (_element(a, ring, images) for a in value.args))  # type: ignore[arg-type]
    if value.is_Pow and value.exp.is_Integer and value.free_symbols:  # type: ignore[attr-defined]
        if value.exp < 0:  # type: ignore[attr-defined]
            raise _NoPolynomialError
        return _element(value.base, ring, images) ** int(value.exp)  # type: ignore[attr-defined]
    return convert_to(value, ring.domain)


def laurent(scheme: Discretisation) -> Laurent:
    """The Laurent polynomial of a scheme of one unknown.

    Raises UnsupportedError for a system, and for a method of lines whose polynomial has more than 20,000 terms.

    >>> import schemetools as st
    >>> laurent(st.upwind).terms
    {(0, -1): -nu, (0, 0): nu - 1, (1, 0): 1}
    """
    if isinstance(scheme, MethodOfLines):
        return _of_lines(scheme)
    if not isinstance(scheme, DifferenceScheme):
        raise UnsupportedError(f"{scheme} has no time levels; a difference scheme or a method of lines was expected")
    if scheme.components > 1:
        raise UnsupportedError(f"{scheme} is a system; its symbol is a matrix, which matrix_laurent gives")
    return _of_difference(scheme)


@functools.lru_cache(maxsize=512)
def _of_difference(scheme: DifferenceScheme) -> Laurent:
    keys = [(m, *place) for m, row in scheme.levels for place, _ in row]
    values = [c for _, row in scheme.levels for _, c in row]
    ring, elements, _ = convert(values)
    return Laurent(ring, dict(zip(keys, elements, strict=True)))


class LineSymbols(NamedTuple):
    """A method of lines taken apart: P = sum step[m, e_1, ..] T^m z_1^e_1 .., with z_v = above_v(E)/below_v(E)."""

    ring: PolyRing
    step: dict[Key, Any]
    above: list[dict[Key, Any]]
    below: list[dict[Key, Any]]


@functools.lru_cache(maxsize=512)
def line_symbols(scheme: MethodOfLines) -> LineSymbols:
    """The polynomial of the scheme in time and the symbols z of its fields, over one ring."""
    step: StepPolynomial = step_polynomial(scheme.time)
    flat: list[Expr] = []
    for terms in scheme.terms:
        for weight, stencil in terms:
            flat += [weight, *(c for part in (stencil.numerator, stencil.denominator) for _, c in part)]
    ring, elements, common = convert([*step.values, *flat])
    values = iter(elements)
    polynomial = {key: next(values) for key in step.keys}
    above, below = [], []
    for terms in scheme.terms:
        over: dict[Key, Any] = {(0,) * scheme.dimension: ring.one}
        total: dict[Key, Any] = {}
        for _, stencil in terms:
            weight = next(values)
            top = {place: weight * next(values) for place, _ in stencil.numerator}
            bottom = {place: next(values) * common for place, _ in stencil.denominator}  # above has it twice
            if bottom == over:
                total = _plus(total, top)
            else:
                total, over = _plus(_times(total, bottom), _times(top, over)), _times(over, bottom)
        above.append(total)
        below.append(over)
    return LineSymbols(ring, polynomial, above, below)


def _plus(a: Mapping[Key, Any], b: Mapping[Key, Any]) -> dict[Key, Any]:
    total = dict(a)
    for place, c in b.items():
        total[place] = total[place] + c if place in total else c
    return {place: c for place, c in total.items() if c}


def _times(a: Mapping[Key, Any], b: Mapping[Key, Any]) -> dict[Key, Any]:
    total: dict[Key, Any] = {}
    for p, c in a.items():
        for q, d in b.items():
            place = tuple(i + j for i, j in zip(p, q, strict=True))
            total[place] = total[place] + c * d if place in total else c * d
    if len(total) > MOST_TERMS:
        raise UnsupportedError(f"the Laurent polynomial has more than {MOST_TERMS} terms")
    return {place: c for place, c in total.items() if c}


@functools.lru_cache(maxsize=128)
def _of_lines(scheme: MethodOfLines) -> Laurent:
    ring, step, above, below = line_symbols(scheme)
    one = {(0,) * scheme.dimension: ring.one}
    highest = [max(key[1 + v] for key in step) for v in range(len(above))]
    powers = [_powers(part, n, one) for part, n in zip(above, highest, strict=True)]
    under = [_powers(part, n, one) for part, n in zip(below, highest, strict=True)]
    terms: dict[Key, Any] = {}
    for (m, *exponents), c in sorted(step.items(), key=lambda pair: pair[0]):
        part = {place: c * x for place, x in one.items()}
        for v, e in enumerate(exponents):
            part = _times(_times(part, powers[v][e]), under[v][highest[v] - e])
        terms = _plus(terms, {(m, *place): x for place, x in part.items()})
    return Laurent(ring, dict(sorted(terms.items())))


def _powers(part: Mapping[Key, Any], n: int, one: Mapping[Key, Any]) -> list[Mapping[Key, Any]]:
    found: list[Mapping[Key, Any]] = [one]
    for _ in range(n):
        found.append(_times(found[-1], part))
    return found
