"""Mean-square stability of schemes with random coefficients on u' = lambda u.

With x' = M(z, xi) x and xi drawn anew in every step, E[conj(x) (x) x] is multiplied by E[conj(M) (x) M] in a step: the
scheme is mean-square stable where that matrix is power-bounded. For one value this is E|R(z, xi)|^2 <= 1, a polynomial
inequality in z = x + i y. Source: Saito and Mitsui, SIAM J. Numer. Anal. 33 (1996).
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from sympy import Expr

from schemetools import exact
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.matrices import minimal_polynomial, monic_characteristic
from schemetools.analysis.algebra.polynomials import Polynomial, multiply, trim
from schemetools.analysis.regions.contour import contours
from schemetools.analysis.regions.grid import checked_window
from schemetools.analysis.regions.membership import checked_points
from schemetools.analysis.regions.roots import CLUSTER_TOLERANCE
from schemetools.analysis.stability.base import Shares
from schemetools.analysis.stability.model import Bivariate, Model
from schemetools.analysis.stability.step_matrix import StepMatrix, step_matrix
from schemetools.errors import UnsupportedError
from schemetools.exact import expression
from schemetools.schemes.base import Scheme, is_random
from schemetools.schemes.moments import expectation

TOLERANCE = 1e-12
NEARLY_SINGULAR = 1e-9


@dataclass(frozen=True, eq=False)
class SecondMoments:
    """E[conj(N) (x) N] = sum_ab conj(z)^a z^b T[a][b] with exact T[a][b], r^2 x r^2, and the deterministic Q(z)."""

    T: list[list[list[list[Expr]]]]
    Q: list[Expr]
    at_zero: list[Expr]
    values: int

    @property
    def free_symbols(self) -> set[sympy.Symbol]:
        """The free symbols among the moments."""
        return {s for row in self.T for m in row for r in m for c in r for s in c.free_symbols}  # type: ignore[misc]


@functools.lru_cache(maxsize=128)
def second_moments(scheme: Scheme, shares: Shares) -> SecondMoments:
    """The second moments of one step. Raises UnsupportedError where a random symbol stands in a denominator."""
    step: StepMatrix = step_matrix(scheme, None if shares is None else dict(shares))
    to_expr = step.domain.to_sympy
    Q = [to_expr(c) for c in step.Q]
    if any(is_random(s) for c in Q for s in c.free_symbols):
        raise UnsupportedError(
            "a random coefficient in an implicit stage: the second moment is no polynomial, so there is no exact region"
        )
    degree = max((len(p) for row in step.N for p in row), default=1)
    parts = [
        [[to_expr(p[a]) if a < len(p) else sympy.Integer(0) for p in row] for row in step.N] for a in range(degree)
    ]
    T = [[_expected_kronecker(left, right) for right in parts] for left in parts]
    at_zero = [to_expr(c) for c in minimal_polynomial(Field(step.domain), step.V)]
    if any(is_random(s) for c in at_zero for s in c.free_symbols):
        raise UnsupportedError("a random coefficient multiplies earlier values; only those that multiply f are treated")
    return SecondMoments(T, Q, at_zero, len(step.N))


def _expected_kronecker(left: list[list[Expr]], right: list[list[Expr]]) -> list[list[Expr]]:
    r = range(len(left))
    return [[_expected_product(left[i][j], right[k][m]) for j in r for m in r] for i in r for k in r]


@functools.lru_cache(maxsize=4096)
def _expected_product(a: Expr, b: Expr) -> Expr:
    return expectation(sympy.expand(a * b)) if a != 0 and b != 0 else sympy.Integer(0)


# ---- exact: along an axis, and as a polynomial in x and y -----------------------------------


@functools.lru_cache(maxsize=128)
def axis_model(moments: SecondMoments, *, imaginary: bool) -> Model:
    """det(w |Q|^2 I - E[conj(N) (x) N]) on z = -t, or on z = i t, as Phi(w, z) with z = -t real."""
    flat = [c for row in moments.T for m in row for r in m for c in r] + moments.Q + moments.at_zero
    domain, elements = exact.to_domain(flat)
    values = iter(elements)
    T = [[[[next(values) for _ in r] for r in m] for m in row] for row in moments.T]
    Q = [next(values) for _ in moments.Q]
    at_zero = [next(values) for _ in moments.at_zero]
    K = Field(domain)
    n = moments.values**2
    swap = [k * moments.values + i for i in range(moments.values) for k in range(moments.values)]
    matrix = [[_along(K, T, i, j, swap[i], imaginary=imaginary) for j in range(n)] for i in range(n)]
    scale = _along(K, [[[[p * q]] for q in Q] for p in Q], 0, 0, 0, imaginary=imaginary)
    phi: Bivariate = []
    power = [K.one]
    for c in monic_characteristic(K, matrix):
        phi.append(trim(K, multiply(K, c, power)))
        power = multiply(K, power, scale)
    return Model.over(domain, phi, at_zero)


def _along(K: Field, T: Any, i: int, j: int, swapped: int, *, imaginary: bool) -> Polynomial:
    """Entry (i, j) of sum_ab conj(z)^a z^b T[a][b] in z = -t, the axis being z = -t itself or z = i t.

    On the imaginary axis i^(b - a) appears. The exchange P of the two factors maps T[a][b] to T[b][a], so terms with
    odd b - a change sign under it, and -P in place of i gives a real matrix similar to the complex one.
    """
    line = [K.zero] * (2 * len(T))
    for a, row in enumerate(T):
        for b, block in enumerate(row):
            if not imaginary:
                line[a + b] += block[i][j]
                continue
            turn = (b - a) % 4
            c = block[swapped][j] if turn % 2 else block[i][j]
            line[a + b] += c if (turn in (0, 3)) == ((a + b) % 2 == 0) else -c
    return trim(K, line)


def second_moment(moments: SecondMoments, x: Any, y: Any) -> Expr:
    """E|R(x + i y)|^2 of a scheme with one value, for real x and y."""
    if moments.values != 1:
        raise UnsupportedError("a scheme with several values has a matrix of second moments; use contains(z)")
    x, y = expression(x), expression(y)
    top = sympy.Add(
        *(moments.T[a][b][0][0] * _monomial(a, b, x, y) for a in range(len(moments.T)) for b in range(len(moments.T)))
    )
    bottom = sympy.Add(
        *(p * q * _monomial(a, b, x, y) for a, p in enumerate(moments.Q) for b, q in enumerate(moments.Q))
    )
    return sympy.expand(top) / sympy.expand(bottom)


def _monomial(a: int, b: int, x: Expr, y: Expr) -> Expr:
    """The real part of conj(z)^a z^b: the sum over a, b is real."""
    power = min(a, b)
    n = abs(a - b)
    real = sympy.Add(
        *(sympy.binomial(n, 2 * m) * (-1) ** m * x ** (n - 2 * m) * y ** (2 * m) for m in range(n // 2 + 1))
    )
    return (x**2 + y**2) ** power * real


# ---- floating point --------------------------------------------------------------------


@functools.lru_cache(maxsize=128)
def _float_moments(scheme: Scheme, shares: Shares) -> tuple[np.ndarray, np.ndarray]:
    moments = second_moments(scheme, shares)
    if names := sorted(str(s) for s in moments.free_symbols):
        raise UnsupportedError(
            f"a region needs numbers; the scheme has the free symbols {', '.join(names)}: use scheme.subs first"
        )
    T = np.array([[[[exact.to_float(c) for c in r] for r in m] for m in row] for row in moments.T])
    return T, np.array([exact.to_float(c) for c in moments.Q])


def _moment_matrix(scheme: Scheme, shares: Shares, flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """E[conj(M) (x) M] at each point, and which points are poles (their matrices are zeroed)."""
    T, Q = _float_moments(scheme, shares)
    powers = flat[:, None] ** np.arange(len(T))
    with np.errstate(all="ignore"):
        matrix = np.einsum("pa,pb,abij->pij", powers.conj(), powers, T)
        matrix = matrix / (np.abs(np.polyval(Q[::-1], flat)) ** 2)[:, None, None]
    poles = ~np.isfinite(matrix).all(axis=(1, 2))
    matrix[poles] = 0
    return matrix, poles


def mean_square_growth(scheme: Scheme, shares: Shares, z: Any) -> np.ndarray:
    """log of the spectral radius of E[conj(M) (x) M], halved: the growth of the root mean square in one step."""
    points = checked_points(z)
    matrix, poles = _moment_matrix(scheme, shares, points.reshape(-1))
    radius = np.abs(matrix[:, 0, 0]) if matrix.shape[1] == 1 else np.abs(np.linalg.eigvals(matrix)).max(axis=1)
    radius[poles] = np.inf
    with np.errstate(divide="ignore"):
        return (np.log(radius) / 2).reshape(points.shape)


def mean_square_contains(scheme: Scheme, shares: Shares, z: Any) -> np.ndarray:
    """Whether each point is in the closed mean-square region.

    The map X -> E[M* X M] is positive, so its spectral radius is below 1 iff X - E[M* X M] = I has a positive definite
    solution: one linear solve in place of eigenvalues. What is nearly singular is decided by the eigenvalues.
    """
    points = checked_points(z)
    flat = points.reshape(-1)
    matrix, poles = _moment_matrix(scheme, shares, flat)
    n = matrix.shape[1]
    r = round(n**0.5)
    if n == 1:
        return (np.abs(matrix[:, 0, 0]) <= 1 + TOLERANCE).reshape(points.shape) & ~poles.reshape(points.shape)
    system = np.eye(n) - matrix
    singular = np.abs(np.linalg.det(system)) < NEARLY_SINGULAR
    system[singular] = np.eye(n)
    solution = np.linalg.solve(system, np.broadcast_to(np.eye(r).reshape(n, 1), (len(flat), n, 1))).reshape(-1, r, r)
    minors = [np.linalg.det(solution[:, :m, :m]).real > 0 for m in range(1, r + 1)]
    inside = np.all(minors, axis=0) & ~poles
    if singular.any():
        inside[singular] = mean_square_growth(scheme, shares, flat[singular]) <= CLUSTER_TOLERANCE
    return inside.reshape(points.shape)


def mean_square_region(scheme: Scheme, shares: Shares, xlim: Any, ylim: Any, n: Any) -> np.ndarray:
    """The closed mean-square region on a grid, rows the imaginary part ascending."""
    x0, x1, y0, y1, n = checked_window(xlim, ylim, n)
    x, y = np.linspace(x0, x1, n), np.linspace(y0, y1, n)
    if y0 != -y1:
        return mean_square_contains(scheme, shares, x[None, :] + 1j * y[:, None])
    upper = mean_square_contains(scheme, shares, x[None, :] + 1j * y[n // 2 :, None])
    return np.concatenate([upper[n % 2 :][::-1], upper])


def mean_square_boundary(scheme: Scheme, shares: Shares) -> list[np.ndarray]:
    """The boundary of the mean-square region as closed curves, from the level line of the growth."""
    return contours(lambda z: mean_square_growth(scheme, shares, z))
