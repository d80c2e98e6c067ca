"""Reduction: the smaller scheme that computes the same, which the mathematics is done on."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

from sympy import Integer, Rational, nan, zoo
from sympy.polys import polytools

from schemetools.exact import from_domain, to_domain
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.runge_kutta import RungeKutta


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
    return LinearMultistep(alpha, beta, name=scheme.name, reference=scheme.reference, exact=scheme.exact)


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
    return RungeKutta(smaller[:-1], smaller[-1], name=scheme.name, reference=scheme.reference, exact=scheme.exact)


def reduced_stages(
    A: Sequence[Sequence[Any]], b: Sequence[Any], zero: Any, is_zero: Callable[[Any], bool] = operator.not_
) -> tuple[list[list[Any]], list[Any]]:
    """(A, b) without stages that b does not reach, equal stages merged, for elements of any ring.

    Two stages are equal when the rows of A agree after summing over classes of equal stages (P-equivalence; the
    coarsest such partition is found by refinement). Where b vanishes one stage is left, (A, b) = (0, 0).
    """
    keep = _needed(A, [i for i, w in enumerate(b) if not is_zero(w)], is_zero)
    if not keep:
        return [[zero]], [zero]
    A = [[A[i][j] for j in keep] for i in keep]
    b = [b[i] for i in keep]
    classes = _equal_stages(A, zero, is_zero)
    if len(classes) == len(keep):
        return [list(row) for row in A], b
    merged = [[_total([A[members[0]][j] for j in other], zero) for other in classes] for members in classes]
    return reduced_stages(merged, [_total([b[j] for j in members], zero) for members in classes], zero, is_zero)


def _needed(A: Sequence[Sequence[Any]], start: list[int], is_zero: Callable[[Any], bool]) -> list[int]:
    seen, waiting = set(start), list(start)
    while waiting:
        i = waiting.pop()
        for j, a in enumerate(A[i]):
            if j not in seen and not is_zero(a):
                seen.add(j)
                waiting.append(j)
    return sorted(seen)


def _equal_stages(A: list[list[Any]], zero: Any, is_zero: Callable[[Any], bool]) -> list[list[int]]:
    """The coarsest partition of the stages in which stages of one class have equal sums of A over every class."""
    classes = [list(range(len(A)))]
    while True:
        refined: list[list[int]] = []
        for members in classes:
            groups: list[tuple[list[Any], list[int]]] = []
            for i in members:
                sums = [_total([A[i][j] for j in other], zero) for other in classes]
                same = next((g for key, g in groups if all(map(is_zero, map(operator.sub, sums, key)))), None)
                if same is None:
                    groups.append((sums, [i]))
                else:
                    same.append(i)
            refined += [group for _, group in groups]
        if len(refined) == len(classes):
            return sorted(refined)
        classes = refined


def _total(values: Sequence[Any], zero: Any) -> Any:
    return sum((value for value in values if value), zero)
