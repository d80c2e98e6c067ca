"""Complex coefficients, the real and the imaginary part of each an exact coefficient as any other.

Splitting methods of high order have them: steps of complex size with a positive real part, where real ones would have
to go backwards. Only tableaus take them (`schemes.intake`), and only verbs that say so.
"""

import numbers
from typing import Any

import mpmath
import sympy
from sympy import Add, Expr, I

from schemetools.errors import CoefficientError


def is_complex(value: Expr) -> bool:
    """Whether a canonical coefficient has an imaginary part."""
    return not value.is_Rational and value.has(I)


def parts(value: Expr) -> tuple[Expr, Expr]:
    """(real, imaginary) of a number in canonical form, a sum of terms in each of which I stands once or not at all."""
    terms = Add.make_args(value)
    return Add(*(t for t in terms if not t.has(I))), Add(*(t / I for t in terms if t.has(I)))


def joined(real: Expr, imaginary: Expr) -> Expr:
    """The canonical form real + I imaginary, multiplied out."""
    return sympy.expand(real + I * imaginary)


def given_parts(value: Any) -> tuple[Any, Any] | None:
    """(real, imaginary) of a user's complex number as it came; None for real types, and for what is no number.

    Python's, NumPy's, mpmath's and sympy's complex numbers; exp(2 pi i/3) and roots of negative numbers by their parts.
    """
    if isinstance(value, mpmath.mpc):
        return value.real, value.imag
    if isinstance(value, Expr):
        if value.free_symbols or not value.is_number or value.is_real or not _is_finite(value):
            return None
        pair = value.as_real_imag()
        if pair[1].has(sympy.im):
            raise CoefficientError(f"{value} is complex and not written by its parts; write a + b*I with real a and b")
        return pair
    if isinstance(value, numbers.Complex) and not isinstance(value, numbers.Real):
        return value.real, value.imag
    return None


def _is_finite(value: Expr) -> bool:
    return not value.has(sympy.zoo, sympy.oo, sympy.nan, -sympy.oo)
