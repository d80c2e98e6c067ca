"""Multistep methods on a grid whose steps grow by one ratio: they know the times of their values."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from sympy import Expr, Integer

from schemetools import exact as exact_arithmetic
from schemetools.errors import SchemeError, SchemeWarning, TableauError, UnsupportedError
from schemetools.schemes.arrays import Matrix, Vector
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.intake import Intake, no_relations
from schemetools.schemes.kept import kept
from schemetools.schemes.latex import multistep_recurrence
from schemetools.schemes.multistep import LinearMultistep

ONE = Integer(1)
NEAR = 1e-9


@dataclass(frozen=True, repr=False)
class VariableMultistep(Scheme):
    """A linear multistep method of k steps on the grid t_(n+1) - t_n = r (t_n - t_(n-1)).

        sum_j alpha_j u_(n+j) = h sum_j beta_j f(u_(n+j)),     h = t_(n+k) - t_(n+k-1),   j = 0..k ascending

    alpha and beta (k + 1,) are coefficients as in `LinearMultistep`, formulas in the ratio r if it is a symbol. Order
    and consistency are those on this grid; stability is that of the method with these coefficients frozen. A ratio at
    which it is not zero-stable is said in a SchemeWarning, and has no program.
    Raises TableauError for what is no such method, and for the ratio 0.
    Source: Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, section III.5.

    >>> import schemetools as st
    >>> st.order(st.variable_bdf2("3/2")), st.variable_bdf2(2).nodes
    (2, (-3/2, -1, 0))
    """

    warns: ClassVar[bool] = True

    alpha: Vector
    beta: Vector
    ratio: Expr
    name: str | None = field(default=None, compare=False)
    reference: str | None = field(default=None, compare=False)
    exact: bool = field(default=True, compare=False)
    digits: int | None = field(default=None, compare=False)

    def __init__(
        self,
        alpha: Any,
        beta: Any,
        ratio: Any,
        *,
        name: str | None = None,
        reference: str | None = None,
        exact: bool | None = None,
        digits: int | None = None,
    ):
        given = Intake(exact, digits)
        frozen = LinearMultistep(given.vector(alpha, "alpha"), given.vector(beta, "beta"), exact=exact, digits=digits)
        (ratio,) = given.vector([ratio], "ratio")
        if ratio == 0:
            raise TableauError("the ratio of two steps is not 0")
        known = given.settle(no_relations)
        self._set(name, reference, known, alpha=frozen.alpha, beta=frozen.beta, ratio=ratio)
        if (root := self.unstable_root) is not None:
            warnings.warn(
                f"{self._where()} is not zero-stable: a root of rho has the modulus {root:.4g}, so that errors grow in "
                "every step; take smaller ratios",
                SchemeWarning,
                stacklevel=3,
            )

    @property
    def steps(self) -> int:
        """The number of steps k, as written."""
        return len(self.alpha) - 1

    @property
    def is_explicit(self) -> bool:
        """Whether beta_k = 0, so that the new value needs known ones only."""
        return self.beta[-1] == 0

    @property
    def nodes(self) -> Vector:
        """The times of the k + 1 values in units of the last step, the new one at 0: ..., -1 - 1/r, -1, 0."""
        times, step = [Integer(0)], ONE
        for _ in range(self.steps):
            times.append(exact_arithmetic.canonical(times[-1] - step))
            step = exact_arithmetic.canonical(step / self.ratio)
        return tuple(reversed(times))

    @property
    def unstable_root(self) -> float | None:
        """The modulus of the largest root of rho beside 1, where the coefficients are numbers and it is not below 1."""
        if any(a.free_symbols for a in self.alpha):
            return None
        roots = np.roots([exact_arithmetic.to_float(a) for a in reversed(self.alpha)])
        others = np.delete(roots, np.argmin(abs(roots - 1)))
        largest = max(others, key=abs, default=0.0)
        simple = abs(largest) <= 1 + NEAR and abs(largest - 1) > NEAR
        return None if simple else float(abs(largest))

    @kept
    def frozen(self) -> LinearMultistep:
        """The method with these coefficients on equal steps, as stability asks about it."""
        return LinearMultistep(self.alpha, self.beta, **self._labels())

    @property
    def starts_itself(self) -> bool:
        """Whether a first step may repeat the state: not where earlier h f are carried, of another h."""
        return all(kind == 1 for kind in self.normal_form().q)

    @kept
    def normal_form(self) -> GeneralLinear:
        """The general linear form of a step: earlier h f are those of their own steps, and are rescaled by r.

        Raises SchemeError where the ratio makes the method unstable, since programs are made from it.
        """
        if (root := self.unstable_root) is not None:
            raise SchemeError(
                f"{self._where()} is not zero-stable (a root of rho has the modulus {root:.4g}), so that it has no "
                "program; its order and stability are there"
            )
        form = self.frozen().normal_form()
        ages = [int(sum(1 for kind in form.q[: m + 1] if kind == 0)) if q == 0 else 0 for m, q in enumerate(form.q)]

        def rescaled(row: Vector) -> Vector:
            return tuple(exact_arithmetic.canonical(x * self.ratio**age) for x, age in zip(row, ages, strict=True))

        V = (rescaled(form.V[0]), *form.V[1:])
        U = tuple(map(rescaled, form.U)) if not self.is_explicit else form.U
        return GeneralLinear(form.A, U, form.B, V, **self._labels())

    def _where(self) -> str:
        return f"{self.name or 'this method'} at the step ratio {exact_arithmetic.text(self.ratio)}"

    def _map(self, change: Callable[[Expr], Expr]) -> Self:
        alpha, beta = tuple(map(change, self.alpha)), tuple(map(change, self.beta))
        with warnings.catch_warnings():  # said once, of the scheme that a user gets, under its new name
            warnings.simplefilter("ignore", SchemeWarning)
            return type(self)(alpha, beta, change(self.ratio), **self._labels())

    def _arrays(self) -> tuple[Vector | Matrix, ...]:
        return self.alpha, self.beta, (self.ratio,)

    def __repr__(self) -> str:
        ratio = exact_arithmetic.text(self.ratio)
        return f"VariableMultistep({self.name or ''}{', ' if self.name else ''}steps={self.steps}, ratio={ratio})"

    def _repr_latex_(self) -> str:
        recurrence = multistep_recurrence(self.alpha, self.beta, exact=self.exact).removesuffix("$")
        return rf"{recurrence},\qquad h_{{n}} = {exact_arithmetic.latex(self.ratio, exact=self.exact)}\, h_{{n-1}}$"


def no_equation(scheme: VariableMultistep) -> UnsupportedError:
    """Why there is no modified equation."""
    return UnsupportedError(
        f"{scheme} steps on a grid whose steps change by a ratio, so that the step is a function of time and no one "
        "equation in powers of h describes it; order and error_constant hold on that grid, and stability for frozen "
        "coefficients"
    )
