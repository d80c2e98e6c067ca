"""Nonlinear stability of Runge-Kutta schemes: algebraic stability, AN-stability, stiff accuracy.

Sources: Burrage and Butcher, SIAM J. Numer. Anal. 16 (1979); Hairer and Wanner, Solving Ordinary Differential
Equations II, section IV.12.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from schemetools import exact
from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.algebra.decisions import decide, vanish
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.matrices import characteristic_polynomial
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme
from schemetools.schemes.collocation import Collocation
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_stages
from schemetools.schemes.runge_kutta import RungeKutta

WITNESS_MARGIN = 1e-8
EIGENVALUE_ROUNDING = 1e-14
BATCHES = (500, 19_500)


@functools.lru_cache(maxsize=512)
def is_algebraically_stable(scheme: Scheme, tolerance: float = 0.0) -> Verdict:
    """Whether b >= 0 and B A + A^T B - b b^T is positive semidefinite, for the irreducible scheme.

    Approximate coefficients may miss either by the tolerance. Raises UnsupportedError for what is no Runge-Kutta
    scheme.
    """
    if isinstance(scheme, Collocation):
        return scheme.theory.algebraically_stable
    if tolerance and isinstance(scheme, RungeKutta):
        tolerance = max(tolerance, EIGENVALUE_ROUNDING)
        A = np.array([[exact.to_float(a) for a in row] for row in scheme.A])
        b = np.array([exact.to_float(w) for w in scheme.b])
        M = b[:, None] * A + A.T * b - np.outer(b, b)
        least = np.linalg.eigvalsh((M + M.T) / 2)[0]
        return bool(b.min() >= -tolerance and least >= -tolerance * max(1.0, float(np.abs(M).sum())))
    return _decided(scheme, _is_algebraic)


def _decided(scheme: Scheme, algorithm: Callable[[Field, Any, Any], bool]) -> Verdict:
    """An algorithm on the irreducible tableau."""
    if not isinstance(scheme, RungeKutta):
        raise _not_defined(scheme)
    s = scheme.stages
    domain, elements = exact.to_domain([a for row in scheme.A for a in row] + list(scheme.b))
    tableau = [elements[i * s : (i + 1) * s] for i in range(s + 1)]

    def irreducible(K: Field, rows: Any) -> bool:
        return algorithm(K, *reduced_stages(rows[:-1], rows[-1], K.zero, K.is_zero))

    return decide(domain, irreducible, tableau)


def _not_defined(scheme: Scheme) -> UnsupportedError:
    return UnsupportedError(
        f"this verdict is defined for Runge-Kutta and multistep schemes; {scheme} is a {type(scheme).__name__}"
    )


def _is_algebraic(K: Field, A: Any, b: Any) -> bool:
    if any(K.sign(w) < 0 for w in b):
        return False
    n = range(len(b))
    M = [[b[i] * A[i][j] + b[j] * A[j][i] - b[i] * b[j] for j in n] for i in n]
    if any(K.sign(M[i][i]) < 0 for i in n):
        return False
    signed = (c if m % 2 == 0 else -c for m, c in enumerate(reversed(characteristic_polynomial(K, M))))
    return all(K.sign(c) >= 0 for c in signed)


def _is_nonconfluent(K: Field, A: Any, b: Any) -> bool:
    """Whether the nodes are distinct."""
    nodes = [sum(row, K.zero) for row in A]
    return not any(K.is_zero(nodes[i] - nodes[j]) for i in range(len(nodes)) for j in range(i))


@functools.lru_cache(maxsize=512)
def is_stiffly_accurate(scheme: Scheme, tolerance: float = 0.0) -> Verdict:
    """Whether the result is the last stage, b the last row of A; multistep: whether f enters at the new value only.

    With random symbols it is meant of every draw: the differences vanish identically in them.
    Raises UnsupportedError for other schemes.
    """
    if not isinstance(scheme, (RungeKutta, LinearMultistep)):
        raise _not_defined(scheme)
    if isinstance(scheme, LinearMultistep):
        differences = list(scheme.beta[:-1])
    else:
        differences = [a - w for a, w in zip(scheme.A[-1], scheme.b, strict=True)]
    if random := scheme.random_symbols:
        differences = [c for d in differences for c in sympy.Poly(sympy.numer(sympy.together(d)), *random).coeffs()]
    if tolerance:
        return all(abs(exact.to_float(d)) <= tolerance for d in differences)
    domain, elements = exact.to_domain(differences)
    return vanish(domain, elements)


def an_stability(scheme: Scheme, is_a_stable: Callable[[], Verdict]) -> tuple[Verdict, str | None]:
    """Whether |K(Z)| <= 1 for all Z in the left half plane, and how it was found unless exactly.

    Algebraically stable implies AN-stable; for distinct nodes they are equivalent (Burrage and Butcher, 1979).
    Raises UnsupportedError for what is no Runge-Kutta scheme, and for equal nodes with a free symbol.
    """
    if not isinstance(scheme, RungeKutta):
        raise UnsupportedError("AN-stability is decided for Runge-Kutta schemes only")
    algebraic = is_algebraically_stable(scheme)
    if algebraic is True or _decided(scheme, _is_nonconfluent) is True:
        return algebraic, None
    if scheme.free_symbols:
        raise UnsupportedError(
            "AN-stability of a scheme with equal nodes and a free symbol is not decided; substitute a value"
        )
    if is_a_stable() is False:
        return False, None
    found = an_witness(scheme) is not None
    return not found, f"numerical: {'a violating Z was found' if found else f'no violating Z in {sum(BATCHES)} trials'}"


@functools.lru_cache(maxsize=512)
def an_witness(scheme: RungeKutta) -> np.ndarray | None:
    """Z_i in the left half plane, equal at equal nodes, with |1 + b^T Z (I - A Z)^-1 1| > 1, if a search finds any."""
    A = np.array([[exact.to_float(a) for a in row] for row in scheme.A])
    b = np.array([exact.to_float(w) for w in scheme.b])
    nodes = {c: i for i, c in enumerate(dict.fromkeys(scheme.c))}
    group = [nodes[c] for c in scheme.c]
    random = np.random.default_rng(0)
    for trials in BATCHES:  # what violates is mostly found at once
        size = 10.0 ** random.uniform(-4, 8, (trials, len(nodes)))
        angle = random.choice([np.pi / 2, -np.pi / 2, np.pi, 3.0], (trials, len(nodes)))
        Z = (size * np.exp(1j * angle))[:, group]
        Z.real = np.minimum(Z.real, 0)
        with np.errstate(all="ignore"):
            stages = np.linalg.solve(np.eye(len(b)) - A * Z[:, None, :], np.ones((trials, len(b), 1)))[:, :, 0]
            growth = np.abs(1 + (stages * b * Z).sum(axis=1))
        worst = int(np.nanargmax(growth))
        if growth[worst] > 1 + WITNESS_MARGIN:
            return Z[worst]
    return None
