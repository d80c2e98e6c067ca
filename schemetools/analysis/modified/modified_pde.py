"""The modified equation of a difference scheme: the partial differential equation that its numbers follow."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy
from sympy import Expr, I, Integer, Symbol

from schemetools import exact
from schemetools.analysis.modified import pde_text
from schemetools.analysis.modified.nonlinear import nonlinear_pde
from schemetools.analysis.modified.parasitic_waves import Branch, branches
from schemetools.analysis.modified.pde_terms import (
    Index,
    consistency,
    denominators_scale,
    fraction,
    in_numbers,
    in_steps,
    limit_elements,
)
from schemetools.analysis.modified.system_pde import system_pde
from schemetools.analysis.modified.truncation import TruncationError, truncation_error
from schemetools.analysis.series.line_series import parametric_log
from schemetools.analysis.series.symbol_series import LogSeries, branch_log, levels_of, second_order_log
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.discretisation import AXES, Discretisation
from schemetools.schemes.grid_numbers import Numbers, is_rate
from schemetools.schemes.semidiscrete import MethodOfLines

DEFAULT, FURTHEST, HIGHEST = 4, 12, 40
MORE = 4  # consistency is read from terms a little beyond the leading ones


@dataclass(frozen=True, eq=False, repr=False)
class ModifiedPDE:
    """dt u_t = sum_a c_a(nu, ..) dx^a d^a u over the derivatives a of orders 0..order, exact.

    It is the logarithm of the principal amplification factor, so that the scheme's numbers follow it to all orders;
    `time` is 2 for schemes of u_tt, where the left side is dt^2 u_tt. `eq[2]`, or `eq[1, 0]` in two dimensions, is one
    coefficient in the numbers. Source: R. F. Warming, B. J. Hyett, J. Comput. Phys. 14 (1974), 159-179.

    >>> import schemetools as st
    >>> equation = st.modified_equation("upwind", order=2)
    >>> equation.in_numbers()[(2,)], equation.diffusion
    (-nu**2/2 + nu/2, {(2,): -nu**2/2 + nu/2})
    """

    scheme: Any
    order: int
    series: LogSeries
    time: int = 1
    notes: tuple[str, ...] = field(default=())

    @property
    def dimension(self) -> int:
        """The number of dimensions of the grid."""
        return self.scheme.dimension

    @property
    def numbers(self) -> Numbers:
        """The numbers and what they stand for."""
        return self.scheme.numbers

    @functools.cached_property
    def coefficients(self) -> dict[Index, Expr]:
        """{multi-index: coefficient} in the numbers; what is left out is 0."""
        return in_numbers(self.series)

    def in_numbers(self) -> dict[Index, Expr]:
        """{multi-index: c_a} with dt u_t = sum c_a dx^a d^a u, in the numbers of the scheme."""
        return dict(self.coefficients)

    def in_steps(self) -> dict[Index, Expr]:
        """{multi-index: coefficient} of u_t = ..., in the coefficients of the equation, dt and the widths."""
        return in_steps(self.coefficients, self.numbers, self.dimension, self.time)

    def __getitem__(self, index: int | Index) -> Expr:
        key = index if isinstance(index, tuple) else (index,)
        if len(key) != self.dimension or sum(key) > self.order or min(key) < 0:
            raise SchemeError(
                f"{index!r} is no derivative of this equation, which has {self.dimension} dimensions and derivatives "
                f"through order {self.order}"
            )
        return self.coefficients.get(key, Integer(0))

    @functools.cached_property
    def _limit(self) -> dict[Index, Expr]:
        """The limit in numbers."""
        found = limit_elements(self.series, self.numbers, self.time)
        return {index: fraction(above, self.series.terms[index][1]) for index, above in found.items()}

    @functools.cached_property
    def limit(self) -> dict[Index, Expr]:
        """{multi-index: coefficient} of the equation that is solved for dt, dx -> 0: {(1,): -c}."""
        return in_steps(self._limit, self.numbers, self.dimension, self.time)

    def _errors(self, parity: int) -> dict[Index, Expr]:
        found = {}
        for index, value in self.coefficients.items():
            rest = value - self._limit.get(index, Integer(0))
            rest = sympy.expand(rest) if rest.is_polynomial() else sympy.factor(rest)
            if sum(index) % 2 == parity and rest != 0:
                found[index] = rest
        return found

    @functools.cached_property
    def diffusion(self) -> dict[Index, Expr]:
        """{multi-index: coefficient} of the even derivatives beyond the limit, in numbers: they damp or amplify."""
        return self._errors(0)

    @functools.cached_property
    def dispersion(self) -> dict[Index, Expr]:
        """{multi-index: coefficient} of the odd derivatives beyond the limit, in numbers: they shift phases."""
        return self._errors(1)

    def errs_below(self, order: int) -> bool:
        """Whether a derivative of a lower order than the given one is beyond the limit."""
        return any(sum(index) < order for part in (self.diffusion, self.dispersion) for index in part)

    def _symbol(self, coefficients: Mapping[Index, Expr], parity: int) -> Expr:
        angles = angles_of(self.dimension)
        total: Any = Integer(0)
        for index, value in coefficients.items():
            if sum(index) % 2 == parity:
                wave = sympy.prod([a**n for a, n in zip(angles, index, strict=True)])
                total += value * I ** (sum(index) - parity) * wave
        return total

    def phase_error(self) -> Expr:
        """The relative error of the phase of a wave of angle theta per point: negative where it lags.

        A series cut after the derivatives of `order`: 0 says that there is no error through these, not beyond them.
        Raises SchemeError where the limit moves no waves.
        """
        moved = self._symbol(self._limit, 1)
        if moved == 0 or self.time != 1:
            raise SchemeError(f"the limit of {self.scheme} has no odd derivative, so that there is no phase to compare")
        return sympy.expand(sympy.cancel(self._symbol(self.dispersion, 1) / moved))

    def amplification_error(self) -> Expr:
        """The logarithm of |g|, without the part of the limit, for a wave of angle theta per point.

        A series cut after the derivatives of `order`, as that of the phase.
        """
        if self.time != 1:
            raise UnsupportedError("the amplification of a scheme for u_tt is not read from its modified equation")
        return sympy.expand(self._symbol(self.diffusion, 0))

    @functools.cached_property
    def consistency(self) -> tuple[Expr | None, Expr | None] | None:
        """(low, high): for dt ~ dx^r with low < r < high every error vanishes; None for no bound.

        Where no r does, or where denominators depend on the steps, it is None, and `warnings` says so.
        """
        if denominators_scale(self.series, self.numbers):
            return None
        series = self.series if self.order >= HIGHEST else _series(self.scheme, self.order + MORE)[0]
        return consistency(series, self.numbers, self.time)

    @functools.cached_property
    def parasitic(self) -> tuple[Branch, ...]:
        """The other smooth branches: roots in time and sawteeth in space, with the equations of their envelopes."""
        return branches(self.scheme, self.order) if self.time == 1 else ()

    @functools.cached_property
    def truncation_error(self) -> TruncationError:
        """The truncation error, raw and on solutions of the limit: minus it is this equation in its leading term."""
        limit = limit_elements(self.series, self.numbers, self.time)
        return truncation_error(self.scheme, self.order, limit, self.time)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know to use the coefficients."""
        found = list(self.notes)
        if denominators_scale(self.series, self.numbers):
            found.append("denominators depend on the steps: the limit and the interval of consistency are not read off")
        elif self.consistency is None:
            found.append("the scheme is consistent for no path dt ~ dx^r")
        return tuple(found)

    def solver(self, through: int | None = None, **numbers: Any) -> Callable[..., np.ndarray]:
        """advance(u, steps=1): periodic grid values after so many steps, by this equation cut after `through`, exactly.

        `numbers` gives each number of the scheme a value. u has one axis per dimension; waves are advanced by their
        factors exp(sum c_a (i theta)^a). Raises SchemeError for numbers without a value.
        """
        return _advance(self, self.order if through is None else through, numbers)

    def text(self) -> str:
        """The equation in lines of text, with what it says of diffusion, dispersion, consistency and parasites."""
        return pde_text.text(self)

    def latex(self) -> str:
        """The equation as a LaTeX display."""
        return pde_text.latex(self)

    def __repr__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return self.latex()


def angles_of(dimension: int) -> tuple[Symbol, ...]:
    """theta, or theta_x, theta_y, theta_z."""
    return (Symbol("theta"),) if dimension == 1 else tuple(Symbol(f"theta_{a}") for a in AXES[:dimension])


@functools.lru_cache(maxsize=256)
def _series(scheme: Any, order: int) -> tuple[LogSeries, int]:
    if (found := parametric_log(scheme, order)) is not None:
        return found, 1
    levels = levels_of(scheme, order)
    found = branch_log(levels)
    if found is not None:
        return found, 1
    found = second_order_log(levels)
    if found is None:
        raise UnsupportedError(
            f"{scheme} has no modified equation u_t = ...: T = 1 is no simple root for constants, nor the double root "
            "of a scheme a_1 (T + 1/T) + a_0 of u_tt = ..."
        )
    return found, 2


def modified_pde(scheme: Discretisation, order: int | None = None) -> ModifiedPDE:
    """The modified equation of a difference scheme or a method of lines, through derivatives of the given order.

    Without an order it goes through 4, and one beyond the first error: so an odd and an even derivative are seen.
    Raises SchemeError for an order that is not 1 to 40, and UnsupportedError for schemes without such an equation.

    >>> import schemetools as st
    >>> modified_pde(st.upwind, 3).in_steps()[(2,)]
    -c**2*dt/2 + c*dx/2
    """
    if order is None:
        found = modified_pde(scheme, DEFAULT)
        while found.order < FURTHEST and not found.errs_below(found.order):
            found = modified_pde(scheme, found.order + 1)
        return found
    if not exact.is_whole(order) or not 1 <= order <= HIGHEST:
        raise SchemeError(f"the order of derivatives is an integer from 1 to {HIGHEST}; {order!r} came")
    series, time = _series(scheme, int(order))
    notes = ()
    if rates := levels_rates(scheme):
        names = ", ".join(rates)
        notes = (
            f"a reaction makes the logarithm non-rational: it is expanded in {names}, where derivatives and powers of "
            f"{names} count together through {order}",
        )
    return ModifiedPDE(scheme, int(order), series, time, notes)


def derive_pde(scheme: Discretisation, order: int | None, **values: Any) -> Any:
    """What `modified_equation` answers for a discretisation; a `flux` among the values makes it nonlinear."""
    flux = values.pop("flux", None)
    if not isinstance(scheme, (DifferenceScheme, MethodOfLines)):
        raise SchemeError(
            f"{scheme} does not step in time; give a difference scheme, or method_of_lines(scheme, operator)"
        )
    if values:
        scheme = scheme.subs(values)  # type: ignore[attr-defined]
    if flux is not None:
        return nonlinear_pde(scheme, order, flux)
    if isinstance(scheme, DifferenceScheme) and scheme.components > 1:
        return system_pde(scheme, order)
    return modified_pde(scheme, order)


def levels_rates(scheme: Any) -> tuple[str, ...]:
    """The numbers of a scheme that are rates of reactions."""
    return tuple(name for name, meaning in scheme.numbers if is_rate(meaning))


def _advance(eq: ModifiedPDE, through: int, numbers: Mapping[str, Any]) -> Callable[..., np.ndarray]:
    symbols = {s for value in eq.coefficients.values() for s in value.free_symbols}
    values = {Symbol(name): exact.coefficient(v, parameter=True) for name, v in numbers.items()}
    if missing := sorted(str(s) for s in symbols - set(values)):
        raise SchemeError(f"the solver needs a value for {', '.join(missing)}: solver({missing[0]}=...)")
    if eq.time != 1:
        raise UnsupportedError("solver advances equations u_t = ...; this one is u_tt = ...")
    weights = {index: exact.to_float(exact.canonical(c.subs(values))) for index, c in eq.coefficients.items()}

    def advance(u: Any, steps: int = 1) -> np.ndarray:
        state = np.asarray(u)
        if state.ndim != eq.dimension:
            raise SchemeError(f"u must have {eq.dimension} axes; shape {state.shape} came")
        angles = np.meshgrid(*(2 * np.pi * np.fft.fftfreq(n) for n in state.shape), indexing="ij")
        exponent = np.zeros(state.shape, dtype=complex)
        for index, weight in weights.items():
            if sum(index) <= through:
                exponent += weight * np.prod([(1j * a) ** n for a, n in zip(angles, index, strict=True)], axis=0)
        moved = np.fft.ifftn(np.fft.fftn(state) * np.exp(steps * exponent))
        return moved if np.iscomplexobj(state) else moved.real

    return advance
