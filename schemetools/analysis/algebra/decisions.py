"""Deciding with free symbols: a bool, or a condition on the one symbol that the data depend on."""

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Symbol
from sympy.polys.domains.domain import Domain

from schemetools import exact
from schemetools.analysis.algebra.cells import adjoin, explore, polynomial_in_symbol
from schemetools.analysis.algebra.conditions import AndCondition, Verdict, condition
from schemetools.analysis.algebra.fields import Field, carried, field_of
from schemetools.analysis.algebra.polynomials import evaluate
from schemetools.analysis.algebra.real_roots import RealRoot
from schemetools.errors import UnsupportedError

# ---- deciding with a free symbol -------------------------------------------------


def decide(domain: Domain, algorithm: Callable[[Field, Any], bool], data: Any) -> Verdict:
    """Run an exact decision on nested lists of coefficients: a bool, or a condition on the one free symbol in them."""
    if not domain.is_FractionField:
        return algorithm(field_of(domain), data)
    domain, symbols, data = minimal(domain, data)
    if len(symbols) == 0:
        return algorithm(field_of(domain), data)
    if len(symbols) > 1:
        names = ", ".join(map(str, symbols))
        raise UnsupportedError(
            f"the verdict depends on {names}; verdicts are decided in one free symbol: substitute the others"
        )
    base = field_of(domain.domain)  # type: ignore[attr-defined]

    def at_bound(root: RealRoot) -> bool:
        field, value = adjoin(base, root)
        try:
            return algorithm(field, mapped(data, lambda c: substituted(c, base, field, value)))
        except ZeroDivisionError:  # the scheme does not exist for this value
            return False

    cells = explore(lambda field: algorithm(field, data), base, domain)
    return condition(symbols[0], cells, at_bound)


def vanish(domain: Domain, elements: list[Any]) -> Verdict:
    """Whether all elements are zero: a bool, or a condition on the free symbols in them, several symbols allowed."""
    values = [domain.to_sympy(c) for c in elements if c]
    if any(v.is_number for v in values):
        return False
    if len({s for v in values for s in v.free_symbols}) > 1:
        tops = [sympy.numer(v) for v in values]
        return AndCondition(*(sympy.Eq(-top if top.could_extract_minus_sign() else top, 0) for top in tops))
    return decide(domain, lambda K, data: all(map(K.is_zero, data)), elements)


def substituted(c: Any, base: Field, field: Field, value: Any) -> Any:
    """An element of K(k) at k = value, in `field`. Raises ZeroDivisionError at a pole."""
    parts = []
    for polynomial in (c.numer, c.denom):
        coefficients = [carried(a, base.domain, field.domain) for a in polynomial_in_symbol(polynomial, base)]
        parts.append(evaluate(field, coefficients, value))
    if field.is_zero(parts[1]):
        raise ZeroDivisionError
    return parts[0] / parts[1]


def mapped(data: Any, change: Callable[[Any], Any]) -> Any:
    """Nested lists with every element changed."""
    return [mapped(d, change) for d in data] if isinstance(data, (list, tuple)) else change(data)


def _flat(data: Any) -> list[Any]:
    return [c for d in data for c in _flat(d)] if isinstance(data, (list, tuple)) else [data]


def minimal(domain: Domain, data: Any) -> tuple[Domain, tuple[Symbol, ...], Any]:
    """The data over the domain of only those symbols that occur in it."""
    smaller, elements = exact.to_domain([domain.to_sympy(c) for c in _flat(data)])
    values = iter(elements)
    symbols = smaller.symbols if smaller.is_FractionField else ()  # type: ignore[attr-defined]
    return smaller, symbols, mapped(data, lambda _: next(values))
