"""Which exact number a rounded one stands for: a short fraction, or an element of a small number field."""

import math
from collections.abc import Sequence
from fractions import Fraction

import mpmath
import sympy
from sympy import Expr, Poly, Rational

SPARE = 2  # digits that must be left over, or any number would be recognised
LEAST_PRECISION = 20  # digits in which mpmath looks for a relation at all
SPARE_OF_RELATIONS = 5
LARGEST_DEGREE = 3
MOST_TRIED = 6
_X = sympy.Symbol("x")


def short_fraction(value: Expr, error: float, digits: int) -> Rational | None:
    """The fraction of least denominator within `error` of a rational number, if it is short for so many digits.

    >>> short_fraction(Rational("0.0978835978835979"), 1e-15, 15)
    37/378
    """
    x, e = Fraction(int(value.p), int(value.q)), Fraction(error)  # type: ignore[attr-defined]
    found = _simplest(x - e, x + e)
    if found.denominator > longest_denominator(digits):
        return None
    return Rational(found.numerator, found.denominator)


def longest_denominator(digits: int) -> int:
    """The largest denominator of a fraction that so many digits tell from chance: its square leaves some to spare."""
    return math.isqrt(10 ** max(digits - SPARE, 0))


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of least denominator in [low, high] (Stern-Brocot)."""
    whole = low.numerator // low.denominator
    if whole == low:
        return Fraction(whole)
    if whole + 1 <= high:
        return Fraction(whole + 1 if low > 0 else (0 if high >= 0 else whole + 1))
    inner = _simplest(1 / (high - whole), 1 / (low - whole))
    return whole + 1 / inner


def recognised(values: Sequence[Expr], error: float, digits: int) -> list[Expr] | None:
    """Exact numbers within `error` of rational ones, all rational or in one field of degree 2 or 3; None if not found.

    The field is that of the first number that is no short fraction, by an integer relation between its powers.
    """
    found: dict[Expr, Expr] = {}
    powers: list[Expr] = []
    for value in sorted(set(values), key=lambda v: (len(str(v)), str(v))):
        short = value if not value.is_Rational else short_fraction(value, error, digits)
        if short is not None:
            found[value] = short
    rest = [v for v in dict.fromkeys(values) if v not in found]
    if rest:
        roots = (root for v in rest[:MOST_TRIED] if (root := _root_near(v, error, digits)) is not None)
        root = next(roots, None)
        if root is None:
            return None
        powers = [sympy.Integer(1), *(root**k for k in range(1, _degree(root)))]
    for value in rest:
        combination = _combination(value, powers, error, digits)
        if combination is None:
            return None
        found[value] = combination
    return [found[v] for v in values]


def _degree(root: Expr) -> int:
    return sympy.degree(sympy.minimal_polynomial(root, _X), _X)


def _relation(numbers: Sequence[object], error: float, digits: int) -> list[int] | None:
    """A small integer relation between numbers known to `error`."""
    largest = int(10 ** (max(digits - SPARE_OF_RELATIONS, 1) / len(numbers)))
    with mpmath.workdps(max(digits + 10, LEAST_PRECISION)):
        return mpmath.pslq(numbers, tol=mpmath.mpf(error) * 10 * largest, maxcoeff=largest, maxsteps=10_000)


def _root_near(value: Expr, error: float, digits: int) -> Expr | None:
    for degree in range(2, LARGEST_DEGREE + 1):
        with mpmath.workdps(digits + 10):
            x = mpmath.mpf(int(value.p)) / int(value.q)  # type: ignore[attr-defined]
            relation = _relation([x**k for k in range(degree + 1)], error, digits)
        if relation is None or not relation[-1]:
            continue
        polynomial = Poly([*reversed(relation)], _X)
        roots = [r for r in polynomial.real_roots() if abs(sympy.N(r - value, digits + 10)) <= 100 * error]
        if len(roots) == 1 and polynomial.is_irreducible:
            return roots[0]
    return None


def _combination(value: Expr, powers: Sequence[Expr], error: float, digits: int) -> Expr | None:
    with mpmath.workdps(digits + 10):
        numbers = [mpmath.mpf(sympy.N(p, digits + 10)._mpf_) for p in powers]
        x = mpmath.mpf(int(value.p)) / int(value.q)  # type: ignore[attr-defined]
    relation = _relation([x, *numbers], error, digits)
    if relation is None or not relation[0]:
        return None
    combination = sympy.Add(*(Rational(-n, relation[0]) * p for n, p in zip(relation[1:], powers, strict=True)))
    return combination if abs(sympy.N(combination - value, digits + 10)) <= 100 * error else None
