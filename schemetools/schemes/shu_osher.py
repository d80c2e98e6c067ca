"""Runge-Kutta schemes from other ways to write them: Shu and Osher's form, and the stability function alone."""

from typing import Any

import sympy
from sympy import Add, Expr, Integer, Symbol

from schemetools import exact
from schemetools.errors import SchemeError
from schemetools.schemes.arrays import Matrix
from schemetools.schemes.intake import Intake
from schemetools.schemes.linear import solve_consistent
from schemetools.schemes.runge_kutta import RungeKutta

ZERO, ONE = Integer(0), Integer(1)
Z = Symbol("z")
HIGHEST_DEGREE = 60


def from_shu_osher(alpha: Any, beta: Any, **labels: Any) -> RungeKutta:
    """The Runge-Kutta scheme in Shu and Osher's form.

        U_i = sum_j (alpha_ij U_j + h beta_ij f(U_j)),  i = 2..s + 1,    U_1 = u_n,    u_(n+1) = U_(s+1)

    alpha, beta (s, s), one row for each of U_2, ..., U_(s+1); or (s + 1, s) with a first row for U_1, which is empty in
    alpha. Rows may leave out zeros at their end. Each row of alpha sums to 1. `labels` are name, reference, exact.
    Raises SchemeError for arrays that do not fit, and rows that do not sum to 1.
    Source: Shu, Osher, Efficient implementation of essentially non-oscillatory shock-capturing schemes (1988).

    >>> import schemetools as st
    >>> from_shu_osher([[1], ["3/4", "1/4"], ["1/3", 0, "2/3"]], [[1], [0, "1/4"], [0, 0, "2/3"]]).A == st.ssprk33.A
    True
    """
    read = Intake(labels.get("exact"), labels.get("digits"))
    rows = [_padded(values, what, read) for values, what in ((alpha, "alpha"), (beta, "beta"))]
    if len(rows[0]) != len(rows[1]):
        raise SchemeError(f"alpha has {len(rows[0])} rows and beta {len(rows[1])}; they are of one shape")
    s = len(rows[0][0])
    a, b = (r[1:] if len(r) == s + 1 else r for r in rows)
    for i, row in enumerate(a):
        total = exact.canonical(Add(*row))
        if abs(total - 1) > 1e-9:
            raise SchemeError(f"row {i} of alpha sums to {exact.text(total)}; the weights of earlier values sum to 1")
    return RungeKutta(*_unrolled(a, b, s), **(labels | read.rounding()))


def _padded(values: Any, what: str, read: Intake) -> Matrix:
    given = read.rows(values, what)
    width = max((len(row) for row in given), default=0)
    if not width or len(given) not in (width, width + 1):
        raise SchemeError(
            f"{what} has {len(given)} rows of {width} entries; s stages have s rows, or s + 1, of s entries"
        )
    return tuple((*row, *[ZERO] * (width - len(row))) for row in given)


def _unrolled(alpha: Matrix, beta: Matrix, s: int) -> tuple[list[list[Expr]], list[Expr]]:
    """Rows of h f for U_1, ..., U_s and the result: K = alpha' K + beta', solved column by column."""
    # Unknown rows U_2..U_s; U_1 has none. The result follows from them.
    inner = range(1, s)
    system = [[(ONE if i == j else ZERO) - alpha[i - 1][j] for j in inner] for i in inner]
    columns = []
    for m in range(s):
        found = solve_consistent(system, [beta[i - 1][m] for i in inner]) if s > 1 else ()
        if found is None:
            raise SchemeError("the values of alpha depend on one another in a circle without a solution")
        columns.append(found)
    A = [[ZERO] * s] + [[columns[m][i - 1] for m in range(s)] for i in inner]
    last = [exact.canonical(beta[s - 1][m] + Add(*(alpha[s - 1][j] * A[j][m] for j in range(s)))) for m in range(s)]
    return A, last


def from_stability_function(R: Any, **labels: Any) -> RungeKutta:
    """A Runge-Kutta scheme with the stability function R(z), a polynomial or a quotient of two.

    `R` is text such as "1+z+z^2/2" or "(1+z/2)/(1-z/2)", or an expression in z, whose other symbols stay.
    Of a polynomial it is the explicit scheme of Horner's form, of a quotient one with det(I - z A) for its denominator.
    On linear problems every scheme with this R computes the same; the order on others is that of the scheme.
    Raises SchemeError for what is no rational function of z, or where R(0) is not 1.

    >>> import schemetools as st
    >>> from_stability_function("1+z+z^2/2").A
    ((0, 0), (1/2, 0))
    >>> st.stability(from_stability_function("(1+z/2)/(1-z/2)")).is_a_stable
    True
    """
    value = exact.parse(R, {"z": Z}) if isinstance(R, str) else R
    if not isinstance(value, Expr):
        raise SchemeError(f"R is a rational function of z, as text or expression; {R!r} came")
    value = value.xreplace({s: Z for s in value.free_symbols if getattr(s, "name", "") == "z"})
    top, bottom = sympy.fraction(sympy.cancel(sympy.together(value)))
    try:
        P, Q = (sympy.Poly(p, Z).all_coeffs()[::-1] for p in (top, bottom))
    except sympy.PolynomialError:
        raise SchemeError(f"{R} is no rational function of z") from None
    if not Q or Q[0] == 0 or exact.canonical(P[0] / Q[0]) != 1:
        raise SchemeError(f"{R} is not 1 at z = 0, so that a constant solution is not kept")
    P, Q = ([exact.canonical(c / Q[0]) for c in row] for row in (P, Q))
    s = max(len(P), len(Q)) - 1
    if not 1 <= s <= HIGHEST_DEGREE:
        raise SchemeError(f"R has degree {s}; 1 to {HIGHEST_DEGREE} can be built")
    P, Q = ([*row, *[ZERO] * (s + 1 - len(row))] for row in (P, Q))
    A, b = _horner(P) if not any(Q[1:]) else _companion(P, Q, s)
    return RungeKutta(A, b, **{"name": f"R(z) = {exact.text(value)}"[:200], **labels})


def _horner(P: list[Expr]) -> tuple[list[list[Expr]], list[Expr]]:
    """1 + a_1 z (1 + a_2/a_1 z (1 + ...)); where a coefficient vanishes, a chain of Euler steps, weighted."""
    s, a = len(P) - 1, P[1:]
    A = [[ZERO] * s for _ in range(s)]
    if all(a) and not any(x.free_symbols for x in a):  # no division by what may vanish
        for i in range(1, s):
            A[i][i - 1] = exact.canonical(a[s - i] / a[s - i - 1])
        return A, [ZERO] * (s - 1) + [a[0]]
    for i in range(1, s):
        A[i][i - 1] = ONE
    return A, [exact.canonical(x - y) for x, y in zip(a, [*a[1:], ZERO], strict=True)]


def _companion(P: list[Expr], Q: list[Expr], s: int) -> tuple[list[list[Expr]], list[Expr]]:
    """R = 1 + z b (I - z A)^(-1) 1 from the companion matrix of Q, moved so that its first unit vector becomes 1."""
    N = [exact.canonical(p - q) for p, q in zip(P[1:], Q[1:], strict=True)]
    companion = sympy.zeros(s, s)
    for i in range(s):
        companion[0, i] = -Q[i + 1]
        if i:
            companion[i, i - 1] = 1
    moved = sympy.eye(s)
    for i in range(1, s):
        moved[i, 0] = 1
    back = moved.inv()
    A, b = moved * companion * back, sympy.Matrix([N]) * back
    return [[exact.canonical(x) for x in row] for row in A.tolist()], [exact.canonical(x) for x in b.tolist()[0]]
