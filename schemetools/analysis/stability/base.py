"""What every kind of answer about stability has in common."""

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
import sympy
from sympy import Expr, Symbol

from schemetools import exact
from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.regions.boundary import Curve
from schemetools.analysis.regions.plane import Plane
from schemetools.analysis.stability.ellipse import Ellipse
from schemetools.analysis.stability.meant import Shares, decided_how, tested
from schemetools.analysis.stability.questions import BY_NAME, Kind
from schemetools.analysis.stability.words import verdict_table
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.base import Scheme
from schemetools.schemes.collocation import Collocation


class Refusal:
    """A question without an answer: asked, it says why. See `undefined`."""

    def __init__(self, reason: str):
        self.reason = reason
        self.__doc__ = f"Not defined: {reason}. Raises UnsupportedError."

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedError with the reason."""
        raise UnsupportedError(self.reason)


def undefined(reason: str) -> Any:
    """The answer of a kind that has none, with the reason, in place of a method; `property(undefined(...))` in place
    of a property."""
    return Refusal(reason)


@dataclass(frozen=True)
class Stability(ABC):
    """What `stability` returns; see there for the test equation.

    Verdicts are True or False, decided in exact arithmetic; where the scheme has a free symbol they are sympy
    conditions in it, which refuse to be a bool. `how(name)` says of each verdict and number how it was found.

    A kind of answer is a final subclass that answers every abstract question itself, if only by `undefined(reason)`:
    an answer inherited from another kind is a wrong answer sooner or later, so one that is forgotten is a TypeError
    when the class is made.

    >>> import schemetools as st
    >>> known = st.stability("rk4")
    >>> known.is_a_stable, known.imaginary_interval, known.contains([-1, 1])
    (False, 2*sqrt(2), array([ True, False]))
    """

    scheme: Scheme
    normalized: bool = False
    shares: Shares = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        forgotten = sorted(name for name in Stability.__abstractmethods__ if name not in cls.__dict__)
        if forgotten:
            raise TypeError(f"{cls.__name__} does not answer {', '.join(forgotten)}; answer, or say undefined(reason)")

    def __str__(self) -> str:
        """The table of verdicts and numbers; what is not defined for the scheme is left out."""
        return verdict_table(self)

    def latex(self) -> str:
        r"""The stability function R(z), or where there is none the characteristic polynomial, in LaTeX."""
        w, z = Symbol("w"), Symbol("z")
        try:
            return f"$$R(z) = {exact.latex(self.function(z), exact=self.scheme.exact)}$$"
        except UnsupportedError:
            return rf"$$\Phi(w, z) = {exact.latex(self.polynomial(w, z), exact=self.scheme.exact)}$$"

    def _repr_latex_(self) -> str | None:
        try:
            return self.latex()
        except UnsupportedError:  # of a random scheme
            return None

    # ---- polynomials and formulas

    @abstractmethod
    def polynomial(self, w: Any, z: Any) -> Expr:
        """The characteristic polynomial Phi(w, z): rho(w) - z sigma(w), Q(z) w - P(z), or det(Q w - Q M)/Q^(r-1)."""

    @abstractmethod
    def function(self, z: Any) -> Expr:
        """The stability function R(z) = P(z)/Q(z) in lowest terms. Raises UnsupportedError unless one-step."""

    @abstractmethod
    def second_moment(self, x: Any, y: Any) -> Expr:
        """E|R(x + i y)|^2 as a formula in real x and y. Raises UnsupportedError for a scheme with several values."""

    @property
    @abstractmethod
    def ellipse(self) -> Ellipse | None:
        """The region of the LM-ResNet scheme, |k| < 1, as an ellipse; None for other schemes."""

    @abstractmethod
    def dissipation(self, order: int = 8, y: Symbol = Symbol("y")) -> Expr:
        """log|zeta(i y)| through y^order, zeta the principal root: the damping of an oscillation in one step."""

    @abstractmethod
    def dispersion(self, order: int = 8, y: Symbol = Symbol("y")) -> Expr:
        """arg zeta(i y) - limit * y through y^order: the phase error in one step."""

    # ---- verdicts

    @property
    @abstractmethod
    def is_zero_stable(self) -> Verdict:
        """Whether the powers at z = 0 stay bounded: the root condition.

        It is that of rho as written (Dahlquist): rounding excites a root that cancels out of a reducible multistep
        scheme, whose region and every other verdict are those of the reduced scheme.
        """

    @property
    @abstractmethod
    def is_a_stable(self) -> Verdict:
        """Whether the closed left half plane is in the region."""

    @property
    @abstractmethod
    def is_l_stable(self) -> Verdict:
        """A-stable, and all roots tend to 0 at infinity (multistep: sigma = beta_k zeta^k)."""

    @property
    @abstractmethod
    def is_a0_stable(self) -> Verdict:
        """Whether the negative real axis is in the region."""

    @property
    @abstractmethod
    def is_i_stable(self) -> Verdict:
        """Whether the imaginary axis is in the region."""

    @property
    @abstractmethod
    def is_algebraically_stable(self) -> Verdict:
        """Runge-Kutta: b >= 0 and B A + A^T B - b b^T >= 0, after reduction.

        Multistep: G-stability of the one-leg scheme, which is A-stability (Dahlquist, 1978).
        """

    @property
    @abstractmethod
    def is_an_stable(self) -> Verdict:
        """Whether |K(Z)| <= 1 for lambda(t) in the left half plane (Runge-Kutta); `how` says how it was decided."""

    @property
    @abstractmethod
    def is_stiffly_accurate(self) -> Verdict:
        """Whether the result is the last stage; multistep: whether f enters at the new value only."""

    # ---- numbers

    @property
    @abstractmethod
    def limit(self) -> Expr:
        """The factor in the limit u' = limit * f that the scheme has on the test equation."""

    @property
    @abstractmethod
    def angle(self) -> Expr | None:
        """alpha of A(alpha)-stability in radians; None unless stable at z = 0, at infinity and for z < 0."""

    @property
    @abstractmethod
    def real_interval(self) -> Expr:
        """The largest r with [-r, 0] in the closed region; a formula in a free symbol."""

    @property
    @abstractmethod
    def imaginary_interval(self) -> Expr:
        """The largest r with i [-r, r] in the closed region; a formula in a free symbol."""

    @property
    @abstractmethod
    def ssp_coefficient(self) -> Expr:
        """The strong-stability-preserving coefficient, of the rescaled scheme if normalized."""

    @property
    @abstractmethod
    def area(self) -> Expr:
        """The area of the region: exact for an ellipse, oo where it is unbounded, else a float (see `how`)."""

    # ---- the region

    @property
    @abstractmethod
    def plane(self) -> Plane:
        """The region in floating point, kept by scheme."""

    @abstractmethod
    def locus(self) -> list[np.ndarray]:
        """The whole root locus {z : some root w has modulus 1} as curves, cut where they pass through infinity."""

    @abstractmethod
    def dominance(self, z: Any) -> np.ndarray:
        """log of the principal root over the largest other one: positive where the scheme is relatively stable."""

    @abstractmethod
    def zeros_and_poles(self) -> tuple[np.ndarray, np.ndarray]:
        """The zeros and poles of a one-step R(z); those of the first and last coefficient in w otherwise."""

    def contains(self, z: Any) -> np.ndarray:
        """Whether points z = h lambda lie in the closed region: boolean, of the shape of z.

        Raises SchemeError for NaN and infinity.
        """
        return self.plane.contains(z)

    def region(self, xlim: Any = None, ylim: Any = None, n: int = 401) -> np.ndarray:
        """The closed region on a grid, boolean (n, n), rows the imaginary part ascending; `window` by default."""
        return self.plane.region(xlim, ylim, n)

    def boundary(self) -> list[np.ndarray]:
        """The region's boundary as closed curves, complex arrays with the first point repeated at the end.

        Every vertex is on the boundary; a curve through infinity closes with the chord between its two far ends, and a
        region without interior is traced there and back.
        """
        return [curve.points for curve in self.curves()]

    def curves(self) -> tuple[Curve, ...]:
        """The boundary with, for each curve, whether it passes through infinity."""
        return self.plane.curves

    @property
    def window(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(xlim, ylim) in which the region is seen with a margin."""
        return self.plane.window

    def growth(self, z: Any) -> np.ndarray:
        """log of the growth in one step at each point z: negative inside the region; for one-step schemes log|R(z)|."""
        return self.plane.growth(z)

    # ---- how it is known

    def how(self, name: str) -> str:
        """How a verdict or number was found: "exact", or "numerical, ..." with the method and accuracy.

        Raises SchemeError for what is no question, and, as the question itself does, where there is no answer.
        """
        question = BY_NAME.get(name)
        if question is None:
            raise SchemeError(
                f"a Stability has no {name!r}; ask for a verdict or number such as 'is_a_stable' or 'area'"
            )
        if question.kind is Kind.PICTURE:
            return "numerical, in double precision"
        asked = inspect.getattr_static(type(self), name)
        if isinstance(asked, Refusal):
            asked()
        value = getattr(self, name) if isinstance(asked, property) else None
        if name == "area" and self.ellipse is None:
            return "numerical, to about 1e-6 relative: the polygon of the boundary"
        if (found := self._found_otherwise(name)) is not None:
            return found
        if question.kind is Kind.NUMBER and value is not None and value.has(sympy.Float) and self.scheme.exact:
            return "numerical, to 1e-29 relative: isolated exactly as the root of a polynomial too long to write"
        return self._exact

    @abstractmethod
    def _found_otherwise(self, name: str) -> str | None:
        """How an answer was found that was not found exactly; None where it was."""

    @property
    def _exact(self) -> str:
        if isinstance(self.scheme, Collocation):
            return "exact for the method itself, by the theory of collocation; its tableau is rounded from enclosures"
        return "exact" if self.scheme.exact else decided_how(tested(self.scheme, self.shares)[0])
