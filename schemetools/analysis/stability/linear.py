"""What `stability` returns: exact verdicts, exact numbers, and the region in floating point."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol

from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.algebra.decisions import decide
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.regions.boundary import Curve, boundary
from schemetools.analysis.regions.grid import region
from schemetools.analysis.regions.locus import locus
from schemetools.analysis.regions.membership import contains, dominance, growth, zeros_and_poles
from schemetools.analysis.regions.model import NumericModel
from schemetools.analysis.regions.window import area, window
from schemetools.analysis.stability import symbolic_numbers as parametric
from schemetools.analysis.stability import verdicts as verdicts
from schemetools.analysis.stability.angle import angle
from schemetools.analysis.stability.ellipse import Ellipse, lm_ellipse
from schemetools.analysis.stability.expansions import expansions, limit_of, normalise
from schemetools.analysis.stability.model import Bivariate, Model, is_constant, model_of, reduced
from schemetools.analysis.stability.nonlinear import an_stability, is_algebraically_stable, is_stiffly_accurate
from schemetools.analysis.stability.numbers import imaginary_exit, length, real_exit
from schemetools.analysis.stability.numeric import numeric_model
from schemetools.analysis.stability.ssp import ssp_coefficient
from schemetools.analysis.stability.step_matrix import normal_form
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.transforms import rescale

Shares = tuple[tuple[str, Expr], ...] | None
NUMBERS = ("angle", "real_interval", "imaginary_interval", "ssp_coefficient")
IN_DOUBLE_PRECISION = (
    "contains", "region", "boundary", "curves", "window", "locus", "growth", "dominance", "zeros_and_poles",
)  # fmt: skip


@functools.lru_cache(maxsize=512)
def model(scheme: Scheme, normalized: bool, shares: Shares) -> Model:
    """The exact model of a scheme, rescaled by its limit if `normalized`."""
    raw = model_of(scheme, None if shares is None else dict(shares))
    return normalise(raw) if normalized else raw


@functools.lru_cache(maxsize=512)
def _numeric(scheme: Scheme, normalized: bool, shares: Shares) -> NumericModel:
    return numeric_model(model(scheme, normalized, shares))


@functools.lru_cache(maxsize=128)
def _boundary(scheme: Scheme, normalized: bool, shares: Shares) -> list[Curve]:
    return boundary(_numeric(scheme, normalized, shares))


@functools.lru_cache(maxsize=512)
def _is_explicit(scheme: Scheme) -> bool:
    return scheme.is_explicit if isinstance(scheme, LinearMultistep) else normal_form(scheme).is_explicit


@functools.lru_cache(maxsize=1024)
def _verdict(scheme: Scheme, normalized: bool, shares: Shares, name: str) -> Verdict:
    found = model(scheme, normalized, shares)
    if name == "is_zero_stable":
        return decide(found.domain, verdicts.is_zero_stable, found.as_written)
    if _is_explicit(scheme):
        return name == "is_a_stable" and _explicit_everywhere(scheme, normalized, shares)
    algorithm = getattr(verdicts, name)
    return decide(found.domain, lambda K, data: algorithm(K, *data), [found.phi, found.at_zero])


@functools.lru_cache(maxsize=512)
def _explicit_everywhere(scheme: Scheme, normalized: bool, shares: Shares) -> Verdict:
    """Whether an explicit scheme is stable on a whole ray.

    Where f enters, its roots are unbounded on every ray, as polynomials are; elsewhere they are the same everywhere.
    """
    return is_constant(model(scheme, normalized, shares))


@dataclass(frozen=True)
class Stability:
    """What `stability` returns; see there for the test equation.

    Verdicts are True or False, decided in exact arithmetic; where the scheme has a free symbol they are sympy
    conditions in it, which refuse to be a bool. `how(name)` says of each verdict and number how it was found.
    """

    scheme: Scheme
    normalized: bool = False
    shares: Shares = None

    @property
    def _key(self) -> tuple[Scheme, bool, Shares]:
        return self.scheme, self.normalized, self.shares

    @property
    def _model(self) -> Model:
        return model(*self._key)

    @property
    def _exact(self) -> str:
        return "exact" if self.scheme.exact else "exact for these coefficients, which are themselves approximate"

    @property
    def _an_stability(self) -> tuple[Verdict, str | None]:
        return an_stability(self.scheme, lambda: self.is_a_stable)

    # ---- polynomials

    def polynomial(self, w: Any, z: Any) -> Expr:
        """The characteristic polynomial Phi(w, z): rho(w) - z sigma(w), Q(z) w - P(z), or det(Q w - Q M)/Q^(r-1)."""
        w, z = sympy.sympify(w), sympy.sympify(z)
        return sympy.Add(*(_expression(self._model, p, z) * w**j for j, p in enumerate(self._model.phi)))

    def function(self, z: Any) -> Expr:
        """The stability function R(z) = P(z)/Q(z) in lowest terms. Raises UnsupportedError unless one-step."""
        terms = _lowest_terms(*self._key)
        if len(terms) != 2:
            raise UnsupportedError(
                f"{self.scheme} is no one-step scheme, so it has no stability function; use polynomial(w, z)"
            )
        P, Q = (_expression(self._model, p, sympy.sympify(z)) for p in terms)
        return -P / Q

    @property
    def limit(self) -> Expr:
        """The factor in the limit u' = limit * f that the scheme has on the test equation."""
        return limit_of(self._model)

    # ---- verdicts

    @property
    def is_zero_stable(self) -> Verdict:
        """Whether the powers at z = 0 stay bounded: the root condition.

        It is that of rho as written (Dahlquist): rounding excites a root that cancels out of a reducible multistep
        scheme, whose region and every other verdict are those of the reduced scheme.
        """
        return _verdict(*self._key, "is_zero_stable")

    @property
    def is_a_stable(self) -> Verdict:
        """Whether the closed left half plane is in the region."""
        return _verdict(*self._key, "is_a_stable")

    @property
    def is_l_stable(self) -> Verdict:
        """A-stable, and all roots tend to 0 at infinity (multistep: sigma = beta_k zeta^k)."""
        return _verdict(*self._key, "is_l_stable")

    @property
    def is_a0_stable(self) -> Verdict:
        """Whether the negative real axis is in the region."""
        return _whole_axis(*self._key, imaginary=False)

    @property
    def is_i_stable(self) -> Verdict:
        """Whether the imaginary axis is in the region."""
        return _whole_axis(*self._key, imaginary=True)

    @property
    def is_algebraically_stable(self) -> Verdict:
        """Runge-Kutta: b >= 0 and B A + A^T B - b b^T >= 0, after reduction.

        Multistep: G-stability of the one-leg scheme, which is A-stability (Dahlquist, 1978).
        """
        if isinstance(self.scheme, LinearMultistep):
            return self.is_a_stable
        return is_algebraically_stable(self.scheme)

    @property
    def is_an_stable(self) -> Verdict:
        """Whether |K(Z)| <= 1 for lambda(t) in the left half plane (Runge-Kutta); `how` says how it was decided."""
        return self._an_stability[0]

    @property
    def is_stiffly_accurate(self) -> Verdict:
        """Whether the result is the last stage; multistep: whether f enters at the new value only."""
        return is_stiffly_accurate(self.scheme)

    # ---- numbers

    @property
    def angle(self) -> Expr | None:
        """alpha of A(alpha)-stability in radians; None unless stable at z = 0, at infinity and for z < 0."""
        return _angle(*self._key)

    @property
    def real_interval(self) -> Expr:
        """The largest r with [-r, 0] in the closed region; a formula in a free symbol."""
        return _interval(*self._key, imaginary=False)

    @property
    def imaginary_interval(self) -> Expr:
        """The largest r with i [-r, r] in the closed region; a formula in a free symbol."""
        return _interval(*self._key, imaginary=True)

    @property
    def ssp_coefficient(self) -> Expr:
        """The strong-stability-preserving coefficient, of the rescaled scheme if normalized."""
        return ssp_coefficient(rescale(self.scheme) if self.normalized else self.scheme)

    @property
    def ellipse(self) -> Ellipse | None:
        """The region of the LM-ResNet scheme, |k| < 1, as an ellipse; None for other schemes."""
        return lm_ellipse(self.scheme, normalized=self.normalized)

    @property
    def area(self) -> Expr:
        """The area of the region: exact for an ellipse, oo where it is unbounded, else a float (see `how`)."""
        if self.ellipse is not None and not self.scheme.free_symbols:
            return self.ellipse.area
        return area(self.contains, self.curves())

    def dissipation(self, order: int = 8, y: Symbol = Symbol("y")) -> Expr:
        """log|zeta(i y)| through y^order, zeta the principal root: the damping of an oscillation in one step."""
        return expansions(self._model, order, y)[0]

    def dispersion(self, order: int = 8, y: Symbol = Symbol("y")) -> Expr:
        """arg zeta(i y) - limit * y through y^order: the phase error in one step."""
        return expansions(self._model, order, y)[1]

    # ---- the region

    def contains(self, z: Any) -> np.ndarray:
        """Whether points z = h lambda lie in the closed region: boolean, of the shape of z.

        Raises SchemeError for NaN and infinity.
        """
        return contains(_numeric(*self._key), z)

    def region(self, xlim: Any = None, ylim: Any = None, n: int = 401) -> np.ndarray:
        """The closed region on a grid, boolean (n, n), rows the imaginary part ascending; `window` by default."""
        default = self.window if xlim is None or ylim is None else (xlim, ylim)
        return region(
            _numeric(*self._key), xlim if xlim is not None else default[0], ylim if ylim is not None else default[1], n
        )

    def boundary(self) -> list[np.ndarray]:
        """The region's boundary as closed curves, complex arrays with the first point repeated at the end.

        Every vertex is on the boundary; a curve through infinity closes with the chord between its two far ends, and a
        region without interior is traced there and back.
        """
        return [curve.points for curve in self.curves()]

    def curves(self) -> Sequence[Curve]:
        """The boundary with, for each curve, whether it passes through infinity."""
        return tuple(_boundary(*self._key))

    @property
    def window(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(xlim, ylim) in which the region is seen with a margin."""
        return window(self.contains, self.curves())

    def locus(self) -> list[np.ndarray]:
        """The whole root locus {z : some root w has modulus 1} as curves, cut where they pass through infinity."""
        return locus(_numeric(*self._key))

    def growth(self, z: Any) -> np.ndarray:
        """log of the largest |w| at each point z: negative inside the region; for one-step schemes log|R(z)|."""
        return growth(_numeric(*self._key), z)

    def dominance(self, z: Any) -> np.ndarray:
        """log of the principal root over the largest other one: positive where the scheme is relatively stable."""
        return dominance(_numeric(*self._key), z, float(self.limit))

    def zeros_and_poles(self) -> tuple[np.ndarray, np.ndarray]:
        """The zeros and poles of a one-step R(z); those of the first and last coefficient in w otherwise."""
        return zeros_and_poles(_numeric(*self._key))

    def how(self, name: str) -> str:
        """How a verdict or number was found: "exact", or "numerical, ..." with the method and accuracy."""
        if not hasattr(type(self), name):
            raise SchemeError(
                f"a Stability has no {name!r}; ask for a verdict or number such as 'is_a_stable' or 'area'"
            )
        if name == "area" and self.ellipse is None:
            return "numerical, to about 1e-6 relative: the polygon of the boundary"
        if name in IN_DOUBLE_PRECISION:
            return "numerical, in double precision"
        if name == "is_an_stable":
            return self._an_stability[1] or self._exact
        if name in NUMBERS and (value := getattr(self, name)) is not None and value.has(sympy.Float):
            return "numerical, to 1e-29 relative: isolated exactly as the root of a polynomial too long to write"
        return self._exact


def _expression(model: Model, p: Sequence[Any], z: Expr) -> Expr:
    return sympy.Add(*(model.domain.to_sympy(c) * z**m for m, c in enumerate(p)))


@functools.lru_cache(maxsize=512)
def _lowest_terms(scheme: Scheme, normalized: bool, shares: Shares) -> Bivariate:
    found = model(scheme, normalized, shares)
    K = Field(found.domain)
    phi = reduced(K, found.phi)
    if len(phi) == 1 and len(found.phi) == 2:  # z cancels: R = 1
        return [[-K.one], [K.one]]
    return [[c / phi[-1][0] for c in p] for p in phi]


@functools.lru_cache(maxsize=512)
def _angle(scheme: Scheme, normalized: bool, shares: Shares) -> Expr | None:
    found = model(scheme, normalized, shares)
    if _is_explicit(scheme):
        return sympy.pi / 2 if _explicit_everywhere(scheme, normalized, shares) is True else None
    if found.symbols:
        raise UnsupportedError("A(alpha) needs numbers; substitute the scheme's symbols first")
    return angle(found.base, found.phi, found.at_zero)


@functools.lru_cache(maxsize=512)
def _interval(scheme: Scheme, normalized: bool, shares: Shares, *, imaginary: bool) -> Expr:
    found = model(scheme, normalized, shares)
    if found.symbols:
        return parametric.interval(found, imaginary=imaginary)
    if not imaginary:
        return length(real_exit(found.base, found.phi, found.at_zero))
    exit_, squared = imaginary_exit(found.base, found.phi, found.at_zero)
    return length(exit_, squared=squared)


@functools.lru_cache(maxsize=512)
def _whole_axis(scheme: Scheme, normalized: bool, shares: Shares, *, imaginary: bool) -> Verdict:
    if _is_explicit(scheme):
        return _explicit_everywhere(scheme, normalized, shares)
    found = model(scheme, normalized, shares)
    if found.symbols:
        return parametric.is_infinite(found, imaginary=imaginary)
    return bool(_interval(scheme, normalized, shares, imaginary=imaginary) == sympy.oo)
