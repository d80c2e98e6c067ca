"""Stability of schemes with complex coefficients: a region that need not be symmetric about the real axis.

Steps of conjugate sizes often give a real R(z) or Phi(w, z) (model.py finds that); every question then has the answer
of a real scheme. Else |R|^2 on a ray z = d t, d = -1, i, -i, is a quotient of real polynomials in t.
"""

from dataclasses import dataclass
from typing import final

import sympy
from sympy import Expr

from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.algebra.fields import Field, field_of
from schemetools.analysis.algebra.polynomials import Polynomial, add, multiply, subtract, trim
from schemetools.analysis.algebra.root_counts import is_hurwitz
from schemetools.analysis.algebra.sturm import is_nonnegative
from schemetools.analysis.stability import answers
from schemetools.analysis.stability.base import Shares, Stability, undefined
from schemetools.analysis.stability.linear import LinearStability, of_linear
from schemetools.analysis.stability.model import Model, reduced
from schemetools.analysis.stability.numbers import first_negative, first_of, length
from schemetools.errors import UnsupportedError
from schemetools.exact import canonical, parts, to_domain
from schemetools.schemes.base import Scheme

LEFT, UP, DOWN = sympy.Integer(-1), sympy.I, -sympy.I
REAL = "is for schemes that keep real states real; the coefficients of this one are complex"
SYMMETRIC = "is decided for a real R(z), whose region is symmetric about the real axis; contains tells of any point"

Pair = tuple[Polynomial, Polynomial]


@dataclass(frozen=True)
class Rays:
    """Decisions for Phi = Q(z) w - P(z) with complex coefficients, on the rays z = d t, t > 0."""

    model: Model

    def _split(self, direction: Expr) -> tuple[Field, list[Pair]]:
        """(field, (real, imaginary) of P and Q) as real polynomials in t, z = direction * t."""
        phi = reduced(Field(self.model.domain), self.model.phi)
        numbers = [[canonical(self.model.domain.to_sympy(c) * direction**m) for m, c in enumerate(p)] for p in phi]
        domain, flat = to_domain([x for p in numbers for c in p for x in parts(c)])
        K, elements = field_of(domain), iter(flat)
        pairs = [[(next(elements), next(elements)) for _ in p] for p in numbers]
        return K, [(trim(K, [x for x, _ in p]), trim(K, [y for _, y in p])) for p in pairs]

    def gap(self, direction: Expr) -> tuple[Field, Polynomial]:
        """|Q|^2 - |P|^2 at z = direction * t: not negative where |R| <= 1."""
        K, (P, Q) = self._split(direction)
        return K, subtract(K, _squared(K, Q), _squared(K, P))

    def holds_along(self, *directions: Expr) -> bool:
        """Whether |R| <= 1 on whole rays."""
        return all(is_nonnegative(K, f, K.zero, float("inf")) for K, f in map(self.gap, directions))

    def length_along(self, *directions: Expr) -> Expr:
        """How far |R| <= 1 holds on all the rays at once."""
        return length(first_of(first_negative(K, f) for K, f in map(self.gap, directions)))

    def poles_are_right(self) -> bool:
        """Whether all poles are in the open right half plane, as those of Q and of its conjugate together are."""
        K, (_, Q) = self._split(LEFT)
        return is_hurwitz(K, trim(K, _squared(K, Q)))

    def vanishes_at_infinity(self) -> bool:
        """Whether R = 0 at infinity."""
        P, Q = reduced(Field(self.model.domain), self.model.phi)
        return len(P) < len(Q)


def _squared(K: Field, pair: Pair) -> Polynomial:
    """|p|^2 for p = real + i imaginary."""
    return add(K, *(multiply(K, p, p) if p else [] for p in pair))


@final
@dataclass(frozen=True)
class ComplexStability(Stability):
    """Stability on u' = lambda u, z = h lambda, of a scheme with complex coefficients.

    The imaginary interval is that of i [-r, r], both halves; A(alpha) asks for a real R(z). A partitioned scheme whose
    Phi(w, z) is not real has roots w and 1/w, so that nothing but curves in the plane are stable. Verdicts and
    intervals need exact coefficients.

    >>> import schemetools as st
    >>> sizes = ["1/2 + sqrt(3)/6*I", "1/2 - sqrt(3)/6*I"]
    >>> known = st.stability(st.compose(st.implicit_midpoint, st.implicit_midpoint, fractions=sizes))
    >>> known.is_a_stable, known.imaginary_interval
    (True, oo)
    """

    @property
    def linear(self) -> LinearStability:
        """The answers of a scheme with this Phi(w, z)."""
        return LinearStability(self.scheme, self.normalized, self.shares)

    @property
    def _model(self) -> Model:
        return answers.model(self.scheme, self.normalized, self.shares)

    @property
    def _rays(self) -> Rays | None:
        """|R| on rays; None where Phi(w, z) of a pair is stable on curves only. Raises UnsupportedError for others."""
        if not self.scheme.exact:
            raise UnsupportedError(
                f"this needs exact coefficients, and those of {self.scheme:s} are complex and rounded; function, "
                "contains and region take them"
            )
        if len(self._model.phi) == 2:
            return Rays(self._model)
        phi = reduced(Field(self._model.domain), self._model.phi)
        if len(phi) == 3 and phi[0] == phi[2]:
            return None
        raise UnsupportedError("this is decided for one-step schemes of one value, or of a pair (p, q)")

    def _verdict(self, name: str, *directions: Expr) -> Verdict:
        """A verdict by rays, or that of a real Phi."""
        rays = self._rays
        if not self._model.is_complex:
            return getattr(self.linear, name)
        return rays is not None and rays.holds_along(*directions)

    def _length(self, name: str, *directions: Expr) -> Expr:
        rays = self._rays
        if not self._model.is_complex:
            return getattr(self.linear, name)
        return sympy.Integer(0) if rays is None else rays.length_along(*directions)

    polynomial, function = of_linear("polynomial"), of_linear("function")
    limit, plane, locus = of_linear("limit"), of_linear("plane"), of_linear("locus")
    dominance, zeros_and_poles = of_linear("dominance"), of_linear("zeros_and_poles")
    second_moment = undefined("nothing is random here: |R|^2 is the square of the modulus of function(x + i y)")
    is_algebraically_stable = property(undefined(f"algebraic stability {REAL}"))
    is_an_stable = property(undefined(f"AN-stability {REAL}"))
    is_stiffly_accurate = of_linear("is_stiffly_accurate")
    ssp_coefficient = property(undefined(f"the SSP coefficient {REAL}"))
    ellipse = property(lambda self: None, doc="None: no such scheme is lm.")

    def dissipation(self, order: int = 8, y: sympy.Symbol = sympy.Symbol("y")) -> Expr:
        """log|zeta(i y)| through y^order, for a real Phi."""
        return self._of_a_real_phi().dissipation(order, y)

    def dispersion(self, order: int = 8, y: sympy.Symbol = sympy.Symbol("y")) -> Expr:
        """arg zeta(i y) - limit * y through y^order, for a real Phi."""
        return self._of_a_real_phi().dispersion(order, y)

    def _of_a_real_phi(self) -> LinearStability:
        if self._model.is_complex:
            raise UnsupportedError(f"this {SYMMETRIC}")
        return self.linear

    @property
    def is_zero_stable(self) -> Verdict:
        """The root condition at z = 0, where the coefficients of one-step schemes do not enter."""
        if self._model.is_complex and len(self._model.at_zero) > 2:
            raise UnsupportedError(f"zero-stability {REAL}")
        return True if self._model.is_complex else self.linear.is_zero_stable

    @property
    def is_a_stable(self) -> Verdict:
        """All poles in the right half plane, and |R| <= 1 on both halves of the imaginary axis."""
        found = self._verdict("is_a_stable", UP, DOWN)
        rays = self._rays
        return found and rays.poles_are_right() if self._model.is_complex and rays is not None else found

    @property
    def is_l_stable(self) -> Verdict:
        """A-stable, with R = 0 at infinity."""
        if not self._model.is_complex:
            return self._verdict("is_l_stable")
        rays = self._rays
        return rays is not None and rays.vanishes_at_infinity() and self.is_a_stable

    @property
    def is_a0_stable(self) -> Verdict:
        """All of the negative real axis."""
        return self._verdict("is_a0_stable", LEFT)

    @property
    def is_i_stable(self) -> Verdict:
        """Both halves of the imaginary axis."""
        return self._verdict("is_i_stable", UP, DOWN)

    @property
    def angle(self) -> Expr | None:
        """alpha of A(alpha)-stability in radians; between 0 and pi/2 for a real Phi only."""
        if self._rays is not None and not self._model.is_complex:
            return self.linear.angle
        if self.is_a_stable:
            return sympy.pi / 2
        return None if self.scheme.is_explicit else self._of_a_real_phi().angle

    @property
    def real_interval(self) -> Expr:
        """From 0 to the left."""
        return self._length("real_interval", LEFT)

    @property
    def imaginary_interval(self) -> Expr:
        """From 0 upwards and downwards."""
        return self._length("imaginary_interval", UP, DOWN)

    @property
    def area(self) -> Expr:
        """Of the polygon of the boundary."""
        return self.plane.area

    def _found_otherwise(self, name: str) -> str | None:
        return self.linear._found_otherwise(name) if not self._model.is_complex else None


def complex_stability(scheme: Scheme, *, normalized: bool, shares: Shares) -> ComplexStability:
    """The stability of a scheme with complex coefficients. Raises UnsupportedError for one with free symbols."""
    if scheme.free_symbols:
        names = ", ".join(sorted(map(str, scheme.free_symbols)))
        raise UnsupportedError(f"{scheme:s} has complex coefficients; its stability needs numbers for {names} as well")
    answers.model(scheme, normalized, shares)  # what is wrong with the scheme is said now, not at the first question
    return ComplexStability(scheme, normalized, shares)
