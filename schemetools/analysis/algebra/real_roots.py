"""Real roots of polynomials over exact real fields, isolated, ordered, and written as exact sympy numbers."""

import functools
import math
from collections.abc import Iterable
from typing import Any

import sympy
from sympy import QQ, ZZ, Expr, Float, Poly, Rational, Symbol
from sympy.polys.densetools import dup_clear_denoms
from sympy.polys.factortools import dup_factor_list
from sympy.polys.rootisolation import dup_isolate_real_roots_sqf
from sympy.polys.sqfreetools import dmp_norm

from schemetools.analysis.algebra.descartes import HAS_FLINT, real_intervals
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial, evaluate, gcd, trim

if HAS_FLINT:
    from flint import fmpq_poly, fmpz_poly

_RATIONALS = Field(QQ)
_T = Symbol("x")
LONGEST_EQUATION = 20_000  # bits of all coefficients together
FLOAT_DIGITS = 30
Factor = tuple[Any, ...]


class RealRoot:
    """A real algebraic number: an irreducible integer polynomial (ascending) and rationals around one root of it.

    The enclosure [low, high] is refined in place when numbers have to be told apart; the number itself never changes.
    """

    __slots__ = ("_falls", "factor", "high", "low")

    def __init__(self, factor: Factor, low: Any, high: Any) -> None:
        self.factor, self.low, self.high = factor, low, high
        self._falls: bool | None = None  # whether the polynomial is positive at the low end, wherever that is

    @property
    def is_rational(self) -> bool:
        """Whether the number is rational."""
        return len(self.factor) == 2

    def refine(self) -> None:
        """Halve the enclosure (a rational number's is a point)."""
        if self.low == self.high:
            return
        if self._falls is None:
            self._falls = evaluate(_RATIONALS, self.factor, self.low) > 0
        middle = (self.low + self.high) / 2
        if (evaluate(_RATIONALS, self.factor, middle) > 0) == self._falls:
            self.low = middle
        else:
            self.high = middle

    def refine_to(self, width: Any) -> None:
        """Refine until the enclosure is narrower than `width`."""
        while self.high - self.low > width:
            self.refine()

    def refine_by(self, factor: int) -> None:
        """Refine until the enclosure is narrower than the number by a factor, however small the number is."""
        while (self.high - self.low) * factor > max(abs(self.low), abs(self.high)):
            self.refine()

    def __lt__(self, other: "RealRoot") -> bool:
        if self.factor == other.factor:  # the enclosures come from one isolation: they overlap only for the same root
            return self.low < other.low and self.high <= other.low
        while not (self.high < other.low or other.high < self.low):
            self.refine()
            other.refine()
        return self.high < other.low

    def __float__(self) -> float:
        self.refine_by(2**60)
        return float((self.low + self.high) / 2)

    @property
    def decimal(self) -> Expr:
        """The number to 30 digits."""
        self.refine_by(10**FLOAT_DIGITS)
        middle = (self.low + self.high) / 2
        return Float(Rational(int(middle.numerator), int(middle.denominator)), FLOAT_DIGITS)

    @property
    def expr(self) -> Expr:
        """The number in sympy: a rational, radicals up to the second degree, or a CRootOf."""
        return exact_root(self)


def exact_root(root: RealRoot) -> Expr:
    """A real root as a sympy number; a Float of 30 digits where its equation has more digits than a page holds."""
    if sum(abs(int(c)).bit_length() for c in root.factor) > LONGEST_EQUATION:
        return root.decimal
    if root.is_rational:
        return Rational(int(-root.factor[0]), int(root.factor[1]))
    c, b, *rest = (int(n) for n in root.factor)
    if len(rest) == 1:
        a = rest[0]
        vertex = Rational(-b, 2 * a)
        while root.low < QQ(int(vertex.p), int(vertex.q)) < root.high:  # type: ignore[attr-defined]
            root.refine()
        sign = 1 if root.low >= QQ(int(vertex.p), int(vertex.q)) else -1  # type: ignore[attr-defined]
        return sympy.expand(vertex + sign * sympy.sqrt(Rational(b * b - 4 * a * c, 4 * a * a)))
    polynomial = Poly([int(n) for n in reversed(root.factor)], _T)
    below = polynomial.count_roots(None, Rational(int(root.low.numerator), int(root.low.denominator)))
    return sympy.rootof(polynomial, _T, int(below))


def irreducible_factors(K: Field, f: Polynomial) -> list[Factor]:
    """Irreducible integer polynomials, ascending, among whose roots are those of f (through the norm to QQ)."""
    if not K.domain.is_QQ:
        f = dmp_norm(list(reversed(f)), 0, K.domain)[::-1]
    if HAS_FLINT:
        _, found = fmpq_poly(f).numer().factor()
        return [tuple(factor.coeffs()) for factor, _ in found]
    _, integral = dup_clear_denoms(list(reversed(f)), QQ, ZZ, convert=True)
    _, factors = dup_factor_list(integral, ZZ)
    return [tuple(reversed(factor)) for factor, _ in factors if len(factor) > 1]


@functools.lru_cache(maxsize=4096)
def _isolate(factor: Factor) -> tuple[tuple[Any, Any], ...]:
    if len(factor) == 2:
        point = QQ(int(-factor[0]), int(factor[1]))
        return ((point, point),)
    if HAS_FLINT and sum(n.bit_length() for n in map(int, factor)) > LONGEST_EQUATION:
        return tuple(real_intervals(fmpz_poly(list(map(int, factor)))))
    intervals = dup_isolate_real_roots_sqf([ZZ(int(n)) for n in reversed(factor)], ZZ)
    return tuple((QQ.convert(low), QQ.convert(high)) for low, high in intervals)


def roots_of_factor(factor: Factor) -> list[RealRoot]:
    """The real roots of an irreducible integer polynomial, ascending."""
    return [RealRoot(factor, low, high) for low, high in _isolate(factor)]


def real_roots(K: Field, f: Polynomial, *, low: Any = -math.inf, high: Any = math.inf) -> list[RealRoot]:
    """The distinct real roots in the open interval (low, high) of a square-free polynomial, ascending."""
    if len(f) < 2:
        return []
    candidates = [root for factor in irreducible_factors(K, f) for root in roots_of_factor(factor)]
    candidates = [root for root in candidates if _is_between(root, low, high)]
    candidates.sort(key=functools.cmp_to_key(lambda a, b: -1 if a < b else 1))
    return candidates if K.domain.is_QQ else [root for root in candidates if _vanishes(K, f, root)]


def _is_between(root: RealRoot, low: Any, high: Any) -> bool:
    for end in (low, high):
        if isinstance(end, float):
            continue
        if root.low == root.high == end:
            return False
        while root.low <= end <= root.high:
            root.refine()
    return (isinstance(low, float) or root.low > low) and (isinstance(high, float) or root.high < high)


def _vanishes(K: Field, f: Polynomial, root: RealRoot) -> bool:
    """Whether a root of the norm is a root of the square-free f itself: f then changes sign there."""
    if root.low == root.high:
        return K.is_zero(evaluate(K, f, K.number(root.low)))
    signs = [K.sign(evaluate(K, f, K.number(x))) for x in (root.low, root.high)]
    return signs[0] * signs[1] < 0


def vanishes_at(K: Field, f: Polynomial, root: RealRoot) -> bool:
    """Whether a polynomial is zero at a real root: whether it shares it with the root's equation."""
    common = gcd(K, trim(K, map(K.number, root.factor)), f)
    return len(common) > 1 and _vanishes(K, common, root)


def sign_at(K: Field, f: Polynomial, root: RealRoot) -> int:
    """The sign of a polynomial at a real root that is none of its own: a Taylor expansion with a remainder below it."""
    while True:
        width, shifted = K.number(root.high - root.low), list(f)
        for i in range(len(f) - 1):  # the coefficients of f(low + t) in t
            for j in range(len(f) - 2, i - 1, -1):
                shifted[j] += K.number(root.low) * shifted[j + 1]
        head, *rest = (c if K.sign(c) >= 0 else -c for c in shifted)
        if K.sign(head - evaluate(K, [K.zero, *rest], width)) > 0:
            return K.sign(shifted[0])
        root.refine_to((root.high - root.low) / 2**16)


def distinct_sorted(roots: Iterable[RealRoot]) -> list[RealRoot]:
    """Roots of irreducible factors in ascending order, with disjoint enclosures; one that comes twice stands once."""
    ordered: list[RealRoot] = []
    for root in sorted(roots, key=functools.cmp_to_key(lambda a, b: -1 if a < b else 1)):
        if not ordered or ordered[-1].factor != root.factor or ordered[-1] < root:
            ordered.append(root)
    for a, b in zip(ordered, ordered[1:], strict=False):
        while a.high >= b.low:
            a.refine()
            b.refine()
    return ordered


def between(a: RealRoot | None, b: RealRoot | None) -> Any:
    """A short rational strictly between two real numbers with disjoint enclosures (None is an end at infinity)."""
    if a is None and b is None:
        return QQ.zero
    if a is None or b is None:
        end = math.floor(b.low) - 1 if b is not None else math.floor(a.high) + 1  # type: ignore[union-attr]
        return QQ(end)
    return simplest_between(a.high, b.low)


def simplest_between(low: Any, high: Any) -> Any:
    """The rational of least denominator strictly between two rationals (Stern-Brocot)."""
    floor = low.numerator // low.denominator
    if floor + 1 < high:
        return QQ(int(floor) + 1)
    fraction = low - floor
    if not fraction:  # between an integer n and high <= n + 1: n + 1/m
        m = int((1 / (high - floor)).numerator // (1 / (high - floor)).denominator) + 1
        return QQ(int(floor)) + QQ(1, m)
    if high - floor == 1:  # between n + fraction and n + 1
        upper = 1 / fraction
        return QQ(int(floor)) + 1 / simplest_between(QQ.one, upper)
    return QQ(int(floor)) + 1 / simplest_between(1 / (high - floor), 1 / fraction)
