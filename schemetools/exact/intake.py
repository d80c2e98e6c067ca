"""The intake of coefficients and the one gate at which they are rounded."""

import functools
import math
import numbers
from decimal import Decimal
from fractions import Fraction
from typing import Any

import sympy
from sympy import CRootOf, Expr, Rational, Symbol

from schemetools.errors import CoefficientError
from schemetools.exact.domains import from_domain, generators, to_domain
from schemetools.exact.imaginary import given_parts, joined, parts
from schemetools.exact.parser import MAX_DECIMAL_EXPONENT, MAX_TERMS, expanded_terms, formula, parse, shorten
from schemetools.exact.trigonometry import algebraic

RESERVED = frozenset("hfutx")
NOT_FINITE = frozenset({"nan", "inf", "infinity", "oo"})
SHORT_DIGITS = 12
NOT_REAL = (
    "is not real; only Runge-Kutta tableaus, and the compositions and splittings made of them, have complex "
    "coefficients, every other coefficient is a real number"
)


def coefficient(value: Any, *, parameter: bool = False) -> Expr:
    """The exact coefficient that a user's value stands for, as a sympy expression in canonical form.

    Taken: integers, fractions, decimals, text of the grammar in `exact.parser`, sympy numbers that are real algebraic,
    symbols and rational formulas in them. A float is the decimal it prints as, if that has at most 12 significant
    digits; a longer one is taken as its exact binary value where it is a family's parameter (`parameter=True`),
    refused elsewhere. Raises CoefficientError for anything else.

    >>> coefficient("sqrt(3)/6"), coefficient(0.3)
    (sqrt(3)/6, 3/10)
    """
    if isinstance(value, str):
        return canonical(parse(value))
    value = _plain_number(value)
    if isinstance(value, Expr):
        return _from_sympy(value, parameter)
    if isinstance(value, bool) or not isinstance(value, (numbers.Number, Decimal)):
        raise CoefficientError(
            f"{value!r} is not a coefficient; write an integer, a fraction such as '1/3', or a symbol"
        )
    if isinstance(value, numbers.Rational):
        return Rational(int(value.numerator), int(value.denominator))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise CoefficientError(f"{value} is not finite; coefficients are real numbers")
        if value and abs(value.adjusted()) > MAX_DECIMAL_EXPONENT:
            raise CoefficientError(f"the exponent of {shorten(str(value), 20)} exceeds {MAX_DECIMAL_EXPONENT}")
        return Rational(*value.as_integer_ratio())
    if isinstance(value, numbers.Real):
        return _from_float(float(value), parameter)
    raise CoefficientError(f"{value!r} {NOT_REAL}")


def _plain_number(value: Any) -> Any:
    """The number inside an array or tensor without dimensions, such as a trained parameter; anything else as it is."""
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value


def is_long_float(value: Any) -> bool:
    """Whether a parameter's value is an approximate number: a float that is no short decimal."""
    value = float(value) if isinstance(value, sympy.Float) else _plain_number(value)
    return isinstance(value, numbers.Real) and not isinstance(value, numbers.Rational) and not _is_short(float(value))


def _is_short(value: float) -> bool:
    return math.isfinite(value) and len(Decimal(repr(value)).normalize().as_tuple().digits) <= SHORT_DIGITS


def _from_float(value: float, parameter: bool) -> Expr:
    if not math.isfinite(value):
        raise CoefficientError(f"{value} is not finite; coefficients are real numbers")
    if _is_short(value):
        return Rational(repr(value))
    if not parameter:
        raise CoefficientError(
            f"{value!r} has more than {SHORT_DIGITS} digits, so what it stands for is unclear; "
            "write the exact number as text, such as '1/3'"
        )
    return Rational(*value.as_integer_ratio())


def _from_sympy(value: Expr, parameter: bool) -> Expr:
    if value.is_Rational:
        return value
    if value.is_Float:
        return _from_float(float(value), parameter)
    if value.has(sympy.Float):
        raise CoefficientError(f"{value} contains a float; write its numbers as fractions, such as Rational(1, 3)")
    if value.has(sympy.zoo, sympy.oo, sympy.nan, -sympy.oo):
        raise CoefficientError(f"{value} is not a finite real number")
    if value.has(sympy.I) or given_parts(value) is not None:
        raise CoefficientError(f"{value} {NOT_REAL}")
    value = algebraic(value)
    symbols = value.xreplace(dict.fromkeys(value.atoms(CRootOf), sympy.pi)).atoms(Symbol)  # a root's own x is bound
    value = value.xreplace({s: Symbol(s.name) for s in symbols})
    for symbol in symbols:
        check_symbol_name(symbol.name)
    return canonical(value)


def expression(value: Any) -> Expr:
    """What a user puts into a formula, as a sympy expression: numbers, expressions, text by our own grammar.

    The gate in place of sympy's own sympify, which evaluates text as code. Raises CoefficientError for anything else.

    >>> expression(2), expression("k/2")
    (2, k/2)
    """
    if isinstance(value, str):
        return formula(value)
    try:
        found = sympy.sympify(value, strict=True)
    except (sympy.SympifyError, TypeError):
        found = None
    if not isinstance(found, Expr):
        raise CoefficientError(f"{value!r} came; give a number or a sympy expression")
    return found


def check_symbol_name(name: str) -> None:
    """Refuse names that are no plain identifier, and those that the equations themselves use."""
    if name.lower() in NOT_FINITE:
        raise CoefficientError(f"{name} is not finite; coefficients are real numbers")
    if not name.isidentifier() or name.startswith("_"):
        raise CoefficientError(f"{name!r} is not a symbol's name; use letters and digits, beginning with a letter")
    if name == "I":
        raise CoefficientError("I is the imaginary unit and names no symbol; use another name")
    if name in RESERVED:
        raise CoefficientError(
            f"the symbol {name!r} is reserved (h, f, u, t, x stand in the equations); use another name"
        )


def canonical(value: Expr) -> Expr:
    """One expression per value: rationals as they are, the rest reduced in its number field or field of rational
    functions.
    """
    return value if value.is_Rational or value.is_Symbol else _reduced(value)


@functools.lru_cache(maxsize=4096)  # a tableau is built and labelled, its row sums are taken: the same entries again
def _reduced(value: Expr) -> Expr:
    if expanded_terms(value) > MAX_TERMS:
        raise CoefficientError(f"a coefficient multiplied out has more than {MAX_TERMS} terms; simplify it first")
    algebraic, symbols = generators([value])
    if sympy.I in algebraic:
        return _reduced_complex(value, symbols)
    if not symbols and value.is_real is False:
        raise CoefficientError(f"{value} {NOT_REAL}")
    if not symbols and all(_is_plain_root(g) for g in algebraic):
        return sympy.expand(sympy.radsimp(value))
    domain, [element] = to_domain([value])
    return from_domain(domain, element)


def _reduced_complex(value: Expr, symbols: tuple[Expr, ...]) -> Expr:
    domain, [element] = to_domain([value])
    result = sympy.expand(from_domain(domain, element)) if not symbols else from_domain(domain, element)
    return result if symbols else joined(*map(canonical, parts(result)))


def _is_plain_root(value: Expr) -> bool:
    """A square root of a rational: sympy's own arithmetic already keeps sums of these in one form."""
    return value.is_Pow and value.exp == Rational(1, 2) and value.base.is_Rational  # type: ignore[attr-defined]


def to_float(value: Expr) -> float:
    """The float gate: the double nearest to an exact number.

    Raises CoefficientError for a formula that still contains symbols, and for a number above every double.
    """
    if value.is_Rational:
        try:
            return int(value.p) / int(value.q)  # type: ignore[attr-defined]
        except OverflowError:
            size = len(str(abs(int(value.p)) // int(value.q))) - 1  # type: ignore[attr-defined]
            raise CoefficientError(
                f"a coefficient of size 1e{size} came, and the largest double is 1.8e308: rescale the scheme"
            ) from None
    if not value.is_number:
        names = ", ".join(sorted(map(str, value.free_symbols)))
        raise CoefficientError(f"{value} has no number yet: give {names} a value with .subs({{...}})")
    if value.has(sympy.I):
        raise CoefficientError(f"{value} {NOT_REAL}")
    return float(sympy.N(value, 40))


def to_complex(value: Expr) -> complex:
    """The float gate for numbers that may be complex."""
    return complex(sympy.N(value, 40)) if value.has(sympy.I) else complex(to_float(value))


def size(value: Expr) -> float:
    """|value| as a double."""
    return abs(to_complex(value)) if value.has(sympy.I) else abs(to_float(value))


def to_fraction(value: Expr) -> Fraction:
    """A rational coefficient as a Fraction."""
    if not value.is_Rational:
        raise CoefficientError(f"{value} is not rational")
    return Fraction(int(value.p), int(value.q))  # type: ignore[attr-defined]


def is_whole(value: Any) -> bool:
    """Whether a value is an integer of some kind; True and False are not."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def is_irrational(value: Expr) -> bool:
    """Whether a number is algebraic but not rational."""
    return bool(value.is_number and not value.is_Rational)
