"""Exponential methods on u' = lambda u + mu u: the growth as a function of two numbers, x = h lambda and y = h mu."""

import math
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import sympy
from sympy import Add, Expr, Integer

from schemetools.analysis.stability.base import BY_NAME
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import to_float
from schemetools.schemes import phi
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.phi_values import phi_functions

REASON = (
    "an exponential method has two numbers in its test equation, u' = lambda u + mu u, x = h lambda, treated exactly, "
    "and y = h mu: ask for function(x, y), contains(x, y) or region(x)"
)


@dataclass(frozen=True)
class ExponentialStability:
    """The growth R(x, y) of an exponential method on u' = L u + N(u) with L = lambda and N(u) = mu u.

        U_i = e^(c_i x) + y sum_j A_ij(x) U_j,    R = e^x + y sum_i b_i(x) U_i

    R(x, 0) = e^x: the linear part alone is solved exactly. What is asked of one number is refused.
    Source: Cox, Matthews, Exponential time differencing for stiff systems, Journal of Computational Physics 176 (2002).

    >>> import schemetools as st, sympy
    >>> x, y = sympy.symbols("x y")
    >>> st.stability("etd1").function(x, y)
    exp(x) + y*(exp(x) - 1)/x
    """

    scheme: Exponential

    def function(self, x: Any, y: Any = None) -> Expr:
        """R(x, y) as a formula; at x = 0 the stability function of the method for L = 0."""
        if y is None:
            self._refuse("function", "of one number")
        x, y = sympy.sympify(x), sympy.sympify(y)
        value = lambda weight: Add(*(f * _formula(k, c * x) for k, c, f in phi.terms(weight)))  # noqa: E731
        return self._grown(value, lambda c: sympy.exp(c * x), y)

    def _values(self, x: Any, y: Any) -> np.ndarray:
        """R at points, in floating point."""
        x = np.asarray(x, dtype=complex)
        weights = [w for row in (*self.scheme.A, self.scheme.b) for w in row]
        used = [term for weight in weights for term in phi.terms(weight)]
        highest = max((term.index for term in used), default=0)
        known = {c: phi_functions(np, to_float(c) * x.reshape(-1), highest) for c in {term.scale for term in used}}

        def value(weight: Expr) -> Any:
            terms = phi.terms(weight)
            return sum((to_float(f) * known[c][k].reshape(x.shape) for k, c, f in terms), np.zeros_like(x))

        return np.asarray(self._grown(value, lambda c: np.exp(to_float(c) * x), np.asarray(y, dtype=complex)))

    def _grown(self, value: Any, flow: Any, y: Any) -> Any:
        stages: list[Any] = []
        for row, c in zip(self.scheme.A, self.scheme.c, strict=True):
            stages.append(flow(c) + y * sum(value(a) * u for a, u in zip(row, stages, strict=False)))
        return flow(Integer(1)) + y * sum(value(b) * u for b, u in zip(self.scheme.b, stages, strict=True))

    def contains(self, x: Any, y: Any = None) -> np.ndarray:
        """Whether |R(x, y)| <= 1, for arrays of points that broadcast; SchemeError for NaN and infinity."""
        if y is None:
            self._refuse("contains", "of one number")
        if not (np.all(np.isfinite(x)) and np.all(np.isfinite(y))):
            raise SchemeError("points of the region are finite complex numbers; NaN or infinity came")
        return np.abs(self._values(*np.broadcast_arrays(x, y))) <= 1 + 1e-12

    def region(self, x: Any = None, xlim: Any = (-6, 4), ylim: Any = (-5, 5), n: int = 201) -> np.ndarray:
        """The region in the plane of y for one x, boolean (n, n), rows the imaginary part ascending."""
        if x is None:
            self._refuse("region", "without x")
        real, imaginary = (np.linspace(low, high, n) for low, high in (xlim, ylim))
        return self.contains(complex(x), real[None, :] + 1j * imaginary[:, None])

    def how(self, name: str) -> str:
        """How an answer is found: function exactly, contains and region in double precision."""
        if name in ("contains", "region"):
            return "numerical, in double precision"
        if name != "function":
            self._refuse(name)
        return "exact"

    def __getattr__(self, name: str) -> Any:
        return self._refuse(name)

    def _refuse(self, name: str, of: str = "") -> NoReturn:
        if not of and name not in BY_NAME and name != "plane":
            raise AttributeError(f"an ExponentialStability has no {name!r}; it has function, contains and region")
        raise UnsupportedError(f"{self.scheme} has no {name}{f' {of}' if of else ''}: {REASON}")


def _formula(k: int, z: Expr) -> Expr:
    """phi_k(z) in closed form."""
    if z == 0:
        return sympy.Rational(1, math.factorial(k))
    return (sympy.exp(z) - Add(*(z**m / math.factorial(m) for m in range(k)))) / z**k
