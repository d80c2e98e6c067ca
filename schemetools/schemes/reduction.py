"""Reduction: the smaller scheme that computes the same, which the mathematics is done on."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

from sympy import Integer, Rational, nan, zoo
from sympy.polys import polytools

from schemetools.exact import from_domain, to_domain
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.stages import equal_stages, needed


def reduced_multistep(scheme: LinearMultistep) -> LinearMultistep:
    """The method without the common factors of rho and sigma: lm(k=0) becomes Euler.

    Source: Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, section III.2 (irreducible methods).
    """
    domain, elements = to_domain([*scheme.alpha, *scheme.beta])
    k = scheme.steps
    rho, sigma = _strip(elements[: k + 1], domain), _strip(elements[k + 1 :], domain)
    if k == 1 and rho[0] and sigma[0] and not _share_root_one(rho, sigma, domain):
        return scheme
    if domain.is_FractionField and _coprime_at_a_point(scheme):
        return scheme
    x = polytools.Dummy("x")
    upper = polytools.Poly.from_list(rho[::-1], x, domain=domain)
    lower = polytools.Poly.from_list(sigma[::-1], x, domain=domain)
    common = upper.gcd(lower)
    if common.degree() > 0 and common.eval(1) == 0 and upper.exquo(common).eval(1) != 0:
        common = common.exquo(polytools.Poly([1, -1], x, domain=domain))  # rho keeps its root 1
    if common.degree() <= 0:
        return scheme
    alpha = [from_domain(domain, c) for c in upper.exquo(common).rep.to_list()[::-1]]
    beta = [from_domain(domain, c) for c in lower.exquo(common).rep.to_list()[::-1]]
    beta += [Integer(0)] * (len(alpha) - len(beta))
    return LinearMultistep(alpha, beta, **scheme._labels())


def _coprime_at_a_point(scheme: LinearMultistep) -> bool:
    """Whether rho and sigma have no common factor at one value of the symbols: then they have none in general.

    A cheap certificate: the gcd over a field of rational functions is slow.
    """
    point = {s: Rational(2 * i + 7, 3 * i + 13) for i, s in enumerate(sorted(scheme.free_symbols, key=str))}
    values = [c.xreplace(point) for c in scheme.coefficients]
    if any(v.has(zoo, nan) for v in values):
        return False
    domain, elements = to_domain(values)
    k, x = scheme.steps, polytools.Dummy("x")
    rho, sigma = (polytools.Poly.from_list(c[::-1], x, domain=domain) for c in (elements[: k + 1], elements[k + 1 :]))
    kept = sigma.degree() == max(j for j, b in enumerate(scheme.beta) if b != 0) and rho.degree() == k
    return kept and rho.gcd(sigma).degree() == 0


def _strip(coefficients: list[Any], domain: Any) -> list[Any]:
    while coefficients and not coefficients[-1]:
        coefficients = coefficients[:-1]
    return coefficients or [domain.zero]


def _share_root_one(rho: list[Any], sigma: list[Any], domain: Any) -> bool:
    return not sum(rho, domain.zero) and not sum(sigma, domain.zero)


def reduced_runge_kutta(scheme: RungeKutta) -> RungeKutta:
    """The tableau without stages that the result does not depend on, equal stages merged; embedded weights are dropped.

    Source: Hairer, Wanner, Solving Ordinary Differential Equations II, section IV.12 (S- and DJ-reducibility).
    """
    s = scheme.stages
    domain, flat = to_domain([x for row in (*scheme.A, scheme.b) for x in row])
    rows = [flat[s * i : s * (i + 1)] for i in range(s + 1)]
    A, b = reduced_stages(rows[:-1], rows[-1], domain.zero)
    if len(b) == s:
        return scheme
    smaller = [[from_domain(domain, x) for x in row] for row in (*A, b)]
    return RungeKutta(smaller[:-1], smaller[-1], **scheme._labels())


def reduced_stages(
    A: Sequence[Sequence[Any]], b: Sequence[Any], zero: Any, is_zero: Callable[[Any], bool] = operator.not_
) -> tuple[list[list[Any]], list[Any]]:
    """(A, b) without stages that b does not reach, equal stages merged, for elements of any ring.

    Two stages are equal when the rows of A agree after summing over classes of equal stages (P-equivalence).
    Where b vanishes one stage is left, (A, b) = (0, 0).
    """
    keep = needed(A, [i for i, w in enumerate(b) if not is_zero(w)], is_zero)
    if not keep:
        return [[zero]], [zero]
    A = [[A[i][j] for j in keep] for i in keep]
    b = [b[i] for i in keep]

    def total(values: Sequence[Any]) -> Any:
        return sum((value for value in values if value), zero)

    classes = equal_stages(A, [0] * len(keep), total, lambda x, y: is_zero(x - y))
    if len(classes) == len(keep):
        return [list(row) for row in A], b
    merged = [[total([A[members[0]][j] for j in other]) for other in classes] for members in classes]
    return reduced_stages(merged, [total([b[j] for j in members]) for members in classes], zero, is_zero)
