"""The symbol of a difference scheme on the unit circle, and the conditions under which its roots stay in the disc.

With E = exp(i theta), c = cos theta and s = sin theta a Laurent polynomial in E with real coefficients is A + i s B
with polynomials A, B in c. Such pairs are closed under products and conjugation, and their squared moduli
A^2 + (1 - c^2) B^2 are polynomials in c alone; all of them carry the scheme's numbers (nu, mu, ...) as further symbols.

p(T) = sum a_j T^j of degree k has all roots in the closed disc (Miller, 1971, theorem 6.1) iff |a_k|^2 - |a_0|^2 > 0
and conj(a_k) p - a_0 p* over T has, or that polynomial is zero and p' has. The roots depend continuously on the angle
and the numbers where a_k != 0, so that the inequalities may be asked for almost all angles, with >= for >.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sympy import QQ, ZZ
from sympy.polys.domains.domain import Domain
from sympy.polys.rings import PolyElement, PolyRing

from schemetools.analysis.algebra.fields import carried
from schemetools.analysis.algebra.projection import coefficients, content, distinct_factors, factors, gcd, quotient


class Wave(NamedTuple):
    """A + i sin(theta) B."""

    A: PolyElement
    B: PolyElement

    def __mul__(self, other: Any) -> "Wave":
        s2 = 1 - self.A.ring.gens[0] ** 2
        if not self.B and not other.B:
            return Wave(self.A * other.A, self.B)
        return Wave(self.A * other.A - s2 * self.B * other.B, self.A * other.B + self.B * other.A)

    def __add__(self, other: Any) -> "Wave":
        return Wave(self.A + other.A, self.B + other.B)

    def __sub__(self, other: "Wave") -> "Wave":
        return Wave(self.A - other.A, self.B - other.B)

    @property
    def conjugate(self) -> "Wave":
        """A - i sin(theta) B."""
        return Wave(self.A, -self.B)

    @property
    def norm(self) -> PolyElement:
        """A^2 + (1 - cos^2) B^2, the square of the modulus."""
        return self.A**2 + (1 - self.A.ring.gens[0] ** 2) * self.B**2

    def times(self, n: int) -> "Wave":
        """An integer multiple."""
        return Wave(n * self.A, n * self.B)

    def __bool__(self) -> bool:
        return bool(self.A) or bool(self.B)


@dataclass(frozen=True)
class Stage:
    """One step of the recursion: p of degree k, D = |a_k|^2 - |a_0|^2, and how the recursion goes on.

    `dead`: D is zero and the next polynomial is not, so that the roots leave the disc for almost all numbers.
    """

    p: tuple[Wave, ...]
    D: PolyElement
    dead: bool


@dataclass(frozen=True)
class Chain:
    """The conditions D >= 0 for almost all angles, |a_k|^2 > 0, and the numbers at which they have to be asked anew."""

    stages: tuple[Stage, ...]
    leading: PolyElement
    exceptional: tuple[PolyElement, ...]

    @property
    def is_dead(self) -> bool:
        """Whether no open set of numbers is stable."""
        return any(stage.dead for stage in self.stages)


@dataclass(frozen=True)
class Symbol1D:
    """The symbol sum_j a_j T^j of a scheme in one dimension; `poles` are numbers for which it is not defined."""

    names: tuple[str, ...]
    a: tuple[Wave, ...]
    poles: tuple[PolyElement, ...] = ()

    @property
    def ring(self) -> PolyRing:
        """ZZ[c, numbers], or over a number field."""
        return self.a[0].A.ring

    def at(self, values: Mapping[str, Any]) -> "Symbol1D | None":
        """The symbol with some of the numbers given as rationals; None at a pole."""
        if any(not specialise(_up(self.ring, pole), self.names, values) for pole in self.poles):
            return None
        parts = [[specialise(f, self.names, values) for f in wave] for wave in self.a]
        a = tuple(Wave(*(_integral(f) for f in wave)) for wave in _together(parts))
        poles = tuple(without for pole in self.poles if (without := _down(pole, self.names, values)) is not None)
        return Symbol1D(tuple(n for n in self.names if n not in values), a, poles)


def _up(ring: PolyRing, f: PolyElement) -> PolyElement:
    return ring.from_dict({(0, *m): c for m, c in f.items()})


def _down(pole: PolyElement, names: tuple[str, ...], values: Mapping[str, Any]) -> PolyElement | None:
    found = specialise(pole.ring.from_dict(dict(pole)), names, values, skip=0)
    found = _integral(found)
    return None if found.is_ground else found


def specialise(f: PolyElement, names: Sequence[str], values: Mapping[str, Any], *, skip: int = 1) -> PolyElement:
    """A polynomial in c and the numbers with some of the numbers given, over the field of fractions."""
    ring = f.ring
    field = QQ if ring.domain == ZZ else ring.domain
    keep = tuple(i for i in range(ring.ngens) if i < skip or names[i - skip] not in values)
    small = _with_some(ring, keep, field)
    put = [(i, field.convert(values[names[i - skip]])) for i in range(skip, ring.ngens) if names[i - skip] in values]
    powers: dict[tuple[int, int], Any] = {}
    found: dict[tuple[int, ...], Any] = {}
    for m, c in f.items():
        value = carried(c, ring.domain, field)
        for i, x in put:
            if m[i]:
                if (i, m[i]) not in powers:
                    powers[i, m[i]] = x ** m[i]
                value *= powers[i, m[i]]
        key = tuple(m[i] for i in keep)
        found[key] = found.get(key, field.zero) + value
    return small.from_dict({m: c for m, c in found.items() if c})


@functools.lru_cache(maxsize=512)
def _with_some(ring: PolyRing, keep: tuple[int, ...], field: Domain) -> PolyRing:
    """The ring in some of its generators, over another field: built anew it takes longer than what it is for."""
    return PolyRing([ring.symbols[i] for i in keep], field, ring.order)


def _together(parts: list[list[PolyElement]]) -> list[list[PolyElement]]:
    """Polynomials over QQ times their common denominator."""
    domain = parts[0][0].ring.domain
    if domain != QQ:
        return parts
    common = functools.reduce(ZZ.lcm, (c.denominator for wave in parts for f in wave for c in f.values()), ZZ(1))
    return [[f.mul_ground(QQ(common)) for f in wave] for wave in parts]


def _integral(f: PolyElement) -> PolyElement:
    """The polynomial over ZZ, if it is rational, times the denominator of its coefficients."""
    return f.clear_denoms()[1].set_ring(f.ring.clone(domain=ZZ)) if f.ring.domain == QQ else f


@functools.lru_cache(maxsize=512)
def circular(ring: PolyRing, n: int) -> tuple[PolyElement, PolyElement]:
    """(A, B) with exp(i n theta) = A(c) + i s B(c): Chebyshev's polynomials."""
    c = ring.gens[0]
    T, U = [ring.one, c], [ring.zero, ring.one]
    while len(T) <= abs(n):
        T.append(2 * c * T[-1] - T[-2])
        U.append(2 * c * U[-1] - U[-2])
    return T[abs(n)], U[abs(n)] if n >= 0 else -U[abs(n)]


def chain_of(symbol: Symbol1D) -> Chain:
    """The recursion, with common real factors divided out on the way and remembered where they hold no angle."""
    p = list(symbol.a)
    while len(p) > 1 and not p[-1]:
        p.pop()
    leading = p[-1].norm
    exceptional = [content(p[-1].norm)]
    p, removed = _primitive(p)
    exceptional += removed
    stages = []
    while len(p) > 1:
        top, bottom = p[-1], p[0]
        D = top.norm - bottom.norm
        following = [top.conjugate * p[j + 1] - bottom * p[-2 - j].conjugate for j in range(len(p) - 1)]
        dead = not D and any(following)
        stages.append(Stage(tuple(p), D, dead))
        if dead:
            exceptional += _primitive(following)[1]
            break
        if D:
            exceptional.append(content(D))
        else:
            following = [wave.times(j) for j, wave in enumerate(p)][1:]
        p, removed = _primitive(following)
        exceptional += removed
    return Chain(tuple(stages), leading, tuple(distinct_factors(exceptional)))


def _primitive(p: list[Wave]) -> tuple[list[Wave], list[PolyElement]]:
    """The polynomial without real factors common to all parts, and of these what no angle enters."""
    common = functools.reduce(gcd, (f for wave in p for f in wave))
    if not common or common.is_ground:
        return p, []
    removed = [coefficients(g)[0] for g, _ in factors(common) if g.degree(0) <= 0]
    return [Wave(quotient(wave.A, common), quotient(wave.B, common)) for wave in p], removed
