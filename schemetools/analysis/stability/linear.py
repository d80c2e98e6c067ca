"""Stability of a scheme without random coefficients: exact verdicts and numbers, and the region in floating point."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import sympy
from sympy import Expr, Matrix, Symbol

from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.properties.agreement import NEARNESS
from schemetools.analysis.regions.locus import locus
from schemetools.analysis.regions.membership import dominance, zeros_and_poles
from schemetools.analysis.regions.plane import Plane
from schemetools.analysis.stability import answers
from schemetools.analysis.stability.base import Shares, Stability, undefined
from schemetools.analysis.stability.ellipse import Ellipse, lm_ellipse
from schemetools.analysis.stability.expansions import expansions, limit_of
from schemetools.analysis.stability.left_open import INTERVALS, left_open
from schemetools.analysis.stability.meant import Meant, Subject, known_to, subject, tested
from schemetools.analysis.stability.model import Model
from schemetools.analysis.stability.nonlinear import an_stability, is_algebraically_stable, is_stiffly_accurate
from schemetools.analysis.stability.oscillator import oscillation_matrix, periodicity
from schemetools.analysis.stability.ssp import ssp_coefficient
from schemetools.errors import UnsupportedError
from schemetools.exact import expression
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.transforms import rescale


@final
@dataclass(frozen=True)
class LinearStability(Stability):
    """Stability on u' = lambda u, z = h lambda, from the characteristic polynomial Phi(w, z)."""

    @property
    def _key(self) -> tuple[Subject, bool, Shares]:
        scheme, shares = tested(self.scheme, self.shares)
        return subject(scheme), self.normalized, shares

    @property
    def _exactly(self) -> Scheme:
        """The scheme itself, or the exact one that approximate coefficients stand for, where it is known."""
        decided = subject(self.scheme)
        return self.scheme if isinstance(decided, Meant) else decided

    @property
    def _model(self) -> Model:
        return answers.model(*self._key)

    @property
    def _an_stability(self) -> tuple[Verdict, str | None]:
        return an_stability(self._exactly, lambda: self.is_a_stable)

    # ---- polynomials and formulas

    def polynomial(self, w: Any, z: Any) -> Expr:
        """Phi(w, z) = sum_j phi_j(z) w^j."""
        w, z = expression(w), expression(z)
        return sympy.Add(*(answers.expression(self._model, p, z) * w**j for j, p in enumerate(self._model.phi)))

    def function(self, z: Any) -> Expr:
        """R(z) = P(z)/Q(z) in lowest terms."""
        terms = answers.lowest_terms(*self._key)
        if len(terms) != 2:
            raise UnsupportedError(
                f"a step of {self.scheme} takes {len(terms) - 1} values, so that it has no stability function; use "
                "polynomial(w, z)"
            )
        P, Q = (answers.expression(self._model, p, expression(z)) for p in terms)
        return -P / Q

    second_moment = undefined("nothing is random here: |R|^2 is the square of the modulus of function(x + i y)")

    @property
    def ellipse(self) -> Ellipse | None:
        """Centre and half axes; None unless the scheme is lm(k) with |k| < 1."""
        return lm_ellipse(self._exactly, normalized=self.normalized)

    def dissipation(self, order: int = 8, y: Symbol = Symbol("y")) -> Expr:
        """log|zeta(i y)| through y^order."""
        return expansions(self._model, order, y)[0]

    def dispersion(self, order: int = 8, y: Symbol = Symbol("y")) -> Expr:
        """arg zeta(i y) - limit * y through y^order."""
        return expansions(self._model, order, y)[1]

    # ---- verdicts

    @property
    def is_zero_stable(self) -> Verdict:
        """The root condition at z = 0."""
        return answers.verdict(*self._key, "is_zero_stable")

    @property
    def is_a_stable(self) -> Verdict:
        """All of the closed left half plane."""
        return answers.verdict(*self._key, "is_a_stable")

    @property
    def is_l_stable(self) -> Verdict:
        """A-stable, with roots 0 at infinity."""
        return answers.verdict(*self._key, "is_l_stable")

    @property
    def is_a0_stable(self) -> Verdict:
        """All of the negative real axis."""
        return answers.whole_axis(*self._key, imaginary=False)

    @property
    def is_i_stable(self) -> Verdict:
        """All of the imaginary axis."""
        return answers.whole_axis(*self._key, imaginary=True)

    @property
    def is_algebraically_stable(self) -> Verdict:
        """By the matrix B A + A^T B - b b^T, or by A-stability for a multistep scheme."""
        return (
            self.is_a_stable
            if isinstance(self.scheme, LinearMultistep)
            else is_algebraically_stable(self._exactly, self._tolerance)
        )

    @property
    def is_an_stable(self) -> Verdict:
        """By algebraic stability where that decides it, else by a search for a violating Z."""
        return self._an_stability[0]

    @property
    def is_stiffly_accurate(self) -> Verdict:
        """By the last row of A."""
        return is_stiffly_accurate(self._exactly, self._tolerance)

    # ---- numbers

    @property
    def limit(self) -> Expr:
        """The slope of the principal root at z = 0."""
        return limit_of(self._model)

    @property
    def angle(self) -> Expr | None:
        """alpha of A(alpha)-stability in radians, or None."""
        return answers.widest_angle(*self._key)[0]

    @property
    def real_interval(self) -> Expr:
        """From 0 to the left."""
        return answers.stable_interval(*self._key, imaginary=False)

    @property
    def imaginary_interval(self) -> Expr:
        """From 0 upwards."""
        return answers.stable_interval(*self._key, imaginary=True)

    @property
    def periodicity_interval(self) -> Expr:
        """The largest nu_0 such that q'' = -w^2 q is stepped with roots exp(+-i theta) for 0 < h w < nu_0.

        The imaginary interval is that of stability, where roots may be real or smaller. For schemes that step a pair.
        """
        return periodicity(self.scheme, self._model)

    def oscillation_matrix(self, nu: Any) -> Matrix:
        """M(nu), the step of (q, h q') on q'' = -w^2 q, nu = h w. Raises UnsupportedError where no pair is stepped."""
        return oscillation_matrix(self.scheme, nu)

    @property
    def ssp_coefficient(self) -> Expr:
        """The radius of absolute monotonicity; multistep: the least ratio of coefficients."""
        return ssp_coefficient(rescale(self._exactly) if self.normalized else self._exactly)

    @property
    def area(self) -> Expr:
        """Of the ellipse, or of the polygon of the boundary."""
        if self.ellipse is not None and not self.scheme.free_symbols:
            return self.ellipse.area
        return self.plane.area

    # ---- the region

    @property
    def plane(self) -> Plane:
        """The region of Phi(w, z)."""
        return answers.plane(*self._key)

    def locus(self) -> list[np.ndarray]:
        """Where some root of Phi(w, z) has modulus 1."""
        return locus(answers.numeric(*self._key))

    def dominance(self, z: Any) -> np.ndarray:
        """log of the ratio of roots of Phi(w, z)."""
        return dominance(answers.numeric(*self._key), z, float(self.limit))

    def zeros_and_poles(self) -> tuple[np.ndarray, np.ndarray]:
        """Those of P and Q, or of the outer coefficients of Phi."""
        return zeros_and_poles(answers.numeric(*self._key))

    @property
    def _tolerance(self) -> float:
        """What an equation between approximate coefficients may be missed by."""
        return NEARNESS * known_to(self.scheme) if isinstance(subject(self.scheme), Meant) else 0.0

    def _found_otherwise(self, name: str) -> str | None:
        if name == "angle":
            return left_open(self.scheme, self.normalized, self.shares, name) or answers.widest_angle(*self._key)[1]
        if name in INTERVALS:
            return left_open(self.scheme, self.normalized, self.shares, name)
        return self._an_stability[1] if name == "is_an_stable" else None


def of_linear(name: str) -> Any:
    """A question that another kind of answer leaves to its `linear`: a number or verdict as a property, a formula as a
    method."""
    question = LinearStability.__dict__[name]
    if isinstance(question, property):
        return property(lambda self: getattr(self.linear, name), doc=question.__doc__)

    def asked(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.linear, name)(*args, **kwargs)

    asked.__doc__ = question.__doc__
    return asked
