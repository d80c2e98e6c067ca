"""A scheme in time on linear problems: the polynomial P(T, z_1, .., z_f) with its amplification factors as roots T."""

import functools
from typing import Any, NamedTuple

import sympy
from sympy import Expr, Integer
from sympy.polys.matrices import DomainMatrix

from schemetools import exact
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.matrices import characteristic_polynomial
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.runge_kutta import RungeKutta

MOST_ROWS = 16


class StepPolynomial(NamedTuple):
    """sum_i values[i] T^m z_1^e_1 .. z_f^e_f, keys[i] = (m, e_1, .., e_f); values are exact expressions."""

    keys: tuple[tuple[int, ...], ...]
    values: tuple[Expr, ...]


@functools.lru_cache(maxsize=512)
def step_polynomial(scheme: Scheme) -> StepPolynomial:
    """P of a scheme on u' = sum_v lambda_v u, z_v = h lambda_v, one z for each of its fields.

        Runge-Kutta: T det(I - zA) - det(I - z(A - 1 b^T));   multistep: rho(T) - z sigma(T)

    Raises UnsupportedError for a general linear method with many values and stages.
    Source: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, sections IV.3 and V.1.

    >>> import schemetools as st
    >>> step_polynomial(st.midpoint)
    StepPolynomial(keys=((0, 0), (0, 1), (0, 2), (1, 0)), values=(-1, -1, -1/2, 1))
    """
    if isinstance(scheme, LinearMultistep):
        terms = {(m, 0): a for m, a in enumerate(scheme.alpha)} | {(m, 1): -b for m, b in enumerate(scheme.beta)}
    elif isinstance(scheme, RungeKutta):
        terms = _runge_kutta(scheme)
    else:
        terms = _general(scheme)
    pairs = sorted((key, value) for key, value in terms.items() if value != 0)
    return StepPolynomial(tuple(key for key, _ in pairs), tuple(value for _, value in pairs))


def _runge_kutta(scheme: RungeKutta) -> dict[tuple[int, ...], Any]:
    s = scheme.stages
    domain, elements = exact.to_domain([*(a for row in scheme.A for a in row), *scheme.b])
    K = Field(domain)
    A = [elements[i * s : (i + 1) * s] for i in range(s)]
    b = elements[s * s :]
    Q = characteristic_polynomial(K, A)[::-1]
    P = characteristic_polynomial(K, [[a - w for a, w in zip(row, b, strict=True)] for row in A])[::-1]
    found: dict[tuple[int, ...], Any] = {(1, e): exact.from_domain(domain, c) for e, c in enumerate(Q)}
    return found | {(0, e): exact.from_domain(domain, -c) for e, c in enumerate(P)}


def _general(scheme: Scheme) -> dict[tuple[int, ...], Any]:
    """det [[I - A Z, -U], [-B Z, T I - V]], Z the diagonal of the z of the stages' fields."""
    form = scheme.normal_form()
    s, r, fields = form.stages, form.values, form.fields
    if s + r > MOST_ROWS or form.parts > 1:
        raise UnsupportedError(f"{scheme} has {s} stages and {r} values; at most {MOST_ROWS} rows are taken here")
    T = sympy.Dummy("T")
    zs = [sympy.Dummy(f"z{v}") for v in range(len(fields))]
    z = [zs[fields.index(colour)] for colour in form.colours]
    rows = [[Integer(i == j) - form.A[i][j] * z[j] for j in range(s)] + [-u for u in form.U[i]] for i in range(s)] + [
        [-form.B[i][j] * z[j] for j in range(s)] + [Integer(i == j) * T - form.V[i][j] for j in range(r)]
        for i in range(r)
    ]
    numbers, symbols = exact.generators([c for a in (form.A, form.U, form.B[:r], form.V[:r]) for row in a for c in row])
    base = exact.domain_over(numbers, ())
    base = base.frac_field(*symbols) if symbols else base
    ring = base.poly_ring(T, *zs)
    matrix = DomainMatrix([[ring.from_sympy(e) for e in row] for row in rows], (s + r, s + r), ring)
    last = matrix.charpoly()[-1]
    element = last if (s + r) % 2 == 0 else -last
    return {tuple(key): base.to_sympy(c) for key, c in element.items()}
