"""From a scheme to its characteristic polynomial Phi(w, z): what every verdict, number and region is computed from."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import QQ, Poly, Symbol
from sympy.polys.domains.domain import Domain

from schemetools import exact
from schemetools.analysis.algebra.conditions import AndCondition, Verdict
from schemetools.analysis.algebra.decisions import decide, mapped, vanish
from schemetools.analysis.algebra.fields import Complexes, Field, field_of
from schemetools.analysis.algebra.matrices import minimal_polynomial, monic_characteristic
from schemetools.analysis.algebra.polynomials import Polynomial, derivative, divide, evaluate, gcd, trim
from schemetools.analysis.algebra.root_counts import count_against_circle
from schemetools.analysis.stability.step_matrix import step_matrix
from schemetools.errors import SchemeError
from schemetools.schemes.base import Scheme
from schemetools.schemes.collocation import Collocation
from schemetools.schemes.multistep import LinearMultistep

Bivariate = list[Polynomial]
"""Phi as a list over powers of w of polynomials in z."""


@dataclass(frozen=True, eq=False)
class Model:
    """Phi(w, z) = sum_j phi[j](z) w^j over an exact domain.

    The root condition of `as_written` is zero-stability, that of `at_zero` the stability of the region's origin: they
    differ for a reducible multistep scheme, whose region is the reduced one's while its rho has the roots it has.
    For another value of a symbol a multistep scheme may reduce, see `origin`.
    `symbols` are the free symbols, adjoined to the ordered field `base`.
    """

    domain: Domain
    base: Field
    symbols: tuple[Symbol, ...]
    phi: Bivariate
    at_zero: Polynomial
    as_written: Polynomial
    is_multistep: bool = False

    @classmethod
    def over(
        cls,
        domain: Domain,
        phi: Bivariate | None = None,
        at_zero: Polynomial | None = None,
        as_written: Polynomial | None = None,
    ) -> "Model":
        """The model over a domain: QQ, a number field, or rational functions over one of these."""
        has_symbols = domain.is_FractionField
        base = field_of(domain.domain if has_symbols else domain)  # type: ignore[attr-defined]
        return cls(
            domain, base, domain.symbols if has_symbols else (), phi or [], at_zero or [], as_written or at_zero or []
        )  # type: ignore[attr-defined]

    @property
    def is_complex(self) -> bool:
        """Whether a coefficient is not real."""
        return isinstance(self.base, Complexes)

    def decide(self, algorithm: Callable[[Field, Any], bool], data: Any) -> Verdict:
        """A decision on coefficients of this model, in its field: a bool, or a condition on the free symbol."""
        return decide(self.domain, algorithm, data) if self.symbols else algorithm(self.base, data)


# ---- from a scheme to its model ------------------------------------------------------


def model_of(scheme: Scheme, shares: Mapping[str, Any] | None = None) -> Model:
    """The model of a scheme on u' = lambda u, z = h lambda.

    With several fields the test equation is u' = sum_i share_i lambda u, equal shares that sum to 1 by default; a
    partitioned scheme is tested on p' = lambda q, q' = lambda p (z = i omega h is the harmonic oscillator).
    """
    if isinstance(scheme, LinearMultistep):
        return _multistep_model(scheme)
    if isinstance(scheme, Collocation):
        return _collocation_model(scheme)
    step = step_matrix(scheme, shares)
    K = Field(step.domain)
    phi = []
    for j, c in enumerate(monic_characteristic(K, step.N)):
        for _ in range(len(step.N) - 1 - j):
            c = divide(K, c, step.Q)[0]
        phi.append(trim(K, c if j < len(step.N) else step.Q))
    at_zero = [K.zero - K.one, K.one] if len(step.N) == 1 else minimal_polynomial(K, step.V)
    return _model(step.domain, phi, at_zero, at_zero)


def _collocation_model(scheme: Collocation) -> Model:
    P, Q = ([QQ(int(c.p), int(c.q)) for c in p] for p in scheme.stability_function())
    at_zero = [-QQ.one, QQ.one]
    return _model(QQ, [[-c for c in P], Q], at_zero, at_zero)


def _multistep_model(scheme: LinearMultistep) -> Model:
    domain, elements = exact.to_domain((*scheme.alpha, *scheme.beta))
    k = scheme.steps + 1
    alpha, beta = elements[:k], elements[k:]
    if not sum(beta, domain.zero):
        raise SchemeError(
            f"sigma(1) = sum(beta) = 0 in {scheme}: its limit does not contain f, so it has no stability region"
        )
    K = Field(domain)
    phi = [trim(K, [a, -b]) for a, b in zip(alpha, beta, strict=True)]
    return replace(_model(domain, phi, origin(K, phi), alpha), is_multistep=True)


def _model(domain: Domain, phi: Bivariate, at_zero: Polynomial, as_written: Polynomial) -> Model:
    """Over the smallest domain: QQ if all coefficients turned out rational."""
    data = [*phi, at_zero, as_written]
    if domain.is_Algebraic and all(len(c.to_list()) < 2 for p in data for c in p):
        data, domain = mapped(data, lambda c: QQ.convert_from(c, domain)), QQ
    found = Model.over(domain, data[:-2], *data[-2:])
    return _real(found, data) if found.is_complex else found


def _real(model: Model, data: list[Polynomial]) -> Model:
    """The model over real numbers, if all coefficients turned out real: steps of conjugate sizes may give them."""
    values = [[exact.canonical(model.domain.to_sympy(c)) for c in p] for p in data]
    if any(exact.is_complex(c) for p in values for c in p):
        return model
    domain, flat = exact.to_domain([c for p in values for c in p])
    elements = iter(flat)
    data = [[next(elements) for _ in p] for p in values]
    return Model.over(domain, data[:-2], *data[-2:])


# ---- reduction and evaluation -----------------------------------------------------


def _z_coefficients(K: Field, phi: Bivariate, terms: int) -> list[list[Any]]:
    """The coefficients of z^0, z^1, ... as polynomials in w, untrimmed."""
    return [[p[m] if m < len(p) else K.zero for p in phi] for m in range(terms)]


def origin(K: Field, phi: Bivariate) -> Polynomial:
    """rho of a multistep scheme without what it has in common with sigma."""
    return trim(K, _z_coefficients(K, reduced(K, phi), 2)[0])


def z_degree(phi: Bivariate) -> int:
    """The degree of Phi in z."""
    return max(len(p) for p in phi) - 1


def leading_in_z(K: Field, phi: Bivariate) -> list[Any]:
    """The polynomial in w, of formal degree deg_w, that the highest power of z multiplies: its roots lie at oo."""
    return _z_coefficients(K, phi, z_degree(phi) + 1)[-1]


def reduced(K: Field, phi: Bivariate) -> Bivariate:
    """Phi without factors in w alone or in z alone, a reducible scheme's common factors, and without repeated ones.

    What is left is 1 where z cancels out of Phi.
    """
    in_z = functools.reduce(lambda f, g: gcd(K, f, g), (trim(K, p) for p in phi), [])
    if len(in_z) > 1:
        phi = [divide(K, p, in_z)[0] for p in phi]
    columns = [trim(K, c) for c in _z_coefficients(K, phi, z_degree(phi) + 1)]
    in_w = functools.reduce(lambda f, g: gcd(K, f, g), columns, [])
    if len(in_w) > 1:
        columns = [divide(K, c, in_w)[0] for c in columns]
    terms = max(len(c) for c in columns)
    return _without_repetition(K, [trim(K, [c[j] if j < len(c) else K.zero for c in columns]) for j in range(terms)])


def _without_repetition(K: Field, phi: Bivariate) -> Bivariate:
    """Phi without repeated factors, as decoupled copies of one scheme have: equal roots for all z are no defect.

    Left alone where there are symbols: every question asked of a sample cuts their line into more cells.
    """
    if len(phi) < 3 or z_degree(phi) < 2 or K.domain.is_FractionField:
        return phi
    for point in (QQ(1, 3), QQ(-2, 7), QQ(5, 11)):  # square-free at one value is square-free
        f = [evaluate(K, p, K.number(point)) for p in phi]
        if f[-1] and len(gcd(K, f, derivative(K, f))) == 1:
            return phi
    w, z = sympy.symbols("w z")
    whole = Poly.from_dict({(j, m): c for j, p in enumerate(phi) for m, c in enumerate(p) if c}, w, z, domain=K.domain)
    simple = whole.exquo(whole.gcd(whole.diff(w)))
    table = [[K.zero] * (simple.degree(z) + 1) for _ in range(simple.degree(w) + 1)]
    for (j, m), c in simple.rep.to_dict().items():
        table[j][m] = K.domain.convert_from(c, simple.rep.dom)
    return [trim(K, p) for p in table]


def at_point(K: Field, phi: Bivariate, x: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """Real and imaginary parts of the coefficients of Phi(w, x + i y) in w, ascending; x and y are field elements."""
    real, imaginary = [], []
    for p in phi:
        a, b = K.zero, K.zero
        for c in reversed(p):
            a, b = a * x - b * y + c, a * y + b * x
        real.append(a)
        imaginary.append(b)
    return real, imaginary


def is_constant(model: Model) -> Verdict:
    """Whether z does not occur in Phi and the powers stay bounded, so that every point is stable."""
    coefficients = [c for p in model.phi for c in p[1:]]
    absent = vanish(model.domain, coefficients)
    if absent is False:
        return False
    if len(model.symbols) < 2:
        return decide(
            model.domain,
            lambda K, data: all(map(K.is_zero, data[0])) and count_against_circle(K, data[1]).is_power_bounded,
            [coefficients, model.at_zero],
        )
    bounded = decide(model.domain, lambda K, p: count_against_circle(K, p).is_power_bounded, model.at_zero)
    return bounded if bounded is False or absent is True else AndCondition(absent, bounded)
