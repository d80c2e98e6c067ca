"""Membership of points in stability regions, in floating point.

The region is the closed one: a point on its boundary belongs to it, to within rounding.
"""

# NumPy's stubs refuse .real and .imag of an array whose type is not known.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import numpy as np

from schemetools.analysis.regions.model import NumericModel
from schemetools.errors import SchemeError

TOLERANCE = 1e-12
CLUSTER_TOLERANCE = 1e-7
AMBIGUOUS = 1e-8
CHUNK = 1 << 14
MONOMIAL_DEGREE = 8
FAR = 1e3


def checked_points(z: Any) -> np.ndarray:
    """A user's points as a complex array. Raises SchemeError for NaN, infinities and what is no number."""
    try:
        points = np.asarray(z, dtype=complex)
    except (TypeError, ValueError):
        raise SchemeError("contains(z) takes complex numbers h*lambda, an array of any shape") from None
    if not np.isfinite(points).all():
        raise SchemeError("contains(z) got NaN or infinity; every point h*lambda must be finite")
    return points


def contains(model: NumericModel, z: Any) -> np.ndarray:
    """Whether each point z = h lambda is in the closed region; boolean, of the shape of z."""
    points = checked_points(z)
    if model.everywhere is not None:
        return np.full(points.shape, model.everywhere)
    flat = points.reshape(-1)
    inside = np.empty(flat.shape, dtype=bool)
    test = _one_step_contains if model.steps == 1 else _general_contains
    with np.errstate(all="ignore"):
        for start in range(0, len(flat), CHUNK):
            part = slice(start, start + CHUNK)
            inside[part] = test(model, flat[part])
    return inside.reshape(points.shape)


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


# ---- several roots -------------------------------------------------------------


def coefficients_at(model: NumericModel, z: np.ndarray) -> np.ndarray:
    """The coefficients of Phi(w, z) in w, ascending along the first axis: shape (steps + 1, *z.shape)."""
    a = np.empty((model.steps + 1, *z.shape), dtype=complex)
    for j, row in enumerate(model.phi):
        a[j] = row[-1]
        for c in row[-2::-1]:
            a[j] *= z
            a[j] += c
    return a


def _general_contains(model: NumericModel, z: np.ndarray) -> np.ndarray:
    """The Schur-Cohn reduction on all points at once; what rounding leaves open is decided by the roots."""
    inside = np.zeros(z.shape, dtype=bool)
    index = np.arange(len(z))
    a = coefficients_at(model, z)
    unclear: list[np.ndarray] = []
    for _ in range(model.steps):
        last, first = _square(a[-1]), _square(a[0])
        gap = last - first
        close = ~(np.abs(gap) > AMBIGUOUS * last)
        unclear.append(index[close])
        keep = gap > 0
        keep &= ~close
        if not keep.all():
            a, index, last = a[:, keep], index[keep], last[keep]
        factor = a[0] * a[-1]
        factor /= last
        a = a[1:] - factor * a[-2::-1].conj()
    inside[index] = True
    rest = np.concatenate(unclear)
    if len(rest):
        inside[rest] = roots_are_bounded(model, z[rest])
    return inside


def _square(z: np.ndarray) -> np.ndarray:
    return z.real**2 + z.imag**2


def roots_at(model: NumericModel, z: np.ndarray) -> np.ndarray:
    """The roots w of Phi(w, z): shape (len(z), steps); infinite where the leading coefficient vanishes."""
    a = coefficients_at(model, z)
    k = model.steps
    with np.errstate(all="ignore"):
        monic = a[:-1] / a[-1]
    broken = ~np.isfinite(monic).all(axis=0)
    monic[:, broken] = 0
    if k == 2:
        roots = _quadratic(monic)
        roots[broken] = np.inf
        return roots
    companion = np.zeros((len(z), k, k), dtype=complex)
    companion[:, np.arange(1, k), np.arange(k - 1)] = 1
    companion[:, :, -1] = -monic.T
    roots = np.linalg.eigvals(companion)
    roots[broken] = np.inf
    return roots


def _quadratic(monic: np.ndarray) -> np.ndarray:
    """The roots of w^2 + b w + c without cancellation: shape (points, 2)."""
    c, b = monic
    root = np.sqrt(b * b - 4 * c)
    larger = -(b + np.where((b.conj() * root).real < 0, -root, root)) / 2
    with np.errstate(all="ignore"):
        smaller = np.where(larger == 0, 0, c / larger)
    return np.stack([larger, smaller], axis=1)


def roots_are_bounded(model: NumericModel, z: np.ndarray) -> np.ndarray:
    """Whether all roots lie in the closed unit disc, to within the error that rounding gives each of them."""
    roots = roots_at(model, z)
    a = coefficients_at(model, z)
    with np.errstate(all="ignore"):
        size = np.abs(a).sum(axis=0)[:, None]
        slope = sum(j * a[j][:, None] * roots ** (j - 1) for j in range(1, len(a)))
        error = np.fmin(CLUSTER_TOLERANCE, 1e-14 * size / np.abs(slope))
        return (np.abs(roots) <= 1 + TOLERANCE + error).all(axis=1)


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
