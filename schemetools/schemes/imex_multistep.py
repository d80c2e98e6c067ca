"""Implicit-explicit multistep methods: one recurrence, two fields."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from sympy import Expr, Integer

from schemetools import exact as exact_arithmetic
from schemetools.errors import TableauError
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.intake import Intake, no_relations
from schemetools.schemes.kept import kept
from schemetools.schemes.latex import imex_recurrence
from schemetools.schemes.multistep import keeping_constants

ZERO, ONE = Integer(0), Integer(1)


@dataclass(frozen=True, repr=False)
class ImexMultistep(Scheme):
    """An implicit-explicit linear multistep method for u' = F(u) + G(u).

        sum_j alpha[j] u_(n+j) = h sum_j (beta[j] F(u_(n+j)) + gamma[j] G(u_(n+j))),  j = 0..k

    alpha, beta, gamma (k + 1,) ascending; beta[k] = 0, and gamma[k], alpha[k] are not 0. Coefficients as in
    `exact.coefficient`. Raises TableauError for what is no such method, and where rho(1) is not 0.
    Source: Ascher, Ruuth, Wetton, Implicit-explicit methods for time-dependent partial differential equations (1995).

    >>> import schemetools as st
    >>> st.order(ImexMultistep([-1, 1], [1, 0], [0, 1]))
    1
    """

    alpha: Vector
    beta: Vector
    gamma: Vector
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(default=None, compare=False)

    def __init__(
        self,
        alpha: Any,
        beta: Any,
        gamma: Any,
        *,
        name: str | None = None,
        reference: str | None = None,
        exact: bool | None = None,
        digits: int | None = None,
    ):
        given = Intake(exact, digits)
        alpha, beta, gamma = (given.vector(v, w) for v, w in ((alpha, "alpha"), (beta, "beta"), (gamma, "gamma")))
        if len(alpha) < 2 or not len(alpha) == len(beta) == len(gamma):
            raise TableauError(
                f"alpha, beta, gamma have {len(alpha)}, {len(beta)}, {len(gamma)} entries; k steps need k + 1 each"
            )
        if beta[-1] != 0:
            raise TableauError(
                "the last entry of beta, the explicit part, is 0, as F is not evaluated at the new value; "
                f"{beta[-1]} came"
            )
        if alpha[-1] == 0 or gamma[-1] == 0:
            raise TableauError(
                "the last entries of alpha and of gamma, the implicit part, belong to the new value and are not 0; "
                f"{alpha[-1]} and {gamma[-1]} came"
            )
        known = given.settle(no_relations)
        alpha = keeping_constants(alpha, known)
        self._set(name, reference, known, alpha=alpha, beta=beta, gamma=gamma)

    @property
    def steps(self) -> int:
        """The number of steps k, as written."""
        return len(self.alpha) - 1

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of the fields: F explicit, G implicit."""
        return ("F", "G")

    @property
    def is_explicit(self) -> bool:
        """Never: G is evaluated at the new value."""
        return False

    @kept
    def normal_form(self) -> GeneralLinear:
        """The general linear form: F at the newest state, G at the new one; values are states, h F, then h G."""
        k, scale = self.steps, self.alpha[-1]
        alpha, beta, gamma = (
            [exact_arithmetic.canonical(c / scale) for c in row] for row in (self.alpha, self.beta, self.gamma)
        )
        states = list(range(k - 1, min((j for j in range(k) if alpha[j] != 0), default=k - 1) - 1, -1))
        explicit = list(range(k - 2, min((j for j in range(k - 1) if beta[j] != 0), default=k - 1) - 1, -1))
        implicit = list(range(k - 1, min((j for j in range(k) if gamma[j] != 0), default=k) - 1, -1))
        recurrence = [-alpha[j] for j in states] + [beta[j] for j in explicit] + [gamma[j] for j in implicit]
        r = len(recurrence)
        V = [recurrence] + [[ONE if j == m - 1 else ZERO for j in range(r)] for m in range(1, r)]
        B = [[beta[k - 1], gamma[k]]] + [[ZERO, ZERO] for _ in range(1, r)]
        for first, size, stage in ((len(states), len(explicit), 0), (len(states) + len(explicit), len(implicit), 1)):
            if size:
                V[first] = [ZERO] * r
                B[first][stage] = ONE
        U = [[ONE] + [ZERO] * (r - 1), recurrence]
        A = [[ZERO, ZERO], [beta[k - 1], gamma[k]]]
        return GeneralLinear(A, U, B, V, ("F", "G"), **self._labels())

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        alpha, beta, gamma = (tuple(map(change, row)) for row in (self.alpha, self.beta, self.gamma))
        return type(self)(alpha, beta, gamma, **self._labels())

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        return self.alpha, self.beta, self.gamma

    def __repr__(self) -> str:
        return f"ImexMultistep({self.name or ''}{', ' if self.name else ''}steps={self.steps}{self._known()})"

    def _repr_latex_(self) -> str:
        return imex_recurrence(self.alpha, self.beta, self.gamma, exact=self.exact)
