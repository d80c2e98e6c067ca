"""Spectral deferred correction: sweeps of Euler's method over collocation nodes, written out as one tableau."""

import itertools
from typing import Any

from sympy import Expr, Integer

from schemetools.errors import SchemeError
from schemetools.exact import canonical, is_whole
from schemetools.exact import text as exact_text
from schemetools.schemes.arrays import Vector
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.catalog._collocation import collocation
from schemetools.schemes.intake import Intake
from schemetools.schemes.runge_kutta import RungeKutta

ZERO, ONE = Integer(0), Integer(1)
Row = list[Expr]


def deferred_correction(nodes: Any, sweeps: int, *, implicit: bool = False) -> RungeKutta:
    """Spectral deferred correction: sweeps of Euler's method from node to node after a first pass of it.

        Y_(m+1) = Y_m + (c_(m+1) - c_m) h (f(Y_m) - f(Z_m)) + h (integral from c_m to c_(m+1) of what interpolates f(Z))

    Z are the values of the sweep before; with `implicit=True` the difference is taken at the new node m + 1. `nodes`
    are numbers in [0, 1], ascending, or a collocation scheme such as "lobatto_iiia(3)". The result is the value at the
    last node where that is 1, else the quadrature. The order is min(sweeps + 1, order of the quadrature) at least.
    Raises SchemeError for nodes that do not ascend, and a negative number of sweeps.
    Source: Dutt, Greengard, Rokhlin, Spectral deferred correction methods, BIT 40 (2000).

    >>> import schemetools as st
    >>> [st.order(deferred_correction([0, "1/2", 1], sweeps)) for sweeps in range(5)]
    [1, 2, 3, 4, 4]
    """
    if not is_whole(sweeps) or not 0 <= sweeps <= 100:
        raise SchemeError(f"deferred_correction takes 0 to 100 sweeps; {sweeps!r} came")
    scheme = _collocation(nodes)
    c = _ascending(scheme.c)
    shown = scheme.name or ", ".join(exact_text(x, exact=scheme.exact) for x in c)
    name = f"deferred_correction({shown}, {sweeps})"
    program = _Sweeps(scheme, implicit)
    for _ in range(sweeps + 1):
        program.sweep()
    return RungeKutta(*program.tableau(), name=name, exact=scheme.exact, digits=scheme.digits)


def _collocation(nodes: Any) -> RungeKutta:
    if isinstance(nodes, (str, Scheme)) or hasattr(nodes, "scheme"):
        found = as_scheme(nodes)
        if not isinstance(found, RungeKutta):
            raise SchemeError(f"deferred_correction takes nodes or a collocation scheme; {found} is none")
        return found
    read = Intake(None)
    c = _ascending(read.vector(nodes, "nodes"))
    found = collocation(list(c))
    return RungeKutta(found.A, found.b, **rounding) if (rounding := read.rounding()) else found


def _ascending(c: Vector) -> Vector:
    numbers = all(x.is_number for x in c)
    if not c or not numbers or not all(0 <= x <= 1 for x in c) or any(b <= a for a, b in itertools.pairwise(c)):
        raise SchemeError(f"nodes ascend from 0 to 1; {', '.join(map(exact_text, c)) or 'none'} came")
    return c


class _Sweeps:
    """Stages one after another; a value is a sparse row {stage: weight of its h f}."""

    def __init__(self, scheme: RungeKutta, implicit: bool) -> None:
        self.scheme, self.implicit = scheme, implicit
        self.steps = [b - a for a, b in zip([ZERO, *scheme.c], scheme.c, strict=False)]
        # The interpolant's integral from node to node: differences of the rows of A.
        rows = [[ZERO] * scheme.stages, *scheme.A]
        self.parts = [
            [canonical(y - x) for x, y in zip(a, b, strict=True)] for a, b in zip(rows, rows[1:], strict=False)
        ]
        self.stages: list[dict[int, Expr]] = []
        self.previous: list[int] = []
        self.last: dict[int, Expr] = {}

    def _stage(self, row: dict[int, Expr]) -> int:
        self.stages.append(row)
        return len(self.stages) - 1

    def sweep(self) -> None:
        """One pass over the nodes; the first has no values to correct."""
        first = self._stage({})  # f(u_n): the left end, where no node stands
        value: dict[int, Expr] = {}
        slopes: list[int] = []
        for m, step in enumerate(self.steps):
            if step == 0:
                slopes.append(first)
                continue
            left = slopes[m - 1] if m else first
            new = dict(value)
            for j, old in enumerate(self.previous):
                new[old] = new.get(old, ZERO) + self.parts[m][j]
            at = len(self.stages) if self.implicit else left
            before = (self.previous[m] if self.implicit else self._before(m)) if self.previous else None
            new[at] = new.get(at, ZERO) + step
            if before is not None:
                new[before] = new.get(before, ZERO) - step
            value = {k: canonical(w) for k, w in new.items()}
            slopes.append(self._stage(dict(value)))
        self.previous, self.first, self.last = slopes, first, value

    def _before(self, m: int) -> int:
        return self.previous[m - 1] if m else self.first

    def tableau(self) -> tuple[list[Row], Row]:
        """(A, b): the value at the last node if that is 1, else the quadrature."""
        s = len(self.stages)
        A = [[row.get(j, ZERO) for j in range(s)] for row in self.stages]
        result = dict(self.last)
        if self.scheme.c[-1] != 1:
            result = {}
            for j, weight in zip(self.previous, self.scheme.b, strict=True):
                result[j] = result.get(j, ZERO) + weight
        kept = used(A, result)
        rows = [[A[i][j] for j in kept] for i in kept]
        return rows, [result.get(j, ZERO) for j in kept]


def used(A: list[Row], result: dict[int, Expr]) -> list[int]:
    """The stages that the result needs."""
    waiting, found = [j for j, w in result.items() if w != 0], set()
    while waiting:
        i = waiting.pop()
        if i not in found:
            found.add(i)
            waiting += [j for j, a in enumerate(A[i]) if a != 0]
    return sorted(found)
