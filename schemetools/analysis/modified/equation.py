"""The modified equation as an object: the verbs over its facts."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import Expr, Integer

from schemetools.analysis.modified import text as printing
from schemetools.analysis.modified.concrete import concrete_field, first_integral_drift, modified_hamiltonian, solver
from schemetools.analysis.modified.facts import EquationFacts
from schemetools.analysis.modified.parasitic import start_shift
from schemetools.analysis.modified.remainder import RemainderEstimate, remainder_estimate
from schemetools.analysis.series.momentum import spurious_multiplier
from schemetools.errors import UnsupportedError
from schemetools.schemes.transforms import rescale


@dataclass(frozen=True, repr=False, eq=False)
class ModifiedEquation(EquationFacts):
    """u' = sum_t h^(|t|-1) b(t)/sigma(t) F(t)(u) over the trees t of orders 1..order.

    `coefficients` maps each Tree to b(t), an exact expression; `eq[tree]` is one of them. With `inverse` it is the
    modifying integrator: the field on which one step of the scheme is the exact flow of u' = f.

    >>> import schemetools as st
    >>> eq = st.modified_equation("lm", order=2)
    >>> eq.limit, eq["[.]"], eq.momentum
    (1/(k + 1), (k - 1)/(2*(k + 1)**3), (k + 1, 1/2 - k/2))
    """

    def vector_field(self, f: Any, u: Any, h: Any, t: Any = None) -> tuple[Expr, ...]:
        """The right-hand side for a concrete field, one expression per component, through the order of the equation.

        `f` is a sequence of sympy expressions in the symbols `u` (and `t`, for f(t, u)), or a function of them; for a
        scheme with several fields, one such per field. Raises SchemeError where the numbers of components and
        variables differ.
        """
        return concrete_field(self, f, u, h, t)

    def solver(self, f: Any, u: Any, h: Any = None, t: Any = None) -> Callable[..., np.ndarray]:
        """The vector field as a NumPy function rhs(t, y) for solve_ivp; rhs(t, y, h) where h is left open."""
        return solver(self, f, u, h, t)

    def hamiltonian(self, energy: Expr, p: Any, q: Any, h: Any) -> Expr:
        """The modified Hamiltonian of a symplectic scheme for p' = -dH/dq, q' = dH/dp."""
        return modified_hamiltonian(self, energy, p, q, h)

    def first_integral_drift(self, integral: Expr, f: Any, u: Any) -> tuple[Expr, ...]:
        """How fast the coefficients of h^0, h^1, ... of the field change an integral; all 0 where it is kept."""
        return first_integral_drift(self, integral, f, u)

    def remainder_estimate(self, z: float) -> RemainderEstimate:
        """The first omitted term relative to the leading one, at z = h |f'|."""
        return remainder_estimate(self, z)

    def effective_start(self, start: Any = "euler") -> tuple[Expr, tuple[Expr, ...]]:
        """(delta, (w_1, ...)): the smooth solution starts at u_0 + h delta f(u_0), parasitic mode l at h w_l f(u_0).

        `start`: "euler", "repeat", or the numbers c_j of starting values u_0 + h c_j f(u_0). For lm, delta = k/(1+k)^2.
        """
        if self.inverse:
            raise UnsupportedError("the start belongs to the numbers of the scheme: ask its modified_equation for it")
        if self.multistep is None:
            return Integer(0), ()
        return start_shift(self.multistep, start)

    @property
    def spurious_multiplier(self) -> Expr:
        """The factor per step of the fast mode of the momentum form cut after u'', a mode that the scheme does not
        have."""
        if self.momentum is None:
            raise UnsupportedError(f"{self.scheme} has no momentum form")
        return spurious_multiplier(self.momentum)

    def rescaled(self) -> "ModifiedEquation":
        """The equation of the scheme with h divided by the limit, u' = f + O(h); of the same kind as this one."""
        scheme = rescale(self.scheme)
        return replace(self, scheme=scheme, series=self.series_of(scheme, self.order))

    def text(self, through: int | None = None) -> str:
        """The equation in lines of text, with the trees through the given order."""
        return printing.equation_text(self, through)

    def latex(self, through: int | None = None) -> str:
        """The equation as a LaTeX display, with the trees through the given order."""
        return printing.equation_latex(self, through)

    def __str__(self) -> str:
        return printing.equation_text(self)

    def __repr__(self) -> str:
        return printing.equation_text(self)

    def _repr_latex_(self) -> str:
        return printing.equation_latex(self)
