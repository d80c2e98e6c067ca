"""Resultants over the rationals, by flint: where roots meet the unit circle, and values of a quotient at roots."""

import math
from typing import Any

from sympy import QQ

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial
from schemetools.analysis.algebra.real_roots import Factor, RealRoot, distinct_sorted, roots_of_factor
from schemetools.analysis.algebra.rings import HAS_FLINT
from schemetools.analysis.algebra.root_counts import moebius_table

if HAS_FLINT:
    import flint


def is_available(K: Field) -> bool:
    """Whether the field is QQ and flint is there; other fields go the slower ways."""
    return HAS_FLINT and type(K) is Field and K.domain.is_QQ


def value_polynomial(modulus: Polynomial, top: Polynomial, bottom: Polynomial) -> Polynomial:
    """The monic polynomial in t whose roots are top/bottom at the roots of `modulus`, which is coprime to bottom."""
    [first], (below, above) = _cleared([modulus]), _cleared([bottom, top])
    f, g, h = flint.fmpz_poly(first), flint.fmpz_poly(below), flint.fmpz_poly(above)
    n, degree = len(modulus) - 1, max(len(below), len(above)) - 1
    values = []
    for t in range(n + 1):  # resultants of one variable are modular: far quicker than one of two
        at = g * t - h
        values.append(f.resultant(at) * f[n] ** (degree - max(at.degree(), 0)))
    found = _through(values).coeffs()
    return [QQ(int(c.p), int(c.q)) / QQ(int(found[-1].p), int(found[-1].q)) for c in found]


def _through(values: list[Any]) -> Any:
    """The polynomial with these values at 0, 1, 2, ... (Newton)."""
    leading, rows = [], values
    while rows:
        leading.append(rows[0])
        rows = [b - a for a, b in zip(rows, rows[1:], strict=False)]
    total = flint.fmpq_poly([0])
    for k in range(len(leading) - 1, -1, -1):
        total = total * flint.fmpq_poly([-k, 1]) + flint.fmpq(leading[k], math.factorial(k))
    return total


def _cleared(polynomials: list[Polynomial]) -> list[list[int]]:
    below = math.lcm(*(int(x.denominator) for p in polynomials for x in p))
    return [[int(x.numerator) * (below // int(x.denominator)) for x in p] for p in polynomials]


def _in(coefficients: list[int], variable: Any) -> Any:
    total = 0 * variable
    for x in reversed(coefficients):
        total = total * variable + x
    return total


def circle_crossings(phi: list[Polynomial], *, imaginary: bool) -> list[RealRoot] | None:
    """The t > 0 at which Phi(w, z), z = i t or -t, may have a root w on the unit circle, ascending.

    With w = (1 + i x)/(1 - i x) its two parts have a common root x there. None where some root is on the circle for
    all t.
    """
    n = len(phi) - 1
    context = flint.fmpz_mpoly_ctx.get(["x", "t"], flint.Ordering.lex)
    x, t = context.gens()
    parts = []
    for p in _cleared(phi):
        real = [a * ((1, 0, -1, 0) if imaginary else (1, -1, 1, -1))[m % 4] for m, a in enumerate(p)]
        turned = [a * (0, 1, 0, -1)[m % 4] if imaginary else 0 for m, a in enumerate(p)]
        parts.append((_in(real, t), _in(turned, t)))
    U, V, ends = 0 * x, 0 * x, [0 * x, 0 * x]
    for (a, b), (cosine, sine) in zip(parts, moebius_table(n), strict=True):
        for m in range(n + 1):
            up, over = cosine[m] * a - sine[m] * b, cosine[m] * b + sine[m] * a
            U, V = U + up * x**m, V + over * x**m
            if m == n:
                ends = [ends[0] + up, ends[1] + over]
    met = U.resultant(V, "x")
    infinite = ends[0].gcd(ends[1])  # x = oo is w = -1
    if not met or not infinite:
        return None
    factors = {f for p in (met, infinite) for f in _factors(p)}
    return distinct_sorted(root for f in factors for root in roots_of_factor(f) if _is_positive(root))


def _factors(polynomial: Any) -> list[Factor]:
    """The irreducible factors in t, ascending coefficients."""
    terms = {powers[1]: int(c) for powers, c in polynomial.to_dict().items()}
    dense = flint.fmpz_poly([terms.get(n, 0) for n in range(max(terms) + 1)])
    return [tuple(map(int, f.coeffs())) for f, _ in dense.factor()[1] if f.degree() > 0]


def _is_positive(root: RealRoot) -> bool:
    if root.low == root.high:
        return root.low > 0
    while root.low < 0 < root.high:
        root.refine()
    return root.high > 0
