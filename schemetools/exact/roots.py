"""Enclosures of algebraic numbers, as sharp as number fields need them."""

from typing import Any

from sympy import QQ, ZZ, CRootOf
from sympy.external.gmpy import GROUND_TYPES
from sympy.polys.rootisolation import RealInterval

HAS_FLINT = GROUND_TYPES == "flint"
if HAS_FLINT:
    from flint import ctx, fmpz_poly

BITS = 1400  # what sympy asks for where it tells a zero from the value of another factor


def sharpen(root: CRootOf) -> None:
    """Give a real root the enclosure at once to which sympy would halve its interval one bit at a time."""
    polynomial = root.poly
    if not HAS_FLINT or not root.is_real or not polynomial.domain.is_ZZ:
        return
    coefficients = [int(c) for c in polynomial.all_coeffs()]
    with ctx.workprec(BITS):
        roots: Any = fmpz_poly(coefficients[::-1]).complex_roots()
        balls = [ball.real for ball, _ in roots if ball.imag == 0]
    known = root._get_interval()
    for ball in balls:
        mantissa, exponent = ball.mid().man_exp()
        middle = QQ(int(mantissa)) * QQ(2) ** int(exponent)
        low, high = middle - QQ(1, 2 ** (BITS - 50)), middle + QQ(1, 2 ** (BITS - 50))
        if known.a < low and high < known.b and low * high > 0:
            root._set_interval(RealInterval((low, high), [ZZ(c) for c in coefficients], ZZ))
            return
