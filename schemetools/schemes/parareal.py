"""Parareal: a cheap step corrects itself by an accurate one on all intervals at once, written out as one tableau."""

from typing import Any

from sympy import Expr, Integer

from schemetools.errors import SchemeError
from schemetools.exact import canonical, is_whole
from schemetools.schemes.base import as_scheme
from schemetools.schemes.corrections import used
from schemetools.schemes.runge_kutta import RungeKutta

ZERO = Integer(0)
MOST_STAGES = 400
Value = tuple[tuple[int, Expr], ...]
"""u_n plus a sum of stages' h f: (stage, weight) ascending."""


def parareal(coarse: Any, fine: Any, intervals: int, iterations: int) -> RungeKutta:
    """Parareal over N intervals of length h/N, K iterations after a first coarse pass, as one Runge-Kutta step of h.

        U_0 = u_n,  U_(j+1)^k = G(U_j^k) + F(U_j^(k-1)) - G(U_j^(k-1)),  U_(j+1)^0 = G(U_j^0)

    `coarse` (G) and `fine` (F) are Runge-Kutta schemes or their names. After K = N iterations it is N steps of F.
    Raises SchemeError for other schemes, and where more than 400 stages are needed.
    Source: Lions, Maday, Turinici, Resolution d'EDP par un schema en temps "parareel", C. R. Acad. Sci. 332 (2001).

    >>> import schemetools as st
    >>> [st.order(parareal("euler", "rk4", 3, k)) for k in range(4)]
    [1, 3, 4, 4]
    """
    pair = []
    for scheme in (as_scheme(s) for s in (coarse, fine)):
        if not isinstance(scheme, RungeKutta):
            raise SchemeError(f"parareal takes two Runge-Kutta schemes; {scheme}, a {type(scheme).__name__}, came")
        pair.append(scheme)
    if not all(is_whole(n) for n in (intervals, iterations)) or intervals < 1 or iterations < 0:
        raise SchemeError(f"parareal takes N >= 1 intervals and K >= 0 iterations; {intervals}, {iterations} came")
    program = _Program(int(intervals))
    G, F = ((lambda value, s=s: program.advanced(s, value)) for s in pair)
    old: list[Value] = [()]
    for _ in range(intervals):
        old.append(G(old[-1]))
    for _ in range(iterations):
        new: list[Value] = [()]
        for j in range(intervals):
            new.append(_sum((1, G(new[j])), (1, F(old[j])), (-1, G(old[j]))))
        old = new
    name = f"parareal({pair[0]}, {pair[1]}, {intervals}, {iterations})"
    return RungeKutta(*program.tableau(old[-1]), name=name, exact=all(s.exact for s in pair))


def _sum(*parts: tuple[int, Value]) -> Value:
    total: dict[int, Expr] = {}
    for sign, value in parts:
        for stage, weight in value:
            total[stage] = total.get(stage, ZERO) + sign * weight
    rows = ((stage, canonical(weight)) for stage, weight in sorted(total.items()))
    return tuple((stage, weight) for stage, weight in rows if weight != 0)


class _Program:
    """Stages one after another; a step from a value that was stepped from before is the step of before."""

    def __init__(self, intervals: int) -> None:
        self.intervals = intervals
        self.stages: list[Value] = []
        self.known: dict[tuple[RungeKutta, Value], Value] = {}

    def advanced(self, scheme: RungeKutta, value: Value) -> Value:
        """The value one interval later."""
        if (scheme, value) not in self.known:
            first = len(self.stages)
            if first + scheme.stages > MOST_STAGES:
                raise SchemeError(f"this needs more than {MOST_STAGES} stages; take fewer intervals or iterations")
            *stages, end = (
                _sum((1, value), (1, tuple((first + j, a / self.intervals) for j, a in enumerate(row))))
                for row in (*scheme.A, scheme.b)
            )
            self.stages += stages
            self.known[scheme, value] = end
        return self.known[scheme, value]

    def tableau(self, result: Value) -> tuple[list[list[Expr]], list[Expr]]:
        """(A, b) with the stages that the result needs."""
        rows = [dict(row) for row in self.stages]
        A = [[row.get(j, ZERO) for j in range(len(rows))] for row in rows]
        kept = used(A, dict(result))
        return [[A[i][j] for j in kept] for i in kept], [dict(result).get(j, ZERO) for j in kept]
