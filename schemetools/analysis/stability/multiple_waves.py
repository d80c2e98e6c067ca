"""Power boundedness: which numbers of the closed stable set have waves with a double root on the unit circle.

Where D_i is the first of the chain to vanish, all roots of p_i lie on the circle; a self-inversive polynomial has a
double root there iff its derivative has a root on the circle, which is again told by the chain of p_i'. The root
condition at every angle is power boundedness, since the angles are a compact set.
"""

import functools
from dataclasses import dataclass
from typing import Any

from sympy.polys.rings import PolyElement

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import Polynomial, divide, evaluate, gcd, multiply
from schemetools.analysis.algebra.projection import distinct_factors, evaluate_first, project, resultant
from schemetools.analysis.algebra.real_roots import RealRoot, between, distinct_sorted, vanishes_at
from schemetools.analysis.algebra.sturm import count_real_roots
from schemetools.analysis.stability.angles import Chain, Stage, Symbol1D, chain_of, specialise
from schemetools.analysis.stability.line import (
    Piece,
    ascending,
    assembled,
    contains_number,
    contains_root,
    field_over,
    is_stable,
    over_field,
    roots_of,
    same_root,
)


@dataclass(frozen=True)
class Meeting:
    """A stage with the conditions whose zeros make a root on the circle a double one, where D vanishes."""

    D: PolyElement
    inner: tuple[PolyElement, ...]


def meetings(chain: Chain) -> tuple[list[Meeting], list[PolyElement]]:
    """What to ask of each stage, and the numbers at which it has to be asked anew."""
    found: list[Meeting] = []
    exceptional: list[PolyElement] = list(chain.exceptional)
    for i, stage in enumerate(chain.stages):
        if not stage.D:
            inner = tuple(later.D for later in chain.stages[i + 1 :])
            found.append(Meeting(stage.D, inner))
            break
        below = _derived(stage)
        exceptional += below.exceptional
        found.append(Meeting(stage.D, tuple(s.D for s in below.stages)))
    return found, exceptional


def _derived(stage: Stage) -> Chain:
    slope = tuple(wave.times(j) for j, wave in enumerate(stage.p))[1:]
    return chain_of(Symbol1D((), slope)) if len(slope) > 1 else Chain((), stage.D, ())


def is_power_bounded(symbol: Symbol1D) -> bool:
    """Whether a scheme without numbers has bounded powers: stable, and no double root on the circle at any angle."""
    return is_stable(symbol) and is_simple(symbol)


def is_simple(symbol: Symbol1D, *, apart: bool = False) -> bool:
    """Whether a stable scheme without numbers has no double root on the circle at any angle, 0 left out if `apart`."""
    K = field_over(symbol.ring)
    seen: Polynomial = [-K.one, K.one] if apart else [K.one]
    for meeting in meetings(chain_of(symbol))[0]:
        D = ascending(meeting.D)
        for f in meeting.inner:
            if _meets(K, gcd(K, D, ascending(f)), seen):
                return False
        seen = multiply(K, seen, D) if D else seen
    return True


def _meets(K: Field, f: Polynomial, seen: Polynomial) -> bool:
    """Whether f has a zero in [-1, 1] that is none of `seen`."""
    if not f:
        return True
    while len(common := gcd(K, f, seen)) > 1:
        f = divide(K, f, common)[0]
    ends = any(K.is_zero(evaluate(K, f, x)) for x in (-K.one, K.one))
    return ends or count_real_roots(K, f, -K.one, K.one) > 0


def bounded_pieces(symbol: Symbol1D, stable: list[Piece], *, apart: bool = False) -> list[Piece]:
    """The power-bounded part of the stable set of a scheme with one number; `apart` leaves out the angle 0."""
    [name] = symbol.names
    if len(symbol.a) == 2:
        return stable
    found, exceptional = meetings(chain_of(symbol))
    at_zero = [symbol.ring.gens[0] - 1] if apart else []
    cuts = roots_of(distinct_factors([*boundaries(found, at_zero), *exceptional]))
    own = [end for piece in stable for end in (piece.low, piece.high) if end is not None]
    known = {(r.factor, r.low, r.high): r for r in own}
    bounds = distinct_sorted(_merged(list(known.values()), cuts))
    samples = [between(a, b) for a, b in zip([None, *bounds], [*bounds, None], strict=True)]

    @functools.cache
    def simple(x: Any) -> bool:
        here = symbol.at({name: x})
        return here is not None and is_simple(here, apart=apart)

    cells = [contains_number(stable, x) and simple(x) for x in samples]
    turning = {cut.factor for cut in cuts}

    def at(i: int) -> bool:
        if not contains_root(stable, bounds[i]):
            return False
        if bounds[i].is_rational:
            return simple(bounds[i].low)
        if bounds[i].factor not in turning:  # no zeros meet here that do not meet beside it
            return simple(samples[i])
        if _is_apart(found, bounds[i]):
            return True
        here = over_field(symbol, bounds[i])
        return here is not None and is_simple(here, apart=apart)

    return assembled(bounds, cells, at)


def boundaries(found: list[Meeting], earlier: list[PolyElement]) -> list[PolyElement]:
    """Where common zeros of D and the inner conditions can appear: resultants, and zeros of common factors."""
    cuts: list[PolyElement] = []
    for meeting in found:
        own = distinct_factors([meeting.D]) if meeting.D else None
        for inner in distinct_factors(f for f in meeting.inner if f):
            if own is None or inner in own or -inner in own:
                cuts += project([inner], (-1, 1))
                cuts += [resultant(inner, f) for f in earlier if f not in (inner, -inner) and _moves(f, inner)]
            else:
                cuts += [resultant(inner, f) for f in own if _moves(f, inner)]
                cuts += [g for f in (inner, *own) if f.degree(0) <= 0 for g in project([f])]
        earlier += own or []
    return cuts


def _is_apart(found: list[Meeting], bound: RealRoot) -> bool:
    """Whether at an irrational number no D has a zero in [-1, 1] where an inner condition has one: else False.

    A factor that no zero enters or leaves at the number has as many as at a rational number beside it.
    """
    for meeting in found:
        for f in distinct_factors([meeting.D] if meeting.D else meeting.inner):
            if f.degree(0) == 1 and len(f) == 2 and f.degree(1) == 0 and abs(f.get((0, 0), 0)) == abs(f[1, 0]):
                end = -f[0, 0] // f[1, 0]
                values = [ascending(evaluate_first(g, end)) for g in meeting.inner]
                if meeting.D and all(v and not vanishes_at(field_over(f.ring), v, bound) for v in values):
                    continue
                return False
            roots = roots_of(project([f], (-1, 1)))
            if any(same_root(root, bound) for root in roots):
                return False
            near = distinct_sorted([*roots, bound])
            i = next(i for i, root in enumerate(near) if root is bound)
            K, x = field_over(f.ring), between(near[i - 1] if i else None, bound)
            row = ascending(specialise(f, [str(s) for s in f.ring.symbols[1:]], {str(f.ring.symbols[1]): x}))
            if _meets(K, row, [K.one]):
                return False
    return True


def _moves(*family: PolyElement) -> bool:
    return all(f.degree(0) > 0 for f in family)


def _merged(own: list[RealRoot], cuts: list[RealRoot]) -> list[RealRoot]:
    """The cuts, and of the set's own ends those that are no cuts."""
    return cuts + [r for r in own if not any(same_root(r, cut) for cut in cuts)]
