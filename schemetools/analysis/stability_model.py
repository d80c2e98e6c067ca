"""From a scheme to its characteristic polynomial Phi(w, z): what every verdict, number and region is computed from."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import QQ, Symbol
from sympy.polys.domains.domain import Domain

from schemetools import exact
from schemetools.analysis.algebra import Field, Polynomial, divide, evaluate, field_of, gcd, trim
from schemetools.analysis.conditions import Verdict, condition
from schemetools.analysis.parametric import adjoin, explore, polynomial_in_symbol
from schemetools.analysis.real_roots import RealRoot
from schemetools.analysis.step_matrix import minimal_polynomial, monic_characteristic, step_matrix
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep

Bivariate = list[Polynomial]
"""Phi as a list over powers of w of polynomials in z."""


@dataclass(frozen=True, eq=False)
class Model:
    """Phi(w, z) = sum_j phi[j](z) w^j over an exact domain, and the polynomial whose root condition is zero-stability.

    `symbols` are the free symbols, adjoined to the ordered field `base`.
    """

    domain: Domain
    base: Field
    symbols: tuple[Symbol, ...]
    phi: Bivariate
    at_zero: Polynomial

    @classmethod
    def over(cls, domain: Domain, phi: Bivariate | None = None, at_zero: Polynomial | None = None) -> "Model":
        """The model over a domain: QQ, a number field, or rational functions over one of these."""
        has_symbols = domain.is_FractionField
        base = field_of(domain.domain if has_symbols else domain)  # type: ignore[attr-defined]
        return cls(domain, base, domain.symbols if has_symbols else (), phi or [], at_zero or [])  # type: ignore[attr-defined]


# ---- from a scheme to its model ------------------------------------------------------


def model_of(scheme: Scheme, shares: Mapping[str, Any] | None = None) -> Model:
    """The model of a scheme on u' = lambda u, z = h lambda.

    With several fields the test equation is u' = sum_i share_i lambda u, equal shares that sum to 1 by default; a
    partitioned scheme is tested on p' = lambda q, q' = lambda p (z = i omega h is the harmonic oscillator).
    """
    if isinstance(scheme, LinearMultistep):
        return _multistep_model(scheme)
    step = step_matrix(scheme, shares)
    K = Field(step.domain)
    phi = []
    for j, c in enumerate(monic_characteristic(K, step.N)):
        for _ in range(len(step.N) - 1 - j):
            c = divide(K, c, step.Q)[0]
        phi.append(trim(K, c if j < len(step.N) else step.Q))
    at_zero = [K.zero - K.one, K.one] if len(step.N) == 1 else minimal_polynomial(K, step.V)
    return _model(step.domain, phi, at_zero)


def _multistep_model(scheme: LinearMultistep) -> Model:
    domain, elements = exact.to_domain((*scheme.alpha, *scheme.beta))
    k = scheme.steps + 1
    alpha, beta = elements[:k], elements[k:]
    if not sum(beta, domain.zero):
        raise SchemeError(
            f"sigma(1) = sum(beta) = 0 in {scheme}: its limit does not contain f, so it has no stability region"
        )
    K = Field(domain)
    phi = [trim(K, [a, -b]) for a, b in zip(alpha, beta, strict=True)]
    return _model(domain, phi, trim(K, _z_coefficients(K, reduced(K, phi), 2)[0]))


def _model(domain: Domain, phi: Bivariate, at_zero: Polynomial) -> Model:
    """Over the smallest domain: QQ if all coefficients turned out rational."""
    if domain.is_Algebraic and all(len(c.to_list()) < 2 for p in (*phi, at_zero) for c in p):
        phi = [[QQ.convert_from(c, domain) for c in p] for p in phi]
        at_zero, domain = [QQ.convert_from(c, domain) for c in at_zero], QQ
    return Model.over(domain, phi, at_zero)


# ---- reduction and evaluation -----------------------------------------------------


def _z_coefficients(K: Field, phi: Bivariate, terms: int) -> list[list[Any]]:
    """The coefficients of z^0, z^1, ... as polynomials in w, untrimmed."""
    return [[p[m] if m < len(p) else K.zero for p in phi] for m in range(terms)]


def z_degree(phi: Bivariate) -> int:
    """The degree of Phi in z."""
    return max(len(p) for p in phi) - 1


def leading_in_z(K: Field, phi: Bivariate) -> list[Any]:
    """The polynomial in w, of formal degree deg_w, that the highest power of z multiplies: its roots lie at oo."""
    return _z_coefficients(K, phi, z_degree(phi) + 1)[-1]


def reduced(K: Field, phi: Bivariate) -> Bivariate:
    """Phi without the factors in w alone or in z alone: a reducible scheme's common factors."""
    in_z = functools.reduce(lambda f, g: gcd(K, f, g), (trim(K, p) for p in phi), [])
    if len(in_z) > 1:
        phi = [divide(K, p, in_z)[0] for p in phi]
    columns = [trim(K, c) for c in _z_coefficients(K, phi, z_degree(phi) + 1)]
    in_w = functools.reduce(lambda f, g: gcd(K, f, g), columns, [])
    if len(in_w) > 1:
        columns = [divide(K, c, in_w)[0] for c in columns]
    terms = max(len(c) for c in columns)
    return [trim(K, [c[j] if j < len(c) else K.zero for c in columns]) for j in range(terms)]


def at_point(K: Field, phi: Bivariate, x: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """Real and imaginary parts of the coefficients of Phi(w, x + i y) in w, ascending; x and y are field elements."""
    real, imaginary = [], []
    for p in phi:
        a, b = K.zero, K.zero
        for c in reversed(p):
            a, b = a * x - b * y + c, a * y + b * x
        real.append(a)
        imaginary.append(b)
    return real, imaginary


# ---- deciding with a free symbol -------------------------------------------------


def decide(model: Model, algorithm: Callable[[Field, Any], bool], data: Any) -> Verdict:
    """Run an exact decision on nested lists of coefficients: a bool, or a condition on the one free symbol in them."""
    if not model.symbols:
        return algorithm(model.base, data)
    domain, symbols, data = minimal(model.domain, data)
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


def substituted(c: Any, base: Field, field: Field, value: Any) -> Any:
    """An element of K(k) at k = value, in `field`. Raises ZeroDivisionError at a pole."""
    parts = []
    for polynomial in (c.numer, c.denom):
        coefficients = [field.domain.convert(a, base.domain) for a in polynomial_in_symbol(polynomial, base)]
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
