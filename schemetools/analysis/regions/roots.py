"""The roots w of Phi(w, z) at many points z: whether all lie in the closed unit disc, and where they are."""

# NumPy's stubs refuse .real and .imag of an array whose type is not known.
# pyright: reportAttributeAccessIssue=false

import numpy as np

from schemetools.analysis.regions.model import NumericModel

TOLERANCE = 1e-12
CLUSTER_TOLERANCE = 1e-7
AMBIGUOUS = 1e-8


def coefficients_at(model: NumericModel, z: np.ndarray) -> np.ndarray:
    """The coefficients of Phi(w, z) in w, ascending along the first axis: shape (steps + 1, *z.shape)."""
    a = np.empty((model.steps + 1, *z.shape), dtype=complex)
    for j, row in enumerate(model.phi):
        a[j] = row[-1]
        for c in row[-2::-1]:
            a[j] *= z
            a[j] += c
    return a


def general_contains(model: NumericModel, z: np.ndarray) -> np.ndarray:
    """The Schur-Cohn reduction on all points at once; what rounding leaves open is decided by the roots."""
    inside = np.zeros(z.shape, dtype=bool)
    index = np.arange(len(z))
    a = coefficients_at(model, z)
    unclear: list[np.ndarray] = []
    for _ in range(model.steps):
        last, first = square(a[-1]), square(a[0])
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


def square(z: np.ndarray) -> np.ndarray:
    """The squared modulus."""
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
