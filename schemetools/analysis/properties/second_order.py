"""Runge-Kutta-Nystrom methods: symplecticity, symmetry and stage order from their own coefficients."""

from collections.abc import Callable, Iterator
from typing import Any

from sympy import Add, Expr, Integer, Rational, Symbol

from schemetools.exact import canonical
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom
from schemetools.schemes.stages import System, equal_stages, merged, needed, total
from schemetools.schemes.transforms import adjoint

Vanishes = Callable[[Expr], bool]
ZERO, TAU = Integer(0), Symbol("tau")


def reduced(scheme: RungeKuttaNystrom) -> tuple[Matrix, Vector, Vector, Vector]:
    """(A, b, b', c) without stages that no result needs, equal ones joined: for q'' = f(q)."""
    start = [i for i in range(scheme.stages) if scheme.b[i] != 0 or scheme.b_prime[i] != 0]
    kept = needed(scheme.A, start, lambda a: a == 0)
    A = tuple(tuple(scheme.A[i][j] for j in kept) for i in kept)
    B = tuple(tuple(row[j] for j in kept) for row in (scheme.b, scheme.b_prime))
    U = tuple((scheme.c[i],) for i in kept)
    small = merged(System(A, U, B, U[:2], ("f",) * len(kept), tuple(kept), ("p",)))
    return small.A, small.B[0], small.B[1], tuple(u[0] for u in small.U)


def is_symplectic(scheme: RungeKuttaNystrom, vanishes: Vanishes) -> bool:
    """Whether the method keeps dq ^ dp of every H = p^2/2 + V(q); one for q'' = f(q, q') is asked as one for f(q).

    Source: Suris (1988); Hairer, Lubich, Wanner, Geometric Numerical Integration, section IV.2.3.
    """
    A, b, slopes, c = reduced(scheme)
    s = range(len(b))
    return all(vanishes(b[i] - slopes[i] * (1 - c[i])) for i in s) and all(
        vanishes(slopes[i] * (b[j] - A[i][j]) - slopes[j] * (b[i] - A[j][i])) for i in s for j in s
    )


def is_own_adjoint(scheme: RungeKuttaNystrom, vanishes: Vanishes) -> bool:
    """Whether the method equals its adjoint, for any listing of its stages.

    Stages of both are told apart by c and by sums of A (and A') over classes; the methods are equal iff b and b' have
    equal sums over every class.
    """
    other, s = adjoint(scheme), scheme.stages
    zeros = [ZERO] * s
    rows = [[*row, *zeros] for row in _joined(scheme)] + [[*zeros, *row] for row in _joined(other)]

    def same(x: Any, y: Any) -> bool:
        return x == y or vanishes(x - y)

    nodes = [canonical(c) for c in (*scheme.c, *other.c)]
    labels = [next(i for i, x in enumerate(nodes) if same(x, c)) for c in nodes]
    classes = equal_stages(rows, labels, total, same)
    weights = ((scheme.b, other.b), (scheme.b_prime, other.b_prime))
    return all(
        same(total([mine[i] for i in members if i < s]), total([theirs[i - s] for i in members if i >= s]))
        for mine, theirs in weights
        for members in classes
    )


def _joined(scheme: RungeKuttaNystrom) -> list[list[Expr]]:
    """A with what tells its stages apart beside it: A + tau A'."""
    if scheme.A_prime is None:
        return [list(row) for row in scheme.A]
    return [[x + TAU * y for x, y in zip(*rows, strict=True)] for rows in zip(scheme.A, scheme.A_prime, strict=True)]


def stage_order(scheme: RungeKuttaNystrom, vanishes: Vanishes) -> int:
    """The largest q with all of these for k <= q, a stage's position being exact through h^q.

        sum_j A_ij c_j^(k-2) = c_i^k / (k (k-1)),   sum b_i c_i^(k-2) = 1 / (k (k-1)),   sum b'_i c_i^(k-1) = 1 / k

    With A', P_i as well: sum_j A'_ij c_j^(k-1) = c_i^k / k.
    """
    k = 0
    while k <= 2 * scheme.stages + 1 and all(map(vanishes, _residuals(scheme, k + 1))):
        k += 1
    return k


def _residuals(scheme: RungeKuttaNystrom, k: int) -> Iterator[Expr]:
    c = scheme.c

    def along(row: Vector, power: int) -> Expr:
        return Add(*(w * x**power for w, x in zip(row, c, strict=True)))

    yield along(scheme.b_prime, k - 1) - Rational(1, k)
    if k > 1:
        yield along(scheme.b, k - 2) - Rational(1, k * (k - 1))
        yield from (along(row, k - 2) - x**k / (k * (k - 1)) for row, x in zip(scheme.A, c, strict=True))
    if scheme.A_prime is not None:
        yield from (along(row, k - 1) - x**k / k for row, x in zip(scheme.A_prime, c, strict=True))
