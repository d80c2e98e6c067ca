"""RK8(7)13M of Prince and Dormand, exactly: the published tableau rounds what one linear system determines.

Published are quotients of ten-digit numbers, with which every order condition holds to 1e-17. The nodes, b_13,
b_hat_12, the first six rows and a_8,7 are taken as they stand. Then all other coefficients are rational, by

    B(8), B_hat(7);   C(2), C(3) for stages 7 to 13;   D(1) of b and b_hat for stages 4 to 11;
    sum_i b_i c_i^l a_ij = 0 for j = 4, 5 (l = 1, 2 for b, l = 1 for b_hat);
    sum_ij b_i c_i^l a_ij c_j^m = 1/((m + 1)(l + m + 2)) for l >= 1, m >= 3, l + m + 2 <= 8 (7 for b_hat).

That the result meets all conditions of orders 8 and 7 is a test. Stages are counted from 0 below.
"""

from collections.abc import Iterator, Mapping, Sequence

from sympy import Expr, Integer, Rational

from schemetools.schemes.linear import solve_consistent

STAGES = range(13)
NODES = "0 1/18 1/12 1/8 5/16 3/8 59/400 93/200 5490023248/9719169821 13/20 1201146811/1299019798 1 1"
FIRST_ROWS = ("", "1/18", "1/48 1/16", "1/32 0 3/32", "5/16 0 -75/64 75/64", "3/80 0 0 3/16 3/20")
A_8_7 = Rational(-180193667, 1043307555)
UNKNOWN = tuple((i, j) for i in range(6, 13) for j in range(3, i) if (i, j) != (12, 11))

Vector = list[Expr]
Equation = tuple[Mapping[tuple[int, int], Expr], Expr]


def prince_dormand_87() -> tuple[list[Vector], Vector, Vector]:
    """The matrix A, the weights b of order 8 and b_hat of order 7."""
    c = [Rational(node) for node in NODES.split()]
    A = [[Rational(a) for a in row.split()] for row in FIRST_ROWS]
    A = [[*row, *[Integer(0)] * (13 - len(row))] for row in A] + [[Integer(0)] * 13 for _ in range(7)]
    b = _weights(c, 8, {12: Rational(1, 4)})
    b_hat = _weights(c, 7, {11: Rational(2, 45), 12: Integer(0)})
    rows, right = [], []
    for equation, value in _equations(c, b, b_hat):
        rows.append([equation.get(entry, Integer(0)) for entry in UNKNOWN])
        right.append(value - sum((w * A[i][j] for (i, j), w in equation.items() if i < 6), Integer(0)))
    for (i, j), a in zip(UNKNOWN, solve_consistent(rows, right) or (), strict=True):
        A[i][j] = a
    for i in range(6, 13):
        A[i][0] = c[i] - sum(A[i][1:], Integer(0))
    return A, b, b_hat


def _weights(c: Sequence[Expr], p: int, given: Mapping[int, Expr]) -> Vector:
    """The weights of a quadrature rule of order p on the stages 0 and 5, 6, ... up to those given."""
    unknown = [0, *range(5, min(given))]
    rows = [[c[j] ** k for j in unknown] for k in range(p)]
    right = [Rational(1, k + 1) - sum((w * c[j] ** k for j, w in given.items()), Integer(0)) for k in range(p)]
    found = dict(zip(unknown, solve_consistent(rows, right) or (), strict=True)) | dict(given)
    return [found.get(i, Integer(0)) for i in STAGES]


def _equations(c: Sequence[Expr], b: Sequence[Expr], b_hat: Sequence[Expr]) -> Iterator[Equation]:
    """The linear conditions on A, each as {(i, j): coefficient of a_ij} and its right-hand side."""
    yield {(7, 6): Integer(1)}, A_8_7
    for i in range(6, 13):
        for k in (2, 3):
            yield {(i, j): c[j] ** (k - 1) for j in range(1, i)}, c[i] ** k / k
    for w, p in ((b, 8), (b_hat, 7)):
        for j in range(3, 11):
            yield {(i, j): w[i] for i in range(j + 1, 13)}, w[j] * (1 - c[j])
        for power in range(1, p - 5):
            for j in (3, 4):
                yield {(i, j): w[i] * c[i] ** power for i in range(j + 1, 13)}, Integer(0)
        for power in range(1, p - 4):
            for m in range(3, p - 1 - power):
                entries = {(i, j): w[i] * c[i] ** power * c[j] ** m for i in range(5, 13) for j in range(3, i)}
                yield entries, Rational(1, (m + 1) * (power + m + 2))
