"""How a coefficient is printed: the text that the grammar reads back, and LaTeX."""

import functools
import math

import sympy
from sympy import CRootOf, Expr, Poly, Rational
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from schemetools.errors import CoefficientError

DECIMAL_DIGITS = 6
LONGEST_BITS = 14_000  # an integer of more than 4,300 digits is none that Python writes
_ESCAPED = {"_": r"\_", "^": r"\hat{}", " ": r"\ ", "%": r"\%", "#": r"\#", "&": r"\&"}


@functools.cache
def isolating_interval(value: Expr) -> tuple[Poly, Rational, Rational]:
    """The minimal polynomial of a real algebraic number, and short rationals between which it is the only root."""
    x = sympy.Symbol("x")
    polynomial = Poly(sympy.minimal_polynomial(value, x), x, domain="QQ")
    for digits in range(60):
        scale = 10**digits
        low = sympy.floor(value * scale)
        bounds = Rational(low, scale), Rational(low + 1, scale)
        if polynomial.count_roots(*bounds) == 1:
            return polynomial, *bounds
    raise AssertionError("an algebraic number has isolated conjugates")


def _is_long(value: Rational) -> bool:
    return max(abs(value.p).bit_length(), value.q.bit_length()) > LONGEST_BITS


class _TextPrinter(StrPrinter):
    def _print_Rational(self, expr: Rational) -> str:
        if _is_long(expr):
            digits = math.ceil((abs(expr.p).bit_length() + expr.q.bit_length()) * math.log10(2))
            raise CoefficientError(
                f"a fraction of {digits} digits is too long to be written; keep the name of the scheme that it belongs "
                "to, from which it is built again"
            )
        return super()._print_Rational(expr)

    def _print_ComplexRootOf(self, expr: CRootOf) -> str:
        polynomial, low, high = isolating_interval(expr)
        return f"root({sympy.sstr(polynomial.as_expr()).replace(' ', '').replace('**', '^')}, {low}, {high})"

    def _print_Pow(self, expr: Expr, rational: bool = False) -> str:
        base, exponent = expr.as_base_exp()
        if exponent.is_Rational and not exponent.is_Integer and abs(exponent) != Rational(1, 2):
            if exponent.q == 2:
                root = f"sqrt({self._print(base)})"
            else:
                root = self._print_ComplexRootOf(base ** Rational(1, exponent.q))  # type: ignore[arg-type]
            return (
                root
                if exponent.p == 1
                else f"({root}**{exponent.p})"
                if exponent.p > 0
                else f"(1/{root}**{-exponent.p})"
            )
        return super()._print_Pow(expr, rational=rational)


def text(value: Expr, *, exact: bool = True) -> str:
    """A coefficient as text that `exact.parse` reads back; with `exact=False` numbers are shown as short decimals.

    >>> from schemetools.exact import coefficient
    >>> text(coefficient("(9 - sqrt(6))/150"))
    '3/50 - sqrt(6)/150'
    """
    if not exact:
        value = decimals(value)
    return _TextPrinter().doprint(value)


class _LatexPrinter(LatexPrinter):
    def _print_Rational(self, expr: Rational) -> str:
        if _is_long(expr):
            return rf"{float(sympy.N(expr)):.6g}\ldots"
        return super()._print_Rational(expr)

    def _print_ComplexRootOf(self, expr: CRootOf) -> str:
        return rf"{float(expr):.6g}\ldots"


def latex(value: Expr, *, exact: bool = True) -> str:
    """A coefficient in LaTeX; with `exact=False` numbers are shown as short decimals."""
    return _LatexPrinter().doprint(value if exact else decimals(value))


def name_latex(name: str | None) -> str:
    r"""A name in upright letters inside a formula, as every MathJax and LaTeX reads it: \text knows no \_ in some.

    >>> print(name_latex("ssp_rk3"))
    \mathrm{ssp\_rk3}
    """
    escaped = "".join(_ESCAPED.get(character, character) for character in name or "")
    return rf"\mathrm{{{escaped}}}"


def decimals(value: Expr) -> Expr:
    """The expression with every number that is no small integer as a decimal of six digits, for display only.

    Coefficients and exponents of its symbols that are small integers stay as they are.

    >>> z = sympy.Symbol("z")
    >>> decimals(z**3 / 3 + z + 1)
    0.333333*z**3 + z + 1
    """
    if value.is_number:
        return value if value.is_Integer and abs(value) < 10**DECIMAL_DIGITS else sympy.N(value, DECIMAL_DIGITS)
    if value.is_Add:
        return sympy.Add(*map(decimals, value.args))  # type: ignore[arg-type]
    if value.is_Mul:
        number, rest = value.as_independent(*value.free_symbols, as_Add=False)
        return sympy.Mul(decimals(number), *map(decimals, sympy.Mul.make_args(rest)))  # type: ignore[arg-type]
    if value.is_Pow and value.exp.is_Integer:  # type: ignore[attr-defined]
        return decimals(value.base) ** value.exp  # type: ignore[attr-defined]
    return sympy.N(value, DECIMAL_DIGITS)
