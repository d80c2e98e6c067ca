"""The momentum form of a multistep method, sum_j g_j h^(j-1) u^(j) = f, and the methods that have one.

On a smooth solution rho(e^(hD)) u = h sigma(e^(hD)) f(u), so that rho(e^x)/sigma(e^x) = sum_(j>=1) g_j x^j. The
series is formal: truncated, it is a stiff equation of higher order with modes that the method does not have
(`spurious_multiplier`).
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Integer, exp

from schemetools.analysis.algebra.rings import Ring, clear, primorial
from schemetools.errors import UnsupportedError
from schemetools.exact import canonical
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_multistep, reduced_runge_kutta
from schemetools.schemes.runge_kutta import RungeKutta


@dataclass(frozen=True)
class MomentumSeries:
    """rho(e^x)/sigma(e^x) in a ring: g_j = gamma[j] / (s0**j P**(j-1)), gamma[0] unused."""

    ring: Ring
    gamma: tuple[Any, ...]
    s0: Any
    prime: int

    def values(self, order: int) -> tuple[Expr, ...]:
        """g_1, ..., g_order as expressions."""
        ring, result, below = self.ring, [], self.s0
        for j in range(1, order + 1):
            result.append(ring.quotient(self.gamma[j], below))
            below = ring.multiply(below, self.s0) * self.prime
        return tuple(result)

    def lie_data(self) -> tuple[list[Any], Any, Any]:
        """(cleared g, weight, scale) for the Lie recursion: weight = gamma_1, scale = P s0 gamma_1."""
        ring, first = self.ring, self.gamma[1]
        cleared, factor = [None, ring.one], ring.one
        for value in self.gamma[2:]:
            cleared.append(ring.multiply(value, factor))
            factor = ring.multiply(factor, first)
        return cleared, first, ring.multiply(first, self.s0) * self.prime


def momentum_series(alpha: Sequence[Expr], beta: Sequence[Expr], order: int) -> MomentumSeries:
    """The series rho(e^x)/sigma(e^x) through x**order, for ascending alpha, beta with sum(alpha) = 0.

    Expanded about the index of beta's one nonzero entry where there is one: then sigma is constant and nothing is
    divided. Raises UnsupportedError where sigma(1) = 0 or rho'(1) = 0: no equation of first order is the limit.
    """
    ring, cleared, _ = clear([*alpha, *beta])
    a, b = cleared[: len(alpha)], cleared[len(alpha) :]
    used = [j for j, value in enumerate(b) if value]
    centre = used[0] if len(used) == 1 else 0
    prime = primorial(order)
    r, s = _exponential(a, centre, order, prime), _exponential(b, centre, order, prime)
    s0, gamma = ring.reduce(s[0]), [ring.one - ring.one]
    powers = [ring.one]
    for _ in range(order):
        powers.append(ring.multiply(powers[-1], s0))
    for j in range(1, order + 1):
        value = r[j] * powers[j - 1]
        for i in range(1, j):
            if s[i]:
                value = value - ring.multiply(s[i] * prime, powers[i - 1]) * gamma[j - i]
        gamma.append(ring.reduce(value))
    _check_limit(alpha, s0, gamma[1])
    return MomentumSeries(ring, tuple(gamma), s0, prime)


def _exponential(values: Sequence[Any], centre: int, order: int, prime: int) -> list[Any]:
    """sum_i values_i (i - centre)**j P**(j-1) / j! for j = 0..order, at j = 0 without the factor."""
    result, factorial = [sum(values[1:], values[0])], 1
    for j in range(1, order + 1):
        factorial *= j
        integer = prime ** (j - 1) // factorial
        terms = [v * ((i - centre) ** j * integer) for i, v in enumerate(values)]
        result.append(sum(terms[1:], terms[0]))
    return result


def _check_limit(alpha: Sequence[Expr], s0: Any, first: Any) -> None:
    if not s0:
        raise UnsupportedError(
            "sigma(1) = 0: the scheme does not follow u' = limit * f for any limit, so it has no modified equation"
        )
    if not first:
        slope = canonical(sum((j * a for j, a in enumerate(alpha)), Integer(0)))
        raise UnsupportedError(
            f"rho'(1) = {slope}: the scheme has no limit of first order u' = limit * f (1 is a double root of rho); "
            "second_order_limit says what it follows instead"
        )


def as_multistep(scheme: Scheme) -> LinearMultistep | None:
    """The irreducible multistep method that a scheme is: itself, or a one-step method in disguise; None otherwise.

    Each stage of a disguised one is the old or the new value: its row of A is 0, or b (Euler, backward Euler, the
    trapezoid rule, theta).
    """
    if isinstance(scheme, LinearMultistep):
        return reduced_multistep(scheme)
    if not isinstance(scheme, RungeKutta):
        return None
    small = reduced_runge_kutta(scheme)
    old = [i for i, row in enumerate(small.A) if all(a == 0 for a in row)]
    new = [i for i, row in enumerate(small.A) if row == small.b and i not in old]
    if len(old) + len(new) < small.stages:
        return None
    weights = [functools.reduce(lambda x, i: canonical(x + small.b[i]), stages, Integer(0)) for stages in (old, new)]
    if all(w == 0 for w in weights):
        return None
    return LinearMultistep([-1, 1], weights, **scheme._labels())


def spurious_multiplier(momentum: Sequence[Expr]) -> Expr:
    """The factor per step of the fast mode of g_1 u' + g_2 h u'' = f, which the method itself does not have.

    exp(-g_1/g_2), for lm exp(-2 (1+k)/(1-k)), where the method has the mode (-k)**n. Raises UnsupportedError if g_2 =
    0.
    """
    if len(momentum) < 2 or momentum[1] == 0:
        raise UnsupportedError("the momentum form has no u'' term, so its truncation to second order has no fast mode")
    return exp(canonical(-momentum[0] / momentum[1]))
