"""Membership of points in stability regions, in floating point.

The region is the closed one: a point on its boundary belongs to it, to within rounding.
"""

# NumPy's stubs refuse .real and .imag of an array whose type is not known.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import numpy as np

from schemetools.analysis.regions.cells import INSIDE, OPEN, verdicts_by_squares
from schemetools.analysis.regions.model import NumericModel
from schemetools.analysis.regions.roots import TOLERANCE, general_contains, roots_at
from schemetools.errors import SchemeError, came

CHUNK = 1 << 14
MONOMIAL_DEGREE = 8
FAR = 1e3


def checked_points(z: Any) -> np.ndarray:
    """A user's points as a complex array. Raises SchemeError for NaN, infinities and what is no number."""
    try:
        points = np.asarray(z, dtype=complex)
    except (TypeError, ValueError):
        raise SchemeError(
            f"contains(z) takes complex numbers z = h lambda, one or an array of any shape; {came(z)} came"
        ) from None
    if not np.isfinite(points).all():
        raise SchemeError("contains(z) got NaN or infinity; every point h*lambda must be finite")
    return points


def contains(model: NumericModel, z: Any) -> np.ndarray:
    """Whether each point z = h lambda is in the closed region; boolean, of the shape of z."""
    points = checked_points(z)
    if model.everywhere is not None:
        return np.full(points.shape, model.everywhere)
    flat = np.ascontiguousarray(points.reshape(-1))
    with np.errstate(all="ignore"):
        if (verdicts := verdicts_by_squares(model, flat)) is None:
            inside = _in_chunks(model, flat)
        else:
            inside = verdicts == INSIDE
            left = np.flatnonzero(verdicts == OPEN)
            inside[left] = _in_chunks(model, flat[left])
    return inside.reshape(points.shape)


def _in_chunks(model: NumericModel, z: np.ndarray) -> np.ndarray:
    """Each point by itself, so many at once as stay in the processor's cache."""
    inside = np.empty(z.shape, dtype=bool)
    test = _one_step_contains if model.steps == 1 else general_contains
    for start in range(0, len(z), CHUNK):
        part = slice(start, start + CHUNK)
        inside[part] = test(model, z[part])
    return inside


def _one_step_contains(model: NumericModel, z: np.ndarray) -> np.ndarray:
    if model.zeros is not None:
        return _product_contains(model, z)
    P, Q = -model.phi[0], model.phi[1]
    inside = _modulus(P, z) <= (1 + TOLERANCE) * (np.abs(Q[0]) ** 2 if not Q[1:].any() else _modulus(Q, z))
    if Q[1:].any() and (far := np.abs(z) > FAR).any():  # leading terms first: nothing overflows
        inside[far] = _modulus(P[::-1], 1 / z[far]) <= (1 + TOLERANCE) * _modulus(Q[::-1], 1 / z[far])
    return inside


def _modulus(coefficients: np.ndarray, z: np.ndarray) -> np.ndarray:
    """The squared modulus of a polynomial, ascending coefficients, by Horner's rule in place."""
    top = np.flatnonzero(coefficients)[-1] if coefficients.any() else 0
    if top == 0:
        return np.full(z.shape, np.abs(coefficients[0]) ** 2)
    value = z * coefficients[top]
    for c in coefficients[top - 1 : 0 : -1]:
        value += c
        value *= z
    value += coefficients[0]
    parts = value.view(float).reshape(-1, 2)
    return np.einsum("ij,ij->i", parts, parts)


def _product_contains(model: NumericModel, z: np.ndarray) -> np.ndarray:
    return _log_product(model, z) <= TOLERANCE * model.phi.shape[1]


def _log_product(model: NumericModel, z: np.ndarray) -> np.ndarray:
    """log|R| from the zeros of P and Q: monomials of high degree would lose all digits to cancellation."""
    log_modulus = np.zeros(z.shape)
    for sign, zeros, row in zip((1, -1), model.zeros or (), model.phi, strict=False):
        log_modulus += sign * np.log(abs(row[np.flatnonzero(row)[0]]))
        for zero in zeros:
            log_modulus += sign * np.log(np.abs(z if zero == 0 else 1 - z / zero))
    return log_modulus


def growth(model: NumericModel, z: Any) -> np.ndarray:
    """log of the largest modulus of a root w at each point; of the shape of z."""
    points = checked_points(z)
    flat = points.reshape(-1)
    with np.errstate(all="ignore"):
        if model.zeros is not None:
            values = _log_product(model, flat)
        elif model.steps == 1:
            values = (np.log(_modulus(model.phi[0], flat)) - np.log(_modulus(model.phi[1], flat))) / 2
        else:
            values = np.log(np.abs(roots_at(model, flat)).max(axis=1))
    return values.reshape(points.shape)


def dominance(model: NumericModel, z: Any, limit: float) -> np.ndarray:
    """log of the principal root over the largest other one, the principal root being the nearest to e^(limit z).

    For one-step schemes log|e^(limit z)| - log|R(z)|. Positive where the solution is not outgrown.
    """
    points = checked_points(z)
    flat = points.reshape(-1)
    if model.steps == 1:
        return points.real * limit - growth(model, points)
    with np.errstate(all="ignore"):
        roots = roots_at(model, flat)
        principal = np.abs(roots - np.exp(limit * flat)[:, None]).argmin(axis=1)
        moduli = np.log(np.abs(roots))
        own = moduli[np.arange(len(flat)), principal]
        moduli[np.arange(len(flat)), principal] = -np.inf
        return (own - moduli.max(axis=1)).reshape(points.shape)


def zeros_and_poles(model: NumericModel) -> tuple[np.ndarray, np.ndarray]:
    """The zeros in z of the first and of the last coefficient of Phi in w."""
    if model.zeros is not None:
        return model.zeros
    zeros, poles = (np.roots(np.trim_zeros(row[::-1], "f")).astype(complex) for row in (model.phi[0], model.phi[-1]))
    return zeros, poles
