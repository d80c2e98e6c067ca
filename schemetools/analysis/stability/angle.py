"""The angle of A(alpha)-stability: exactly where its equation is short, else from the root locus."""

import math
from typing import Any

import sympy
from sympy import QQ, Expr

from schemetools.analysis.algebra.cells import explore
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import (
    Polynomial,
    add,
    derivative,
    divide,
    evaluate,
    gcd,
    multiply,
    scale,
    subtract,
    trim,
)
from schemetools.analysis.algebra.real_roots import RealRoot, between, distinct_sorted, real_roots, sign_at, vanishes_at
from schemetools.analysis.algebra.rings import HAS_FLINT
from schemetools.analysis.algebra.sturm import is_nonnegative, square_free_factors
from schemetools.analysis.stability.locus_angle import CERTIFIED, UNPROVEN, LocusAngle, as_number, is_proven
from schemetools.analysis.stability.model import Bivariate, reduced
from schemetools.analysis.stability.numbers import real_exit, values_at_roots
from schemetools.analysis.stability.verdicts import (
    chebyshev,
    is_a_stable,
    is_stable_at_infinity,
    is_zero_stable,
    locus_products,
)
from schemetools.errors import UnsupportedError

SHORT_DEGREE, SHORT_BITS = 3, 400  # beyond these the exact equation of the angle is longer than any use of it


def angle(K: Field, phi: Bivariate, at_zero: Polynomial) -> Expr | None:
    """The largest alpha with the sector |arg(-z)| < alpha in the region; None unless some sector can be.

    None unless stable at z = 0, at infinity, and on the negative real axis.
    """
    return angle_and_how(K, phi, at_zero)[0]


def angle_and_how(K: Field, phi: Bivariate, at_zero: Polynomial) -> tuple[Expr | None, str | None]:
    """The angle, and how it was found unless exactly."""
    phi = reduced(K, phi)
    if not is_zero_stable(K, at_zero) or not is_stable_at_infinity(K, phi):
        return None, None
    is_linear = all(len(p) <= 2 for p in phi)
    if (
        not is_linear
        and (len(phi) > 2 or not _is_short(K, phi))
        and (found := _from_locus(K, phi, at_zero)) is not None
    ):
        return found
    if is_a_stable(K, phi, at_zero):
        return sympy.pi / 2, None
    if real_exit(K, phi, at_zero) is not None:
        return None, None
    if len(phi) == 2:
        return _one_step_angle(K, phi), None
    if is_linear:
        return _multistep_angle(K, phi), None
    raise UnsupportedError("A(alpha) of this scheme is not told apart from 90 degrees; use contains(z) for this one")


def _is_short(K: Field, phi: Bivariate) -> bool:
    """Whether a one-step scheme's angle has an exact equation that is worth writing."""
    numbers = [n for p in phi for c in p for n in (c.to_list() if hasattr(c, "to_list") else [c])]
    bits = sum(int(n.numerator).bit_length() + int(n.denominator).bit_length() for n in numbers)
    return max(map(len, phi)) <= SHORT_DEGREE + 1 and bits <= SHORT_BITS


def _from_locus(K: Field, phi: Bivariate, at_zero: Polynomial) -> tuple[Expr | None, str | None] | None:
    """The angle from the root locus; None where it is not clearly below 90 degrees, or not proven where it could be."""
    locus = LocusAngle(K, phi)
    found = locus.find()
    if found is None:
        return None
    alpha, z = found
    if len(phi) == 2 and HAS_FLINT:
        return (as_number(alpha), CERTIFIED) if is_proven(K, phi, alpha, z) else None
    if real_exit(K, phi, at_zero) is not None:  # the locus around a pole on the axis meets no ray beside it
        return None, None
    return as_number(alpha), UNPROVEN


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
    beside = [root for root in real_roots(K, where) if _borders_negative(K, N, root)]
    least = _least_value(K, values_at_roots(K, where, top, bottom), top, bottom, beside)
    return sympy.atan(sympy.sqrtdenest(sympy.sqrt(least.expr)))


def _borders_negative(K: Field, f: Polynomial, root: RealRoot) -> bool:
    """Whether f < 0 at points of (-1, 1) as near to the root as one likes: by its first derivative that is not 0."""
    flips = 1
    while vanishes_at(K, f, root):
        f, flips = derivative(K, f), -flips
    sign = sign_at(K, f, root)
    below, above = RealRoot((1, 1), -QQ.one, -QQ.one), RealRoot((-1, 1), QQ.one, QQ.one)
    return (sign < 0 and not root < below and root < above) or (flips * sign < 0 and below < root and not above < root)


def _least_value(K: Field, values: Polynomial, top: Polynomial, bottom: Polynomial, points: list[RealRoot]) -> RealRoot:
    """The least of top/bottom >= 0 at the points, bottom > 0 there: one of the nonnegative roots of `values`.

    Rationals between neighbouring candidates are compared with it exactly.
    """
    ordered = distinct_sorted(r for g, _ in square_free_factors(K, values) for r in real_roots(K, g, low=-QQ.one))
    for value, following in zip(ordered, ordered[1:], strict=False):
        bound = K.number(between(value, following))
        if any(sign_at(K, subtract(K, top, scale(bottom, bound)), point) < 0 for point in points):
            return value
    return ordered[-1]
