"""Runge-Kutta-Chebyshev methods: explicit, with a real stability interval that grows with the square of the stages."""

from collections.abc import Sequence
from typing import Any

from schemetools.errors import SchemeError
from schemetools.exact import from_domain, to_domain
from schemetools.schemes.registry import Coefficient, entry
from schemetools.schemes.runge_kutta import RungeKutta

Row = list[Any]


@entry(reference="vanderhouwen1980")
def rkc1(s: int = 4, eps: Coefficient = "0") -> RungeKutta:
    """The Runge-Kutta-Chebyshev method of order one, s stages: R(z) = T_s(w0 + w1 z)/T_s(w0), w0 = 1 + eps/s^2.

    w1 = T_s(w0)/T_s'(w0); eps = 0 gives T_s(1 + z/s^2) with real interval 2 s^2, eps = 1/20 is the usual damping.
    """
    _check("rkc1", s, at_least=1)
    domain, [w0] = to_domain([1 + eps / s**2])
    T, dT, _ = _chebyshev(w0, s, domain)
    w1 = T[s] / dT[s]
    rows = [[domain.zero] * s, _added([domain.zero] * s, 0, w1 / w0)]
    for j in range(2, s + 1):
        mu = 2 * w0 * T[j - 1] / T[j]
        row = [mu * a + (domain.one - mu) * b for a, b in zip(rows[j - 1], rows[j - 2], strict=True)]
        rows.append(_added(row, j - 1, 2 * w1 * T[j - 1] / T[j]))
    return _tableau(rows, domain)


@entry(reference="vanderhouwen1980; sommeijer1998")
def rkc2(s: int = 4, eps: Coefficient = "2/13") -> RungeKutta:
    """The Runge-Kutta-Chebyshev method of order two, s >= 2 stages, w0 = 1 + eps/s^2; eps = 2/13 is the usual damping.

    R(z) = 1 - b_s T_s(w0) + b_s T_s(w0 + w1 z), b_j = T_j''(w0)/T_j'(w0)^2, w1 = T_s'(w0)/T_s''(w0).
    """
    _check("rkc2", s, at_least=2)
    domain, [w0] = to_domain([1 + eps / s**2])
    T, dT, ddT = _chebyshev(w0, s, domain)
    w1 = dT[s] / ddT[s]
    b = [ddT[j] / dT[j] ** 2 for j in range(2, s + 1)]
    b = [b[0], b[0], *b]
    rows = [[domain.zero] * s, _added([domain.zero] * s, 0, b[1] * w1)]
    for j in range(2, s + 1):
        mu, nu, step = 2 * w0 * b[j] / b[j - 1], -b[j] / b[j - 2], 2 * w1 * b[j] / b[j - 1]
        row = [mu * a + nu * c for a, c in zip(rows[j - 1], rows[j - 2], strict=True)]
        row = _added(row, j - 1, step)
        rows.append(_added(row, 0, (b[j - 1] * T[j - 1] - domain.one) * step))
    return _tableau(rows, domain)


def _chebyshev(w: Any, s: int, domain: Any) -> tuple[Row, Row, Row]:
    """T_j(w), T_j'(w), T_j''(w) for j = 0..s."""
    T, dT, ddT = [domain.one, w], [domain.zero, domain.one], [domain.zero, domain.zero]
    for j in range(1, s):
        T.append(2 * w * T[j] - T[j - 1])
        dT.append(2 * T[j] + 2 * w * dT[j] - dT[j - 1])
        ddT.append(4 * dT[j] + 2 * w * ddT[j] - ddT[j - 1])
    return T, dT, ddT


def _added(row: Sequence[Any], stage: int, weight: Any) -> Row:
    return [value + weight if i == stage else value for i, value in enumerate(row)]


def _tableau(rows: Sequence[Row], domain: Any) -> RungeKutta:
    *A, b = [[from_domain(domain, value) for value in row] for row in rows]
    return RungeKutta(A, b, exact=True)  # long fractions, none of them rounded


def _check(family: str, s: int, *, at_least: int) -> None:
    if s < at_least:
        raise SchemeError(f"{family}(s, eps) has at least {at_least} stages; {s} was asked for")
