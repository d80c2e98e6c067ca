"""The stochastic modified equation of Euler's step with a mask per unit: noise of full rank, from the mask's moments.

For one step X + h g(X, m) with a fresh mask, the mean field is g_ = E g(X, m) and the covariance of a step is
h^2 Sigma(X), Sigma = Cov g(X, m). Expanding E phi(X + h g) and exp(h L) phi, L = b . grad + (1/2) a : hess, gives

    b = g_ - (h/2) g_' g_,        a = h Sigma                                     (weak order 2, any distribution)

Noise on the state, m * X or X + m, has size 1 and no limit as h -> 0; carried with sqrt(h) it leaves

    b = f,  a = v diag(X)^2  or  v I       (weak order 1 if the third cumulant of m vanishes, else 1/2)
    b = f - (h/2) (f'f + (v/2) laplace f),  a = v (I - (h/2) (f' + f'^T))         (weak order 2, added Gaussian noise)

Sources: Li, Tai, E (2017), Stochastic modified equations, ICML; Sun, Tao, Du (2018), arXiv 1812.00174; Shardlow (2006),
Modified equations for stochastic differential equations, BIT 46.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Add, Expr, Integer, Matrix, Rational, Symbol

from schemetools.analysis.algebra.square_root import square_root
from schemetools.analysis.modified.mask_moments import Mask
from schemetools.analysis.modified.masked_text import masked_latex, masked_text
from schemetools.analysis.modified.sde import linear_moments, simulate
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.exact import expression, text
from schemetools.schemes.masked import ON_THE_STATE, MaskedEuler

HALF = Rational(1, 2)


@dataclass(frozen=True, repr=False)
class MaskedEquation:
    """dX = b(X) dt + s(X) dB of a step with a mask per unit, in the sense of Ito or, on request, of Stratonovich.

    The field f is a sequence of expressions in the symbols u or a function f(u); with the mask on a hidden layer it is
    a function f(u, m), or expressions in u and m, and m is given too: symbols, or their number.
    `weak_order` is a number; it is 1/2 where the third cumulant of noise of size sqrt(h) does not vanish. `schedule`
    gives symbols of the mask as functions of t, for which the drift loses (h/2) of the mean field's time derivative.

    >>> import schemetools as st
    >>> st.modified_equation("dropout_output(1/10)").weak_order
    2
    """

    scheme: MaskedEuler
    weak_order: Rational
    form: str = "Ito"
    schedule: tuple[tuple[str, Expr], ...] = ()
    shown_step: str = "h"

    @property
    def order(self) -> Rational:
        """The weak order."""
        return self.weak_order

    @property
    def scaling(self) -> str:
        """Which noise is held fixed as h -> 0: that of the network (f fixed), or noise of size sqrt(h) per step."""
        return "diffusive" if self.scheme.power == HALF else "network"

    @property
    def time(self) -> Symbol | None:
        """The time, under a schedule over depth."""
        return Symbol("t") if self.schedule else None

    @property
    def in_network(self) -> "MaskedEquation":
        """The same equation printed at h = 1, the step of a network."""
        return replace(self, shown_step="")

    def _at_time(self, value: Any) -> Any:
        """A formula with the schedule put in."""
        return value.subs({Symbol(name): function for name, function in self.schedule}) if self.schedule else value

    def stratonovich(self) -> "MaskedEquation":
        """The same equation in the sense of Stratonovich: the drift less (1/2) sum_j (s_j . grad) s_j."""
        return replace(self, form="Stratonovich")

    def drift(self, f: Any, u: Any, h: Any, m: Any = None) -> tuple[Expr, ...]:
        """The drift for a concrete field, one expression per component."""
        system = _System(self.scheme, f, u, m)
        step = expression(h)
        mean = system.mean()
        result = mean
        if self.weak_order == 2:
            along = system.along(mean, mean)
            if self.scheme.placement == "added":
                v = system.mask.variance
                spread = [Add(*(v * c.diff(x, 2) for x in system.u)) / 2 for c in mean]
                along = [a + b for a, b in zip(along, spread, strict=True)]
            result = [c - step / 2 * a for c, a in zip(mean, along, strict=True)]
            if self.time is not None:
                rates = [self._at_time(c).diff(self.time) for c in mean]
                result = [c - step / 2 * rate for c, rate in zip(result, rates, strict=True)]
        if self.form == "Stratonovich":
            s = self.diffusion(f, u, h, m)
            for j in range(s.cols):
                column = list(s[:, j])
                result = [c - a / 2 for c, a in zip(result, system.along(column, column), strict=True)]
        return tuple(self._at_time(sympy.expand(c)) for c in result)

    def diffusion(self, f: Any, u: Any, h: Any, m: Any = None) -> Matrix:
        """The matrix s that multiplies dB, one row per component and one column per Brownian motion."""
        system = _System(self.scheme, f, u, m)
        root = sympy.sqrt(expression(h))
        if self.scheme.placement not in ON_THE_STATE:
            return self._at_time(root * system.noise())
        s = system.noise()
        if self.weak_order == 2:
            s = (sympy.eye(len(system.u)) - expression(h) / 2 * Matrix(system.mean()).jacobian(system.u)) * s
        return self._at_time(s)

    def covariance(self, f: Any, u: Any, h: Any, m: Any = None) -> Matrix:
        """a = s s^T, the covariance that the noise adds per unit of time; it needs no square root of a matrix."""
        system = _System(self.scheme, f, u, m)
        if self.scheme.placement not in ON_THE_STATE:
            return self._at_time(expression(h) * system.covariance())
        s = self.diffusion(f, u, h, m)
        return (s * s.T).applyfunc(sympy.expand)

    def moments(self, matrix: Any, start: Any, t: Any, h: Any) -> tuple[Matrix, Matrix]:
        """(E X, E X X^T) at time t for the linear field f(u) = matrix u, as `linear_moments` gives them."""
        return linear_moments(self, matrix, start, t, h)

    def simulate(self, f: Any, u: Any, start: Any, t: float, h: float, **options: Any) -> Any:
        """Paths by Euler-Maruyama, as `simulate` gives them."""
        return simulate(self, f, u, start, t, h, **options)

    def brownian(self, f: Any, u: Any, m: Any = None) -> int:
        """The number of independent Brownian motions."""
        return self.diffusion(f, u, Symbol("h"), m).cols

    def __str__(self) -> str:
        return masked_text(self)

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return masked_latex(self)

    @property
    def variance(self) -> Expr:
        """The variance of one entry of the mask."""
        return self._at_time(Mask(self.scheme.mask).variance)

    @property
    def mean(self) -> Expr:
        """The mean of one entry of the mask."""
        return self._at_time(Mask(self.scheme.mask).moment(1))


class _System:
    """A user's field and symbols, with the mask put in its place."""

    def __init__(self, scheme: MaskedEuler, f: Any, u: Any, m: Any) -> None:
        self.scheme, self.mask = scheme, Mask(scheme.mask)
        self.u = _symbols(u, "u")
        if scheme.placement == "hidden":
            self.m = _symbols([Symbol(f"m_{i + 1}") for i in range(m)] if isinstance(m, int) else m, "m")
            bare = self.m[0] if isinstance(m, Symbol) else self.m
            self.f = _expressions(f, (u if isinstance(u, Symbol) else self.u, bare), self.u)
        else:
            if m is not None:
                raise SchemeError(f"m = {m} came; only a mask on a hidden layer is an argument of the field, f(u, m)")
            self.m = tuple(Symbol(f"m_{i + 1}") for i in range(len(self.u)))
            self.f = _expressions(f, (u if isinstance(u, Symbol) else self.u,), self.u)

    def masked(self) -> list[Expr]:
        """g(u, m): the increment over h."""
        if self.scheme.placement == "output":
            return [c * x for c, x in zip(self.f, self.m, strict=True)]
        if self.scheme.placement == "input":
            return [c.xreplace({x: x * y for x, y in zip(self.u, self.m, strict=True)}) for c in self.f]
        return list(self.f)

    def mean(self) -> list[Expr]:
        if self.scheme.placement in ON_THE_STATE:
            return list(self.f)
        return [self.mask.expectation(c, self.m) for c in self.masked()]

    def along(self, outer: Sequence[Expr], inner: Sequence[Expr]) -> list[Expr]:
        """The derivative of `outer` in the direction `inner`."""
        return [Add(*(c.diff(x) * g for x, g in zip(self.u, inner, strict=True))) for c in outer]

    def noise(self) -> Matrix:
        """A square root of Cov g(u, m), or of the covariance of the noise on the state over h."""
        n, deviation = len(self.u), self.mask.deviation()
        if self.scheme.placement == "skip":
            return deviation * sympy.diag(*self.u)
        if self.scheme.placement == "added":
            return deviation * sympy.eye(n)
        g = self.masked()
        if not _is_affine(g, self.m):
            return Matrix(square_root(self.covariance().tolist(), sympy.factor))
        columns = [[deviation * sympy.expand(c).coeff(x, 1) for c in g] for x in self.m]  # one per mask entry, exactly
        kept = [column for column in columns if any(column)]
        return Matrix(n, len(kept), lambda i, j: kept[j][i])

    def covariance(self) -> Matrix:
        """Cov g(u, m)."""
        g = self.masked()
        mean = [self.mask.expectation(c, self.m) for c in g]
        return Matrix(
            len(g),
            len(g),
            lambda i, j: sympy.factor(sympy.expand(self.mask.expectation(g[i] * g[j], self.m) - mean[i] * mean[j])),
        )


def _is_affine(g: Sequence[Expr], m: Sequence[Symbol]) -> bool:
    return all(c.diff(x, y) == 0 for c in g for i, x in enumerate(m) for y in m[i:])


def _symbols(value: Any, what: str) -> tuple[Symbol, ...]:
    entries = (value,) if isinstance(value, Symbol) else tuple(value or ())
    if not entries or len(set(entries)) != len(entries) or not all(isinstance(x, Symbol) for x in entries):
        raise SchemeError(f"{what} = {value} came; give distinct symbols, one per unit")
    return entries


def _expressions(f: Any, arguments: tuple[Any, ...], u: tuple[Symbol, ...]) -> tuple[Expr, ...]:
    values: Any = f(*arguments) if callable(f) and not isinstance(f, Expr) else f
    entries = (values,) if isinstance(values, Expr) else tuple(map(expression, values))
    if len(entries) != len(u):
        raise SchemeError(f"the field has {len(entries)} components for {len(u)} variables; give one for each")
    return entries


def masked_equation(scheme: MaskedEuler, weak_order: Any = None) -> MaskedEquation:
    """The Ito equation of a step with a mask per unit, of the highest weak order there is, or of a lower one.

    Raises UnsupportedError for noise of size 1 on the state, which has no limit, and for an order that is too high.
    """
    if scheme.placement in ON_THE_STATE and scheme.power == 0:
        raise UnsupportedError(
            f"{scheme.name or scheme}: noise of size 1 on the state in every step, {scheme.formula}, has no "
            "differential equation as its limit: n steps multiply its variance, however small h is. With power=1/2, "
            "noise of size sqrt(h), there is one; on the branch (output, hidden, input) there is one without it"
        )
    mean, expected = Mask(scheme.mask).moment(1), {"skip": 1, "added": 0}.get(scheme.placement)
    if expected is not None and mean != expected:
        raise UnsupportedError(
            f"{scheme.name or scheme}: the mask on the state has the mean {text(mean)}, which moves the state by as "
            f"much in every step, however small h is; a mean of {expected} has a limit"
        )
    highest, reason = _highest(scheme)
    if weak_order is None:
        return MaskedEquation(scheme, highest)
    wanted = expression(weak_order)
    if wanted not in (HALF, 1, 2) or wanted > highest:
        raise UnsupportedError(f"{scheme.name or scheme} has the weak order {text(highest)}, not {wanted}: {reason}")
    return MaskedEquation(scheme, wanted)


def _highest(scheme: MaskedEuler) -> tuple[Rational, str]:
    mask = Mask(scheme.mask)
    if scheme.placement not in ON_THE_STATE:
        return Integer(2), "order 3 exists only where the third cumulant of the mask vanishes, and is not derived here"
    if mask.cumulant(3) != 0:
        return HALF, "the third cumulant of its noise does not vanish, and no diffusion has it"
    if scheme.placement == "skip":
        return Integer(1), "multiplicative noise of size sqrt(h) leaves a third derivative that no diffusion has"
    if mask.cumulant(4) != 0:
        return Integer(1), "the fourth cumulant of its noise does not vanish, and no diffusion has it"
    return Integer(2), "higher orders are not derived here"
