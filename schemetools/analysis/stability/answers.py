"""The exact answers on the linear test equation, kept by scheme, normalisation and shares.

What is kept holds for every equal scheme: no answer here carries a name, a reference, or whether the coefficients are
approximate, which equal schemes may differ in. The object that carries these is made anew by `stability`.
"""

import functools
from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Expr

from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.algebra.decisions import minimal
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.real_roots import FLOAT_DIGITS
from schemetools.analysis.regions.model import NumericModel
from schemetools.analysis.regions.plane import Plane, plane_of
from schemetools.analysis.stability import several_symbols, verdicts
from schemetools.analysis.stability import symbolic_numbers as parametric
from schemetools.analysis.stability.angle import angle_and_how
from schemetools.analysis.stability.base import Shares
from schemetools.analysis.stability.expansions import normalise
from schemetools.analysis.stability.meant import Meant, Subject, meant_model
from schemetools.analysis.stability.model import Bivariate, Model, is_constant, model_of, reduced
from schemetools.analysis.stability.numbers import imaginary_exit, length, real_exit
from schemetools.analysis.stability.numeric import numeric_model
from schemetools.errors import UnsupportedError
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom

LONG = 20  # stages from which coefficients of R(z) may have more digits than can be worked with
LONGEST_SCALE = 2**64  # denominators of a number whose powers do no harm


@functools.lru_cache(maxsize=512)
def model(scheme: Subject, normalized: bool, shares: Shares) -> Model:
    """The exact model of a scheme, rescaled by its limit if `normalized`."""
    given = scheme.scheme if isinstance(scheme, Meant) else scheme
    raw = model_of(given, None if shares is None else dict(shares))
    if isinstance(scheme, Meant):
        raw = meant_model(scheme, raw)
    return normalise(raw) if normalized else raw


@functools.lru_cache(maxsize=128)
def plane(scheme: Subject, normalized: bool, shares: Shares) -> Plane:
    """The region in floating point; its boundary is traced once."""
    return plane_of(numeric(scheme, normalized, shares))


@functools.lru_cache(maxsize=512)
def numeric(scheme: Subject, normalized: bool, shares: Shares) -> NumericModel:
    """The model in floating point."""
    in_unit = short_shares(scheme) if shares is None and not normalized else None
    if in_unit is None:
        return numeric_model(model(scheme, normalized, shares))
    [(_, share)] = in_unit
    return numeric_model(model(scheme, normalized, in_unit), 1 / share)


@functools.lru_cache(maxsize=512)
def _is_explicit(scheme: Subject) -> bool:
    scheme = scheme.scheme if isinstance(scheme, Meant) else scheme
    return (
        scheme.is_explicit
        if isinstance(scheme, (LinearMultistep, RungeKuttaNystrom))
        else scheme.normal_form().is_explicit
    )


@functools.lru_cache(maxsize=1024)
def verdict(scheme: Subject, normalized: bool, shares: Shares, name: str) -> Verdict:
    """One of the verdicts of `verdicts.py`, by name.

    A- and L-stability ask for zero-stability, 0 being in the left half plane: of what is written, not of what is left
    when a common factor is gone.
    """
    found = model(scheme, normalized, shares)
    if name != "is_zero_stable" and _is_explicit(scheme):
        return name == "is_a_stable" and _explicit_everywhere(scheme, normalized, shares)
    data = [found.phi, found.at_zero, found.as_written]
    if len(found.symbols) > 1 and len(minimal(found.domain, data[2 if name == "is_zero_stable" else 0 :])[1]) > 1:
        return several_symbols.condition(found.domain, name, *data)
    if name == "is_zero_stable":
        return found.decide(verdicts.is_zero_stable, found.as_written)
    algorithm = getattr(verdicts, name)
    return found.decide(lambda K, data: verdicts.is_zero_stable(K, data[2]) and algorithm(K, *data[:2]), data)


@functools.lru_cache(maxsize=512)
def _explicit_everywhere(scheme: Subject, normalized: bool, shares: Shares) -> Verdict:
    """Whether an explicit scheme is stable on a whole ray.

    Where f enters, its roots are unbounded on every ray, as polynomials are; elsewhere they are the same everywhere.
    """
    return is_constant(model(scheme, normalized, shares))


def expression(model: Model, p: Sequence[Any], z: Expr) -> Expr:
    """A polynomial of the model at z, as a formula."""
    return sympy.Add(*(model.domain.to_sympy(c) * z**m for m, c in enumerate(p)))


@functools.lru_cache(maxsize=512)
def lowest_terms(scheme: Subject, normalized: bool, shares: Shares) -> Bivariate:
    """Phi without the factors in z that all its coefficients share."""
    found = model(scheme, normalized, shares)
    K = Field(found.domain)
    phi = reduced(K, found.phi)
    if len(phi) == 1 and len(found.phi) == 2:  # z cancels: R = 1
        return [[-K.one], [K.one]]
    return [[c / phi[-1][0] for c in p] for p in phi]


@functools.lru_cache(maxsize=512)
def widest_angle(scheme: Subject, normalized: bool, shares: Shares) -> tuple[Expr | None, str | None]:
    """alpha of A(alpha)-stability, and how it was found unless exactly."""
    found = model(scheme, normalized, shares)
    if _is_explicit(scheme):
        return (sympy.pi / 2 if _explicit_everywhere(scheme, normalized, shares) is True else None), None
    if found.symbols:
        raise UnsupportedError("A(alpha) needs numbers; substitute the scheme's symbols first")
    if verdict(scheme, normalized, shares, "is_zero_stable") is False:
        return None, None
    return angle_and_how(found.base, found.phi, found.at_zero)


@functools.lru_cache(maxsize=512)
def stable_interval(scheme: Subject, normalized: bool, shares: Shares, *, imaginary: bool) -> Expr:
    """The length of the stable part of a half axis from 0."""
    in_unit = short_shares(scheme) if shares is None and not normalized else None
    if in_unit is not None:
        [(_, share)] = in_unit
        found = stable_interval(scheme, normalized, in_unit, imaginary=imaginary) * share
        return found if found.is_Rational or found.is_infinite else found.evalf(FLOAT_DIGITS)
    found = model(scheme, normalized, shares)
    if found.symbols:
        return parametric.interval(found, imaginary=imaginary)
    return interval_of(found, imaginary=imaginary)


def interval_of(found: Model, *, imaginary: bool) -> Expr:
    """The length of the stable part of a half axis from 0, of a model without symbols."""
    if not imaginary:
        return length(real_exit(found.base, found.phi, found.at_zero))
    exit_, squared = imaginary_exit(found.base, found.phi, found.at_zero)
    return length(exit_, squared=squared)


def short_shares(scheme: Subject) -> Shares:
    """The share 1/c_2 of the one field of a long explicit tableau of rational numbers: in c_2 z its R is short.

    That of a Chebyshev method is a polynomial in w_1 z, where w_1 may have thousands of digits.
    """
    if not isinstance(scheme, RungeKutta) or scheme.stages < LONG or not scheme.is_explicit or not scheme.exact:
        return None
    unit = scheme.A[1][0]
    if not unit.is_Rational or unit <= 0 or unit.q <= LONGEST_SCALE:  # type: ignore[attr-defined,operator]
        return None
    [field] = scheme.normal_form().fields
    return ((field, 1 / unit),)


@functools.lru_cache(maxsize=512)
def whole_axis(scheme: Subject, normalized: bool, shares: Shares, *, imaginary: bool) -> Verdict:
    """Whether a whole half axis is stable."""
    if _is_explicit(scheme):
        return _explicit_everywhere(scheme, normalized, shares)
    found = model(scheme, normalized, shares)
    if found.symbols:
        return parametric.is_infinite(found, imaginary=imaginary)
    return bool(stable_interval(scheme, normalized, shares, imaginary=imaginary) == sympy.oo)
