"""Schemes with complex coefficients: who takes them, and how far forward their steps go.

A splitting of order above two has steps backwards if they are real (Sheng 1989, Suzuki 1991), and a parabolic equation
has no way back; complex steps with positive real parts do.
"""

from typing import Any

from sympy import Expr

from schemetools import exact
from schemetools.errors import UnsupportedError

REAL_ONLY = (
    "its steps leave the real numbers, and this is for schemes whose states stay real. order, order_conditions, "
    "modified_equation, stability, is_symmetric, is_symplectic, adjoint, compose, steps and save take it"
)


def check_complex(scheme: Any, *, taken: bool) -> None:
    """Raise UnsupportedError for complex coefficients where they are not taken, and beside random ones."""
    if not scheme.is_complex:
        return
    if scheme.random_symbols:
        raise UnsupportedError(f"{scheme:s} has complex and random coefficients, of which only one kind is understood")
    if not taken:
        raise UnsupportedError(f"{scheme:s} has complex coefficients: {REAL_ONLY}")


def parameter(value: Any) -> Expr:
    """A symbol's value, complex ones too: whether the scheme takes these, its kind says."""
    if exact.given_parts(value) is not None:
        return exact.measure(value, imaginary=True).value
    return exact.coefficient(value, parameter=True)


def real_parts(weights: Any) -> tuple[Expr, Expr] | None:
    """The least and the largest real part of weights that are not 0; None where there are symbols, or none."""
    used = [w for w in weights if w != 0]
    if not used or any(w.free_symbols for w in used):
        return None
    found = sorted({exact.parts(w)[0] for w in used}, key=exact.to_float)
    return found[0], found[-1]
