"""Square roots of covariance matrices with symbols, one column per positive pivot."""

from collections.abc import Callable, Sequence

import sympy
from sympy import Expr

from schemetools.exact import canonical

Table = tuple[tuple[Expr, ...], ...]


def square_root(C: Sequence[Sequence[Expr]], tidy: Callable[[Expr], Expr] = canonical) -> Table:
    """L with L L^T = C, a covariance matrix: one column per positive pivot; in the form `tidy` zero is seen."""
    n = len(C)
    rest = [list(row) for row in C]
    columns = []
    for p in range(n):
        pivot = rest[p][p]
        if pivot == 0:
            continue
        root = _positive_root(pivot)
        columns.append([root * tidy(rest[i][p] / pivot) for i in range(n)])
        rest = [[tidy(rest[i][j] - rest[i][p] * rest[p][j] / pivot) for j in range(n)] for i in range(n)]
    return tuple(tuple(column[i] for column in columns) for i in range(n))


def _positive_root(value: Expr) -> Expr:
    """A square root, squares of factors taken out of it; its sign is free, since dB and -dB are alike."""
    above, below = (_root_of_polynomial(part) for part in sympy.fraction(sympy.together(value)))
    return above / below


def _root_of_polynomial(value: Expr) -> Expr:
    content, factors = sympy.factor_list(value)
    odd = [factor for factor, n in factors if n % 2]
    if content < 0 and odd:
        turned = next((i for i, factor in enumerate(odd) if factor.is_Add), 0)
        content, odd[turned] = -content, -odd[turned]
    whole = sympy.Mul(*(factor ** (n // 2) for factor, n in factors))
    return sympy.sqrt(content) * whole * sympy.sqrt(sympy.Mul(*odd))
