"""Tableaux that programs of two registers compute: the forms found in A and b, without other coefficients."""

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Expr, Integer

from schemetools.exact import canonical, to_float
from schemetools.schemes.arrays import Matrix, Vector

NEAR = 1e-10
STORAGE = ("2N",)
Lists = dict[str, Vector]


def two_n(A: Matrix, b: Vector, *, exact: bool = True) -> Lists | None:
    """A and B of Williamson's form d = A_i d + h f(u), u = u + B_i d, that the tableau has; None where it has none.

    Of rows a_i, the last one being b: B_i = a_(i+1, i), and A_i = (a_(i+1, i-1) - a_(i, i-1)) / B_i.
    """
    rows, s, zero = [*A, b], len(b), Integer(0)
    if any(x != 0 for i, row in enumerate(A) for x in row[i:]):
        return None
    B = [rows[i + 1][i] for i in range(s)]
    if any(x == 0 for x in B):
        return None
    first = [zero, *(canonical((rows[i + 1][i - 1] - rows[i][i - 1]) / B[i]) for i in range(1, s))]
    same = _equal(exact)
    d: list[Expr] = [zero] * s
    u: list[Expr] = [zero] * s
    for i in range(s):
        d = [canonical(first[i] * x) for x in d]
        d[i] = Integer(1)
        u = [canonical(x + B[i] * y) for x, y in zip(u, d, strict=True)]
        if not all(map(same, u, rows[i + 1])):
            return None
    return {"A": tuple(first), "B": tuple(B)}


def two_c(A: Matrix, b: Vector, *, exact: bool = True) -> Lists | None:
    """A and B of van der Houwen's form u = u + B_i k, v = u + A_(i+1) k, that the tableau has; None where none."""
    s, same = len(b), _equal(exact)
    below = [A[i][i - 1] - b[i - 1] for i in range(1, s)]
    for i in range(s):
        wanted: Sequence[Any] = [*b[: max(i - 1, 0)], *([A[i][i - 1]] if i else []), *[0] * (s - i)]
        if not all(map(same, A[i], wanted)):
            return None
    return {"A": tuple(map(canonical, below)), "B": tuple(b)}


def _equal(exact: bool) -> Callable[[Any, Any], bool]:
    """Whether two coefficients are equal: exactly, or to rounding where they are approximate."""

    def same(x: Any, y: Any) -> bool:
        gap = x - y
        if gap == 0 or canonical(gap) == 0:
            return True
        return not exact and gap.is_number and abs(to_float(gap)) <= NEAR * max(1.0, abs(to_float(x)))

    return same
