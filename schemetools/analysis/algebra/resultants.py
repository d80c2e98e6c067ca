"""Resultants over the rationals, by flint: where roots meet the unit circle, and values of a quotient at roots."""

import math
from typing import Any

from sympy import QQ

from schemetools.analysis.algebra.fields import AlgebraicReals, Field
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


def _in(coefficients: list[Any], variable: Any) -> Any:
    total = 0 * variable
    for x in reversed(coefficients):
        total = total * variable + x
    return total


def circle_crossings(K: Field, phi: list[Polynomial], *, imaginary: bool) -> list[RealRoot] | None:
    """Points t > 0, ascending, among them all at which Phi(w, z), z = i t or -t, has a root w on the unit circle.

    With w = (1 + i x)/(1 - i x) its two parts have a common root x there. Over a number field Q(a) the resultant's norm
    stands for it, whose roots are the points of all conjugate schemes. None where some root is on the circle for all t,
    and for fields that are neither Q nor Q(a).
    """
    if not HAS_FLINT or type(K) not in (Field, AlgebraicReals):
        return None
    context = flint.fmpz_mpoly_ctx.get(["x", "t", "a"], flint.Ordering.lex)
    x, t, a = context.gens()
    lifted, modulus = _over_integers(K, phi, a)
    n = len(phi) - 1
    U, V, ends = 0 * x, 0 * x, [0 * x, 0 * x]
    for p, (cosine, sine) in zip(lifted, moebius_table(n), strict=True):
        real = _in([c * ((1, 0, -1, 0) if imaginary else (1, -1, 1, -1))[m % 4] for m, c in enumerate(p)], t)
        turned = _in([c * (0, 1, 0, -1)[m % 4] if imaginary else 0 * t for m, c in enumerate(p)], t)
        for m in range(n + 1):
            up, over = cosine[m] * real - sine[m] * turned, cosine[m] * turned + sine[m] * real
            U, V = U + up * x**m, V + over * x**m
            if m == n:
                ends = [ends[0] + up, ends[1] + over]
    # x = oo is w = -1.
    met = _norm(U.resultant(V, "x"), modulus)
    infinite = _norm(ends[0], modulus).gcd(_norm(ends[1], modulus))
    if not met or not infinite:
        return None
    factors = {f for p in (met, infinite) for f in _factors(p)}
    return distinct_sorted(root for f in factors for root in roots_of_factor(f) if _is_positive(root))


def _over_integers(K: Field, phi: list[Polynomial], a: Any) -> tuple[list[list[Any]], Any]:
    """Phi times a common denominator, its coefficients in Z or Z[a], and the minimal polynomial of a (None for Q)."""
    if K.domain.is_QQ:
        return [[0 * a + c for c in p] for p in _cleared(phi)], None
    written = [c.to_list()[::-1] for p in phi for c in p]
    integers = iter(_cleared([*written, K.domain.mod.to_list()[::-1]]))  # type: ignore[attr-defined]
    lifted = [[_in(next(integers), a) for _ in p] for p in phi]
    return lifted, _in(next(integers), a)


def _norm(f: Any, modulus: Any) -> Any:
    """The product of f over all conjugates of a, up to a factor; f itself over Q."""
    return f if modulus is None or not f else f.resultant(modulus, "a")


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
