"""Stability of Rosenbrock methods: on the linear test equation they are the Runge-Kutta method A + Gamma, b."""

from dataclasses import dataclass
from typing import final

import sympy
from sympy import Add

from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.algebra.decisions import vanish
from schemetools.analysis.properties.agreement import NEARNESS
from schemetools.analysis.stability.base import Stability, undefined
from schemetools.analysis.stability.linear import LinearStability, of_linear
from schemetools.analysis.stability.meant import known_to
from schemetools.exact import canonical, to_domain, to_float
from schemetools.schemes.rosenbrock import Rosenbrock

FROZEN = "a Rosenbrock method solves with one Jacobian per step, so that it has no such property for nonlinear f; "


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

    polynomial, function, ellipse = of_linear("polynomial"), of_linear("function"), of_linear("ellipse")
    dissipation, dispersion = of_linear("dissipation"), of_linear("dispersion")
    is_zero_stable, is_a_stable = of_linear("is_zero_stable"), of_linear("is_a_stable")
    is_l_stable, is_a0_stable = of_linear("is_l_stable"), of_linear("is_a0_stable")
    is_i_stable, limit, angle = of_linear("is_i_stable"), of_linear("limit"), of_linear("angle")
    real_interval, imaginary_interval = of_linear("real_interval"), of_linear("imaginary_interval")
    area, plane, locus = of_linear("area"), of_linear("plane"), of_linear("locus")
    dominance, zeros_and_poles = of_linear("dominance"), of_linear("zeros_and_poles")

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
