"""Strong stability preservation: the radius of absolute monotonicity, exactly.

Sources: Kraaijevanger, BIT 31 (1991), theorem 4.2; Gottlieb, Ketcheson and Shu, Strong Stability Preserving Runge-Kutta
and Multistep Time Discretizations (2011), chapters 3 and 8.
"""

import functools
from collections.abc import Iterator
from typing import Any

import sympy
from sympy import QQ, And, Eq, Expr, Min, Ne, Piecewise

from schemetools import exact
from schemetools.analysis.algebra.fields import Field, field_of
from schemetools.analysis.algebra.matrices import product
from schemetools.analysis.algebra.polynomials import Polynomial, add, derivative, divide, gcd, multiply, scale, trim
from schemetools.analysis.algebra.real_roots import distinct_sorted, real_roots
from schemetools.analysis.algebra.sturm import odd_part
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_multistep, reduced_stages
from schemetools.schemes.runge_kutta import RungeKutta


@functools.cache
def ssp_coefficient(scheme: Scheme) -> Expr:
    """The largest C such that forward-Euler monotonicity for h <= h_0 gives the scheme's for h <= C h_0.

    Runge-Kutta, implicit included: the radius of absolute monotonicity of the irreducible scheme, which may be oo.
    Multistep: the least -alpha_j/beta_j over j < k with beta_j != 0, and 0 if an -alpha_j/alpha_k (j < k) or a
    beta_j/alpha_k is negative, of the irreducible scheme; with free symbols, a Piecewise in them.
    Raises UnsupportedError for other schemes, for random symbols and for a Runge-Kutta scheme with free symbols.
    """
    if not isinstance(scheme, (LinearMultistep, RungeKutta)):
        raise UnsupportedError("the SSP coefficient is defined here for Runge-Kutta and linear multistep schemes")
    if scheme.random_symbols or (scheme.free_symbols and isinstance(scheme, RungeKutta)):
        raise UnsupportedError("the SSP coefficient needs numbers; substitute the scheme's symbols first")
    return _runge_kutta(scheme) if isinstance(scheme, RungeKutta) else _multistep(scheme)


def _multistep(scheme: LinearMultistep) -> Expr:
    scheme = reduced_multistep(scheme)
    lead = scheme.alpha[-1]
    old = [exact.canonical(-a / lead) for a in scheme.alpha[:-1]]
    slopes = [exact.canonical(b / lead) for b in scheme.beta]
    terms = [(a, b) for a, b in zip(old, slopes, strict=False) if b != 0]
    nonnegative = And(*(c >= 0 for c in (*old, *slopes)))
    if nonnegative in (sympy.true, sympy.false):
        return Min(*(a / b for a, b in terms)) if nonnegative == sympy.true else sympy.Integer(0)
    if len(scheme.free_symbols) == 1:
        nonnegative = nonnegative.simplify()
    least = Min(*(_ratio(a, b, nonnegative) for a, b in terms))
    general = Piecewise((least, nonnegative), (0, True))
    return Piecewise(*_reducible_cases(scheme, general), *general.args)


def _ratio(a: Expr, b: Expr, where: Any) -> Expr:
    """a/b, which binds nothing where b vanishes."""
    ratio = exact.canonical(a / b)
    if not b.free_symbols:
        return ratio
    if len(b.free_symbols) == 1 and len(where.free_symbols) == 1:
        [symbol] = b.free_symbols
        if not any(where.subs(symbol, point) == sympy.true for point in _real_zeros(b, symbol)):
            return ratio
    return Piecewise((ratio, Ne(b, 0)), (sympy.oo, True))


def _real_zeros(value: Expr, symbol: Any) -> list[Expr]:
    """The real zeros of a rational function of one symbol."""
    polynomial = sympy.Poly(sympy.numer(sympy.together(value)), symbol)
    domain, elements = exact.to_domain(polynomial.all_coeffs()[::-1])
    K = field_of(domain)
    square_free = divide(K, elements, gcd(K, elements, derivative(K, elements)))[0]
    return [root.expr for root in real_roots(K, square_free)]


def _reducible_cases(scheme: LinearMultistep, general: Expr) -> Iterator[tuple[Expr, Any]]:
    """(value, condition) where the one free symbol gives rho and sigma a common factor that changes the value.

    For several symbols these are no points, and none is given.
    """
    if len(scheme.free_symbols) > 1:
        return
    [symbol], w = scheme.free_symbols, sympy.Dummy("w")
    rho, sigma = (sympy.Add(*(c * w**j for j, c in enumerate(p))) for p in (scheme.alpha, scheme.beta))
    for point in _real_zeros(sympy.resultant(rho, sigma, w), symbol):
        try:
            value = _multistep(scheme.subs({symbol: point}))
        except SchemeError:  # there is no scheme at this value
            continue
        if value != general.subs(symbol, point):
            yield value, Eq(symbol, point)


def _runge_kutta(scheme: RungeKutta) -> Expr:
    s = scheme.stages
    domain, elements = exact.to_domain([a for row in scheme.A for a in row] + list(scheme.b))
    K = field_of(domain)
    A, b = reduced_stages([elements[i * s : (i + 1) * s] for i in range(s)], elements[s * s :], K.zero)
    beta = [[*row, K.zero] for row in (*A, b)]
    if any(K.sign(a) < 0 for row in beta for a in row):
        return sympy.Integer(0)
    conditions = _monotonicity(K, beta)
    if any(K.sign(next(a for a in p if not K.is_zero(a))) < 0 for p in conditions):
        return sympy.Integer(0)
    exits = [roots[0] for p in conditions if (roots := real_roots(K, odd_part(K, p), low=QQ.zero))]
    distinct = {(root.factor, root.low): root for root in exits}
    return distinct_sorted(distinct.values())[0].expr if distinct else sympy.oo


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
