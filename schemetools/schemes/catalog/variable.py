"""Two-step methods for steps that change by a ratio r, one symbol or a number."""

import warnings

from sympy import Integer, Rational, Symbol

from schemetools.errors import SchemeError, SchemeWarning
from schemetools.schemes.registry import VARIABLE_STEP, Coefficient, entry
from schemetools.schemes.variable import VariableMultistep

HALF = Rational(1, 2)


@entry(reference="hairer1993, section III.5", kind=VARIABLE_STEP)
def variable_bdf2(r: Coefficient = Symbol("r")) -> VariableMultistep:
    """BDF2 for steps that grow by r: order two; zero-stable for 0 < r < 1 + sqrt 2, A-stable as frozen for r <= 1."""
    if r in (-1, -HALF):
        why = "a coefficient divides by zero" if r == -1 else "the new value drops out"
        raise SchemeError(f"variable_bdf2 does not exist at the step ratio r = {r}: {why} there")
    alpha = [r**2 / (1 + r), -(1 + r), (1 + 2 * r) / (1 + r)]
    with warnings.catch_warnings():  # said once, under the name
        warnings.simplefilter("ignore", SchemeWarning)
        return VariableMultistep(alpha, [0, 0, Integer(1)], r)


@entry(reference="hairer1993, section III.5", kind=VARIABLE_STEP)
def variable_ab2(r: Coefficient = Symbol("r")) -> VariableMultistep:
    """The Adams-Bashforth method of two steps for steps that grow by r, order two, zero-stable for all ratios."""
    return VariableMultistep([0, -1, 1], [-r / 2, 1 + r / 2, 0], r)
