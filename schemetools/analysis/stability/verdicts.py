"""Yes or no, decided in exact arithmetic: zero-, A-, L-, A_0- and I-stability of Phi(w, z).

Each function takes an ordered field and coefficients over it, uses field operations and sign tests only, and so serves
numbers and (through `stability_model.decide`) a free symbol alike.
Sources: Hairer and Wanner, Solving Ordinary Differential Equations II, sections IV.3 and V.1; Dahlquist (1963, 1978).
"""

import math
from typing import Any

from sympy import QQ

from schemetools.analysis.algebra.cells import Cells, ParametricField, explore
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial, add, multiply, scale, subtract, trim
from schemetools.analysis.algebra.real_roots import RealRoot, between, distinct_sorted
from schemetools.analysis.algebra.resultants import circle_crossings
from schemetools.analysis.algebra.root_counts import count_against_circle, is_hurwitz
from schemetools.analysis.algebra.sturm import is_nonnegative
from schemetools.analysis.stability.model import Bivariate, at_point, leading_in_z, reduced, z_degree
from schemetools.errors import UnsupportedError


def is_zero_stable(K: Field, at_zero: Polynomial) -> bool:
    """The root condition for the polynomial at z = 0: powers stay bounded."""
    return count_against_circle(K, at_zero).is_power_bounded


def is_a_stable(K: Field, phi: Bivariate, at_zero: Polynomial) -> bool:
    """Whether the closed left half plane is in the closed stability region."""
    phi = reduced(K, phi)
    if z_degree(phi) < 1:  # f does not enter: the powers are the same everywhere
        return is_zero_stable(K, at_zero)
    if len(phi) == 2:
        return poles_are_right(K, phi) and is_nonnegative(K, imaginary_gap(K, phi), K.zero, math.inf)
    if all(len(p) <= 2 for p in phi):
        inside = count_against_circle(K, at_point(K, phi, -K.one, K.zero)[0]).inside
        real, _ = locus_products(K, phi)
        return inside == len(phi) - 1 and is_nonnegative(K, real, -K.one, K.one)
    if not poles_are_right(K, phi):
        return False
    if conditions := quadratic_conditions(K, phi, imaginary=True):
        return all(is_nonnegative(K, condition, K.zero, math.inf) for condition in conditions)
    return all(axis_cells(K, phi, imaginary=True).results)


def is_l_stable(K: Field, phi: Bivariate, at_zero: Polynomial) -> bool:
    """A-stable, and every root w tends to 0 as z -> oo."""
    phi = reduced(K, phi)
    return z_degree(phi) > 0 and vanishes_at_infinity(K, phi) and is_a_stable(K, phi, at_zero)


def vanishes_at_infinity(K: Field, phi: Bivariate) -> bool:
    """Whether w = 0 is the only root at z = oo."""
    *lower, leading = leading_in_z(K, phi)
    return not K.is_zero(leading) and all(K.is_zero(c) for c in lower)


def is_stable_at_infinity(K: Field, phi: Bivariate) -> bool:
    """The root condition at z = oo, multiple roots on the circle allowed as in a closed region."""
    return not count_against_circle(K, leading_in_z(K, reduced(K, phi))).outside


def poles_are_right(K: Field, phi: Bivariate) -> bool:
    """Whether the leading coefficient in w has its zeros z in the open right half plane."""
    mirrored = [-c if m % 2 else c for m, c in enumerate(phi[-1])]
    return is_hurwitz(K, trim(K, mirrored))


# ---- one-step: R = P/Q -----------------------------------------------------------


def imaginary_gap(K: Field, phi: Bivariate) -> Polynomial:
    """E(y^2) = |Q(iy)|^2 - |P(iy)|^2 as a polynomial in y^2: nonnegative where |R(iy)| <= 1."""
    gap = subtract(K, _modulus_on_axis(K, phi[1]), _modulus_on_axis(K, phi[0]))
    return K.settled(gap, phi, imaginary=True)


def _modulus_on_axis(K: Field, p: Polynomial) -> Polynomial:
    even = [c if m % 2 == 0 else -c for m, c in enumerate(p[0::2])]
    odd = [c if m % 2 == 0 else -c for m, c in enumerate(p[1::2])]
    return add(K, multiply(K, even, even), [K.zero, *multiply(K, odd, odd)] if odd else [])


def real_gap(K: Field, phi: Bivariate) -> Polynomial:
    """Q(-t)^2 - P(-t)^2: nonnegative where |R(-t)| <= 1."""
    P, Q = ([-c if m % 2 else c for m, c in enumerate(p)] for p in phi)
    return K.settled(subtract(K, multiply(K, Q, Q), multiply(K, P, P)), phi, imaginary=False)


def real_conditions(K: Field, phi: Bivariate) -> list[Polynomial]:
    """The factors Q -+ P of the gap at z = -t: both nonnegative from 0 on, as long as |R(-t)| <= 1.

    Coefficients that are not exact are judged in the gap as a whole.
    """
    if K.is_rounded:
        return [real_gap(K, phi)]
    minus_P, Q = ([-c if m % 2 else c for m, c in enumerate(p)] for p in phi)
    if K.sign(Q[0]) < 0:
        minus_P, Q = scale(minus_P, -K.one), scale(Q, -K.one)
    return [add(K, Q, minus_P), subtract(K, Q, minus_P)]


# ---- multistep: Phi = rho - z sigma ----------------------------------------------------


def locus_products(K: Field, phi: Bivariate) -> tuple[Polynomial, Polynomial]:
    """(N, M) with rho conj(sigma) = N(c) + i sin(theta) M(c) on w = e^(i theta), c = cos(theta).

    The root locus is z = rho/sigma = (N + i sin(theta) M)/|sigma|^2.
    """
    rho, sigma = rho_sigma(K, phi)
    return harmonics(K, rho, sigma)


def rho_sigma(K: Field, phi: Bivariate) -> tuple[list[Any], list[Any]]:
    """The coefficients of rho and sigma, ascending, both of formal degree deg_w."""
    return [p[0] if p else K.zero for p in phi], [-p[1] if len(p) > 1 else K.zero for p in phi]


def harmonics(K: Field, f: list[Any], g: list[Any]) -> tuple[Polynomial, Polynomial]:
    """(N, M) with f(w) conj(g(w)) = N(c) + i sin(theta) M(c) on the unit circle, by Chebyshev polynomials."""
    n = len(f)
    first, second = chebyshev(n)
    N, M = [K.zero] * n, [K.zero] * n
    for i, a in enumerate(f):
        for j, b in enumerate(g):
            if not a or not b:
                continue
            d = abs(i - j)
            for m, t in enumerate(first[d]):
                N[m] += a * b * t
            for m, u in enumerate(second[d]):
                M[m] += a * b * (u if i > j else -u)
    return trim(K, N), trim(K, M)


def chebyshev(n: int) -> tuple[list[list[int]], list[list[int]]]:
    """T_d and U_(d-1) for d < n: cos(d theta), and sin(d theta)/sin(theta), in c = cos(theta)."""
    T, U = [[1], [0, 1]], [[], [1]]
    for _ in range(2, n):
        for family in (T, U):
            twice = [0, *(2 * c for c in family[-1])]
            family.append([a - b for a, b in zip(twice, family[-2] + [0] * len(twice), strict=False)])
    return T[:n], U[:n]


# ---- any scheme, along an axis --------------------------------------------------------


def quadratic_conditions(K: Field, phi: Bivariate, *, imaginary: bool) -> list[Polynomial]:
    """Where Phi = a w^2 + b w + c is real on the axis: polynomials in t that must be nonnegative (Jury); else none.

    Both roots of a real quadratic lie in the closed unit disc iff a^2 - c^2 >= 0 and (a + c)^2 - b^2 >= 0.
    """
    if len(phi) != 3 or (imaginary and any(c for p in phi for c in p[1::2])):
        return []
    signs = (1, 0, -1, 0) if imaginary else (1, -1, 1, -1)
    c, b, a = (trim(K, [x * signs[m % 4] for m, x in enumerate(p)]) for p in phi)
    total = add(K, a, c)
    return [
        subtract(K, multiply(K, a, a), multiply(K, c, c)),
        subtract(K, multiply(K, total, total), multiply(K, b, b)),
    ]


def axis_cells(K: Field, phi: Bivariate, *, imaginary: bool) -> Any:
    """The cells of t > 0 with, for each, whether z = i t (or z = -t) satisfies the root condition there."""
    if isinstance(K, ParametricField):
        raise UnsupportedError(
            "this is not decided for a scheme of this kind with a free symbol; substitute a value for it"
        )
    if (bounds := circle_crossings(K, phi, imaginary=imaginary)) is not None:
        return _cells_between(K, phi, bounds, imaginary=imaginary)
    domain = K.domain.frac_field("t")
    t = domain.gens[0]
    lifted = [[domain.convert(c, K.domain) for c in p] for p in phi]

    def stable(F: Field) -> bool:
        point = (F.zero, t) if imaginary else (-t, F.zero)
        return count_against_circle(F, *at_point(F, lifted, *point)).is_power_bounded

    return explore(stable, K, domain, low=0)


def _cells_between(K: Field, phi: Bivariate, bounds: list[RealRoot], *, imaginary: bool) -> Cells[bool]:
    """The cells between the points at which a root may be on the circle, each decided at one rational point."""
    ends = [RealRoot((0, 1), QQ.zero, QQ.zero), *bounds, None]
    results = []
    for a, b in zip(ends, ends[1:], strict=False):
        if a is not None and b is not None:
            distinct_sorted([a, b])
        at = K.number(between(a, b))
        point = (K.zero, at) if imaginary else (-at, K.zero)
        results.append(count_against_circle(K, *at_point(K, phi, *point)).is_power_bounded)
    return Cells(0, math.inf, tuple(bounds), tuple(results))
