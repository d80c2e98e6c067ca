"""Exact integrals of Lagrange polynomials: the coefficients of Adams and collocation methods are nothing else."""

from collections.abc import Sequence
from typing import Any

from sympy import Expr

from schemetools.exact import from_domain, to_domain

Polynomial = list[Any]


def lagrange_integrals(nodes: Sequence[Expr], limits: Sequence[tuple[Expr, Expr]]) -> list[list[Expr]]:
    """The matrix of int_lo^hi l_j(x) dx, one row per (lo, hi), l_j being the Lagrange basis on the nodes.

    All arithmetic is in the number field that nodes and limits span.

    >>> from sympy import Integer
    >>> lagrange_integrals([Integer(-1), Integer(0)], [(Integer(0), Integer(1))])
    [[-1/2, 3/2]]
    """
    bounds = [bound for pair in limits for bound in pair]
    domain, elements = to_domain([*nodes, *bounds])
    points, ends = elements[: len(nodes)], elements[len(nodes) :]
    antiderivatives = [_antiderivative(_basis(points, j, domain.one), domain) for j in range(len(points))]
    return [
        [from_domain(domain, _value(p, high) - _value(p, low)) for p in antiderivatives]
        for low, high in zip(ends[::2], ends[1::2], strict=True)
    ]


def _basis(points: Sequence[Any], j: int, one: Any) -> Polynomial:
    """l_j, coefficients ascending: the product of (x - x_i) / (x_j - x_i) over i != j."""
    result = [one]
    for i, point in enumerate(points):
        if i != j:
            scale = one / (points[j] - point)
            shifted = [one - one, *result]
            result = [(high - point * low) * scale for high, low in zip(shifted, [*result, one - one], strict=True)]
    return result


def _antiderivative(polynomial: Polynomial, domain: Any) -> Polynomial:
    return [domain.zero, *[c / domain.convert(n) for n, c in enumerate(polynomial, start=1)]]


def _value(polynomial: Polynomial, point: Any) -> Any:
    result = polynomial[-1]
    for coefficient in reversed(polynomial[:-1]):
        result = result * point + coefficient
    return result
