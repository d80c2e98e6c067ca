"""Stability of Rosenbrock methods: on the linear test equation they are the Runge-Kutta method A + Gamma, b."""

from dataclasses import dataclass
from typing import Any, final

import sympy
from sympy import Add

from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.algebra.decisions import vanish
from schemetools.analysis.properties.agreement import NEARNESS
from schemetools.analysis.stability.base import Stability, undefined
from schemetools.analysis.stability.linear import LinearStability
from schemetools.analysis.stability.meant import known_to
from schemetools.exact import canonical, to_domain, to_float
from schemetools.schemes.rosenbrock import Rosenbrock

FROZEN = "a Rosenbrock method solves with one Jacobian per step, so that it has no such property for nonlinear f; "


def _of_linear(name: str) -> Any:
    """A question whose answer is that of A + Gamma: a number or verdict as a property, a formula as a method."""
    question = LinearStability.__dict__[name]
    if isinstance(question, property):
        return property(lambda self: getattr(self.linear, name), doc=question.__doc__)

    def asked(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.linear, name)(*args, **kwargs)

    asked.__doc__ = question.__doc__
    return asked


@final
@dataclass(frozen=True)
class RosenbrockStability(Stability):
    """Stability on u' = lambda u with J = lambda, z = h lambda.

        R(z) = 1 + z b^T (I - z (A + Gamma))^-1 1

    Source: Hairer, Wanner, Solving Ordinary Differential Equations II, section IV.7 (7.14).
    """

    scheme: Rosenbrock

    @property
    def linear(self) -> LinearStability:
        """The answers of the Runge-Kutta method A + Gamma, b."""
        return LinearStability(self.scheme.linear, self.normalized, self.shares)

    polynomial, function, ellipse = _of_linear("polynomial"), _of_linear("function"), _of_linear("ellipse")
    dissipation, dispersion = _of_linear("dissipation"), _of_linear("dispersion")
    is_zero_stable, is_a_stable = _of_linear("is_zero_stable"), _of_linear("is_a_stable")
    is_l_stable, is_a0_stable = _of_linear("is_l_stable"), _of_linear("is_a0_stable")
    is_i_stable, limit, angle = _of_linear("is_i_stable"), _of_linear("limit"), _of_linear("angle")
    real_interval, imaginary_interval = _of_linear("real_interval"), _of_linear("imaginary_interval")
    area, plane, locus = _of_linear("area"), _of_linear("plane"), _of_linear("locus")
    dominance, zeros_and_poles = _of_linear("dominance"), _of_linear("zeros_and_poles")

    second_moment = undefined("nothing is random here: |R|^2 is the square of the modulus of function(x + i y)")
    is_algebraically_stable = property(undefined(FROZEN + "is_a_stable says how it is for linear f"))
    is_an_stable = property(undefined(FROZEN + "is_a_stable says how it is for constant lambda"))
    ssp_coefficient = property(undefined(FROZEN + "embedding or rescaling J gives no forward Euler steps"))

    @property
    def is_stiffly_accurate(self) -> Verdict:
        """Whether the last row of A + Gamma is b, and that of A sums to 1.

        Source: Hairer, Wanner, Solving Ordinary Differential Equations II, section VI.3.
        """
        rows = [*zip(self.scheme.linear.A[-1], self.scheme.b, strict=True), (Add(*self.scheme.A[-1]), sympy.Integer(1))]
        gaps = [canonical(left - right) for left, right in rows]
        if self.scheme.exact or self.scheme.free_symbols:
            return vanish(*to_domain(gaps))
        near = NEARNESS * known_to(self.scheme)
        return all(abs(to_float(gap)) <= near for gap in gaps)

    def _found_otherwise(self, name: str) -> str | None:
        return self.linear._found_otherwise(name)
