"""Order conditions of multistep methods on a grid whose steps grow by a ratio, by the times of their values.

sum_j alpha_j x_j^q = q sum_j beta_j x_j^(q-1),   x_j the times in units of the last step, 0 at the new value
"""

import math
from collections.abc import Callable

from sympy import Add, Expr, Rational

from schemetools.errors import UnsupportedError
from schemetools.exact import canonical
from schemetools.schemes.variable import VariableMultistep


def residual(scheme: VariableMultistep, q: int) -> Expr:
    """What the condition of order q is missed by, over q!."""
    x = scheme.nodes
    left = Add(*(a * t**q for a, t in zip(scheme.alpha, x, strict=True)))
    right = Add(*(q * b * t ** (q - 1) for b, t in zip(scheme.beta, x, strict=True)))
    return canonical((left - right) * Rational(1, math.factorial(q)))


def limit(scheme: VariableMultistep) -> Expr:
    """The factor L of the limit u' = L f on this grid."""
    moved = canonical(Add(*(a * t for a, t in zip(scheme.alpha, scheme.nodes, strict=True))))
    if moved == 0:
        raise UnsupportedError(f"{scheme} has no limit of first order on its grid")
    return canonical(Add(*scheme.beta) / moved)


def order(scheme: VariableMultistep, vanishes: Callable[[Expr], bool]) -> int:
    """The order on the grid, of a method that is consistent with u' = f there."""
    if not vanishes(limit(scheme) - 1):
        raise UnsupportedError(f"{scheme} follows u' = {limit(scheme)} f on its grid; its order is defined for limit 1")
    p = 1
    while p <= 2 * scheme.steps + 1 and vanishes(residual(scheme, p + 1)):
        p += 1
    return p


def error_constant(scheme: VariableMultistep, p: int) -> Expr:
    """The residual of order p + 1 over sum beta, in units of the last step."""
    return canonical(residual(scheme, p + 1) / Add(*scheme.beta))
