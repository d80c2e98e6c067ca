"""Coefficients of a modified PDE as expressions: in numbers, in steps, and how each term scales with dt and dx."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import sympy
from sympy import Add, Expr, Integer, Mul, Pow, Rational, Symbol

from schemetools.analysis.series.symbol_series import LogSeries
from schemetools.schemes.grid_numbers import DT, WIDTHS, Numbers, scaling

Index = tuple[int, ...]


class Monomial(NamedTuple):
    """One monomial of a coefficient: derivative, exponents of dt and of the widths together, the monomial itself."""

    index: Index
    time: int
    space: int
    powers: tuple[int, ...]
    value: Any


@functools.lru_cache(maxsize=4096)
def _power(name: str, exponent: int) -> Expr:
    return Pow(Symbol(name), exponent)


def expression(element: Any) -> Expr:
    """An element of a polynomial ring as an expression."""
    names, domain = [s.name for s in element.ring.symbols], element.ring.domain
    terms = []
    for mono, c in element.items():
        number = Rational(int(c.numerator), int(c.denominator)) if domain.is_QQ else domain.to_sympy(c)
        terms.append(Mul(number, *(_power(name, n) for name, n in zip(names, mono, strict=True) if n)))
    return Add(*terms)


def fraction(numerator: Any, denominator: Any) -> Expr:
    """A quotient of two elements, its denominator factored."""
    if denominator.is_ground:
        return expression(numerator.mul_ground(numerator.ring.domain.one / denominator.coeff(1)))
    number, factors = _factors(denominator)
    above = expression(numerator.mul_ground(numerator.ring.domain.one / number))
    return Mul(above, *(Pow(expression(f), -n) for f, n in factors))


@functools.lru_cache(maxsize=1024)
def _factors(element: Any) -> tuple[Any, list[tuple[Any, int]]]:
    return element.factor_list()


def in_numbers(series: LogSeries) -> dict[Index, Expr]:
    """{multi-index: coefficient} in the numbers of the scheme."""
    return {index: fraction(*pair) for index, pair in series.terms.items()}


def widths(numbers: Numbers, dimension: int) -> tuple[Symbol, ...]:
    """dx, dy, dz; dx alone where no number mentions another one."""
    used = {s for _, meaning in numbers if meaning is not None for s in meaning.free_symbols}
    return WIDTHS[:dimension] if used & set(WIDTHS[1:dimension]) else (WIDTHS[0],) * dimension


def in_steps(coefficients: Mapping[Index, Expr], numbers: Numbers, dimension: int, time: int) -> dict[Index, Expr]:
    """{multi-index: coefficient} in the coefficients of the equation, dt and the widths."""
    meaning = {Symbol(name): value for name, value in numbers if value is not None}
    sizes = widths(numbers, dimension)
    found = {}
    for index, value in coefficients.items():
        scale = Mul(*(w**n for w, n in zip(sizes, index, strict=True))) / DT**time
        found[index] = _tidy(value.subs(meaning, simultaneous=True), scale)
    return found


def _tidy(value: Expr, scale: Expr) -> Expr:
    above, below = sympy.fraction(sympy.together(value))
    if below.is_number or not (above.free_symbols | below.free_symbols) & {DT, *WIDTHS}:
        return sympy.expand(value * scale) if below.is_number else value * scale
    return sympy.cancel(value * scale) if below.free_symbols - {DT, *WIDTHS} else sympy.expand(value * scale)


def monomials(series: LogSeries, numbers: Numbers, time: int) -> Iterator[Monomial]:
    """Every monomial with its exponents of dt and of the widths; denominators are free of both."""
    meaning = dict(numbers)
    scales = []
    for symbol in series.base.symbols:
        value = meaning.get(str(symbol))
        found = None if value is None else scaling(value)
        scales.append((0, 0) if found is None else (found.time, sum(found.space)))
    for index, (numerator, _) in series.terms.items():
        for mono, c in numerator.items():
            a = sum(n * t for n, (t, _) in zip(mono, scales, strict=True)) - time
            b = sum(n * s for n, (_, s) in zip(mono, scales, strict=True)) + sum(index)
            yield Monomial(index, a, b, mono, c)


def denominators_scale(series: LogSeries, numbers: Numbers) -> bool:
    """Whether a denominator depends on the steps."""
    moving = {name for name, meaning in numbers if meaning is not None}
    return any(
        n and str(s) in moving
        for _, below in series.terms.values()
        for mono in below
        for n, s in zip(mono, series.base.symbols, strict=True)
    )


def limit_elements(series: LogSeries, numbers: Numbers, time: int) -> dict[Index, Any]:
    """The part of each coefficient that neither dt nor dx scales: the equation itself, as numerators."""
    found: dict[Index, dict[Any, Any]] = {}
    for m in monomials(series, numbers, time):
        if m.time == 0 and m.space == 0:
            found.setdefault(m.index, {})[m.powers] = m.value
    return {index: series.base.from_dict(part) for index, part in found.items()}


def consistency(series: LogSeries, numbers: Numbers, time: int) -> tuple[Expr | None, Expr | None] | None:
    """The open interval of r in dt ~ dx^r on which every term but the limit vanishes; None where there is none.

    A term dt^a dx^b vanishes for dx -> 0 where a r + b > 0; r > 0 is asked for.
    """
    low: Expr = Integer(0)
    high: Expr | None = None
    for m in monomials(series, numbers, time):
        if (m.time, m.space) == (0, 0):
            continue
        if m.time == 0:
            if m.space < 0:
                return None
        elif m.time > 0:
            low = max(low, Rational(-m.space, m.time))
        else:
            end = Rational(m.space, -m.time)
            high = end if high is None else min(high, end)
    if high is not None and high <= low:
        return None
    return low, high
