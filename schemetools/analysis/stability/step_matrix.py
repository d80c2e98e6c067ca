"""One step on the linear test equation: x -> M(z) x with M(z) = N(z)/Q(z), exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr
from sympy.polys.domains.domain import Domain

from schemetools import exact
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.matrices import Rows, characteristic_polynomial, product
from schemetools.analysis.algebra.polynomials import Polynomial, multiply, trim
from schemetools.analysis.algebra.resultants import is_available
from schemetools.analysis.stability.substitution import substituted
from schemetools.errors import SchemeError
from schemetools.schemes.base import GeneralLinear, Scheme
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom


@dataclass(frozen=True, eq=False)
class StepMatrix:
    """M(z) = V + z B (I - zA)^-1 U = N(z)/Q(z), Q(z) = det(I - zA), entries over an exact domain."""

    domain: Domain
    Q: Polynomial
    N: list[list[Polynomial]]
    V: Rows


def step_matrix(scheme: Scheme, shares: Mapping[str, Any] | None = None) -> StepMatrix:
    """The step of a scheme's normal form on u' = sum_i share_i lambda u, z = h lambda.

    N = Q (V + z B (I - zA)^-1 U) is a polynomial of degree s: a truncated Neumann series, so nothing is inverted.
    Equal shares that sum to 1 by default; all shares are 1 for a partitioned scheme, p' = lambda q, q' = lambda p.
    """
    form = scheme.position_form() if isinstance(scheme, RungeKuttaNystrom) else scheme.normal_form()
    weights = _shares(form, shares)
    s, r = form.stages, form.values
    arrays = (form.A, form.U, form.B[:r], form.V[:r])
    domain, elements = exact.to_domain([c for array in arrays for row in array for c in row] + list(weights))
    values = iter(elements)
    A, U, B, V = ([[next(values) for _ in row] for row in array] for array in arrays)
    share = list(values)
    A, B = ([[a * c for a, c in zip(row, share, strict=True)] for row in array] for array in (A, B))
    K = Field(domain)
    if is_available(K) and not any(a for i, row in enumerate(A) for a in row[i:]):
        return StepMatrix(domain, [K.one], substituted(A, U, B, V), V)
    Q = [K.one] if form.is_explicit else characteristic_polynomial(K, A)[::-1]
    series, power = [V], U
    for _ in range(s):
        series.append(product(K, B, power))
        power = product(K, A, power)
    N = [[trim(K, multiply(K, Q, [m[i][j] for m in series])[: s + 1]) for j in range(r)] for i in range(r)]
    return StepMatrix(domain, trim(K, Q), N, V)


def _shares(form: GeneralLinear, shares: Mapping[str, Any] | None) -> tuple[Expr, ...]:
    fields = form.fields
    if form.parts > 1:
        return (sympy.Integer(1),) * form.stages
    if shares is None:
        return (sympy.Rational(1, len(fields)),) * form.stages
    if set(shares) != set(fields):
        raise SchemeError(
            f"shares came for {sorted(shares)}; the scheme's fields are {sorted(fields)}: give one share for each"
        )
    return tuple(exact.coefficient(shares[c]) for c in form.colours)
