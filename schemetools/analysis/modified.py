"""The modified equation of a scheme: the differential equation that its numbers follow to all orders in h."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sympy import Expr, Integer, Symbol
from sympy.core.function import UndefinedFunction

from ..errors import SchemeError, UnsupportedError
from ..schemes.base import Scheme, as_scheme
from ..schemes.multistep import LinearMultistep
from ..schemes.transforms import rescale
from . import printing
from .concrete import first_integral_drift, modified_hamiltonian, solver
from .differentials import concrete_field
from .forest import NONAUTONOMOUS, Progress, alternating, forest
from .layers import LayerEquations, per_layer
from .lie import TreeSeries
from .momentum import as_multistep, momentum_series, spurious_multiplier
from .parasitic import ParasiticMode, parasitic_modes, start_shift, zero_stability_warning
from .remainder import RemainderEstimate, remainder_estimate
from .solve import modified_series
from .stochastic import stochastic_modified_equation
from .trees import Tree, ids_of_trees, ordered_trees
from .varying import varying_equation


class Coefficients(Mapping[Tree, Expr]):
    """Tree -> exact b(t), by order and bushy trees first; a number becomes an expression when it is looked at."""

    def __init__(self, series: TreeSeries):
        self.series = series
        self._ids = ids_of_trees(series.grammar, series.order)
        self._seen: dict[Tree, Expr] = {}

    def __getitem__(self, tree: Tree) -> Expr:
        value = self._seen.get(tree)
        if value is None:
            value = self._seen[tree] = self.series.value(self._ids[tree], tree.order)
        return value

    def __iter__(self) -> Iterator[Tree]:
        return iter(ordered_trees(self.series.grammar, self.series.order))

    def __len__(self) -> int:
        return forest(self.series.grammar).offsets[self.series.order + 1]

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True, repr=False, eq=False)
class ModifiedEquation:
    """u' = sum_t h^(|t|-1) b(t)/sigma(t) F(t)(u) over the trees t of orders 1..order.

    `coefficients` maps each Tree to b(t), an exact expression; `eq[tree]` is one of them. With `inverse` it is the
    modifying integrator: the field on which one step of the scheme is the exact flow of u' = f.
    """

    scheme: Scheme
    order: int
    series: TreeSeries = field(repr=False)
    inverse: bool = False

    @functools.cached_property
    def coefficients(self) -> Mapping[Tree, Expr]:
        """The exact b(t), by tree."""
        return Coefficients(self.series)

    def __getitem__(self, tree: Tree) -> Expr:
        return self.coefficients[tree]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ModifiedEquation):
            return NotImplemented
        mine, theirs = (self.scheme, self.order, self.inverse), (other.scheme, other.order, other.inverse)
        return mine == theirs and self.series.grammar == other.series.grammar

    def __hash__(self) -> int:
        return hash((self.scheme, self.order, self.inverse))

    @functools.cached_property
    def limit(self) -> Any:
        """b(dot): the scheme follows u' = limit * f as h -> 0; a tuple with one entry per field for additive
        schemes."""
        values = tuple(self.series.value(t, 1) for t in range(len(self.fields)))
        return values if len(self.fields) > 1 else values[0]

    @property
    def fields(self) -> tuple[str, ...]:
        """The labels of the fields, in the scheme's order; ("f",) where there is one."""
        grammar = self.series.grammar
        return ("f",) if grammar.plain or grammar == NONAUTONOMOUS else grammar.colours

    @property
    def is_partitioned(self) -> bool:
        """Whether each field advances its own part of the state, p' = F(q), q' = G(p)."""
        return len(self.fields) > 1 and self.series.grammar == alternating(self.fields)

    def with_time(self) -> "ModifiedEquation":
        """The equation for fields f(t, u): trees with leaves of a second colour, t, for partial derivatives in time.

        The time advances by h per step: lm(k) has the h term -h(1-k)/(2(1+k)^3) (f'f + (1+k) f_t).
        """
        if self.inverse:
            raise UnsupportedError("the modifying integrator is derived for fields f(u); add t' = 1 to the system")
        return replace(self, series=modified_series(self.scheme, self.order, nonautonomous=True))

    @functools.cached_property
    def multistep(self) -> LinearMultistep | None:
        """The irreducible multistep method that the scheme is, where it is one (Euler and the trapezoid rule are)."""
        return as_multistep(self.scheme)

    @functools.cached_property
    def momentum(self) -> tuple[Expr, ...] | None:
        """g_1, g_2, ... of the momentum form sum_j g_j h^(j-1) u^(j) = f, a formal series; None where there is none."""
        if self.inverse or self.multistep is None:
            return None
        return momentum_series(self.multistep.alpha, self.multistep.beta, self.order).values(self.order)

    @functools.cached_property
    def parasitic(self) -> tuple[ParasiticMode, ...]:
        """The modes root^n v(nh) beside the smooth solution, largest modulus first; the root 0 dies out and is left
        out."""
        return () if self.inverse or self.multistep is None else parasitic_modes(self.multistep)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What limits the statement: approximate coefficients, a scheme that is not zero-stable."""
        found = [] if self.scheme.exact else [printing.APPROXIMATE]
        if self.multistep is not None and not self.inverse:
            found += zero_stability_warning(self.parasitic)
        return tuple(found)

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
        """The equation of the scheme with h divided by the limit, u' = f + O(h)."""
        return modified_equation(rescale(self.scheme), self.order)

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


def modified_equation(
    s: Any,
    order: int | None = None,
    *,
    nonautonomous: bool = False,
    progress: Progress | None = None,
    **coefficients: Any,
) -> Any:
    """The modified equation of a scheme through trees of the given order (4 where none is given), exact.

    Its solution agrees with the scheme's numbers to the order h^order (for multistep schemes, with the smooth part of
    them). `nonautonomous` derives it for f(t, u). Keywords give free symbols a value: a number; `k=Function("k")`,
    smooth over the steps (a VaryingEquation); or a list, one per layer (LayerEquations). Random coefficients give a
    StochasticModifiedEquation. `progress(done, order)` is called once per order. Raises SchemeError for an order that
    is not positive or too large to enumerate, and for a scheme without a limit of first order.
    Source: Hairer, Lubich, Wanner, Geometric Numerical Integration, sections IX.9 and XV.3.

    >>> import schemetools as st
    >>> eq = st.modified_equation(st.lm(), order=3)
    >>> eq.limit, eq[st.Tree.from_level_sequence((1, 2, 2))]
    (1/(k + 1), (k**2 - 10*k + 1)/(6*(k + 1)**5))
    """
    scheme = as_scheme(s)
    if scheme.random_symbols:
        return stochastic_modified_equation(scheme, 2 if order is None else order)
    order = 4 if order is None else order
    functions = {Symbol(name): value for name, value in coefficients.items() if isinstance(value, UndefinedFunction)}
    lists = {
        name: list(value)
        for name, value in coefficients.items()
        if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, str)
    }
    values = {
        name: value for name, value in coefficients.items() if name not in lists and Symbol(name) not in functions
    }
    if values:
        scheme = scheme.subs(values)
    if functions and lists:
        raise SchemeError("coefficients came both as functions of t and as lists; give one kind")
    if functions:
        return varying_equation(scheme, order, functions, nonautonomous=nonautonomous)
    if lists:
        numbers = {name: tuple(float(x) for x in value) for name, value in lists.items()}
        pieces = tuple(
            modified_equation(layer, order, nonautonomous=nonautonomous) for layer in per_layer(scheme, lists)
        )
        return LayerEquations(scheme, numbers, pieces)
    series = modified_series(scheme, order, nonautonomous=nonautonomous, progress=progress)
    return ModifiedEquation(scheme, order, series)
