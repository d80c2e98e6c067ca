"""Modified equations of schemes for u_t + F(u)_x = 0, in powers of dx at fixed lam = dt/dx."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from sympy import Add, Expr, Integer, Mul, Rational, Symbol, expand

from schemetools import exact
from schemetools.analysis.modified import nonlinear_text
from schemetools.analysis.series.jet_schemes import exponent_of
from schemetools.analysis.series.jets import Jets, Parts
from schemetools.errors import SchemeError
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.semidiscrete import MethodOfLines

U = Symbol("u")
LAMBDA = Symbol("lam")
HIGHEST = 12


@dataclass(frozen=True, eq=False, repr=False)
class NonlinearModifiedPDE:
    """u_t = sum_n dx^(n-1) P_n over n = 1..order: differential polynomials P_n in u with n derivatives, exact.

    `coefficients[n]` is P_n in lam = dt/dx, in u_x, u_xx, .. and in F_u, F_uu, .., the derivatives of the flux, or in u
    itself where the flux is a formula. Other numbers, such as mu for a diffusion term, stand as they are.
    Source: Warming and Hyett (1974) for linear F; the same elimination in a ring of jets otherwise.

    >>> import schemetools as st
    >>> equation = st.modified_equation("lax_friedrichs", order=2, flux="u^2/2")
    >>> type(equation).__name__, equation.conservative
    ('NonlinearModifiedPDE', True)
    """

    scheme: Any
    order: int
    flux: Expr | None
    jets: Jets
    parts: tuple[Any, ...]

    @functools.cached_property
    def coefficients(self) -> dict[int, Expr]:
        """{n: P_n}, what multiplies dx^(n-1); zeros are left out."""
        found = {n: self._written(part, -1) for n, part in enumerate(self.parts) if part}
        return {n: value for n, value in found.items() if value != 0}

    def _written(self, part: Any, shift: int) -> Expr:
        """An element as an expression, lam moved by a power; a polynomial flux is put in term by term."""
        names = letters(self.jets, self.flux)
        factors = [LAMBDA, *(names.get(Symbol(str(s)), Symbol(str(s))) for s in part.ring.symbols[1:])]
        domain = part.ring.domain
        terms = []
        for mono, c in part.items():
            number = Rational(int(c.numerator), int(c.denominator)) if domain.is_QQ else domain.to_sympy(c)
            powers = (mono[0] + shift, *mono[1:])
            terms.append(Mul(number, *(f**n for f, n in zip(factors, powers, strict=True) if n)))
        total = Add(*terms)
        return total if self.flux is None or all(names[f].is_Mul or names[f].is_Atom for f in names) else expand(total)

    def __getitem__(self, n: int) -> Expr:
        if not exact.is_whole(n) or not 1 <= n <= self.order:
            raise SchemeError(f"{n!r} is no number of derivatives of this equation; it goes from 1 to {self.order}")
        return self.coefficients.get(n, Integer(0))

    def in_steps(self) -> dict[int, Expr]:
        """{n: the term of u_t with n derivatives} in dt, dx and the coefficients of the equation."""
        dt, dx = Symbol("dt"), Symbol("dx")
        meaning = {Symbol(name): value for name, value in self.scheme.numbers if value is not None}
        meaning[LAMBDA] = dt / dx
        return {n: expand(p.subs(meaning, simultaneous=True) * dx ** (n - 1)) for n, p in self.coefficients.items()}

    @functools.cached_property
    def limit(self) -> Expr:
        """The right-hand side that is left for dt, dx -> 0: -F'(u) u_x, and what stands beside the flux."""
        steps = {Symbol("dt"), Symbol("dx")}
        terms = [t for part in self.in_steps().values() for t in Add.make_args(part) if not t.free_symbols & steps]
        return Add(*terms)

    def keeps_in_limit(self, n: int) -> bool:
        """Whether the terms with n derivatives stay as they are for dt, dx -> 0."""
        return not self.in_steps().get(n, Integer(0)).free_symbols & {Symbol("dt"), Symbol("dx")}

    @functools.cached_property
    def conservative_terms(self) -> dict[int, bool]:
        """{n: whether P_n is the x-derivative of a flux}, by the Euler operator, exactly."""
        known = self.coefficients
        return {n: self._is_total(n) for n in known}

    def _is_total(self, n: int) -> bool:
        left = self.jets.variational(self.parts[n])
        if not left or self.flux is None:
            return not left
        return bool(expand(self._written(left, 0)) == 0)

    @property
    def conservative(self) -> bool:
        """Whether the modified equation stays a conservation law, through its order."""
        return all(self.conservative_terms.values())

    def solver(self, dx: float, lam: float, through: int | None = None, **numbers: Any) -> Callable[..., np.ndarray]:
        """rhs(t, u) of the equation cut after `through` derivatives, for periodic values on a grid of width dx.

        Derivatives are taken by FFT. It needs a flux that is a formula; `numbers` gives other numbers a value.
        """
        return _right_side(self, dx, lam, self.order if through is None else through, numbers)

    def text(self) -> str:
        """The equation in lines of text."""
        return nonlinear_text.text(self)

    def latex(self) -> str:
        """The equation as a LaTeX display."""
        return nonlinear_text.latex(self)

    def __repr__(self) -> str:
        return self.text()

    def _repr_latex_(self) -> str:
        return self.latex()


def derivative_symbol(k: int) -> Symbol:
    """u_x, u_xx, .., u_6x."""
    return Symbol("u_" + ("x" * k if k <= 5 else f"{k}x"))


def letters(jets: Jets, flux: Expr | None) -> dict[Expr, Expr]:
    """What the letters of the ring stand for."""
    found: dict[Expr, Expr] = {Symbol(f"u{k}"): derivative_symbol(k) for k in range(1, jets.order + 1)}
    value = flux
    for k in range(1, jets.flux_degree + 1):
        value = None if value is None else sympy.diff(value, U)
        found[Symbol(f"F{k}")] = Symbol("F_" + "u" * k) if value is None else value
    return found


def flux_of(given: Any) -> Expr | None:
    """A user's flux: a formula in u, its text, a function of u; None for the name of an unknown one, such as "F".

    Raises SchemeError for anything else.
    """
    if isinstance(given, str):
        if given.strip().isidentifier() and given.strip() != "u":
            return None
        try:
            value = exact.formula(given)
        except SchemeError as error:
            reason = str(error).partition(";")[0].replace("the coefficient", "the flux")
            raise SchemeError(
                f'{reason}; text of a flux has u, numbers, + - * / ^ and brackets, as in "u^2/2", or is a name such as '
                '"F"; give functions as an expression of sympy, sympy.sin(u)'
            ) from None
    elif callable(given) and not isinstance(given, (Expr, type)):
        value = exact.expression(given(U))
    elif isinstance(given, type) and issubclass(given, sympy.Function):
        return None
    else:
        value = given
    if not isinstance(value, Expr) or value.has(sympy.Float):
        raise SchemeError(f'a flux is a formula in u such as "u^2/2", or a name such as "F"; {given!r} came')
    value = value.xreplace({s: U for s in value.free_symbols if getattr(s, "name", "") == "u"})
    if U not in value.free_symbols:
        raise SchemeError(f"the flux {value} does not depend on u")
    return value


def nonlinear_pde(scheme: Discretisation, order: int | None, flux: Any) -> NonlinearModifiedPDE:
    """The modified equation of a scheme for u_t + F(u)_x = 0 through terms with `order` derivatives, 3 by default.

    Difference schemes need a flux form; in a method of lines the terms with first derivatives take the flux.
    Raises SchemeError for schemes without one, on grids of several dimensions, or of an order above 12.
    """
    order = 3 if order is None else order
    if not exact.is_whole(order) or not 1 <= order <= HIGHEST:
        raise SchemeError(f"the number of derivatives is an integer from 1 to {HIGHEST}; {order!r} came")
    if not isinstance(scheme, (DifferenceScheme, MethodOfLines)):
        raise SchemeError(f"{scheme} is no scheme; a difference scheme or a method of lines was expected")
    formula = flux_of(flux)
    degree = None
    if formula is not None and formula.is_polynomial(U):
        degree = sympy.degree(formula, U)
    jets, parts = _exponent(scheme, int(order), None if degree is None else int(degree))
    return NonlinearModifiedPDE(scheme, int(order), formula, jets, tuple(parts))


@functools.lru_cache(maxsize=64)
def _exponent(scheme: Any, order: int, degree: int | None) -> tuple[Jets, Parts]:
    return exponent_of(scheme, order, degree)


def _right_side(
    eq: NonlinearModifiedPDE, dx: float, lam: float, through: int, numbers: Mapping[str, Any]
) -> Callable[..., np.ndarray]:
    if eq.flux is None:
        raise SchemeError('the solver needs a flux that is a formula, such as flux="u^2/2"')
    if not dx > 0 or not lam > 0:
        raise SchemeError(f"dx and lam = dt/dx must be positive; {dx!r} and {lam!r} came")
    values = {LAMBDA: exact.coefficient(lam, parameter=True)}
    values |= {Symbol(name): exact.coefficient(v, parameter=True) for name, v in numbers.items()}
    total: Expr = Integer(0)
    width = exact.coefficient(dx, parameter=True)
    for n, p in eq.coefficients.items():
        if n <= through:
            total += p.subs(values) * width ** (n - 1)
    states = [U, *(derivative_symbol(k) for k in range(1, eq.order + 1))]
    if missing := sorted(map(str, total.free_symbols - set(states))):
        raise SchemeError(f"the solver needs a value for {', '.join(missing)}")
    field = sympy.lambdify(states, total, "numpy")

    def rhs(t: float, u: Any) -> np.ndarray:
        state = np.asarray(u, dtype=float)
        wave = 2j * np.pi * np.fft.fftfreq(state.size, dx)
        modes = np.fft.fft(state)
        jets = [np.fft.ifft(modes * wave**k).real for k in range(len(states))]
        return field(*jets) + np.zeros_like(state)

    return rhs
