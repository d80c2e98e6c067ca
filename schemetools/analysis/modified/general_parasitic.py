"""The modes of a general linear method beside its smooth solution, x_n = xi(y(nh)) + zeta^n v(nh) r.

For a simple eigenvalue zeta of V, P its projection and S the reduced resolvent, (w - V)^-1 = P/(w - zeta) + S + ...,

    v' = mu f'v + h (c1 f''(f,v) + c2 f'f'v),    zeta mu = tr(B U P),    y' = L f,
    zeta c1 = tr(B diag(c) U P) - zeta mu L/2,    zeta c2 = tr(B U S B U P) + tr(B A U P) - zeta mu^2/2,

c the points of the stages, Y_i = y + h c_i f + ...; v is then measured where the solution itself is carried, which adds
kappa L to c1, S B U r = kappa r there. Derived here from a step of the perturbed values through O(h^2); for
multistep methods it is Hairer, Lubich, Wanner, Geometric Numerical Integration, section XV.3.2.
"""

import functools
from typing import Any

import mpmath
import sympy
from sympy import Expr, Poly

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.matrices import characteristic_polynomial, minimal_polynomial, product
from schemetools.analysis.modified.parasitic import ParasiticMode, mode_roots, tidy, value_at
from schemetools.analysis.series.general import solved
from schemetools.analysis.trees.forest import PLAIN, forest
from schemetools.exact import to_domain
from schemetools.schemes.base import GeneralLinear

Rows = list[list[Any]]


def general_modes(form: GeneralLinear) -> tuple[ParasiticMode, ...]:
    """The modes, largest modulus first; the eigenvalue 0, which dies out in finitely many steps, left out.

    With several fields the roots alone are derived. Raises UnsupportedError where an eigenvalue has no formula in the
    scheme's symbols.
    """
    if form.values == 1 or form.parts > 1:
        return ()
    r = form.values
    blocks = [form.A, form.U, form.B[:r], form.V[:r]]
    domain, flat = to_domain([x for block in blocks for row in block for x in row])
    values = iter(flat)
    A, U, B, V = ([[next(values) for _ in row] for row in block] for block in blocks)
    K, z = Field(domain), sympy.Dummy("z")
    whole = Poly(characteristic_polynomial(K, V)[::-1], z, domain=domain)
    least = Poly(minimal_polynomial(K, V)[::-1], z, domain=domain)
    modes = []
    for factor, times in _others(whole, z):
        multiplicity = sum(m for f, m in least.factor_list()[1] if f == factor)
        data = _motion(form, domain, (A, U, B, V), whole, factor, z) if times == 1 and len(form.fields) == 1 else None
        modes += [(value, _mode(root, value, data, multiplicity, z)) for root, value in mode_roots(factor, z)]
    if all(value is not None for value, _ in modes):
        modes.sort(key=lambda entry: (-abs(entry[0]), -mpmath.arg(entry[0])))
    return tuple(mode for _, mode in modes)


def _others(whole: Poly, z: Any) -> list[tuple[Poly, int]]:
    """The irreducible factors of det(z - V) without one root 1 and without the root 0."""
    rest = whole.exquo(Poly([1, -1], z, domain=whole.domain))
    return [(f, m) for f, m in rest.factor_list()[1] if not (f.degree() == 1 and f.eval(0) == 0)]


def _mode(root: Expr, value: Any, data: list[Poly] | None, multiplicity: int, z: Any) -> ParasiticMode:
    number = None if value is None else complex(value)
    if data is None:
        return ParasiticMode(root, None, None, multiplicity, number)
    growth, first, second = (tidy(p.as_expr().subs(z, root)) for p in data)
    speed = None if value is None else value_at(data[0], z, value)
    return ParasiticMode(root, growth, (first, second), 1, number, speed)


def _motion(
    form: GeneralLinear, domain: Any, arrays: tuple[Rows, ...], whole: Poly, factor: Poly, z: Any
) -> list[Poly]:
    """mu, c1 and c2 as polynomials in the eigenvalue, modulo its minimal polynomial."""
    A, U, B, V = arrays
    K = Field(domain)
    BU = product(K, B, U)
    projection, resolvent = _spectral(domain, V, whole, factor, z)
    limit, points = _points(form, A, U, domain)
    inverse = Poly(z, z, domain=domain).invert(factor)
    weighted = product(K, B, [[c * u for u in row] for c, row in zip(points, U, strict=True)])

    def over_zeta(p: Poly) -> Poly:
        return (p * inverse).rem(factor)

    mu = over_zeta(_trace(BU, projection, factor))
    half = Poly(domain.convert(1) / domain.convert(2), z, domain=domain)
    moved = _times(resolvent, _constant(BU, z, domain), factor)
    out = next(m for m, x in enumerate(form.q) if x != 0)
    shift = _share(_times(moved, projection, factor)[out], projection[out], factor)
    first = over_zeta(_trace(weighted, projection, factor)) - (mu * half - shift).mul_ground(limit).rem(factor)
    bent = _trace(product(K, product(K, B, A), U), projection, factor)
    second = bent + _trace_product(_times(_constant(BU, z, domain), moved, factor), projection, factor)
    return [mu, first, over_zeta(second) - (mu * mu * half).rem(factor)]


def _share(above: list[Poly], below: list[Poly], factor: Poly) -> Poly:
    """How far the value that is the solution itself lies from v: the quotient of two proportional rows; 0 where the
    mode does not reach it."""
    for a, b in zip(above, below, strict=True):
        if not b.is_zero:
            return (a * b.invert(factor)).rem(factor)
    return above[0] - above[0]


def _spectral(domain: Any, V: Rows, whole: Poly, factor: Poly, z: Any) -> tuple[Any, Any]:
    """(P, S) at the roots of a simple factor, from adj(w - V) = sum_k w^k M_k and det(w - V)."""
    n = len(V)
    coefficients = [domain.convert(c) for c in whole.rep.to_list()]
    K = Field(domain)
    powers = [[[K.one if i == j else K.zero for j in range(n)] for i in range(n)]]
    for c in coefficients[1:n]:
        image = product(K, V, powers[-1])
        powers.append([[x + (c if i == j else K.zero) for j, x in enumerate(row)] for i, row in enumerate(image)])
    adjugate = [[Poly([m[i][j] for m in powers], z, domain=domain) for j in range(n)] for i in range(n)]
    slope = whole.diff(z).rem(factor).invert(factor)
    bend = (whole.diff(z).diff(z).quo_ground(2).rem(factor) * slope).rem(factor)
    P = [[(a.rem(factor) * slope).rem(factor) for a in row] for row in adjugate]
    S = [[((a.diff(z).rem(factor) - a.rem(factor) * bend) * slope).rem(factor) for a in row] for row in adjugate]
    return P, S


def _points(form: GeneralLinear, A: Rows, U: Rows, domain: Any) -> tuple[Any, list[Any]]:
    """(L, c): the limit u' = L f and the points of the stages, Y_i = y + h c_i f + O(h^2)."""
    forest(PLAIN).grow(1)
    found = solved(form, PLAIN, 1)
    convert = functools.partial(domain.convert, base=found.domain)
    start = [convert(x) for x in found.xi[0]]
    zero = domain.zero
    points = [
        sum(a, zero) + sum((u * x for u, x in zip(row, start, strict=True)), zero) for a, row in zip(A, U, strict=True)
    ]
    return convert(found.b[0]), points


def _constant(M: Rows, z: Any, domain: Any) -> list[list[Poly]]:
    return [[Poly([x], z, domain=domain) for x in row] for row in M]


def _times(left: list[list[Poly]], right: list[list[Poly]], factor: Poly) -> list[list[Poly]]:
    columns = list(zip(*right, strict=True))
    return [[_sum([a * b for a, b in zip(row, c, strict=True)], factor) for c in columns] for row in left]


def _sum(terms: list[Poly], factor: Poly) -> Poly:
    return functools.reduce(lambda a, b: a + b, terms).rem(factor)


def _trace(M: Rows, P: list[list[Poly]], factor: Poly) -> Poly:
    """tr(M P) for a matrix of numbers."""
    z, domain = factor.gen, factor.domain
    return _trace_product(_constant(M, z, domain), P, factor)


def _trace_product(M: list[list[Poly]], P: list[list[Poly]], factor: Poly) -> Poly:
    n = range(len(M))
    return _sum([M[i][j] * P[j][i] for i in n for j in n], factor)
