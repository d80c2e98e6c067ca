"""Runge-Kutta-Chebyshev methods: explicit, with a real stability interval that grows with the square of the stages."""

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
    b = [domain.one / value for value in T]
    c = [w1 * x * y for x, y in zip(b, dT, strict=True)]
    return _tableau(b, [w1 * u for u in _second_kind(w0, s, domain)], c, w0, w1, domain)


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
    first = [domain.zero, w1]
    for j in range(2, s + 1):
        first.append(2 * w0 * first[-1] - first[-2] + 2 * w1 * (T[j - 1] - domain.one / b[j - 1]))
    c = [domain.zero, b[1] * w1, *(w1 * ddT[j] / dT[j] for j in range(2, s + 1))]
    return _tableau(b, first[1:], c, w0, w1, domain)


def _chebyshev(w: Any, s: int, domain: Any) -> tuple[Row, Row, Row]:
    """T_j(w), T_j'(w), T_j''(w) for j = 0..s."""
    T, dT, ddT = [domain.one, w], [domain.zero, domain.one], [domain.zero, domain.zero]
    for j in range(1, s):
        T.append(2 * w * T[j] - T[j - 1])
        dT.append(2 * T[j] + 2 * w * dT[j] - dT[j - 1])
        ddT.append(4 * dT[j] + 2 * w * ddT[j] - ddT[j - 1])
    return T, dT, ddT


def _second_kind(w: Any, s: int, domain: Any) -> Row:
    """U_j(w) for j = 0..s-1."""
    U = [domain.one, 2 * w]
    for _ in range(s):
        U.append(2 * w * U[-1] - U[-2])
    return U[:s]


def _tableau(b: Row, first: Row, c: Row, w0: Any, w1: Any, domain: Any) -> RungeKutta:
    """The tableau of a recursion Y_j/b_j = 2 w0 Y_(j-1)/b_(j-1) - Y_(j-2)/b_(j-2) + 2 w1 h f(Y_(j-1))/b_(j-1) + ...

    Its solution is a_ji = b_j (2 w1/b_i) U_(j-1-i)(w0) for i >= 1; `first` holds a_j0/b_j for j >= 1, and c its row
    sums. In a recursion of rows every entry would be added up from fractions that are longer than it is.
    """
    s = len(b) - 1
    U = _second_kind(w0, s, domain)
    sources = [2 * w1 / value for value in b]
    rows = [[domain.zero] * s]
    for j in range(1, s + 1):
        entries = [b[j] * first[j - 1], *(b[j] * (sources[i] * U[j - 1 - i]) for i in range(1, j))]
        rows.append(entries + [domain.zero] * (s - j))
    *A, weights = [tuple(from_domain(domain, value) for value in row) for row in rows]
    return RungeKutta.of_exact(tuple(A), weights, tuple(from_domain(domain, value) for value in c[:s]))


def _check(family: str, s: int, *, at_least: int) -> None:
    if s < at_least:
        raise SchemeError(f"{family}(s, eps) has at least {at_least} stages; {s} was asked for")
