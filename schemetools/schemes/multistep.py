"""Linear multistep methods."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from sympy import Add, Expr, Integer

from schemetools import exact as exact_arithmetic
from schemetools.errors import TableauError
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.intake import NEAR, Intake, multistep_relations
from schemetools.schemes.kept import kept
from schemetools.schemes.latex import multistep_recurrence

ZERO, ONE = Integer(0), Integer(1)
SHORT = range(3, 13)  # decimals that somebody may have rounded to; more are taken as rounded anyway


@dataclass(frozen=True, repr=False)
class LinearMultistep(Scheme):
    """A linear multistep method of k steps.

        sum_j alpha_j u_(n+j) = h sum_j beta_j f(u_(n+j)),     j = 0..k ascending

    alpha and beta are (k+1,), coefficients as in `exact.measure`; alpha_k != 0. `exact` and `digits` are as in
    `RungeKutta`; where alpha is approximate, its largest entry before the last takes up what sum_j alpha_j misses 0 by.
    Raises TableauError for a malformed pair and for rho(1) = sum_j alpha_j != 0: such a recurrence has no ODE as its
    limit. Source: Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, section III.2.

    >>> LinearMultistep([0, -1, 1], ["-1/2", "3/2", 0]).steps
    2
    """

    alpha: Vector
    beta: Vector
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(default=None, compare=False)

    def __init__(
        self,
        alpha: Any,
        beta: Any,
        *,
        name: str | None = None,
        reference: str | None = None,
        exact: bool | None = None,
        digits: int | None = None,
    ):
        given = Intake(exact, digits)
        alpha, beta = given.vector(alpha, "alpha"), given.vector(beta, "beta")
        if len(alpha) != len(beta) or len(alpha) < 2:
            raise TableauError(
                f"alpha has {len(alpha)} entries and beta {len(beta)}; k steps need k + 1 of each, k >= 1"
            )
        if alpha[-1] == 0:
            raise TableauError(
                "the last entry of alpha is 0; it multiplies the new value and must not vanish (order is ascending)"
            )
        if all(b == 0 for b in beta):
            raise TableauError("every entry of beta is 0: the scheme never evaluates f")
        known = given.settle(multistep_relations(alpha, beta))
        alpha = keeping_constants(alpha, known)
        self._set(name, reference, known, alpha=alpha, beta=beta)

    @property
    def steps(self) -> int:
        """The number of steps k, as written."""
        return len(self.alpha) - 1

    @property
    def is_explicit(self) -> bool:
        """Whether beta_k = 0, so that the new value needs known ones only."""
        return self.beta[-1] == 0

    @kept
    def normal_form(self) -> GeneralLinear:
        """The general linear form with one stage: values are u_n, earlier u, then earlier h f, newest first.

        Only what the recurrence uses is carried; a state is carried back to the oldest index where nothing else
        reaches it, so that a scheme keeps the number of steps with which it was written.
        """
        k = self.steps
        scale = self.alpha[-1]
        alpha = [exact_arithmetic.canonical(a / scale) for a in self.alpha]
        beta = [exact_arithmetic.canonical(b / scale) for b in self.beta]
        oldest_f = next((j for j in range(k) if beta[j] != 0), k)
        oldest_u = next(j for j in range(k + 1) if alpha[j] != 0)
        # Nothing at the oldest index would make it a scheme of fewer steps, with a shorter history than it was written
        # with: u_(n+2) = u_(n+1) + h f_(n+1) would silently be Euler's. That is a reduction, which is asked for and has
        # a name; here the oldest state is carried along, with coefficient 0.
        if oldest_u > 0 and oldest_f > 0:
            oldest_u = 0
        newest_f = k - 1 if not self.is_explicit else k - 2
        states = list(range(k - 1, min(oldest_u, k - 1) - 1, -1))
        increments = list(range(newest_f, oldest_f - 1, -1))
        recurrence = tuple([-alpha[j] for j in states] + [beta[j] for j in increments])
        r = len(recurrence)
        unit = [tuple(ONE if j == m else ZERO for j in range(r)) for m in range(r)]
        first_increment = len(states)
        V = [recurrence] + [unit[m - 1] for m in range(1, r)]
        fresh = beta[k] if not self.is_explicit else beta[k - 1]
        B = [(fresh,)] + [(ZERO,)] * (r - 1)
        if increments:
            V[first_increment] = (ZERO,) * r
            B[first_increment] = (ONE,)
        A, U = ((ZERO,), unit[0]) if self.is_explicit else ((fresh,), recurrence)
        return GeneralLinear((A,), (U,), B, V, **self._labels())

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        alpha, beta = tuple(map(change, self.alpha)), tuple(map(change, self.beta))
        return type(self)(alpha, beta, **self._labels())

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        return self.alpha, self.beta

    def __repr__(self) -> str:
        return f"LinearMultistep({self.name or ''}{', ' if self.name else ''}steps={self.steps}{self._known()})"

    def _repr_latex_(self) -> str:
        return multistep_recurrence(self.alpha, self.beta, exact=self.exact)


def keeping_constants(alpha: Vector, known: tuple[bool, int | None]) -> Vector:
    """Alpha with rho(1) = 0; of approximate ones the largest before the last takes up what rounding left.

    `known` is (exact, digits). Raises TableauError where rho(1) is something else, since such a recurrence does not
    keep constants.
    """
    exact, digits = known
    total = exact_arithmetic.canonical(Add(*alpha))
    if total == 0:
        return alpha
    near = max(NEAR, _rounding(alpha, digits)) if digits else NEAR
    if not exact and total.is_number and abs(exact_arithmetic.to_float(total)) <= near:
        largest = max(range(len(alpha) - 1), key=lambda j: abs(exact_arithmetic.to_float(alpha[j])))
        return tuple(exact_arithmetic.canonical(a - total) if j == largest else a for j, a in enumerate(alpha))
    raise TableauError(
        f"rho(1) = sum(alpha) = {exact_arithmetic.text(total)}; it must be 0, or constants are not kept"
        + _if_rounded(alpha, total, exact)
    )


def _rounding(alpha: Vector, digits: int) -> float:
    """What half a unit in the last decimal of every coefficient adds up to."""
    return len(alpha) * 10.0**-digits / 2


def _if_rounded(alpha: Vector, total: Expr, exact: bool) -> str:
    """What to say of decimals whose sum misses 0 by as much as rounding explains."""
    if not exact or not total.is_Rational:
        return ""
    digits = next((n for n in SHORT if 10**n % int(total.q) == 0), None)  # type: ignore[attr-defined]
    if digits is None or abs(exact_arithmetic.to_float(total)) > _rounding(alpha, digits):
        return ""
    return f"; digits={digits} reads its decimals as rounded"
