"""A concrete diffusion process dX = b dt + s dB: drift and covariance as formulas of the state, and as arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import sympy
from sympy import Expr, Matrix, Symbol

from schemetools.analysis.modified.derive import modified_equation
from schemetools.analysis.modified.equation import ModifiedEquation
from schemetools.analysis.modified.masked import MaskedEquation
from schemetools.analysis.modified.stochastic import StochasticModifiedEquation
from schemetools.control.grid import Grid, real_numbers
from schemetools.errors import SchemeError
from schemetools.exact import expression


@dataclass(frozen=True, init=False)
class Diffusion:
    """dX = b(X) dt + s(X) dB in one or two dimensions, with the covariance a = s s^T.

    `drift` is one expression per variable, `covariance` a square matrix of them (a number or expression where there is
    one variable). Other symbols are parameters. Raises SchemeError where the shapes do not fit.

    >>> import schemetools as st
    >>> from sympy import sin, symbols
    >>> x = symbols("x")
    >>> st.Diffusion.of("stochastic_depth(4/5)", sin(x), x, h=1)
    dX = (-8*sin(x)*cos(x)/25 + 4*sin(x)/5) dt + s dB,   s s^T = 4*sin(x)**2/25
    """

    variables: tuple[Symbol, ...]
    drift: tuple[Expr, ...]
    covariance: Matrix

    def __init__(self, drift: Any, covariance: Any, u: Any) -> None:
        variables = (u,) if isinstance(u, Symbol) else tuple(u) if isinstance(u, (list, tuple)) else ()
        if not variables or not all(isinstance(v, Symbol) for v in variables) or len(set(variables)) < len(variables):
            raise SchemeError(f"u is a variable, or a list of different ones, sympy symbols; {u!r} came")
        b = tuple(map(expression, drift if isinstance(drift, (list, tuple, sympy.MatrixBase)) else [drift]))
        rows = covariance.tolist() if isinstance(covariance, (sympy.MatrixBase, np.ndarray)) else covariance
        rows = rows if isinstance(rows, (list, tuple)) else [[rows]]
        if not all(isinstance(row, (list, tuple)) and len(row) == len(rows) for row in rows):
            raise SchemeError("the covariance is a square matrix, one row for each variable")
        a = sympy.ImmutableMatrix([[expression(c) for c in row] for row in rows])
        if any(c.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo) for c in (*b, *a)):
            raise SchemeError("the drift or the covariance has nan or infinity in it")
        n = len(variables)
        if len(b) != n or a.shape != (n, n):
            raise SchemeError(
                f"a drift of {len(b)} components and a covariance of {a.rows} x {a.cols} came for {n} variables; "
                f"{n} and {n} x {n} are expected"
            )
        for name, value in {"variables": variables, "drift": b, "covariance": a}.items():
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, scheme: Any, f: Any, u: Any, *, h: Any = 1, **named: Any) -> Self:
        """The stochastic modified equation of a scheme (or that equation) for a concrete field and step.

        A scheme without random symbols has no noise. `m` goes to the field where the mask is on a hidden layer.
        """
        known = isinstance(scheme, (StochasticModifiedEquation, MaskedEquation, ModifiedEquation))
        equation = scheme if known else modified_equation(scheme)
        if isinstance(equation, MaskedEquation):
            _check_form(equation)
            return cls(equation.drift(f, u, h, **named), equation.covariance(f, u, h, **named), u)
        if isinstance(equation, StochasticModifiedEquation):
            _check_form(equation)
            s = equation.diffusion(f, u, h)
            return cls(equation.drift(f, u, h), s * s.T, u)
        if not isinstance(equation, ModifiedEquation):
            raise SchemeError(f"{scheme} has no ordinary or stochastic equation with one field; give a scheme that has")
        drift = equation.vector_field(f, u, h)
        return cls(drift, sympy.zeros(len(drift)), u)

    @property
    def parameters(self) -> set[Symbol]:
        """The symbols that are no variables."""
        found = set().union(*(c.free_symbols for c in (*self.drift, *self.covariance)))
        return found - set(self.variables)  # type: ignore[return-value]

    def arrays(self, grid: Grid, values: Mapping[Symbol, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(b, a) on the points of a grid, of shapes (d, N) and (d, d, N).

        Raises SchemeError for a parameter without a value, and where drift or covariance are not finite.
        """
        known = dict(values or {})
        if missing := self.parameters - set(known):
            raise SchemeError(f"{', '.join(sorted(map(str, missing)))} has no number: put values into the field")
        d = len(self.variables)
        formulas = [*self.drift, *self.covariance]
        function = sympy.lambdify([*self.variables, *known], formulas, "numpy", cse=True)
        with np.errstate(all="ignore"):
            found = function(*grid.points, *known.values())
        rows = np.stack([np.broadcast_to(real_numbers(row, "the drift or the covariance"), grid.size) for row in found])
        if not np.isfinite(rows).all():
            raise SchemeError("the drift or the covariance is not finite everywhere on the grid; keep to where it is")
        return rows[:d], rows[d:].reshape(d, d, grid.size)

    def derivative(self, symbol: Symbol) -> "Diffusion":
        """The derivatives of drift and covariance by a parameter."""
        return Diffusion([c.diff(symbol) for c in self.drift], self.covariance.diff(symbol), self.variables)

    def __repr__(self) -> str:
        one = len(self.variables) == 1
        drift, covariance = (self.drift[0], self.covariance[0]) if one else (self.drift, self.covariance.tolist())
        return f"dX = {f'({drift})' if one else drift} dt + s dB,   s s^T = {covariance}"


def _check_form(equation: StochasticModifiedEquation | MaskedEquation) -> None:
    if equation.form != "Ito":
        raise SchemeError(f"the {equation.form} form came; the generator is that of the Ito form, as derived")
