"""Real algebraic numbers of high degree as sympy numbers that cost nothing until asked for."""

from typing import Any

import sympy
from sympy import QQ, Expr, Float, Integer, NumberSymbol, Rational

from schemetools.analysis.algebra.real_roots import RealRoot, exact_root

HIGHEST_SHOWN, LONGEST_SHOWN = 6, 400  # degree, and bits of all coefficients


class PolynomialRoot(NumberSymbol):
    """A root of an irreducible integer polynomial, written "root of a polynomial of degree 47 near 1.43498".

    It compares, evaluates to any number of digits and substitutes as a sympy number does; `as_root_of` builds sympy's
    own CRootOf, which may take long.

    >>> from schemetools.analysis.algebra.real_roots import roots_of_factor
    >>> number = PolynomialRoot(roots_of_factor((-1, -1, 0, 0, 0, 0, 0, 1))[0])
    >>> number
    root of a polynomial of degree 7 near 1.11278
    >>> number < 2
    True
    """

    is_real = True
    is_finite = True
    is_irrational = True
    is_algebraic = True
    is_number = True
    __slots__ = ("root",)

    root: RealRoot

    def __new__(cls, root: RealRoot) -> "PolynomialRoot":
        """The number of an enclosure and an equation."""
        found = super().__new__(cls)
        root.refine_to(QQ(1, 2**70))
        found.root = root
        return found

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (self.root,)

    def _hashable_content(self) -> tuple[Any, ...]:
        middle = (self.root.low + self.root.high) / 2
        return self.root.factor, round(int(QQ.numer(middle)) / int(QQ.denom(middle)), 12)

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, PolynomialRoot):
            a, b = self.root, other.root
            return a.factor == b.factor and not a < b and not b < a
        return False

    def __hash__(self) -> int:
        return hash(self._hashable_content())

    @property
    def degree(self) -> int:
        """The degree of the number over the rationals."""
        return len(self.root.factor) - 1

    @property
    def polynomial(self) -> sympy.Poly:
        """The irreducible integer polynomial."""
        return sympy.Poly([int(c) for c in reversed(self.root.factor)], sympy.Symbol("x"))

    def as_root_of(self) -> Expr:
        """The number as sympy's CRootOf."""
        return exact_root(self.root)

    def _as_mpf_val(self, prec: int) -> Any:
        self.root.refine_to(QQ(1, 2 ** (prec + 8)))
        middle = (self.root.low + self.root.high) / 2
        return Rational(int(middle.numerator), int(middle.denominator))._as_mpf_val(prec)  # type: ignore[attr-defined]

    def _eval_evalf(self, prec: int) -> Float:
        return Float._new(self._as_mpf_val(prec), prec)  # type: ignore[attr-defined]

    def approximation_interval(self, number_cls: Any) -> Any:
        """Rationals or integers on both sides, as sympy's own constants have."""
        low, high = self.root.low, self.root.high
        if issubclass(number_cls, Integer):
            return Integer(int(low // 1)), Integer(int(low // 1) + 1)
        return Rational(int(low.numerator), int(low.denominator)), Rational(int(high.numerator), int(high.denominator))

    def _eval_is_positive(self) -> bool:
        return self.root.low >= 0

    def _sympystr(self, printer: Any) -> str:
        return f"root of a polynomial of degree {self.degree} near {float(self.root):.6g}"

    _sympyrepr = _sympystr

    def _latex(self, printer: Any) -> str:
        return rf"\text{{root of a polynomial of degree {self.degree} near }} {float(self.root):.6g}"


def number_of(root: RealRoot) -> Expr:
    """A real root as a sympy number: rational, radicals, CRootOf while its equation is short, else a PolynomialRoot."""
    degree = len(root.factor) - 1
    is_short = sum(abs(int(c)).bit_length() for c in root.factor) <= LONGEST_SHOWN
    return root.expr if degree < 3 or (degree <= HIGHEST_SHOWN and is_short) else PolynomialRoot(root)
