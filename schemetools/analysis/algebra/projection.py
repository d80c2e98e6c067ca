"""Polynomials in several symbols over the integers, projected: where the picture of their zeros can change.

A family f(x; p) keeps the number and the order of its zeros in an interval of x as long as p meets no zero of a
leading coefficient, a discriminant, a resultant of two members, or a value at an end of the interval (Collins, 1975).
The polynomials are sympy's ring elements; factors and resultants are taken by flint where it is installed.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from sympy import ZZ
from sympy.external.gmpy import GROUND_TYPES
from sympy.polys.rings import PolyElement, PolyRing

flint: Any = None
if GROUND_TYPES == "flint":
    import flint


@functools.lru_cache(maxsize=256)
def _context(ring: PolyRing) -> Any:
    return flint.fmpz_mpoly_ctx.get(tuple(f"x{i}" for i in range(ring.ngens)), flint.Ordering.lex)


def _is_fast(ring: PolyRing) -> bool:
    return flint is not None and ring.domain == ZZ


def _to_flint(f: PolyElement) -> Any:
    return _context(f.ring).from_dict(dict(f))


def _from_flint(ring: PolyRing, f: Any) -> PolyElement:
    convert = ring.domain.convert
    return ring.from_dict({tuple(map(int, m)): convert(c) for m, c in f.to_dict().items()})


def factors(f: PolyElement) -> list[tuple[PolyElement, int]]:
    """The irreducible factors that are no constants, with their multiplicities."""
    ring = f.ring
    if not f or f.is_ground:
        return []
    if not _is_fast(ring):
        return [(g, n) for g, n in f.factor_list()[1] if not g.is_ground]
    if ring.ngens == 1:
        dense = flint.fmpz_poly([int(f.get((i,), 0)) for i in range(f.degree() + 1)])
        return [
            (ring.from_dict({(i,): ZZ(int(c)) for i, c in enumerate(g.coeffs()) if c}), n) for g, n in dense.factor()[1]
        ]
    try:
        return [(_from_flint(ring, g), int(n)) for g, n in _to_flint(f).factor()[1]]
    except OverflowError:  # python-flint sorts factors by coefficients that it takes for C integers
        return [(g, n) for g, n in f.factor_list()[1] if not g.is_ground]


def gcd(f: PolyElement, g: PolyElement) -> PolyElement:
    """The greatest common divisor."""
    if not f or not g:
        return f or g
    if not _is_fast(f.ring):
        return f.gcd(g)
    return _from_flint(f.ring, _to_flint(f).gcd(_to_flint(g)))


def quotient(f: PolyElement, g: PolyElement) -> PolyElement:
    """f/g, where g divides f."""
    if g.is_ground or not _is_fast(f.ring):
        return f.exquo(g)
    return _from_flint(f.ring, divmod(_to_flint(f), _to_flint(g))[0])


@functools.lru_cache(maxsize=256)
def others(ring: PolyRing) -> PolyRing:
    """The ring without its first generator, perhaps without any."""
    return PolyRing(ring.symbols[1:], ring.domain, ring.order)


def without_first(f: PolyElement) -> PolyElement:
    """A polynomial that does not contain the first generator, in the ring of the others."""
    ring = others(f.ring)
    return ring.from_dict({m[1:]: c for m, c in f.items()})


def coefficients(f: PolyElement) -> list[PolyElement]:
    """The coefficients of the powers of the first generator, ascending, in the ring of the others."""
    ring = others(f.ring)
    table: list[dict[Any, Any]] = [{} for _ in range(f.degree(0) + 1)] if f else []
    for (n, *rest), c in f.items():
        table[n][tuple(rest)] = c
    return [ring.from_dict(d) for d in table]


def resultant(f: PolyElement, g: PolyElement) -> PolyElement:
    """The resultant in the first generator, in the ring of the others."""
    if not _is_fast(f.ring):
        found = f.resultant(g)
        return found if isinstance(found, PolyElement) else others(f.ring).ground_new(found)
    return without_first(_from_flint(f.ring, _to_flint(f).resultant(_to_flint(g), 0)))


def discriminant(f: PolyElement) -> PolyElement:
    """The discriminant in the first generator, in the ring of the others."""
    if not _is_fast(f.ring):
        found = f.discriminant()
        return found if isinstance(found, PolyElement) else others(f.ring).ground_new(found)
    return without_first(_from_flint(f.ring, _to_flint(f).discriminant(0)))


def content(f: PolyElement) -> PolyElement:
    """The greatest common divisor of the coefficients of powers of the first generator."""
    return functools.reduce(gcd, coefficients(f))


def project(family: Iterable[PolyElement], ends: Sequence[Any] | None = None) -> list[PolyElement]:
    """Irreducible polynomials in the other generators, outside whose zeros the family's zeros in x keep their order.

    x is the first generator, the family irreducible polynomials, pairwise prime. With `ends` only zeros of x in that
    compact interval count, so that leading coefficients do not matter; without, x runs over the whole line.
    """
    family = list(family)
    found: list[PolyElement] = []
    moving = [f for f in family if f.degree(0) > 0]
    for i, f in enumerate(moving):
        found += [evaluate_first(f, end) for end in ends] if ends is not None else [coefficients(f)[-1]]
        if f.degree(0) > 1:
            found.append(discriminant(f))
        found += [resultant(f, g) for g in moving[:i]]
    found += [without_first(f) for f in family if f.degree(0) <= 0]
    return distinct_factors(found)


def distinct_factors(polynomials: Iterable[PolyElement]) -> list[PolyElement]:
    """The irreducible factors of all of them, each once, up to sign."""
    seen: dict[PolyElement, None] = {}
    for f in polynomials:
        for g, _ in factors(f):
            if -g not in seen:
                seen.setdefault(g)
    return list(seen)


def evaluate_first(f: PolyElement, value: Any) -> PolyElement:
    """f at a value of the first generator."""
    found = others(f.ring).zero
    for c in reversed(coefficients(f)):
        found = found * value + c
    return found
