"""Exact lengths and angles of stability regions, for coefficients that are numbers.

One-step schemes: sign changes of |Q|^2 - |P|^2. Multistep schemes: the root locus z = (N + i sin(theta) M)/|sigma|^2 in
c = cos(theta) meets an axis where M or N vanishes; between the meeting points one exact root count decides. Any other
scheme: the cells of the axis found by `parametric.explore`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import sympy
from sympy import QQ, Expr

from schemetools.analysis.algebra import (
    Field,
    Polynomial,
    add,
    count_against_circle,
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
from schemetools.analysis.real_roots import RealRoot, between, distinct_sorted, real_roots
from schemetools.analysis.stability_model import Bivariate, at_point, reduced, z_degree
from schemetools.analysis.stability_verdicts import (
    axis_cells,
    chebyshev,
    harmonics,
    imaginary_gap,
    is_a_stable,
    is_stable_at_infinity,
    is_zero_stable,
    locus_products,
    quadratic_conditions,
    real_gap,
    rho_sigma,
)
from schemetools.analysis.step_matrix import characteristic_polynomial
from schemetools.errors import UnsupportedError

Exit = RealRoot | None
"""Where an axis leaves the closed region: None if never, the root 0 if at once."""

ORIGIN = RealRoot((0, 1), QQ.zero, QQ.zero)
COMPARISON_DIGITS = 60


def real_exit(K: Field, phi: Bivariate, at_zero: Polynomial) -> Exit:
    """The largest t with [-t, 0] in the closed region."""
    phi = reduced(K, phi)
    if not is_zero_stable(K, at_zero) or z_degree(phi) < 1:
        return ORIGIN
    if len(phi) == 2:
        return _first_negative(K, real_gap(K, phi))
    if all(len(p) <= 2 for p in phi):
        return _walk(real_crossings(K, phi), lambda a, b: _holds(K, phi, -between(a, b), QQ.zero))
    return _from_conditions(K, phi, imaginary=False)


def imaginary_exit(K: Field, phi: Bivariate, at_zero: Polynomial) -> tuple[Exit, bool]:
    """The largest y with i [-y, y] in the closed region; True beside it says that the root is y^2."""
    phi = reduced(K, phi)
    if not is_zero_stable(K, at_zero) or z_degree(phi) < 1:
        return ORIGIN, False
    if len(phi) == 2:
        return _first_negative(K, imaginary_gap(K, phi)), True
    if all(len(p) <= 2 for p in phi):
        squares = imaginary_crossings(K, phi)
        return _walk(squares, lambda a, b: _holds(K, phi, QQ.zero, _square_root_between(a, b))), True
    return _from_conditions(K, phi, imaginary=True), False


def length(exit_: Exit, *, squared: bool = False) -> Expr:
    """An exit as an exact sympy number."""
    if exit_ is None:
        return sympy.oo
    return sympy.sqrtdenest(sympy.sqrt(exit_.expr)) if squared else exit_.expr


# ---- walking along an axis --------------------------------------------------------


def _first_negative(K: Field, f: Polynomial) -> Exit:
    """The first t > 0 at which f turns negative."""
    if not f:
        return None
    if K.sign(next(c for c in f if not K.is_zero(c))) < 0:
        return ORIGIN
    roots = real_roots(K, odd_part(K, f), low=QQ.zero)
    return roots[0] if roots else None


def _walk(bounds: list[RealRoot], stable: Callable[[RealRoot, RealRoot | None], bool]) -> Exit:
    for a, b in zip([ORIGIN, *bounds], [*bounds, None], strict=True):
        if b is not None:
            distinct_sorted([a, b])
        if not stable(a, b):
            return a
    return None


def _from_conditions(K: Field, phi: Bivariate, *, imaginary: bool) -> Exit:
    if conditions := quadratic_conditions(K, phi, imaginary=imaginary):
        exits = [exit_ for p in conditions if (exit_ := _first_negative(K, p)) is not None]
        return min(exits) if exits else None
    cells = axis_cells(K, phi, imaginary=imaginary)
    unstable = next((i for i, stable in enumerate(cells.results) if not stable), None)
    if unstable is None:
        return None
    return cells.bounds[unstable - 1] if unstable else ORIGIN


def _holds(K: Field, phi: Bivariate, x: Any, y: Any) -> bool:
    return count_against_circle(K, *at_point(K, phi, K.number(x), K.number(y))).is_power_bounded


def _square_root_between(a: RealRoot, b: RealRoot | None) -> Any:
    """A rational whose square lies strictly between."""
    low = a.high
    high = b.low if b is not None else 4 * low + 4
    bits = 8
    while True:
        scaled = (low + high) / 2 * 4**bits
        y = QQ(math.isqrt(int(scaled.numerator // scaled.denominator)), 2**bits)
        if low < y * y < high:
            return y
        bits *= 2


# ---- where a multistep scheme's locus meets the axes -------------------------------------


def real_crossings(K: Field, phi: Bivariate) -> list[RealRoot]:
    """The t > 0 at which the locus may meet the negative real axis at -t, ascending."""
    return _positive_roots(K, crossing_polynomials(K, phi, imaginary=False))


def imaginary_crossings(K: Field, phi: Bivariate) -> list[RealRoot]:
    """The squares y^2 > 0 of the points at which the locus may meet the imaginary axis at i y, ascending."""
    return _positive_roots(K, crossing_polynomials(K, phi, imaginary=True))


def crossing_polynomials(K: Field, phi: Bivariate, *, imaginary: bool) -> list[Polynomial]:
    """Polynomials among whose roots are the t with -t, or the squares y^2 with i y, on the locus of a multistep scheme.

    If the whole locus lies on the axis, its turning points take the place of the meeting points.
    """
    N, M = locus_products(K, phi)
    S = _sigma_squared(K, phi)
    if imaginary:
        squares = multiply(K, [K.one, K.zero, -K.one], multiply(K, M, M))
        turning = subtract(K, multiply(K, derivative(K, squares), S), scale(multiply(K, squares, derivative(K, S)), K.number(2)))
        return [values_at_roots(K, N or turning, squares, multiply(K, S, S))]
    turning = subtract(K, multiply(K, derivative(K, N), S), multiply(K, N, derivative(K, S)))
    ends = [[evaluate(K, N, c) / s, K.one] for c in (-K.one, K.one) if not K.is_zero(s := evaluate(K, S, c))]
    return [values_at_roots(K, M or turning, scale(N, -K.one), S), *(trim(K, p) for p in ends)]


def _sigma_squared(K: Field, phi: Bivariate) -> Polynomial:
    _, sigma = rho_sigma(K, phi)
    return harmonics(K, sigma, sigma)[0]


def _positive_roots(K: Field, polynomials: list[Polynomial]) -> list[RealRoot]:
    factors = [g for f in polynomials for g, _ in square_free_factors(K, f)]
    return distinct_sorted({(r.factor, r.low): r for g in factors for r in real_roots(K, g, low=QQ.zero)}.values())


def values_at_roots(K: Field, where: Polynomial, top: Polynomial, bottom: Polynomial) -> Polynomial:
    """The polynomial whose roots are the finite values of top/bottom at the roots of `where`.

    It is the characteristic polynomial of multiplication by top/bottom modulo the square-free part of `where`.
    """
    modulus = where
    if len(modulus) > 1:
        modulus = divide(K, modulus, gcd(K, modulus, derivative(K, modulus)))[0]
        modulus = divide(K, modulus, gcd(K, modulus, bottom))[0]
    n = len(modulus) - 1
    if n < 1:
        return [K.one]
    element = divide(K, multiply(K, top, _inverse(K, bottom, modulus)), modulus)[1]
    rows = []
    for _ in range(n):
        rows.append(element + [K.zero] * (n - len(element)))
        element = divide(K, [K.zero, *element], modulus)[1]
    return characteristic_polynomial(K, rows)


def _inverse(K: Field, f: Polynomial, modulus: Polynomial) -> Polynomial:
    """The inverse of f modulo a polynomial coprime to it."""
    a, b, u, v = modulus, divide(K, f, modulus)[1], [], [K.one]
    while len(b) > 1:
        quotient, remainder = divide(K, a, b)
        a, b, u, v = b, remainder, v, subtract(K, u, multiply(K, quotient, v))
    return scale(v, K.one / b[0])


# ---- A(alpha) ---------------------------------------------------------------------


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
    raise UnsupportedError("A(alpha) is decided for one-step and linear multistep schemes; use contains(z) for this one")


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


@dataclass(frozen=True)
class _Slope:
    """A candidate for the least tan(alpha)^2 on the locus: where it is, and its numerical value."""

    where: RealRoot | Any
    value: Any


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
