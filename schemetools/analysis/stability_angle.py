"""The angle of A(alpha)-stability, exactly."""

import math
from typing import Any

import mpmath
import sympy
from sympy import QQ, Expr

from schemetools.analysis.algebra import (
    Field,
    Polynomial,
    add,
    count_real_roots,
    derivative,
    divide,
    evaluate,
    gcd,
    is_nonnegative,
    multiply,
    odd_part,
    scale,
    square_free_factors,
    subtract,
    trim,
)
from schemetools.analysis.parametric import explore
from schemetools.analysis.real_roots import RealRoot, real_roots
from schemetools.analysis.stability_model import Bivariate, reduced
from schemetools.analysis.stability_numbers import real_exit, values_at_roots
from schemetools.analysis.stability_verdicts import (
    chebyshev,
    is_a_stable,
    is_stable_at_infinity,
    is_zero_stable,
    locus_products,
)
from schemetools.errors import UnsupportedError

COMPARISON_DIGITS = 60


def angle(K: Field, phi: Bivariate, at_zero: Polynomial) -> Expr | None:
    """The largest alpha with the sector |arg(-z)| < alpha in the region; None unless some sector can be.

    None unless zero-stable, stable at infinity, and stable on the negative real axis.
    """
    phi = reduced(K, phi)
    if not is_zero_stable(K, at_zero) or not is_stable_at_infinity(K, phi):
        return None
    if is_a_stable(K, phi):
        return sympy.pi / 2
    if real_exit(K, phi, at_zero) is not None:
        return None
    if len(phi) == 2:
        return _one_step_angle(K, phi)
    if all(len(p) <= 2 for p in phi):
        return _multistep_angle(K, phi)
    raise UnsupportedError(
        "A(alpha) is decided for one-step and linear multistep schemes; use contains(z) for this one"
    )


def _one_step_angle(K: Field, phi: Bivariate) -> Expr:
    """On z = -r e^(i alpha), |Q|^2 - |P|^2 is a polynomial in r over K(x), x = cos(alpha)."""
    domain = K.domain.frac_field("x")
    x = domain.gens[0]
    lifted = [[domain.convert(c, K.domain) for c in p] for p in phi]
    T, _ = chebyshev(max(len(p) for p in phi))

    def holds(F: Field) -> bool:
        cosines = [evaluate(F, [F.number(c) for c in t], x) for t in T]
        gap = subtract(F, _modulus_on_ray(F, lifted[1], cosines), _modulus_on_ray(F, lifted[0], cosines))
        return is_nonnegative(F, gap, F.zero, math.inf)

    cells = explore(holds, K, domain, low=0, high=1)
    stable = 0
    while stable < len(cells.results) and cells.results[-1 - stable]:
        stable += 1
    return sympy.acos(cells.bounds[-stable].expr) if stable else sympy.Integer(0)


def _modulus_on_ray(F: Field, p: Polynomial, cosines: list[Any]) -> Polynomial:
    square = [F.zero] * (2 * len(p))
    for i, a in enumerate(p):
        for j, b in enumerate(p):
            square[i + j] += (a * b if (i + j) % 2 == 0 else -a * b) * cosines[abs(i - j)]
    return trim(F, square)


def _multistep_angle(K: Field, phi: Bivariate) -> Expr:
    """tan(alpha)^2 is the infimum of (1 - c^2) M^2/N^2 over N(c) < 0, c in (-1, 1)."""
    N, M = locus_products(K, phi)
    common = gcd(K, N, M)
    n, m = divide(K, N, common)[0], divide(K, M, common)[0]
    circle = [K.one, K.zero, -K.one]
    top, bottom = multiply(K, circle, multiply(K, m, m)), multiply(K, n, n)
    inner = add(K, scale(multiply(K, [K.zero, K.one], m), -K.one), multiply(K, circle, derivative(K, m)))
    critical = subtract(K, multiply(K, inner, n), multiply(K, circle, multiply(K, m, derivative(K, n))))
    where = multiply(K, multiply(K, critical, m), multiply(K, common, circle))
    where = divide(K, where, gcd(K, where, derivative(K, where)))[0]
    where = divide(K, where, gcd(K, where, n))[0]
    negative = [root for root in real_roots(K, where) if _borders_negative(K, N, root)]
    least = min(negative, key=lambda root: _numerical(K, top, root) / _numerical(K, bottom, root))
    target = _numerical(K, top, least) / _numerical(K, bottom, least)
    if abs(target) < mpmath.mpf(10) ** (-COMPARISON_DIGITS // 2):
        return sympy.Integer(0)
    polynomial = values_at_roots(K, where, top, bottom)
    roots = [r for g, _ in square_free_factors(K, polynomial) for r in real_roots(K, g, low=QQ.zero)]
    return sympy.atan(sympy.sqrtdenest(sympy.sqrt(min(roots, key=lambda r: abs(_midpoint(r) - target)).expr)))


def _borders_negative(K: Field, N: Polynomial, root: RealRoot) -> bool:
    """Whether N < 0 at points of (-1, 1) as near to the root as one likes."""
    odd = odd_part(K, N)
    root.refine_to(QQ(1, 2**20))
    a, b = max(root.low, QQ(-1)), min(root.high, QQ(1))
    if a > b or root.high < -1 or root.low > 1:
        return False
    step = QQ(1, 2**24)
    sides = [x for x in (a - step, b + step) if -1 < x < 1]
    while any(count_real_roots(K, odd, *_ordered(x, root)) > 0 for x in sides):
        step /= 2**8
        root.refine_to(step)
        sides = [x for x in (root.low - step, root.high + step) if -1 < x < 1]
    return any(K.sign(evaluate(K, N, K.number(x))) < 0 for x in sides)


def _ordered(x: Any, root: RealRoot) -> tuple[Any, Any]:
    return (x, root.low) if x < root.low else (root.high, x)


def _midpoint(root: RealRoot) -> Any:
    root.refine_to(QQ(1, 10**COMPARISON_DIGITS))
    q = (root.low + root.high) / 2
    with mpmath.workdps(COMPARISON_DIGITS):
        return mpmath.mpf(int(q.numerator)) / int(q.denominator)


def _numerical(K: Field, f: Polynomial, root: RealRoot) -> Any:
    x = _midpoint(root)
    with mpmath.workdps(COMPARISON_DIGITS):
        value = mpmath.mpf(0)
        for c in reversed(f):
            value = value * x + mpmath.mpf(K.domain.to_sympy(c).evalf(COMPARISON_DIGITS))
        return +value
