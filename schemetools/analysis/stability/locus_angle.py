"""The angle of A(alpha)-stability from the root locus: found in floats, refined to many digits, proven in balls.

On w = e^(i theta) the locus z(theta) solves Phi(w, z) = 0. A sector around the negative real axis without a point of it
is stable or unstable as a whole, so alpha is the least |arg(-z)| on the locus. For one-step schemes it is proven: with
x = cos(alpha -+ eps) the polynomial |Q|^2 - |P|^2 in r is positive on the one ray and negative somewhere on the other,
and no pole lies in the sector; R is then bounded by 1 in all of it (maximum principle).
"""

from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Float, Rational

from schemetools import exact
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial, derivative, divide, gcd, trim
from schemetools.analysis.algebra.rings import HAS_FLINT
from schemetools.analysis.regions.locus import FARTHEST, roots_in_z
from schemetools.analysis.stability.model import Bivariate
from schemetools.analysis.stability.verdicts import chebyshev

if HAS_FLINT:
    import flint

DIGITS, SHOWN, BITS = 60, 30, 640
EPSILON = Rational(1, 10**29)
POINTS = 2048
NEAR_AXIS = 1e-7
CERTIFIED = "numerical, to 1e-29: the point of the root locus, both sides of it proven in ball arithmetic"
UNPROVEN = "numerical, to 1e-25: the least argument on the root locus, found on a grid and refined"


class LocusAngle:
    """The least |arg(-z)| on the locus of Phi, in radians, with the point at which it is taken."""

    def __init__(self, K: Field, phi: Bivariate):
        self.K, self.phi = K, phi
        columns = max(len(p) for p in phi)
        self.table = np.zeros((len(phi), columns))
        for j, p in enumerate(phi):
            self.table[j, : len(p)] = [exact.to_float(K.domain.to_sympy(c)) for c in p]

    def find(self) -> tuple[Any, Any] | None:
        """(alpha, z) to many digits; None where no point of the locus lies clearly in the left half plane."""
        with mpmath.workdps(DIGITS):
            precise = [[_mpf(self.K, c) for c in p] for p in self.phi]
            best = None
            for theta, z in self._candidates():
                found = _refined(precise, theta, z)
                if found is not None and (best is None or found[0] < best[0]):
                    best = found
            return best

    def _candidates(self) -> list[tuple[float, complex]]:
        """The local minima of |arg(-z)| over the grid, the least few of them."""
        fine = np.geomspace(1e-4, 0.1, 128)
        grid = np.unique(np.concatenate([np.linspace(0, np.pi, POINTS)[1:-1], fine, np.pi - fine]))
        z = roots_in_z(self.table, grid)
        near = (np.abs(z) > 1e-9) & (np.abs(z) < FARTHEST)
        arguments = np.where(near, np.abs(np.angle(-z)), np.inf)
        least = arguments.argmin(axis=1)
        rows = np.arange(len(grid))
        chosen: list[tuple[float, complex]] = []
        for i in np.argsort(arguments[rows, least], kind="stable"):
            if len(chosen) == 4 or not arguments[i, least[i]] < np.pi / 2 - NEAR_AXIS:
                break
            if all(abs(grid[i] - theta) > 0.02 for theta, _ in chosen):
                chosen.append((float(grid[i]), complex(z[i, least[i]])))
        return chosen


def _mpf(K: Field, c: Any) -> Any:
    value = K.domain.to_sympy(c)
    if value.is_Rational:
        return mpmath.mpf(int(value.p)) / int(value.q)
    return mpmath.mpmathify(value.evalf(DIGITS + 10))


def _refined(phi: list[list[Any]], theta: float, z: complex) -> tuple[Any, Any] | None:
    """(|arg(-z)|, z) where z'/z is real along the locus, by Newton inside a secant; None where that fails."""
    point = [mpmath.mpmathify(z)]

    def slope(t: Any) -> Any:
        w = mpmath.expj(t)
        point[0] = _on_locus(phi, w, point[0])
        terms = (j * mpmath.polyval(p[::-1], point[0]) * w ** (j - 1) for j, p in enumerate(phi) if j)
        by_w = sum(terms, mpmath.mpc(0))
        by_z = _by_z(phi, w, point[0])
        return mpmath.im(-by_w * 1j * w / by_z / point[0])

    try:
        mpmath.findroot(slope, (mpmath.mpf(theta), mpmath.mpf(theta) + mpmath.mpf("1e-4")), tol=mpmath.mpf(10) ** -90)
    except (ValueError, ZeroDivisionError):
        return None
    if mpmath.re(point[0]) >= 0 or abs(point[0]) < 1e-8:
        return None
    return abs(mpmath.arg(-point[0])), point[0]


def _on_locus(phi: list[list[Any]], w: Any, z: Any) -> Any:
    for _ in range(60):
        value = sum((mpmath.polyval(p[::-1], z) * w**j for j, p in enumerate(phi)), mpmath.mpc(0))
        step = value / _by_z(phi, w, z)
        z -= step
        if abs(step) < abs(z) * mpmath.mpf(10) ** (4 - DIGITS):
            return z
    raise ValueError("Newton's method did not settle on the locus")


def _by_z(phi: list[list[Any]], w: Any, z: Any) -> Any:
    slopes = ([m * c for m, c in enumerate(p)][1:] for p in phi)
    return sum((mpmath.polyval(p[::-1], z) * w**j for j, p in enumerate(slopes) if p), mpmath.mpc(0))


# ---- one-step: the proof ------------------------------------------------------------


def is_proven(K: Field, phi: Bivariate, alpha: Any, z: Any) -> bool:
    """Whether |R| <= 1 in the sector of alpha - eps and |R| > 1 somewhere in that of alpha + eps, by balls."""
    if not HAS_FLINT:
        return False
    before = flint.ctx.prec
    flint.ctx.prec = BITS
    try:
        gap = _gap(K, phi)
        middle = _rational(alpha)
        inner, outer = (_ball(t) for t in (middle - EPSILON, middle + EPSILON))
        radius = _ball(_rational(abs(z)))
        ray = [_horner(c, inner.cos()) for c in gap]
        beyond = _horner([_horner(c, outer.cos()) for c in gap], radius)
        return bool(beyond < 0) and _is_positive(ray) and _has_no_pole(K, phi[1], inner)
    except (ValueError, ZeroDivisionError, NotImplementedError):  # roots that balls do not tell apart
        return False
    finally:
        flint.ctx.prec = before


def _rational(value: Any) -> Rational:
    with mpmath.workdps(2 * DIGITS):  # mpmath rounds to the working precision in every operation
        return Rational(int(mpmath.floor(mpmath.ldexp(value, 190))), 2**190)


def _gap(K: Field, phi: Bivariate) -> list[list[Any]]:
    """|Q|^2 - |P|^2 on z = -r e^(i alpha) by powers of r, each a polynomial of balls in cos(alpha); r^m taken out."""
    P, Q = phi
    size = max(len(P), len(Q))
    T, _ = chebyshev(size)
    table = [[K.zero] * size for _ in range(2 * size - 1)]
    for sign, p in ((K.one, Q), (-K.one, P)):
        for i, a in enumerate(p):
            for j, b in enumerate(p):
                c = sign * a * b if (i + j) % 2 == 0 else -sign * a * b
                for m, t in enumerate(T[abs(i - j)]):
                    if t:
                        table[i + j][m] += c * K.number(t)
    rows = [trim(K, row) for row in table]
    while rows and not rows[-1]:
        rows.pop()
    while rows and not rows[0]:
        rows.pop(0)
    return [[_ball(K.domain.to_sympy(c)) for c in row] or [flint.arb(0)] for row in rows]


def _ball(value: Expr) -> Any:
    if value.is_Rational:
        return flint.arb(flint.fmpq(int(value.p), int(value.q)))  # type: ignore[attr-defined]
    digits = int(BITS * 0.3) + 20
    number = value.evalf(digits)
    middle = Rational(number)
    size = flint.fmpq(int(middle.p), int(middle.q))
    return flint.arb(size) + flint.arb(0, abs(float(number)) * 10.0 ** (10 - digits) if digits < 280 else 1e-180)


def _horner(coefficients: list[Any], x: Any) -> Any:
    total = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = total * x + c
    return total


def _is_positive(polynomial: list[Any]) -> bool:
    """Whether a polynomial is positive for r > 0: no root there, and positive at 1."""
    roots = flint.acb_poly(polynomial).roots() if len(polynomial) > 1 else []
    return all(r.real < 0 or not r.imag.contains(0) for r in roots) and bool(_horner(polynomial, flint.arb(1)) > 0)


def _has_no_pole(K: Field, Q: Polynomial, alpha: Any) -> bool:
    """Whether no zero of Q lies in the closed sector |arg(-z)| <= alpha < pi/2."""
    if len(Q) < 2:
        return True
    simple = divide(K, Q, gcd(K, Q, derivative(K, Q)))[0]
    roots = flint.acb_poly([_ball(K.domain.to_sympy(c)) for c in simple]).roots()
    slope = alpha.tan()
    return all(z.real > 0 or abs(z.imag) > -z.real * slope for z in roots)


def as_number(alpha: Any) -> Expr:
    """The angle as a sympy Float of 30 digits."""
    return Float(sympy.Float(str(mpmath.nstr(alpha, DIGITS - 5)), DIGITS - 5), SHOWN)
