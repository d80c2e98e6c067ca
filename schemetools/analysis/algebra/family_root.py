"""A real root of a polynomial whose coefficients contain a symbol: a number as soon as the symbol is one."""

from typing import Any

import sympy
from sympy import Expr, Integer, Poly, Rational, Symbol
from sympy.polys.polyerrors import PolynomialError


class FamilyRoot(Expr):
    """The real root number `index` (ascending, from 0, without multiplicity) of a polynomial in `variable`.

        FamilyRoot(p, t, 1).subs(k, 2)  is the second real root of p(t, 2)

    It is what a formula holds where no radicals do. It turns into an exact number once its symbols have rational
    values, and into a float where they have floats; a polynomial without so many real roots gives nan.

    >>> k, t = sympy.symbols("k t")
    >>> FamilyRoot(t**3 - k * t - 1, t, 0).subs(k, 0)
    1
    """

    is_commutative = True
    is_extended_real = True

    def __new__(cls, polynomial: Any, variable: Any, index: Any) -> Any:
        """The number itself where the coefficients are numbers."""
        polynomial, index = sympy.sympify(polynomial), Integer(index)
        if polynomial.free_symbols <= {variable}:
            return _number(polynomial, variable, int(index))
        return Expr.__new__(cls, polynomial, variable, index)

    @property
    def free_symbols(self) -> set[Symbol]:
        """The symbols of the coefficients; the variable is bound."""
        return self.args[0].free_symbols - {self.args[1]}  # type: ignore[return-value]

    def _eval_subs(self, old: Any, new: Any) -> Any:
        return self if old == self.args[1] else None

    def _eval_derivative(self, symbol: Any) -> Expr:
        polynomial, variable, _ = self.args
        return (-polynomial.diff(symbol) / polynomial.diff(variable)).subs(variable, self)  # type: ignore[union-attr]

    def _sympystr(self, printer: Any) -> str:
        polynomial, variable, index = self.args
        return f"root_{int(index) + 1}({printer._print(polynomial)}, {variable})"  # type: ignore[call-overload]

    def _latex(self, printer: Any, exp: Any = None) -> str:
        polynomial, variable, index = self.args
        body = rf"\operatorname{{root}}_{{{int(index) + 1}}}\left({printer._print(polynomial)}, {variable}\right)"  # type: ignore[call-overload]
        return body if exp is None else f"{body}^{{{exp}}}"


def _number(polynomial: Expr, variable: Symbol, index: int) -> Expr:
    """The real root of a polynomial with numbers for coefficients."""
    approximate = polynomial.has(sympy.Float)
    if approximate:
        polynomial = polynomial.xreplace({f: Rational(f) for f in polynomial.atoms(sympy.Float)})
    try:
        rational = Poly(polynomial, variable, domain="QQ")
    except (PolynomialError, sympy.CoercionFailed):
        return _irrational(polynomial, variable, index)
    if rational.degree() < 1:
        return sympy.nan
    found = sympy.real_roots(rational.sqf_part())
    if index >= len(found):
        return sympy.nan
    return sympy.N(found[index], 15) if approximate else found[index]


def _irrational(polynomial: Expr, variable: Symbol, index: int) -> Expr:
    """The same to thirty digits, for coefficients in a number field."""
    try:
        values = Poly(polynomial, variable).nroots(n=40, maxsteps=500)
    except (PolynomialError, sympy.SympifyError):
        return sympy.nan
    real = sorted({sympy.re(v) for v in values if abs(sympy.im(v)) < Rational(1, 10**25)})
    return sympy.N(real[index], 30) if index < len(real) else sympy.nan
