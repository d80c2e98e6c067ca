"""How far a coefficient is known: the exact number that stands for it, and its decimals, where it is rounded."""

import math
import numbers
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Rational, Symbol

from schemetools.errors import CoefficientError
from schemetools.exact.imaginary import given_parts, joined
from schemetools.exact.intake import SHORT_DIGITS, canonical, coefficient
from schemetools.exact.parser import parse

LONG_DECIMALS = 7  # decimals from which a number may be a rounded one
LONG_QUOTIENT = 9  # digits of a denominator from which a fraction may be a rounded number
_DECIMAL = re.compile(r"(?<![\w.])(\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE]([+-]?\d+))?")
_BITS_OF_NARROW = {2: (11, 3), 4: (24, 6)}  # bytes of a NumPy float: bits, and digits that a person may have typed
_DOUBLE_BITS = 53


@dataclass(frozen=True)
class Measured:
    """A coefficient with what its digits say.

    `decimals` is the number of decimals to which it is known if it is a rounded number, None where it is short and so
    exact as it stands; `recognised` says that the digits alone tell that it is rounded (a float or decimal of more than
    12 digits); `places` counts the decimals as written, of short ones too.
    """

    value: Expr
    decimals: int | None = None
    recognised: bool = False
    places: int | None = None


def measure(value: Any, symbols: Mapping[str, Expr] | None = None, *, imaginary: bool = False) -> Measured:
    """A user's value as an exact number that keeps every digit given, with the decimals to which it is known.

    Taken is what `coefficient` takes, and floats of any length and kind: Python's and NumPy's (their binary value),
    mpmath's and sympy's at their own precision; with `imaginary` complex numbers of all these kinds too, and text with
    I. Raises CoefficientError for anything else.

    >>> measure(0.3333333333333333).decimals, measure("1/3").decimals, measure("0.4358665215084590").decimals
    (16, None, 16)
    """
    if isinstance(value, Measured):
        return value
    if isinstance(value, str):
        return _of_text(value, symbols or {}, imaginary=imaginary)
    if imaginary and (found := _of_complex(value)) is not None:
        return found
    if (narrow := _narrow_float(value)) is not None:
        return narrow
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (mpmath.mpf, sympy.Float)):
        return _of_mantissa(value)
    if isinstance(value, Expr):
        return _of_expression(value)
    if isinstance(value, Decimal) and value.is_finite():
        return _of_decimal(coefficient(value), str(value))
    if isinstance(value, numbers.Real) and not isinstance(value, (numbers.Rational, Decimal)):
        return _of_float(float(value))
    return of_exact(coefficient(value))


# ---- complex numbers ------------------------------------------------------------------


def _of_complex(value: Any) -> Measured | None:
    """A complex number by its parts, known to the digits of the part that is known less; None for what is real."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind == "c" and value.shape == ():
        value = value.item()
    if isinstance(value, Expr) and value.has(sympy.I) and value.free_symbols:
        return of_exact(canonical(value))
    pair = given_parts(value)
    if pair is None:
        return None
    if pair[1] == 0:
        return measure(pair[0])
    real, imaginary = map(measure, pair)
    known = [m.decimals for m in (real, imaginary) if m.decimals is not None]
    places = [m.places for m in (real, imaginary) if m.places is not None]
    return Measured(
        joined(real.value, imaginary.value),
        min(known, default=None),
        real.recognised or imaginary.recognised,
        min(places, default=None),
    )


# ---- text ------------------------------------------------------------------------------


def _of_text(text: str, symbols: Mapping[str, Expr], *, imaginary: bool) -> Measured:
    value = parse(text, symbols, imaginary=imaginary)
    value = canonical(value.xreplace({Symbol(n): s for n, s in symbols.items()}) if symbols else value)
    found = [_places(whole, exponent) for whole, exponent in _DECIMAL.findall(text)]
    return _from_places(value, found) if found else of_exact(value)


def _of_decimal(value: Expr, text: str) -> Measured:
    found = [_places(whole, exponent) for whole, exponent in _DECIMAL.findall(text)]
    return _from_places(value, found) if found else of_exact(value)


def _places(whole: str, exponent: str) -> tuple[int, int]:
    """(decimals, significant digits) of a decimal as written."""
    decimals = len(whole.partition(".")[2]) - int(exponent or 0)
    return max(decimals, 0), len(whole.replace(".", "").lstrip("0"))


def _from_places(value: Expr, found: list[tuple[int, int]]) -> Measured:
    long = [decimals for decimals, digits in found if digits > SHORT_DIGITS]
    maybe = [decimals for decimals, _ in found if decimals >= LONG_DECIMALS]
    places = min(decimals for decimals, _ in found)
    return Measured(value, min(long or maybe, default=None), bool(long), places)


# ---- floats -------------------------------------------------------------------------------


def _of_float(value: float) -> Measured:
    if not math.isfinite(value):
        raise CoefficientError(f"{value} is not finite; coefficients are real numbers")
    short = _of_decimal(Rational(repr(value)), repr(value))
    if not short.recognised:
        return short
    return _binary(Rational(*value.as_integer_ratio()), _DOUBLE_BITS)


def _narrow_float(value: Any) -> Measured | None:
    """NumPy's float16, float32 and longdouble, by their own precision."""
    if not isinstance(value, (np.floating, np.ndarray)) or value.shape != () or value.dtype.kind != "f":
        return None
    size = value.dtype.itemsize
    if size == 8:
        return None
    number: Any = np.asarray(value)[()]
    if not np.isfinite(number):
        raise CoefficientError(f"{number} is not finite; coefficients are real numbers")
    exact = Rational(*(int(n) for n in number.as_integer_ratio()))
    if size in _BITS_OF_NARROW:
        bits, typed = _BITS_OF_NARROW[size]
        digits = len(Decimal(str(number)).normalize().as_tuple().digits)
        return _binary(exact, bits) if digits > typed else Measured(Rational(str(number)))
    double = float(number)
    if type(number)(double) == number and not (short := _of_float(double)).recognised:
        return short
    return _binary(exact, int(np.finfo(value.dtype).nmant) + 1)


def _of_mantissa(value: Any) -> Measured:
    """mpmath's and sympy's floats; one that prints short at its own precision is that decimal."""
    sign, mantissa, exponent, bits = value._mpf_
    if not mantissa and exponent:
        raise CoefficientError(f"{value} is not finite; coefficients are real numbers")
    precision = max(int(getattr(value, "_prec", 0)), bits)
    with mpmath.workprec(max(precision, _DOUBLE_BITS)):
        shown = mpmath.nstr(mpmath.make_mpf(value._mpf_), max(15, int(precision * math.log10(2)) - 1))
    short = _of_decimal(Rational(shown), shown)
    if not short.recognised:
        return short
    exact = Rational(mantissa) * Rational(2) ** exponent
    return _binary(-exact if sign else exact, max(precision, _DOUBLE_BITS))


def _binary(value: Rational, bits: int) -> Measured:
    """A number rounded to so many bits: half a unit in the last place is what it may be off."""
    if value == 0:
        return Measured(value)
    magnitude = abs(value.p).bit_length() - value.q.bit_length()
    decimals = max(math.floor((bits - magnitude) * math.log10(2)), 0)
    return Measured(value, decimals, True, decimals)


# ---- numbers that claim to be exact --------------------------------------------------------------


def _of_expression(value: Expr) -> Measured:
    if not value.is_Rational and value.has(sympy.Float):
        floats = {f: _of_mantissa(f) for f in value.atoms(sympy.Float)}
        known = [m.decimals for m in floats.values() if m.recognised and m.decimals is not None]
        inner = coefficient(value.xreplace({f: m.value for f, m in floats.items()}))
        return Measured(inner, min(known), True) if known else of_exact(inner)
    return of_exact(coefficient(value))


def of_exact(value: Expr) -> Measured:
    """An exact number, with the decimals to which a long fraction in it would be known if it stood for another number.

    p/10^k is known to k decimals; p/2^k as a double would be; any other p/q with q of n digits, being a best
    approximation, to 2n - 2.
    """
    rationals = [value] if value.is_Rational else value.atoms(Rational)
    found = [d for r in rationals if (d := _decimals_of_fraction(int(r.p), int(r.q))) is not None]
    return Measured(value, min(found, default=None))


def _decimals_of_fraction(p: int, q: int) -> int | None:
    if q < 10 ** (LONG_DECIMALS - 1):
        return None
    twos = (q & -q).bit_length() - 1
    rest, fives = q >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest == 1:
        if fives == 0 and abs(p).bit_length() <= _DOUBLE_BITS:
            measured = _binary(Rational(p, q), _DOUBLE_BITS)
            return min(measured.decimals or twos, twos)
        return max(twos, fives) if max(twos, fives) >= LONG_DECIMALS else None
    n = len(str(q)) if q.bit_length() < 10_000 else math.floor(q.bit_length() * math.log10(2))
    return 2 * n - 2 if n >= LONG_QUOTIENT else None
