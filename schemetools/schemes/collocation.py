"""Collocation methods known to many digits, and by theory exactly in everything else."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sympy import Expr, Rational

from schemetools.schemes.runge_kutta import RungeKutta


@dataclass(frozen=True)
class Theory:
    """What is proven about a family of s stages: order s p1 + p0, stage order s + q0, the degrees of R = P/Q, and the
    verdicts that do not follow from R.

    R is the Pade approximation of these degrees. Source: Hairer, Wanner, Solving ODEs II, table IV.5.13 and section
    IV.12; Hairer, Lubich, Wanner, Geometric Numerical Integration, sections II.1 and VI.4.
    """

    order_drop: int
    stage_order_drop: int
    numerator_drop: int
    denominator_drop: int
    symplectic: bool
    symmetric: bool
    algebraically_stable: bool


THEORIES = {
    "gauss": Theory(0, 0, 0, 0, True, True, True),
    "radau_ia": Theory(1, 1, 1, 0, False, False, True),
    "radau_iia": Theory(1, 0, 1, 0, False, False, True),
    "lobatto_iiia": Theory(2, 0, 1, 1, False, True, False),
    "lobatto_iiib": Theory(2, 2, 1, 1, False, True, False),
    "lobatto_iiic": Theory(2, 1, 2, 0, False, False, True),
}


@dataclass(frozen=True, repr=False)
class Collocation(RungeKutta):
    """A method of one of the families in `THEORIES`, its tableau rounded from certified enclosures.

    Whatever changes the coefficients gives an ordinary approximate tableau.
    """

    family: str = field(default="gauss", compare=False)

    def __init__(self, A: Any, b: Any, c: Any = None, *, family: str = "gauss", **labels: Any):
        super().__init__(A, b, c, **labels)
        object.__setattr__(self, "family", family)

    @property
    def theory(self) -> Theory:
        """The proven facts of the family."""
        return THEORIES[self.family]

    @property
    def proven_order(self) -> int:
        """2s less the family's drop."""
        return 2 * self.stages - self.theory.order_drop

    @property
    def proven_stage_order(self) -> int:
        """s less the family's drop."""
        return self.stages - self.theory.stage_order_drop

    def stability_function(self) -> tuple[list[Rational], list[Rational]]:
        """(P, Q), ascending, of R = P/Q."""
        k, j = self.stages - self.theory.numerator_drop, self.stages - self.theory.denominator_drop
        return pade(k, j), [c if n % 2 == 0 else -c for n, c in enumerate(pade(j, k))]

    def _map(self, change: Callable[[Expr], Expr]) -> Any:
        plain = RungeKutta(self.A, self.b, self.c, c_is_declared=self.c_is_declared, **self._labels())
        return plain.mapped(change)


def pade(k: int, j: int) -> list[Rational]:
    """The numerator of the (k, j) Pade approximation of e^z, degree k over degree j, ascending.

    P_kj(z) = sum_i k!/(k-i)! (j+k-i)!/(j+k)! z^i/i!
    """
    return [Rational(math.comb(k, i) * math.factorial(j + k - i), math.factorial(j + k)) for i in range(k + 1)]
