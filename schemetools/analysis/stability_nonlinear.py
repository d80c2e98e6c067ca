"""Nonlinear stability of Runge-Kutta schemes: reduction, algebraic stability, AN-stability, stiff accuracy.

Sources: Burrage and Butcher, SIAM J. Numer. Anal. 16 (1979); Hairer and Wanner, Solving Ordinary Differential
Equations II, section IV.12.
"""

from typing import Any

import numpy as np

from schemetools import exact
from schemetools.analysis.algebra import Field
from schemetools.analysis.step_matrix import characteristic_polynomial
from schemetools.schemes.runge_kutta import RungeKutta

Rows = list[list[Any]]
WITNESS_MARGIN = 1e-8
TRIALS = 20_000


def irreducible(K: Field, A: Rows, b: list[Any]) -> tuple[Rows, list[Any]]:
    """The scheme without unused stages (Dahlquist, Jeltsch), equal stages merged (Hundsdorfer, Spijker)."""
    used = {i for i, w in enumerate(b) if not K.is_zero(w)}
    waiting = list(used)
    while waiting:
        row = A[waiting.pop()]
        new = {j for j, a in enumerate(row) if not K.is_zero(a)} - used
        used |= new
        waiting += new
    kept = sorted(used)
    A, b = [[A[i][j] for j in kept] for i in kept], [b[i] for i in kept]
    classes = _equal_stages(K, A)
    merged = [[sum((A[members[0]][j] for j in other), K.zero) for other in classes] for members in classes]
    return merged, [sum((b[i] for i in members), K.zero) for members in classes]


def _equal_stages(K: Field, A: Rows) -> list[list[int]]:
    """The coarsest partition of the stages in which the members of a class have equal sums of A over every class."""
    classes = [list(range(len(A)))] if A else []
    while True:
        finer: list[list[int]] = []
        for members in classes:
            groups: list[tuple[list[Any], list[int]]] = []
            for i in members:
                sums = [sum((A[i][j] for j in other), K.zero) for other in classes]
                for known, group in groups:
                    if all(K.is_zero(x - y) for x, y in zip(sums, known, strict=True)):
                        group.append(i)
                        break
                else:
                    groups.append((sums, [i]))
            finer += [group for _, group in groups]
        if len(finer) == len(classes):
            return finer
        classes = finer


def tableau_elements(scheme: RungeKutta) -> tuple[Any, list[Any]]:
    """The domain of a tableau, and [A, b] over it."""
    s = scheme.stages
    domain, elements = exact.to_domain([a for row in scheme.A for a in row] + list(scheme.b))
    return domain, [[elements[i * s : (i + 1) * s] for i in range(s)], elements[s * s :]]


def is_algebraically_stable(K: Field, tableau: Any) -> bool:
    """Whether b >= 0 and B A + A^T B - b b^T is positive semidefinite, for the irreducible scheme."""
    A, b = irreducible(K, *tableau)
    if any(K.sign(w) < 0 for w in b):
        return False
    n = range(len(b))
    M = [[b[i] * A[i][j] + b[j] * A[j][i] - b[i] * b[j] for j in n] for i in n]
    if any(K.sign(M[i][i]) < 0 for i in n):
        return False
    signed = (c if m % 2 == 0 else -c for m, c in enumerate(reversed(characteristic_polynomial(K, M))))
    return all(K.sign(c) >= 0 for c in signed)


def is_nonconfluent(K: Field, tableau: Any) -> bool:
    """Whether the irreducible scheme has distinct nodes."""
    A, _ = irreducible(K, *tableau)
    nodes = [sum(row, K.zero) for row in A]
    return not any(K.is_zero(nodes[i] - nodes[j]) for i in range(len(nodes)) for j in range(i))


def is_stiffly_accurate(K: Field, tableau: Any) -> bool:
    """Whether the result is the last stage: b is the last row of A."""
    A, b = tableau
    return all(K.is_zero(a - w) for a, w in zip(A[-1], b, strict=True))


def an_witness(scheme: RungeKutta) -> np.ndarray | None:
    """Z_i in the left half plane, equal at equal nodes, with |1 + b^T Z (I - A Z)^-1 1| > 1, if a search finds any."""
    A = np.array([[exact.to_float(a) for a in row] for row in scheme.A])
    b = np.array([exact.to_float(w) for w in scheme.b])
    nodes = {c: i for i, c in enumerate(dict.fromkeys(scheme.c))}
    group = [nodes[c] for c in scheme.c]
    random = np.random.default_rng(0)
    size = 10.0 ** random.uniform(-4, 8, (TRIALS, len(nodes)))
    angle = random.choice([np.pi / 2, -np.pi / 2, np.pi, 3.0], (TRIALS, len(nodes)))
    Z = (size * np.exp(1j * angle))[:, group]
    Z.real = np.minimum(Z.real, 0)
    eye = np.eye(len(b))
    with np.errstate(all="ignore"):
        K = 1 + np.linalg.solve(eye - A * Z[:, None, :], np.ones((TRIALS, len(b), 1)))[:, :, 0] @ np.diag(
            b
        ) * Z @ np.ones(len(b))
    worst = int(np.nanargmax(np.abs(K)))
    return Z[worst] if np.abs(K[worst]) > 1 + WITNESS_MARGIN else None
