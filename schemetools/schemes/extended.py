"""Extended backward differentiation formulas: a look one step ahead, then the step itself (Cash)."""

from typing import Any

from sympy import Expr, Integer

from schemetools.errors import SchemeError
from schemetools.exact import is_whole
from schemetools.schemes.base import GeneralLinear
from schemetools.schemes.linear import solve_consistent

MOST_STEPS = 12
EBDF_SOURCE = (
    "Cash (1980), On the integration of stiff systems of ODEs using extended backward differentiation formulae"
)
MEBDF_SOURCE = "Cash (1983), The integration of stiff initial value problems in ODEs using modified extended BDF"


def ebdf(k: int) -> GeneralLinear:
    """The extended BDF method of k steps, order k + 1: two BDF steps, then one formula that uses the slope ahead.

        Y_1 = BDF at n+k,   Y_2 = BDF at n+k+1 after Y_1,   Y_3 + sum alphah_j y_(n+j) = h (b f(Y_3) + b1 f(Y_2))

    Values are y_(n+k-1), ..., y_n, newest first. Raises SchemeError unless k is an integer from 1 to 12.
    Source: Cash, Numerische Mathematik 34 (1980).

    >>> ebdf(2)
    GeneralLinear(ebdf(2), stages=3, values=2)
    """
    alpha, beta, ahead, b, b1 = _formulas("ebdf", k)
    rows = [[beta, 0, 0], [-alpha[k - 1] * beta, beta, 0], [0, b1, b]]
    return _method(alpha, ahead, rows, f"ebdf({k})", EBDF_SOURCE)


def mebdf(k: int) -> GeneralLinear:
    """The modified extended BDF method of k steps, order k + 1: one iteration matrix for all three stages.

    As `ebdf`, with h (b - beta) f(Y_1) + h beta f(Y_3) in place of h b f(Y_3). Raises SchemeError unless k is an
    integer from 1 to 12. Source: Cash, Computers and Mathematics with Applications 9 (1983).

    >>> mebdf(2)
    GeneralLinear(mebdf(2), stages=3, values=2)
    """
    alpha, beta, ahead, b, b1 = _formulas("mebdf", k)
    rows = [[beta, 0, 0], [-alpha[k - 1] * beta, beta, 0], [b - beta, b1, beta]]
    return _method(alpha, ahead, rows, f"mebdf({k})", MEBDF_SOURCE)


def _formulas(name: str, k: int) -> tuple[list[Expr], Expr, list[Expr], Expr, Expr]:
    """(alpha_0..alpha_(k-1), beta) of BDF with alpha_k = 1; (alphah_0..alphah_(k-1), b, b1) with alphah_k = 1."""
    if not is_whole(k) or not 1 <= k <= MOST_STEPS:
        raise SchemeError(f"{name}(k) takes k steps, an integer from 1 to {MOST_STEPS}; {k!r} came")
    *alpha, beta = _exact_to(k, [k], k)
    *ahead, b, b1 = _exact_to(k, [k, k + 1], k + 1)
    return alpha, beta, ahead, b, b1


def _exact_to(k: int, slopes: list[int], order: int) -> list[Expr]:
    """alpha_0..alpha_(k-1) and one weight per slope with y_k + sum alpha_j y_j = h sum w f at these points, exact for
    polynomials through the order."""
    rows, right = [], []
    for q in range(order + 1):
        derivatives = [-q * Integer(at) ** (q - 1) if q else Integer(0) for at in slopes]
        rows.append([Integer(j) ** q for j in range(k)] + derivatives)
        right.append(-(Integer(k) ** q))
    solution = solve_consistent(rows, right)
    if solution is None:
        raise SchemeError(f"no formula of {k} steps is exact through order {order}")
    return list(solution)


def _method(alpha: list[Expr], ahead: list[Expr], A: list[list[Any]], name: str, source: str) -> GeneralLinear:
    k = len(alpha)
    first = [-alpha[j] for j in range(k)]
    second = [alpha[k - 1] * alpha[j] - (alpha[j - 1] if j else 0) for j in range(k)]
    third = [-ahead[j] for j in range(k)]
    U = [row[::-1] for row in (first, second, third)]
    shift = [[Integer(int(j == m - 1)) for j in range(k)] for m in range(1, k)]
    B = [A[2]] + [[0, 0, 0]] * (k - 1)
    return GeneralLinear(A, U, B, [U[2], *shift], name=name, reference=source)
