"""Collocation tableaux of many stages: computed in certified balls, rounded to digits that are sure."""

from collections.abc import Sequence
from typing import Any

from sympy import Rational
from sympy.external.gmpy import GROUND_TYPES

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.collocation import Collocation

HAS_FLINT = GROUND_TYPES == "flint"
if HAS_FLINT:
    import flint

MOST_STAGES = 10
DIGITS, BITS = 60, 700


def enclosed(family: str, s: int) -> Collocation:
    """The method of a family with s stages, its coefficients to 60 decimals.

    Raises SchemeError above 10 stages, and UnsupportedError without python-flint.
    """
    if s > MOST_STAGES:
        raise SchemeError(f"{family}(s) goes to {MOST_STAGES} stages; {s} were asked for")
    if not HAS_FLINT:
        raise UnsupportedError(
            f"{family}({s}) needs ball arithmetic, since its number field is too large: pip install python-flint"
        )
    before = flint.ctx.prec
    flint.ctx.prec = BITS
    try:
        A, b, c = _tableau(family, s)
        rounded = [[_rounded(x) for x in row] for row in (*A, b, c)]
    finally:
        flint.ctx.prec = before
    return Collocation(rounded[:s], rounded[s], rounded[s + 1], family=family, exact=False, digits=DIGITS)


def _tableau(family: str, s: int) -> tuple[Any, Any, Any]:
    c = _nodes(family, s)
    [b] = _rows(c, [[flint.arb(1) / n for n in range(1, s + 1)]])
    integrals = [[x**n / n for n in range(1, s + 1)] for x in c]
    if family in ("gauss", "radau_iia", "lobatto_iiia"):
        return _rows(c, integrals), b, c
    if family == "radau_ia":  # D(s): sum_i b_i c_i^(n-1) a_ij = b_j (1 - c_j^n)/n
        columns = _rows(c, [[(1 - x**n) / n for n in range(1, s + 1)] for x in c])
        return [[b[j] * columns[j][i] / b[i] for j in range(s)] for i in range(s)], b, c
    if family == "lobatto_iiib":  # the symplectic partner of IIIA
        first = _rows(c, integrals)
        return [[b[j] - b[j] / b[i] * first[j][i] for j in range(s)] for i in range(s)], b, c
    rest = _rows(c[1:], [[row[n] - (b[0] if n == 0 else 0) for n in range(s - 1)] for row in integrals])
    return [[b[0], *row] for row in rest], b, c


def _rows(points: Sequence[Any], right: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """X with sum_j X_ij points_j^(n-1) = right_in."""
    size = len(points)
    powers = flint.arb_mat(size, size, [flint.arb(1) if n == 0 else x**n for n in range(size) for x in points])
    found = powers.solve(flint.arb_mat(size, len(right), [row[n] for n in range(size) for row in right]))
    return [[found[j, i] for j in range(size)] for i in range(len(right))]


def _nodes(family: str, s: int) -> list[Any]:
    """Zeros on [0, 1] of Legendre's P_s (Gauss), P_s - P_(s-1) (Radau, right end), P_s - P_(s-2) (Lobatto)."""
    one = flint.arb(1)
    if family == "gauss":
        return [(1 - flint.arb.legendre_p_root(s, k)) / 2 for k in range(s)]
    if family.startswith("lobatto"):
        inner = _zeros(_legendre(s), _legendre(s - 2), [(-1, 1), (1, 1)])
        return [one * 0, *inner, one]
    right = [*_zeros(_legendre(s), _legendre(s - 1), [(-1, 1)]), one]
    return right if family == "radau_iia" else [one * 0, *(1 - x for x in reversed(right[:-1]))]


def _zeros(upper: Any, lower: Any, ends: Sequence[tuple[int, int]]) -> list[Any]:
    """The zeros on (0, 1) of the difference of two Legendre polynomials in 2x - 1, those at the ends divided out."""
    p = upper - lower
    for constant, slope in ends:  # x - 1 first, then x
        p = p // flint.fmpz_poly([constant, slope] if constant == -1 else [0, 1])
    return sorted((z.real for z, _ in p.complex_roots()), key=lambda x: float(x.mid()))


def _legendre(n: int) -> Any:
    """P_n(2x - 1), integer coefficients."""
    last, now, x = flint.fmpz_poly([1]), flint.fmpz_poly([-1, 2]), flint.fmpz_poly([-1, 2])
    if n == 0:
        return last
    for m in range(1, n):
        last, now = now, ((2 * m + 1) * x * now - m * last) // (m + 1)
    return now


def _rounded(ball: Any) -> Rational:
    """The decimal of 60 digits next to a ball that is far smaller."""
    if float(ball.rad()) > 10.0 ** (-DIGITS - 20):
        raise ArithmeticError("the enclosure is too wide")
    scaled = (ball * flint.arb(10) ** DIGITS + flint.arb(1) / 2).floor().mid()
    mantissa, exponent = map(int, scaled.man_exp())
    whole = mantissa * 2**exponent if exponent >= 0 else mantissa // 2**-exponent
    return Rational(whole, 10**DIGITS)
