"""Verdicts in two and more symbols: conditions between polynomials, written down instead of searched.

Where the roots lie is Hurwitz' criterion, what is nonnegative on a half line is asked of polynomials of degree three at
most, and common factors of numerator and denominator, which a scheme is rid of before it is judged, are subresultants.
A condition is a union of conjunctions of signs; `inequalities` shortens it.
"""

import contextlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy import QQ, ZZ
from sympy.polys.domains.domain import Domain
from sympy.polys.matrices import DomainMatrix
from sympy.polys.rings import PolyElement, PolyRing

from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.algebra.decisions import mapped, minimal
from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import multiply
from schemetools.analysis.algebra.positivity import carried
from schemetools.analysis.algebra.projection import distinct_factors
from schemetools.analysis.stability.inequalities import Clause, shortened, without_constants
from schemetools.analysis.stability.model import Bivariate, reduced
from schemetools.analysis.stability.verdicts import harmonics, imaginary_gap, rho_sigma
from schemetools.errors import UnsupportedError

Row = list[PolyElement]
"""A polynomial in z, w or t, ascending, whose coefficients are polynomials in the symbols."""
Union = list[Clause]
ALWAYS: Union = [[]]
HIGHEST = 36  # of the total degrees of all curves together, up to which the plane is cut along them
LONGEST_POLYNOMIALS = 40  # terms of Phi; half of it from three stages on, where discriminants of cubics are asked for
LONGEST = 1000  # characters that are still a condition to read


def condition(domain: Domain, name: str, phi: Bivariate, at_zero: Row, as_written: Row) -> Verdict:
    """`is_zero_stable`, `is_a_stable` or `is_l_stable` as a condition on several symbols.

    Raises UnsupportedError where the condition is not of moderate size.
    """
    data = as_written if name == "is_zero_stable" else [*_reduced(domain, phi), as_written]
    domain, symbols, data = minimal(domain, data)
    if not domain.is_FractionField or not domain.domain.is_QQ:  # type: ignore[attr-defined]
        raise too_large(symbols, "its coefficients contain irrational numbers")
    ring = PolyRing(symbols, ZZ, sympy.lex)
    rows = _cleared(ring, [data] if name == "is_zero_stable" else data)
    *phi, written = rows
    terms = sum(len(c) for p in phi for c in p)
    if terms > LONGEST_POLYNOMIALS // (1 if max(map(len, phi), default=0) < 4 else 2):
        raise too_large(symbols, f"Phi(w, z) has {terms} terms")
    try:
        union = _root_condition(written)
        if name != "is_zero_stable":
            union = _both(union, _stable(ring, phi, at_infinity=name == "is_l_stable"))
    except OverflowError as error:
        raise too_large(symbols, str(error)) from None
    curves = distinct_factors(f for clause in union for f, _ in clause)
    if sum(max(map(sum, f.itermonoms())) for f in curves) > HIGHEST:
        raise too_large(symbols, "its polynomials are of high degree")
    found = shortened(union)
    if len(text := str(found)) > LONGEST:
        raise too_large(symbols, f"it takes {len(text)} characters")
    return found


def _reduced(domain: Domain, phi: Bivariate) -> Bivariate:
    """Phi in lowest terms: it is as it came where it is at one point."""
    if domain.domain.is_QQ:  # type: ignore[attr-defined]
        with contextlib.suppress(ZeroDivisionError):
            here = mapped(phi, lambda c: _at_a_point(c.numer) / _at_a_point(c.denom))
            if all(p[-1] for p in here if p) and list(map(len, reduced(Field(), here))) == list(map(len, phi)):
                return phi
    return reduced(Field(domain), phi)


def _at_a_point(f: PolyElement) -> Any:
    return sum((c * math.prod(QQ(2 * i + 3, 7) ** n for i, n in enumerate(m)) for m, c in f.items()), QQ.zero)


def too_large(symbols: Sequence[Any], why: str) -> UnsupportedError:
    """The refusal where a condition is not written down."""
    names = ", ".join(map(str, symbols))
    return UnsupportedError(
        f"the verdict depends on {names}, and as a condition on all of them it is not of moderate size: {why}; "
        "substitute all symbols but one"
    )


def _cleared(ring: PolyRing, rows: Any) -> list[Row]:
    """Each row times a positive function that leaves integer polynomials; all rows of Phi get the same."""

    def over(rows: Any) -> list[Row]:
        pairs = [[(c.numer.set_ring(ring), c.denom.set_ring(ring)) for c in row] for row in rows]
        below = ring.one
        for row in pairs:
            for _, bottom in row:
                below = below.lcm(bottom)
        return [[top * below.exquo(bottom) * below for top, bottom in row] for row in pairs]

    return [*over(rows[:-1]), *over(rows[-1:])]


# ---- unions of conjunctions --------------------------------------------------------------------


def _both(*unions: Union) -> Union:
    """The conjunction of unions, multiplied out; what contradicts itself by constants is dropped."""
    product: Union = ALWAYS
    for union in unions:
        product = [c for a in product for b in union if (c := without_constants([*a, *b])) is not None]
    return product


def _zero(f: PolyElement) -> Union:
    return [[(f, False), (-f, False)]]


def _nonzero(f: PolyElement) -> Union:
    return [[(f * f, True)]]


# ---- where roots lie ------------------------------------------------------------------------------


def _root_condition(p: Row) -> Union:
    """Bounded powers: no root outside the unit circle, simple ones on it; 1 is a root of p for all symbols."""
    rest, carry = [], p[0] * 0
    for c in reversed(p[1:]):
        carry = carry + c
        rest.append(carry)
    if carry + p[0]:
        raise OverflowError("1 is no root at z = 0")
    rest = rest[::-1]
    a = rest[-1]
    if len(rest) == 1:
        return _nonzero(a)
    at_one, at_minus_one = (sum((c * s**j for j, c in enumerate(rest)), a * 0) for s in (1, -1))
    first = [(a * at_one, True)]
    if len(rest) == 2:
        return [[*first, (-a * at_minus_one, False)]]
    if len(rest) == 3:
        product = a * (a - rest[0])
        return [[*first, (a * at_minus_one, s), (product, not s)] for s in (True, False)]
    raise OverflowError("the scheme carries more than three values")


def _hurwitz(f: Row) -> Union:
    """All roots in the open left half plane, the degree the formal one (Lienard and Chipart)."""
    n = len(f) - 1
    atoms = [(f[0] * c, True) for c in f]
    if n == 3:
        atoms.append((f[1] * f[2] - f[0] * f[3], True))
    if n == 4:
        atoms.append((f[0] * (f[3] * (f[1] * f[2] - f[0] * f[3]) - f[4] * f[1] ** 2), True))
    if n > 4:
        raise OverflowError("it asks for the roots of a polynomial of degree five")
    return [atoms]


def _poles_are_right(Q: Row) -> Union:
    """All zeros of Q in the open right half plane, of whatever degree Q is."""
    mirrored = [-c if m % 2 else c for m, c in enumerate(Q)]
    found: Union = []
    while mirrored:
        vanished = _both(*(_zero(c) for c in Q[len(mirrored) :]))
        found += _both(vanished, _hurwitz(mirrored))
        mirrored = mirrored[:-1]
    return found


def _is_nonnegative(f: Row) -> Union:
    """f(t) >= 0 for all t >= 0."""
    while f and not f[0]:
        f = f[1:]
    while f and not f[-1]:
        f = f[:-1]
    n = len(f) - 1
    if n < 0:
        return ALWAYS
    ends = [(f[0], False), (f[-1], False)]
    if n < 2:
        return [ends]
    if n == 2:
        return [[*ends, (f[1], False)], [*ends, (4 * f[0] * f[2] - f[1] ** 2, False)]]
    if n == 3:
        d, c, b, a = f
        inner = [(d, True), (a, True)]
        discriminant = 18 * a * b * c * d - 4 * b**3 * d + b**2 * c**2 - 4 * a * c**3 - 27 * a**2 * d**2
        inside: Union = [[*inner, (b, False), (c, False)], [*inner, (-discriminant, False)]]
        return [*inside, *_both(_zero(d), _is_nonnegative(f[1:])), *_both(_zero(a), _is_nonnegative(f[:-1]))]
    raise OverflowError(f"a polynomial of degree {n} must not be negative")


# ---- A- and L-stability -----------------------------------------------------------------------------


def _stable(ring: PolyRing, phi: list[Row], *, at_infinity: bool) -> Union:
    one_step = len(phi) == 2
    if not one_step and any(len(p) > 2 for p in phi):
        raise OverflowError("the scheme carries several values and has several stages")
    K = Field(ring.to_domain())
    if one_step:
        f, g = [-c for c in phi[0]], list(phi[1])
        size = max(len(f), len(g))
        f, g = (p + [ring.zero] * (size - len(p)) for p in (f, g))
    else:
        f, g = rho_sigma(K, phi)
    core = _one_step if one_step else _multistep

    def judged(f: Row, g: Row) -> Union:
        return _both(core(K, f, g), _vanishes_at_infinity(f, g, one_step=one_step)) if at_infinity else core(K, f, g)

    if len(f) == 3 and not one_step:
        return [*judged(f, g), *_both(_zero(_at_minus_one(f)), _zero(_at_minus_one(g)), judged(_beside(f), _beside(g)))]
    return _up_to_common_factors(f, g, judged, drops=one_step)


def _at_minus_one(f: Row) -> PolyElement:
    return sum((-c if j % 2 else c for j, c in enumerate(f)), f[0] * 0)


def _beside(f: Row) -> Row:
    """f/(w + 1), f quadratic: of two steps a common root inside the circle does no harm, one outside is refused."""
    return [f[1] - f[2], f[2]]


def _one_step(K: Field, P: Row, Q: Row) -> Union:
    return _both(_poles_are_right(Q), _is_nonnegative(imaginary_gap(K, [P, Q])))


def _multistep(K: Field, rho: Row, sigma: Row) -> Union:
    """All roots inside at z = -1, and the locus rho/sigma of the unit circle in the right half plane."""
    total = [a + b for a, b in zip(rho, sigma, strict=True)]
    k = len(total) - 1
    carried_ = [K.zero] * (k + 1)
    for j, c in enumerate(total):  # w = (1 + x)/(1 - x)
        for m, n in enumerate(_binomial_product(K, j, k - j)):
            carried_[m] += c * n
    N, _ = harmonics(K, rho, sigma)
    return _both(_hurwitz(carried_), _is_nonnegative(carried(tuple(N)) if N else []))


def _binomial_product(K: Field, j: int, m: int) -> list[Any]:
    """(1 + x)^j (1 - x)^m."""
    p = [K.one]
    for factor in [[K.one, K.one]] * j + [[K.one, -K.one]] * m:
        p = multiply(K, p, factor)
    return p


def _vanishes_at_infinity(f: Row, g: Row, *, one_step: bool) -> Union:
    """P/Q tends to 0, or sigma is beta_k w^k."""
    if not one_step:
        return _both(_nonzero(g[-1]), *(_zero(c) for c in g[:-1]))
    if len(f) < 2:
        return []
    lower = _vanishes_at_infinity(f[:-1], g[:-1], one_step=True)
    return [*_both(_zero(f[-1]), _nonzero(g[-1])), *_both(_zero(f[-1]), _zero(g[-1]), lower)]


# ---- common factors -----------------------------------------------------------------------------------


def _up_to_common_factors(f: Row, g: Row, judged: Callable[[Row, Row], Union], *, drops: bool) -> Union:
    """What is asked of f/g in lowest terms: f and g share d roots where d subresultants vanish and the next does not.

    What is asked holds for f and g themselves only if it holds in lowest terms. With `drops` both degrees may drop.
    """
    found, shared = judged(f, g), ALWAYS
    for d in range(1, len(f) - 1):
        shared = _both(shared, _zero(_subresultant(f, g, d - 1)[-1]))
        common = _subresultant(f, g, d)
        if shared and common[-1]:
            quotients = [_quotient(p, common) for p in (f, g)]
            found += _both(shared, _nonzero(common[-1]), judged(*quotients))
    if drops and len(f) > 2:
        found += _both(_zero(f[-1]), _zero(g[-1]), _up_to_common_factors(f[:-1], g[:-1], judged, drops=True))
    return found


def _subresultant(f: Row, g: Row, j: int) -> Row:
    """The j-th subresultant of two polynomials of one formal degree n, of degree j: Sylvester's minors."""
    n, zero = len(f) - 1, f[0] * 0
    if n == j + 1 == 1:
        return [f[1] * g[0] - f[0] * g[1]]
    shifted = [[zero] * i + p + [zero] * (n - j - 1 - i) for p in (f, g) for i in range(n - j)]
    width = 2 * n - j

    def minor(i: int) -> PolyElement:
        rows = [[*(row[m] for m in range(width - 1, j, -1)), row[i]] for row in shifted]
        domain = zero.ring.to_domain()
        return DomainMatrix(rows, (len(rows), len(rows)), domain).det()

    return [minor(i) for i in range(j + 1)]


def _quotient(f: Row, g: Row) -> Row:
    """The pseudo-quotient of f by g, times an even power of the leading coefficient."""
    steps = len(f) - len(g) + 1
    lead = g[-1]
    rest, quotient = [c * lead ** (steps + steps % 2) for c in f], [f[0] * 0] * steps
    for shift in range(steps - 1, -1, -1):
        top = rest[shift + len(g) - 1]
        quotient[shift] = factor = top.exquo(lead) if top else top
        for j, c in enumerate(g):
            rest[shift + j] -= factor * c
    return quotient
