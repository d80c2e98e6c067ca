"""Symbols over several angles: the recursion of `angles` on a torus, decided for given numbers.

A coefficient is a Laurent polynomial in E_1, ..., E_d; what the recursion asks for is real, a sum of cosines of
j.theta, written in the cosines alone where it is even in every angle and in the tangents of half angles elsewhere.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import sympy
from sympy import QQ
from sympy.polys.rings import PolyElement, PolyRing

from schemetools.analysis.algebra.polynomials import evaluate
from schemetools.analysis.algebra.projection import factors, project
from schemetools.analysis.algebra.real_roots import between
from schemetools.analysis.algebra.sturm import count_real_roots
from schemetools.analysis.stability.angles import specialise
from schemetools.analysis.stability.line import RATIONALS, ascending, compare, roots_of
from schemetools.errors import UnsupportedError

HIGHEST = 4  # degree in a cosine or tangent up to which a least value is projected
Laurent = dict[tuple[int, ...], PolyElement]
"""{offset: polynomial in the numbers}: sum of coefficient * exp(i offset.theta)."""


@dataclass(frozen=True)
class TorusSymbol:
    """The symbol sum_j a_j T^j of a scheme; its offsets are in steps of dx/fraction."""

    names: tuple[str, ...]
    ring: PolyRing
    a: tuple[Laurent, ...]
    poles: tuple[PolyElement, ...] = ()
    fraction: int = 1

    @property
    def dimension(self) -> int:
        """The number of angles."""
        return len(next(iter(next(filter(None, self.a)))))

    @property
    def is_pointwise(self) -> bool:
        """Whether every rational point is decided: one angle, or two and rational coefficients."""
        return self.dimension == 1 or (self.dimension == 2 and self.ring.domain == sympy.ZZ)

    def at(self, values: Mapping[str, Any]) -> "TorusSymbol | None":
        """The symbol with all numbers given as rationals; None at a pole.

        Raises UnsupportedError for irrational coefficients.
        """
        if self.ring.domain != sympy.ZZ:
            raise UnsupportedError(
                "single numbers are decided over several angles for rational coefficients, and this scheme has "
                "irrational ones; `necessary` is a condition that every stable scheme meets"
            )
        if any(not specialise(pole, self.names, values, skip=0) for pole in self.poles):
            return None
        small = PolyRing((), QQ, sympy.polys.orderings.lex)

        def value(c: PolyElement) -> PolyElement:
            return small.from_dict(dict(specialise(c, self.names, values, skip=0)))

        a = tuple({e: v for e, c in row.items() if (v := value(c))} for row in self.a)
        common = functools.reduce(
            sympy.ZZ.lcm, (c.denominator for row in a for v in row.values() for c in v.values()), sympy.ZZ(1)
        )
        ring = PolyRing((), sympy.ZZ, sympy.polys.orderings.lex)
        whole = tuple({e: v.mul_ground(QQ(common)).set_ring(ring) for e, v in row.items()} for row in a)
        return TorusSymbol((), ring, whole)


# ---- Laurent polynomials -------------------------------------------------------------------


def product_of(f: Laurent, g: Laurent) -> Laurent:
    """f g."""
    found: Laurent = {}
    for d, a in f.items():
        for e, b in g.items():
            key = tuple(i + j for i, j in zip(d, e, strict=True))
            found[key] = found[key] + a * b if key in found else a * b
    return {e: c for e, c in found.items() if c}


def difference(f: Laurent, g: Laurent) -> Laurent:
    """f - g."""
    found = dict(f)
    for e, c in g.items():
        found[e] = found[e] - c if e in found else -c
    return {e: c for e, c in found.items() if c}


def conjugate(f: Laurent) -> Laurent:
    """f at -theta."""
    return {tuple(-i for i in e): c for e, c in f.items()}


def norm(f: Laurent) -> Laurent:
    """|f|^2."""
    return product_of(f, conjugate(f))


def conditions(a: Sequence[Laurent]) -> tuple[Laurent, list[Laurent], bool]:
    """(|a_k|^2, the functions that must not be negative for almost all angles, whether one vanishes wrongly)."""
    p = list(a)
    while not p[-1]:
        p.pop()
    leading, found = norm(p[-1]), []
    while len(p) > 1:
        top, bottom = p[-1], p[0]
        D = difference(norm(top), norm(bottom))
        after = [
            difference(product_of(conjugate(top), p[j + 1]), product_of(bottom, conjugate(p[-2 - j])))
            for j in range(len(p) - 1)
        ]
        if D:
            found.append(D)
            p = after
        elif any(after):
            return leading, found, True
        else:
            p = [{e: j * c for e, c in row.items()} for j, row in enumerate(p)][1:]
    return leading, found, False


# ---- as polynomials ------------------------------------------------------------------------


def is_even(f: Laurent) -> bool:
    """Whether a real function of the angles is even in each of them."""
    return all(f.get(flipped) == c for e, c in f.items() for flipped in product(*((i, -i) for i in e)))


def in_cosines(f: Laurent, ring: PolyRing) -> PolyElement:
    """A function even in every angle as a polynomial in c_1, ..., c_d and the numbers, with these generators first."""
    d, found = len(next(iter(f), ())), ring.zero
    for e, c in f.items():
        term = ring.from_dict({((0,) * d + m): v for m, v in c.items()})
        for i, n in enumerate(e):
            term *= _chebyshev(ring, i, abs(n))
        found += term
    return found


@functools.lru_cache(maxsize=1024)
def _chebyshev(ring: PolyRing, i: int, n: int) -> PolyElement:
    c = ring.gens[i]
    T = [ring.one, c]
    while len(T) <= n:
        T.append(2 * c * T[-1] - T[-2])
    return T[n]


def in_tangents(f: Laurent, ring: PolyRing) -> PolyElement:
    """A real function of the angles times prod (1 + x_i^2)^n_i, x_i = tan(theta_i/2): a polynomial with its sign."""
    d = len(next(iter(f), ()))
    size = [max(abs(e[i]) for e in f) for i in range(d)]
    found = ring.zero
    for e, c in f.items():
        real, imaginary = ring.from_dict({((0,) * d + m): v for m, v in c.items()}), ring.zero
        for i, n in enumerate(e):
            a, b = _half_angle(ring, i, n, size[i])
            real, imaginary = real * a - imaginary * b, real * b + imaginary * a
        found += real
    return found


@functools.lru_cache(maxsize=1024)
def _half_angle(ring: PolyRing, i: int, n: int, size: int) -> tuple[PolyElement, PolyElement]:
    """Real and imaginary part of ((1 + i x)/(1 - i x))^n (1 + x^2)^size."""
    x = ring.gens[i]
    square = 1 + x**2
    a, b = ring.one, ring.zero
    for _ in range(abs(n)):
        a, b = a * (1 - x**2) - b * 2 * x, a * 2 * x + b * (1 - x**2)
    for _ in range(size - abs(n)):
        a, b = a * square, b * square
    return a, b if n >= 0 else -b


# ---- decided for given numbers ----------------------------------------------------------------


def is_stable_at(symbol: TorusSymbol) -> bool:
    """Whether a scheme in two dimensions without numbers is stable, exactly.

    Raises UnsupportedError in three dimensions.
    """
    leading, found, wrong = conditions(symbol.a)
    if wrong or not is_positive_everywhere(leading, symbol.ring):
        return False
    return all(is_nonnegative_everywhere(f, symbol.ring) for f in found)


def polynomial_of(f: Laurent, ring: PolyRing) -> tuple[PolyElement, bool]:
    """A real function of the angles as a polynomial in their cosines, or, unless it is even, in their tangents."""
    d = len(next(iter(f)))
    generators = [sympy.Symbol(f"_y{i}") for i in range(d)]
    big = PolyRing([*generators, *ring.symbols], ring.domain, ring.order)
    even = is_even(f)
    return (in_cosines(f, big) if even else in_tangents(f, big)), even


def is_nonnegative_everywhere(f: Laurent, ring: PolyRing) -> bool:
    """Whether a real function of two angles with rational coefficients is nowhere negative."""
    if not f:
        return True
    P, even = polynomial_of(f, ring)
    if _has_negative_corner(f):
        return False
    if P.is_ground:
        return P.LC > 0
    if P.ring.ngens != 2:
        raise UnsupportedError("a function of three angles is not decided without a structure that separates them")
    odd = [g for g, n in factors(P) if n % 2]
    core = _with_sign_of(P, odd)
    cuts = roots_of(project(odd, (-1, 1) if even else None))
    if even:
        points = _clipped([cut for cut in cuts if -1 < float(cut) < 1])
    else:
        points = [between(a, b) for a, b in zip([None, *cuts], [*cuts, None], strict=True)]
    for x in points:
        row = ascending(evaluate_other(core, x))
        if any(evaluate(RATIONALS, row, y) < 0 for y in _probes(even)):
            return False
        for g in odd:
            line = ascending(evaluate_other(g, x))
            bounds = (-RATIONALS.one, RATIONALS.one) if even else (float("-inf"), float("inf"))
            if line and count_real_roots(RATIONALS, line, *bounds):
                return False
    return True


def _with_sign_of(P: PolyElement, odd: Sequence[PolyElement]) -> PolyElement:
    """The factors of odd power with the sign of P wherever P is not 0: squares may vanish along a whole sample."""
    core = functools.reduce(lambda a, b: a * b, odd, P.ring.one)
    return core if (core.LC < 0) == (P.LC < 0) else -core


def _probes(even: bool) -> list[Any]:
    grid = [QQ(n, 16) for n in range(-15, 16, 3)]
    return grid if even else [*grid, *(1 / x for x in grid if x)]


def _clipped(inside: list[Any]) -> list[Any]:
    """A rational in each cell of (-1, 1)."""
    points = []
    low = QQ(-1)
    for i in range(len(inside) + 1):
        a = low if i == 0 else inside[i - 1].high
        b = QQ(1) if i == len(inside) else inside[i].low
        while not a < b:
            inside[i - 1 if i else 0].refine()
            a = low if i == 0 else inside[i - 1].high
            b = QQ(1) if i == len(inside) else inside[i].low
        points.append((a + b) / 2)
    return points


def evaluate_other(f: PolyElement, value: Any) -> PolyElement:
    """f(y, x) at a rational x, the second generator, over QQ."""
    ring = PolyRing(f.ring.symbols[:1], QQ, f.ring.order)
    table: dict[tuple[int], Any] = {}
    for (i, j), c in f.items():
        table[(i,)] = table.get((i,), QQ.zero) + QQ.convert(c, f.ring.domain) * value**j
    return ring.from_dict({m: c for m, c in table.items() if c})


def corner_values(f: Laurent) -> list[PolyElement]:
    """A function at all angles in {0, pi}."""
    d = len(next(iter(f)))

    def at(corner: tuple[int, ...]) -> PolyElement:
        signed = (-c if sum(i for i, k in zip(e, corner, strict=True) if k) % 2 else c for e, c in f.items())
        return functools.reduce(lambda a, b: a + b, signed)

    return [at(corner) for corner in product((0, 1), repeat=d)]


def _has_negative_corner(f: Laurent) -> bool:
    return any(v.LC < 0 for v in corner_values(f) if v)


def is_positive_everywhere(f: Laurent, ring: PolyRing) -> bool:
    """Whether a real function that is nowhere negative has no zero."""
    values = corner_values(f)
    if any(not v for v in values):
        return False
    if len(f) == 1:
        return True
    constant = f.get((0,) * len(next(iter(f))), ring.zero)
    rest = sum((abs(c.LC) for e, c in f.items() if any(e)), ring.domain.zero)
    if constant and rest < constant.LC:  # no cosines can outweigh the mean
        return True
    return _stays_away_from_zero(f, ring)


def _stays_away_from_zero(f: Laurent, ring: PolyRing) -> bool:
    """Whether the least value of a function that is nowhere negative is above 0.

    It is a number e at which the zeros of f - e change, and these are known: a number below the least positive of them
    decides. A quarter of the mean is tried first, which is mostly enough, then less: projections grow large.
    Raises UnsupportedError where they do and no share is enough.
    """
    origin = (0,) * len(next(iter(f)))
    if any(is_nonnegative_everywhere(_lowered(f, f[origin], 2**n), ring) for n in (2, 12, 48)):
        return True
    numbers = PolyRing((sympy.Symbol("_e"),), ring.domain, ring.order)
    family = {e: numbers.ground_new(c.LC) for e, c in f.items()}
    family[origin] -= numbers.gens[0]
    P, even = polynomial_of(family, numbers)
    if (degree := max(P.degree(0), P.degree(1))) > HIGHEST:
        raise UnsupportedError(
            "whether the newest level has a zero at some angles is not decided: it is nearly 0 there, and its "
            f"square is of degree {degree} in an angle"
        )
    bounds = (-1, 1) if even else None
    above = [root for root in roots_of(project(project([P], bounds), bounds)) if compare(root, QQ(0)) > 0]
    if not above:
        return False
    least = above[0]
    while least.low <= 0:
        least.refine()
    below = least.low / 2
    return is_nonnegative_everywhere(
        _lowered(f, ring.ground_new(ring.domain(below.numerator)), below.denominator), ring
    )


def _lowered(f: Laurent, numerator: PolyElement, denominator: int) -> Laurent:
    """f - numerator/denominator, times the denominator."""
    origin = (0,) * len(next(iter(f)))
    scaled = {e: c * denominator for e, c in f.items()}
    scaled[origin] = scaled[origin] - numerator
    return {e: c for e, c in scaled.items() if c}
