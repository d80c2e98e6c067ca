"""Exact lengths of stability intervals, for coefficients that are numbers.

One-step schemes: sign changes of |Q|^2 - |P|^2. Multistep schemes: the root locus z = (N + i sin(theta) M)/|sigma|^2 in
c = cos(theta) meets an axis where M or N vanishes; between the meeting points one exact root count decides. Any other
scheme: the cells of the axis found by `parametric.explore`.
"""

import math
from collections.abc import Callable, Iterable
from typing import Any

import sympy
from sympy import QQ, Expr

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.isolation import HAS_FLINT, cleared, first_sign_change, is_long
from schemetools.analysis.algebra.matrices import characteristic_polynomial
from schemetools.analysis.algebra.polynomials import (
    Polynomial,
    derivative,
    divide,
    evaluate,
    gcd,
    multiply,
    scale,
    subtract,
    trim,
)
from schemetools.analysis.algebra.real_roots import RealRoot, between, distinct_sorted, real_roots
from schemetools.analysis.algebra.resultants import is_available, value_polynomial
from schemetools.analysis.algebra.root_counts import count_against_circle
from schemetools.analysis.algebra.root_number import number_of
from schemetools.analysis.algebra.sturm import odd_part, square_free_factors
from schemetools.analysis.stability.model import Bivariate, at_point, reduced, z_degree
from schemetools.analysis.stability.verdicts import (
    axis_cells,
    harmonics,
    imaginary_gap,
    is_zero_stable,
    locus_products,
    quadratic_conditions,
    real_conditions,
    rho_sigma,
)

Exit = RealRoot | None
"""Where an axis leaves the closed region: None if never, the root 0 if at once."""

ORIGIN = RealRoot((0, 1), QQ.zero, QQ.zero)


def real_exit(K: Field, phi: Bivariate, at_zero: Polynomial) -> Exit:
    """The largest t with [-t, 0] in the closed region."""
    phi = reduced(K, phi)
    if not is_zero_stable(K, at_zero):
        return ORIGIN
    if z_degree(phi) < 1:  # f does not enter: the powers are the same everywhere
        return None
    if len(phi) == 2:
        return first_of(first_negative(K, f) for f in real_conditions(K, phi))
    if all(len(p) <= 2 for p in phi):
        return _walk(real_crossings(K, phi), lambda a, b: _holds(K, phi, -between(a, b), QQ.zero))
    return _from_conditions(K, phi, imaginary=False)


def imaginary_exit(K: Field, phi: Bivariate, at_zero: Polynomial) -> tuple[Exit, bool]:
    """The largest y with i [-y, y] in the closed region; True beside it says that the root is y^2."""
    phi = reduced(K, phi)
    if not is_zero_stable(K, at_zero):
        return ORIGIN, False
    if z_degree(phi) < 1:
        return None, False
    if len(phi) == 2:
        return first_negative(K, imaginary_gap(K, phi)), True
    if all(len(p) <= 2 for p in phi):
        squares = imaginary_crossings(K, phi)
        return _walk(squares, lambda a, b: _holds(K, phi, QQ.zero, _square_root_between(a, b))), True
    return _from_conditions(K, phi, imaginary=True), False


def length(exit_: Exit, *, squared: bool = False) -> Expr:
    """An exit as an exact sympy number."""
    if exit_ is None:
        return sympy.oo
    number = number_of(exit_)
    return sympy.sqrtdenest(sympy.sqrt(number)) if squared else number


# ---- walking along an axis --------------------------------------------------------


def first_negative(K: Field, f: Polynomial) -> Exit:
    """The first t > 0 at which f turns negative."""
    if not f:
        return None
    if K.sign(next(c for c in f if not K.is_zero(c))) < 0:
        return ORIGIN
    integral = cleared(K, f)
    if is_long(integral) or (K.is_rounded and HAS_FLINT):
        return first_sign_change(K, f, integral)
    roots = real_roots(K, odd_part(K, f), low=QQ.zero)
    return roots[0] if roots else None


def first_of(exits: Iterable[Exit]) -> Exit:
    """The nearest of several exits."""
    return min((exit_ for exit_ in exits if exit_ is not None), default=None)


def _walk(bounds: list[RealRoot], stable: Callable[[RealRoot, RealRoot | None], bool]) -> Exit:
    for a, b in zip([ORIGIN, *bounds], [*bounds, None], strict=True):
        if b is not None:
            distinct_sorted([a, b])
        if not stable(a, b):
            return a
    return None


def _from_conditions(K: Field, phi: Bivariate, *, imaginary: bool) -> Exit:
    if conditions := quadratic_conditions(K, phi, imaginary=imaginary):
        return first_of(first_negative(K, p) for p in conditions)
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
        turning = subtract(
            K, multiply(K, derivative(K, squares), S), scale(multiply(K, squares, derivative(K, S)), K.number(2))
        )
        return [values_at_roots(K, N or turning, squares, multiply(K, S, S))]
    turning = subtract(K, multiply(K, derivative(K, N), S), multiply(K, N, derivative(K, S)))
    ends = [[evaluate(K, N, c) / s, K.one] for c in (-K.one, K.one) if not K.is_zero(s := evaluate(K, S, c))]
    return [values_at_roots(K, M or turning, scale(N, -K.one), S), *(trim(K, p) for p in ends)]


def _sigma_squared(K: Field, phi: Bivariate) -> Polynomial:
    _, sigma = rho_sigma(K, phi)
    return harmonics(K, sigma, sigma)[0]


def _positive_roots(K: Field, polynomials: list[Polynomial]) -> list[RealRoot]:
    factors = [g for f in polynomials for g, _ in square_free_factors(K, f)]
    return distinct_sorted(r for g in factors for r in real_roots(K, g, low=QQ.zero))


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
    if is_available(K):
        return value_polynomial(modulus, top, bottom)
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
