"""Factored polynomials in one symbol as sympy's expressions, put together in the order in which sympy would.

Where the parts are known to be in lowest terms, sympy's own search for what to combine is most of the cost of a long
equation: the parts are handed to it as they are, and the results are the same objects.
"""

import functools
from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Basic, Expr, Integer, Mul

OFTEN = 3
"""Coefficients of a factor that is met in many coefficients of an equation; longer ones are not kept, one use each."""

in_order = functools.cmp_to_key(Basic.compare)
"""A key that sorts the parts of a sum or a product as sympy does."""


def product(number: Expr, parts: Sequence[Expr]) -> Expr:
    """A rational number times powers of different irreducible polynomials."""
    if len(parts) < 2:
        return sympy.Mul(number, *parts)  # a number is multiplied into a single sum
    ordered = sorted(parts, key=in_order)
    return Mul._from_args(ordered if number == 1 else [number, *ordered], is_commutative=True)


def power_of(symbol: Expr, coefficients: tuple[int, ...], exponent: int) -> Expr:
    """An integer polynomial, coefficients ascending, to an integer power."""
    if exponent == 1 and len(coefficients) > OFTEN:
        return polynomial(symbol, coefficients)
    return _kept(symbol, coefficients, exponent)


@functools.lru_cache(maxsize=1024)
def _kept(symbol: Expr, coefficients: tuple[int, ...], exponent: int) -> Expr:
    base = polynomial(symbol, coefficients)
    return base if exponent == 1 else base**exponent


def polynomial(symbol: Expr, coefficients: Sequence[int]) -> Expr:
    """sum c_i symbol^i, coefficients ascending."""
    terms = [(c, i) for i, c in enumerate(coefficients) if i and c]
    terms.sort()
    if 1 in coefficients or -1 in coefficients:
        ranks = _ranks(symbol)
        terms.sort(key=lambda term: ranks[_kind(*term)])
    found: list[Any] = [_term(symbol, c, i) for c, i in terms]
    if coefficients[0]:
        found.insert(0, Integer(coefficients[0]))
    return found[0] if len(found) == 1 else sympy.Add._from_args(found, is_commutative=True)


def _kind(c: int, i: int) -> tuple[int, bool]:
    """What the place of c symbol^i among others depends on first: sympy has a class of its own for -1."""
    return (c if abs(c) == 1 else 2), i == 1


@functools.lru_cache(maxsize=64)
def _ranks(symbol: Expr) -> dict[tuple[int, bool], int]:
    """The places of the kinds, as sympy sorts one term of each; two numbers of one class go by their size first."""
    kinds = [(1, True), (1, False), (-1, True), (-1, False)]
    terms = {kind: _term(symbol, kind[0], 1 if kind[1] else 2) for kind in kinds} | {(2, True): 2 * symbol}
    places = {kind: n for n, kind in enumerate(sorted(terms, key=lambda kind: in_order(terms[kind])))}
    return places | {(2, False): places[2, True]}


def _term(symbol: Expr, c: int, i: int) -> Expr:
    power = _monomial(symbol, i)
    return power if c == 1 else Mul._from_args((Integer(c), power), is_commutative=True)


@functools.lru_cache(maxsize=256)
def _monomial(symbol: Expr, exponent: int) -> Expr:
    return symbol**exponent
