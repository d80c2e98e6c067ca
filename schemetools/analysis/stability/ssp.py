"""Strong stability preservation: the radius of absolute monotonicity, exactly.

Sources: Kraaijevanger, BIT 31 (1991), theorem 4.2; Gottlieb, Ketcheson and Shu, Strong Stability Preserving Runge-Kutta
and Multistep Time Discretizations (2011), chapters 3 and 8.
"""

import functools
from collections.abc import Callable
from typing import Any

import sympy
from sympy import QQ, And, Expr, Min, Ne, Piecewise
from sympy.polys.domains.domain import Domain

from schemetools import exact
from schemetools.analysis.algebra.cells import ParametricField
from schemetools.analysis.algebra.fields import Field, field_of
from schemetools.analysis.algebra.matrices import product
from schemetools.analysis.algebra.polynomials import Polynomial, add, divide, evaluate, gcd, multiply, scale, trim
from schemetools.analysis.algebra.real_roots import distinct_sorted, real_roots
from schemetools.analysis.algebra.sturm import odd_part
from schemetools.analysis.stability.families import Family, formula, irreducible
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_multistep, reduced_stages
from schemetools.schemes.runge_kutta import RungeKutta


@functools.cache
def ssp_coefficient(scheme: Scheme) -> Expr:
    """The largest C such that forward-Euler monotonicity for h <= h_0 gives the scheme's for h <= C h_0.

    Runge-Kutta, implicit included: the radius of absolute monotonicity of the irreducible scheme, which may be oo.
    Multistep: the least -alpha_j/beta_j over j < k with beta_j != 0, and 0 if an -alpha_j/alpha_k (j < k) or a
    beta_j/alpha_k is negative, of the irreducible scheme. With one free symbol it is a formula, with several (multistep
    schemes only) a Piecewise for values at which the scheme does not reduce.
    Raises UnsupportedError for other schemes, random symbols, and a Runge-Kutta scheme with several free symbols.
    """
    if not isinstance(scheme, (LinearMultistep, RungeKutta)):
        raise UnsupportedError("the SSP coefficient is defined here for Runge-Kutta and linear multistep schemes")
    symbols = scheme.free_symbols
    if scheme.random_symbols or (len(symbols) > 1 and isinstance(scheme, RungeKutta)):
        raise UnsupportedError("the SSP coefficient needs numbers; substitute the scheme's symbols first")
    if len(symbols) > 1:
        return _several_symbols(reduced_multistep(scheme))  # type: ignore[arg-type]
    domain, elements = exact.to_domain(scheme.coefficients if isinstance(scheme, LinearMultistep) else _flat(scheme))
    data = [elements[: len(elements) // 2], elements[len(elements) // 2 :]]
    numeric = _multistep
    if isinstance(scheme, RungeKutta):
        s = scheme.stages
        data, numeric = [elements[s * i : s * (i + 1)] for i in range(s + 1)], _runge_kutta
    if not symbols:
        return numeric(field_of(domain), data)
    return _formula(domain, data, numeric)


def _flat(scheme: RungeKutta) -> list[Expr]:
    return [a for row in (*scheme.A, scheme.b) for a in row]


def _formula(domain: Domain, data: Any, numeric: Callable[[Field, Any], Expr]) -> Expr:
    """The coefficient in the one symbol of a field of rational functions."""
    K = Field(domain)
    if numeric is _multistep:
        old, slopes = _shares(K, *data)
        polynomials = [[-a, b] for a, b in zip(old, slopes, strict=False) if b]
    else:
        polynomials = _monotonicity(K, _extended(K, data))

    def ask(F: ParametricField) -> None:
        if numeric is _multistep:
            gcd(F, trim(F, data[0]), trim(F, data[1]))
            for c in (*_shares(F, *data)[0], *_shares(F, *data)[1]):
                F.sign(c)
        else:
            reduced_stages(data[:-1], data[-1], F.zero, F.is_zero)
            for c in (*(a for row in data for a in row), *(next(c for c in p if c) for p in polynomials)):
                F.sign(c)

    [symbol] = domain.symbols  # type: ignore[attr-defined]
    base = field_of(domain.domain)  # type: ignore[attr-defined]
    return formula(Family(symbol, domain, base, data, irreducible(domain, polynomials), numeric, ask))


def _shares(K: Field, alpha: list[Any], beta: list[Any]) -> tuple[list[Any], list[Any]]:
    """(-alpha_j / alpha_k for j < k, beta_j / alpha_k)."""
    return [-a / alpha[-1] for a in alpha[:-1]], [b / alpha[-1] for b in beta]


def _multistep(K: Field, data: Any) -> Expr:
    rho, sigma = _irreducible_pair(K, *data)
    old, slopes = _shares(K, rho, sigma + [K.zero] * (len(rho) - len(sigma)))
    if any(K.sign(c) < 0 for c in (*old, *slopes)):
        return sympy.Integer(0)
    least: Any = None
    for a, b in zip(old, slopes, strict=False):
        if not K.is_zero(b) and (least is None or K.sign(a / b - least) < 0):
            least = a / b
    return sympy.oo if least is None else K.domain.to_sympy(least)


def _irreducible_pair(K: Field, alpha: list[Any], beta: list[Any]) -> tuple[Polynomial, Polynomial]:
    """rho and sigma without their common factor; rho keeps its root 1."""
    rho, sigma = trim(K, alpha), trim(K, beta)
    if len(rho) < len(alpha) or not sigma:
        raise ZeroDivisionError("the new value or f has the coefficient 0: there is no scheme")
    common = gcd(K, rho, sigma)
    rest = divide(K, rho, common)[0]
    if K.is_zero(evaluate(K, common, K.one)) and not K.is_zero(evaluate(K, rest, K.one)):
        common = divide(K, common, [-K.one, K.one])[0]
    return divide(K, rho, common)[0], divide(K, sigma, common)[0]


def _several_symbols(scheme: LinearMultistep) -> Expr:
    """For the values of the symbols at which the scheme is irreducible."""
    lead = scheme.alpha[-1]
    old = [exact.canonical(-a / lead) for a in scheme.alpha[:-1]]
    slopes = [exact.canonical(b / lead) for b in scheme.beta]
    ratios = [
        Piecewise((exact.canonical(a / b), Ne(b, 0)), (sympy.oo, True))
        for a, b in zip(old, slopes, strict=False)
        if b != 0
    ]
    nonnegative = And(*(c >= 0 for c in (*old, *slopes)))
    return Piecewise((Min(*ratios), nonnegative), (0, True))


def _extended(K: Field, rows: Any) -> list[list[Any]]:
    """The irreducible tableau with b as its last row and a column of zeros."""
    A, b = reduced_stages(rows[:-1], rows[-1], K.zero, K.is_zero)
    return [[*row, K.zero] for row in (*A, b)]


def _runge_kutta(K: Field, rows: Any) -> Expr:
    beta = _extended(K, rows)
    if any(K.sign(a) < 0 for row in beta for a in row):
        return sympy.Integer(0)
    conditions = _monotonicity(K, beta)
    if any(K.sign(next(a for a in p if not K.is_zero(a))) < 0 for p in conditions):
        return sympy.Integer(0)
    exits = [roots[0] for p in conditions if (roots := real_roots(K, odd_part(K, p), low=QQ.zero))]
    return distinct_sorted(exits)[0].expr if exits else sympy.oo


def _monotonicity(K: Field, beta: list[list[Any]]) -> list[Polynomial]:
    """Nonzero polynomials in r, nonnegative on [0, R] iff the scheme is absolutely monotonic there.

    With D = det(I + r K) and K the tableau with b as its last row: D, D (I + r K)^-1 1 and D K (I + r K)^-1.
    The adjugate and D are truncated Neumann series, by Faddeev and LeVerrier.
    """
    n = len(beta)
    D: Polynomial = [K.one]
    power = [[K.one if i == j else K.zero for j in range(n)] for i in range(n)]
    adjugate: list[list[Polynomial]] = [[[] for _ in range(n)] for _ in range(n)]
    for step in range(1, n + 1):  # power holds the coefficient of r^(step - 1) in the adjugate
        for i in range(n):
            for j in range(n):
                adjugate[i][j] = [*adjugate[i][j], power[i][j]]
        image = product(K, beta, power)
        c = sum((image[i][i] for i in range(n)), K.zero) / K.number(step)
        D = [*D, c]
        power = [[(c if i == j else K.zero) - image[i][j] for j in range(n)] for i in range(n)]
    sums = [functools.reduce(lambda f, g: add(K, f, trim(K, g)), row, []) for row in adjugate]
    entries = [_combined(K, row, [adjugate[m][j] for m in range(n)]) for row in beta for j in range(n)]
    return [p for p in (trim(K, D), *(trim(K, q) for q in (*sums, *entries))) if p]


def _combined(K: Field, row: list[Any], column: list[Polynomial]) -> Polynomial:
    terms = (multiply(K, [a], trim(K, f)) for a, f in zip(row, column, strict=True) if a)
    return functools.reduce(lambda f, g: add(K, f, scale(g, K.one) if g else g), terms, [])
