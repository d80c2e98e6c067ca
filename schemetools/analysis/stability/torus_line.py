"""The stable set of a scheme over two angles with one number: the signs of `torus` projected twice, onto a line."""

import functools
import math
from typing import Any

from sympy.polys.rings import PolyElement

from schemetools.analysis.algebra.projection import distinct_factors, factors, project
from schemetools.analysis.algebra.real_roots import between
from schemetools.analysis.stability.line import Piece, assembled, roots_of
from schemetools.analysis.stability.torus import Laurent, TorusSymbol, conditions, is_stable_at, polynomial_of

LARGEST = 60
SAMPLED = 24


def two_angle_pieces(symbol: TorusSymbol) -> list[Piece] | None:
    """The stable set of a scheme in two dimensions with one number, by projecting twice; None where that grows large.

    Irrational ends are decided by closedness; an irrational isolated point has no neighbours that tell, and gives None.
    """
    leading, found, wrong = conditions(symbol.a)
    if wrong or any(c.degree() > 0 for c in leading.values()) or len(leading) > 1:
        return None
    boundaries: list[PolyElement] = list(symbol.poles)
    for f in found:
        P, even = polynomial_of(f, symbol.ring)
        parts = factors(P)
        # Where a square without angles vanishes a number may be stable beside numbers that are not.
        boundaries += project(project([g for g, _ in parts if max(g.degree(0), g.degree(1)) <= 0]))
        odd = [g for g, n in parts if n % 2]
        if any(max(g.degree(0), g.degree(1)) > LARGEST // 5 for g in odd):
            return None
        first = project(odd, (-1, 1) if even else None)
        if any(g.degree(0) > LARGEST for g in first):
            return None
        boundaries += project(first, (-1, 1) if even else None)
    bounds = roots_of(distinct_factors(boundaries))
    samples = [between(a, b) for a, b in zip([None, *bounds], [*bounds, None], strict=True)]
    [name] = symbol.names

    @functools.cache
    def stable(x: Any) -> bool:
        here = symbol.at({name: x})
        return here is not None and is_stable_at(here)

    results = [stable(x) for x in samples]
    apart = [i for i, b in enumerate(bounds) if not (b.is_rational or results[i] or results[i + 1])]
    if any(not any(_is_negative_near(f, float(bounds[i])) for f in found) for i in apart):
        return None

    def at(i: int) -> bool:
        return stable(bounds[i].low) if bounds[i].is_rational else results[i] or results[i + 1]

    return assembled(bounds, results, at)


def _is_negative_near(f: Laurent, number: float) -> bool:
    """Whether a function of two angles is negative beyond rounding at one of some angles: then it is."""
    angles = [2 * math.pi * (i + 0.3) / SAMPLED for i in range(SAMPLED)]
    terms = [(e, sum(float(v) * number ** m[0] for m, v in c.items())) for e, c in f.items()]
    size = sum(abs(c) for _, c in terms)
    return any(sum(c * math.cos(e[0] * a + e[1] * b) for e, c in terms) < -1e-9 * size for a in angles for b in angles)
