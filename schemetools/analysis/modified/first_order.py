"""The modified equation through O(h) when every step has a field and coefficients of its own: networks in depth."""

import functools
from dataclasses import dataclass

from sympy import Expr, Integer, Rational, Symbol

from schemetools.errors import UnsupportedError
from schemetools.exact import canonical
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.linear import carried_along, left_eigenvector

HALF = Rational(1, 2)


@dataclass(frozen=True)
class LayeredEquation:
    """What a scheme follows whose step n evaluates f_j(t_n, u) in stage j, at t_n = n h whatever the stage:

        u' = sum_j b_j f_j + h ( sum_ij M_ij f_i' f_j + sum_j T_j d f_j/dt + sum_j K_j f_j ),  K_j = sum_k D[k]_j k'(t)

    `limit` b (s,), `second` M (s, s), `time` T (s,), `drift` {symbol k: D (s,)} for coefficients that vary over depth.
    The smooth solution starts at y(0) = sum_l start_l x_l + h sum_j shift_j f_j, x the vector of the normal form (r,).
    With one field for all stages the sums over i and j are what counts: `total_limit`, `total_second`, `total_time`.
    """

    scheme: Scheme
    limit: Vector
    second: Matrix
    time: Vector
    drift: dict[Symbol, Vector]
    start: Vector
    shift: Vector

    @property
    def total_limit(self) -> Expr:
        """b: u' = b f + O(h) with one field for all stages."""
        return _sum(self.limit)

    @property
    def total_second(self) -> Expr:
        """The coefficient of h f'f with one field for all stages."""
        return _sum([c for row in self.second for c in row])

    @property
    def total_time(self) -> Expr:
        """The coefficient of h df/dt with one field for all stages."""
        return _sum(self.time)

    @property
    def total_shift(self) -> Expr:
        """The coefficient of h f in the effective initial value, with one field for all stages."""
        return _sum(self.shift)


@functools.cache
def layered_equation(scheme: Scheme) -> LayeredEquation:
    """The O(h) modified equation of a scheme whose fields and coefficients vary from step to step.

    With x_l = q_l u + h sum_j X_lj f_j the smooth solution's vector, w the left eigenvector of V, w.q = 1, b = w B:

        (I - V) X_j = B_j - q b_j, X_0j = 0;  M_ij = b_i (A + U X)_ij - b_i b_j/2 - (w X)_i b_j;  T_j = -b_j/2 - (w X)_j

    Raises UnsupportedError for a state in several parts, and for a scheme without a limit (lm(k=-1)).
    Source: the expansion of Hairer, Lubich, Wanner, Geometric Numerical Integration, section XV.3, with f(t_n, u).

    >>> import schemetools as st
    >>> eq = layered_equation(st.lm.scheme)
    >>> eq.total_limit, eq.total_second.factor(), eq.total_time.factor()
    (1/(k + 1), (k - 1)/(2*(k + 1)**3), (k - 1)/(2*(k + 1)**2))
    """
    form = as_scheme(scheme).normal_form()
    if form.parts != 1:
        raise UnsupportedError(f"{scheme} carries its state in {form.parts} parts; depth is read for schemes with one")
    # Why these terms. The carried values lie near q u, and off it by h X f: X is what a step reproduces, (I - V) X =
    # B - q b, solvable since w takes both sides to 0, and X_0 = 0 says that the first value is the solution. Then w x
    # moves by h b f + h^2 b (A + U X) f'f per step, the flow of b f by h b f + h^2/2 (b f)'(b f): the difference is
    # the h term, -b_i b_j/2. And w x is not u but u + h w X f, whose own change per step is the term -(w X)_i b_j.
    r, s = form.values, form.stages
    V, B, q = form.V[:r], form.B[:r], form.q
    w = left_eigenvector(V, q)
    if w is None:
        raise UnsupportedError(f"{scheme} has no limit of first order: its principal root is not simple")
    b = [_dot(w, [B[m][j] for m in range(r)]) for j in range(s)]
    X = [_smooth_history(V, [B[m][j] - q[m] * b[j] for m in range(r)]) for j in range(s)]
    wX = [_dot(w, X[j]) for j in range(s)]
    C = [[form.A[i][j] + _dot(form.U[i], X[j]) for j in range(s)] for i in range(s)]
    second = tuple(
        tuple(canonical(b[i] * C[i][j] - HALF * b[i] * b[j] - wX[i] * b[j]) for j in range(s)) for i in range(s)
    )
    drift = {}
    for symbol in sorted(form.free_symbols, key=str):
        turning = [_dot(w, [x.diff(symbol) for x in X[j]]) for j in range(s)]
        drift[symbol] = tuple(canonical(-HALF * b[j].diff(symbol) - turning[j]) for j in range(s))
    time = tuple(canonical(-HALF * b[j] - wX[j]) for j in range(s))
    shift = tuple(canonical(-x) for x in wX)
    return LayeredEquation(form, tuple(b), second, time, drift, tuple(w), shift)


def _smooth_history(V: Matrix, right: list[Expr]) -> Vector:
    """X with (I - V) X = right and X_0 = 0; right is orthogonal to the left eigenvector, so there is one."""
    first = [Integer(int(j == 0)) for j in range(len(V))]
    solution = carried_along(V, [*map(canonical, right)], first)
    if solution is None:
        raise UnsupportedError("this scheme's history does not follow the solution: its root 1 is not simple")
    return tuple(map(canonical, solution))


def _dot(left: Vector | list[Expr], right: Vector | list[Expr]) -> Expr:
    return canonical(_sum([a * b for a, b in zip(left, right, strict=True)]))


def _sum(values: Vector | list[Expr]) -> Expr:
    return canonical(sum(values, Integer(0)))
