"""Expectations of formulas in independent random symbols, exactly, by the moments of their distributions."""

import functools

from sympy import Add, Expr, Integer, Mul, Poly, PolynomialError, binomial, factorial2

from schemetools.errors import UnsupportedError
from schemetools.exact import canonical
from schemetools.schemes.base import is_random
from schemetools.schemes.random import distribution_of


@functools.cache
def moment(symbol: Expr, n: int) -> Expr:
    """E[xi^n] of a random symbol: Bernoulli, uniform, normal or Rademacher."""
    kind, parameters = distribution_of(symbol)
    if n == 0:
        return Integer(1)
    if kind == "bernoulli":
        return parameters[0]
    if kind == "uniform":
        left, right = parameters
        return canonical(Add(*(left**i * right ** (n - i) for i in range(n + 1))) / (n + 1))
    if kind == "normal":
        mean, std = parameters
        terms = [
            binomial(n, 2 * j) * factorial2(2 * j - 1) * std ** (2 * j) * mean ** (n - 2 * j) for j in range(n // 2 + 1)
        ]
        return canonical(Add(*terms))
    return Integer(1 - n % 2)


@functools.lru_cache(maxsize=4096)
def expectation(value: Expr) -> Expr:
    """E[value] of a polynomial in independent random symbols, in canonical form.

    Raises UnsupportedError where a random symbol stands in a denominator.

    >>> import schemetools as st
    >>> xi = st.random_symbol("xi", "uniform", 0, 1)
    >>> expectation(xi**2 - xi / 2)
    1/12
    """
    random = sorted((s for s in value.free_symbols if is_random(s)), key=str)
    if not random:
        return canonical(value)
    try:
        terms = Poly(value, *random).terms()
    except PolynomialError:
        raise UnsupportedError(
            f"{value} is no polynomial in its random symbols; its moments have no closed form here"
        ) from None
    return canonical(
        Add(*(c * Mul(*(moment(s, n) for s, n in zip(random, powers, strict=True))) for powers, c in terms))
    )


def variance(value: Expr) -> Expr:
    """Var[value] of a polynomial in independent random symbols."""
    return covariance(value, value)


def covariance(a: Expr, b: Expr) -> Expr:
    """Cov[a, b] of polynomials in independent random symbols."""
    return canonical(expectation(a * b) - expectation(a) * expectation(b))
