"""The first sign change of a polynomial with long coefficients, from root enclosures in ball arithmetic (python-flint).

Factoring a polynomial of thousands of digits takes minutes; enclosing its roots, proven, takes milliseconds.
"""

from typing import Any

from sympy import QQ, ZZ, Expr
from sympy.external.gmpy import GROUND_TYPES
from sympy.polys.densetools import dup_clear_denoms
from sympy.polys.sqfreetools import dmp_norm

from schemetools.analysis.algebra.descartes import positive_intervals
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial, evaluate
from schemetools.analysis.algebra.real_roots import LONGEST_EQUATION, RealRoot

HAS_FLINT = GROUND_TYPES == "flint"
if HAS_FLINT:
    from flint import ctx, fmpz_poly

BITS = 256


class EnclosedRoot(RealRoot):
    """A root known by its enclosure: its polynomial need not be irreducible, and is not written."""

    __slots__ = ()

    @property
    def expr(self) -> Expr:
        """The number to 30 digits."""
        return self.decimal


def cleared(K: Field, f: Polynomial) -> list[int]:
    """The integer polynomial, ascending, among whose roots are those of f (through the norm to QQ)."""
    descending = list(reversed(f))
    if not K.domain.is_QQ:
        descending = dmp_norm(descending, 0, K.domain)
    _, integral = dup_clear_denoms(descending, QQ, ZZ, convert=True)
    return [int(c) for c in reversed(integral)]


def is_long(coefficients: list[int]) -> bool:
    """Whether an equation is longer than a page holds, so that its roots are given as numbers."""
    return HAS_FLINT and sum(abs(c).bit_length() for c in coefficients) > LONGEST_EQUATION


def first_sign_change(K: Field, f: Polynomial, coefficients: list[int]) -> RealRoot | None:
    """The least t > 0 at which f changes its sign, as a root of the integer polynomial; None if there is none."""
    if K.domain.is_QQ:
        odd = fmpz_poly([1])
        for factor, multiplicity in fmpz_poly(coefficients).factor_squarefree()[1]:
            odd *= factor if multiplicity % 2 else 1
        found = next(positive_intervals(odd), None)
        return None if found is None else EnclosedRoot(tuple(map(int, odd.coeffs())), *found)
    with ctx.workprec(BITS):
        roots: Any = fmpz_poly(coefficients).complex_roots()
        enclosures = [root for root, _ in roots if root.imag == 0]
    intervals = sorted(_ends(root.real) for root in enclosures)
    for low, high in intervals:
        if low <= 0:
            continue
        signs = [K.sign(evaluate(K, f, K.number(x))) for x in (low, high)]
        if signs[0] * signs[1] < 0:
            return EnclosedRoot(tuple(coefficients), low, high)
    return None


def _ends(ball: Any) -> tuple[Any, Any]:
    """Rationals around a ball."""
    middle, exponent = ball.mid().man_exp()
    radius, scale = ball.rad().man_exp()
    centre = _dyadic(int(middle), int(exponent))
    width = _dyadic(int(radius), int(scale)) if radius else _dyadic(1, -BITS)
    return centre - width, centre + width


def _dyadic(mantissa: int, exponent: int) -> Any:
    return QQ(mantissa * 2**exponent) if exponent >= 0 else QQ(mantissa, 2**-exponent)
