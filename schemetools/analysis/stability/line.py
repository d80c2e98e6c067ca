"""The stable set of a scheme with one number: intervals with algebraic ends, isolated points included.

The conditions of `angles` are polynomials in (c, nu); their zeros in -1 <= c <= 1 keep their order as long as nu
crosses none of a few algebraic numbers. Between these one rational nu decides; at them a rational number is decided
anew, any other by closedness, by a witness against it, or over its number field.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import QQ, ZZ
from sympy.polys.rings import PolyElement, PolyRing

from schemetools.analysis.algebra.cells import adjoin
from schemetools.analysis.algebra.fields import Field, carried, field_of
from schemetools.analysis.algebra.polynomials import evaluate
from schemetools.analysis.algebra.positivity import (
    WITNESSES,
    has_negative_value,
    has_no_root_inside,
    is_surely_negative,
)
from schemetools.analysis.algebra.projection import coefficients, distinct_factors, factors, project
from schemetools.analysis.algebra.real_roots import (
    RealRoot,
    between,
    distinct_sorted,
    irreducible_factors,
    roots_of_factor,
    vanishes_at,
)
from schemetools.analysis.algebra.sturm import count_real_roots, is_nonnegative
from schemetools.analysis.stability.angles import Chain, Symbol1D, Wave, chain_of, specialise

End = RealRoot | None
RATIONALS = Field(QQ)


@dataclass(frozen=True)
class Piece:
    """An interval of the line, or a point (low is high); None is an end at infinity."""

    low: End
    high: End
    low_closed: bool
    high_closed: bool


def field_over(ring: PolyRing) -> Field:
    """The ordered field of a ring's constants: QQ for ZZ, or a number field."""
    return field_of(QQ if ring.domain == ZZ else ring.domain)


# ---- without numbers ---------------------------------------------------------------


def ascending(f: PolyElement) -> list[Any]:
    """The coefficients of a polynomial in one generator, ascending, over its field of fractions."""
    domain = f.ring.domain
    field = field_over(f.ring).domain
    found = [field.zero] * (f.degree() + 1) if f else []
    for (n,), c in f.items():
        found[n] = carried(c, domain, field)
    return found


def is_stable(symbol: Symbol1D) -> bool:
    """Whether a scheme without numbers has no root outside the disc at any angle, and is not singular at any."""
    chain = chain_of(symbol)
    K = field_over(symbol.ring)
    if chain.is_dead or not is_positive(K, ascending(chain.leading)):
        return False
    conditions = [ascending(stage.D) for stage in chain.stages]
    if any(has_negative_value(K, f) for f in conditions):
        return False
    return all(is_nonnegative(K, f, -K.one, K.one) for f in conditions)


def is_positive(K: Field, f: list[Any]) -> bool:
    """Whether a polynomial is positive on all of [-1, 1]."""
    ends = [evaluate(K, f, x) for x in (-K.one, K.one)]
    return all(K.sign(v) > 0 for v in ends) and count_real_roots(K, f, -K.one, K.one) == 0


# ---- one number ----------------------------------------------------------------------


@dataclass(frozen=True)
class Conditions:
    """The chain of a scheme with its factors taken: what a sample is asked, and where the answers can change."""

    chain: Chain
    odd: tuple[tuple[PolyElement, tuple[PolyElement, ...]], ...]
    leading: tuple[PolyElement, ...]

    @classmethod
    def of(cls, chain: Chain) -> "Conditions":
        """Factors of odd multiplicity of each D, and the factors of |a_k|^2 that contain an angle."""
        odd = tuple((stage.D, tuple(f for f, n in factors(stage.D) if n % 2)) for stage in chain.stages if stage.D)
        return cls(chain, odd, tuple(f for f, _ in factors(chain.leading) if f.degree(0) > 0))

    def boundaries(self) -> list[PolyElement]:
        """Irreducible polynomials in the numbers that the answers need."""
        found = [f for _, family in self.odd for f in project(family, (-1, 1))]
        found += [g for f in self.leading for g in project([f], (-1, 1))]
        return distinct_factors([*found, *self.chain.exceptional])

    def hold_at(self, names: Sequence[str], values: dict[str, Any]) -> bool:
        """Whether a rational point that lies on no boundary is stable."""
        if self.chain.is_dead:
            return False
        K = field_over(self.chain.leading.ring)
        at = functools.partial(specialise, names=names, values=values)
        for D, _ in self.odd:
            if has_negative_value(K, ascending(at(D))):
                return False
        moving = [f for _, odd in self.odd for f in odd] + list(self.leading)
        return all(has_no_root_inside(K, ascending(at(f))) for f in moving)


def stable_pieces(symbol: Symbol1D) -> list[Piece]:
    """The stable set of a scheme with one number, ascending."""
    chain = chain_of(symbol)
    conditions = Conditions.of(chain)
    [name] = symbol.names
    K = field_over(symbol.ring)
    boundaries = conditions.boundaries() if not chain.is_dead else list(chain.exceptional)
    bounds = roots_of([*boundaries, *symbol.poles])
    if chain.is_dead:
        cells = [False] * (len(bounds) + 1)
    else:
        samples = [between(a, b) for a, b in zip([None, *bounds], [*bounds, None], strict=True)]
        cells = [conditions.hold_at(symbol.names, {name: x}) for x in samples]
    special = [ascending(f) for f in (*chain.exceptional, *symbol.poles)]
    special += [ascending(f) for g in conditions.leading for f in project([g], (-1, 1))]

    def at(i: int) -> bool:
        bound = bounds[i]
        if bound.is_rational:
            here = symbol.at({name: bound.low})
            return here is not None and is_stable(here)
        if not any(vanishes_at(K, f, bound) for f in special):
            if cells[i] or cells[i + 1]:
                return True
            if chain.is_dead or _is_refuted(conditions, bound):
                return False
        return _is_stable_over_field(symbol, bound)

    return assembled(bounds, cells, at)


def roots_of(polynomials: Sequence[PolyElement]) -> list[RealRoot]:
    """The distinct real zeros of polynomials in one generator, ascending."""
    found = {}
    for f in polynomials:
        found |= dict.fromkeys(irreducible_factors(field_over(f.ring), ascending(f)))
    return distinct_sorted(root for factor in found for root in roots_of_factor(factor))


def _is_refuted(conditions: Conditions, bound: RealRoot) -> bool:
    """Whether a rational angle proves an irrational number unstable."""
    if conditions.chain.leading.ring.domain != ZZ:
        return False
    for D, _ in conditions.odd:
        columns = [ascending(f) for f in coefficients(D)]
        size = max(map(len, columns))
        rows = [[col[j] if j < len(col) else QQ.zero for col in columns] for j in range(size)]
        for x in WITNESSES:
            if is_surely_negative([evaluate(RATIONALS, row, x) for row in rows], bound):
                return True
    return False


def over_field(symbol: Symbol1D, bound: RealRoot) -> Symbol1D | None:
    """The symbol at an algebraic value of its one number, over that number's field; None at a pole."""
    [name] = symbol.names
    base = field_over(symbol.ring)
    field, value = adjoin(base, bound)
    ring = symbol.ring.clone(domain=field.domain)

    def at(f: PolyElement) -> PolyElement:
        return specialise(f.set_ring(ring), [name], {name: value})

    if any(vanishes_at(base, ascending(pole), bound) for pole in symbol.poles):
        return None
    return Symbol1D((), tuple(Wave(at(A), at(B)) for A, B in symbol.a))


def _is_stable_over_field(symbol: Symbol1D, bound: RealRoot) -> bool:
    here = over_field(symbol, bound)
    return here is not None and is_stable(here)


def assembled(bounds: Sequence[RealRoot], cells: Sequence[bool], at: Callable[[int], bool]) -> list[Piece]:
    """The pieces of a set that is constant on the open cells between the bounds, `at` telling it at each bound."""
    pieces: list[Piece] = []
    start: tuple[End, bool] | None = (None, False) if cells[0] else None
    for i, (bound, after) in enumerate(zip(bounds, cells[1:], strict=True)):
        here = at(i)
        if start is not None and not (here and after):
            pieces.append(Piece(start[0], bound, start[1], here))
            start = (bound, False) if after else None
        elif start is None and (here or after):
            start = (bound, here)
            if not after:
                pieces.append(Piece(bound, bound, True, True))
                start = None
    if start is not None:
        pieces.append(Piece(start[0], None, start[1], False))
    return pieces


# ---- membership ------------------------------------------------------------------------


def same_root(a: RealRoot, b: RealRoot) -> bool:
    """Whether two roots are the same number."""
    return a.factor == b.factor and not a < b and not b < a


def contains_root(pieces: Sequence[Piece], bound: RealRoot) -> bool:
    """Whether a set contains an algebraic number."""
    for piece in pieces:
        for end, closed in ((piece.low, piece.low_closed), (piece.high, piece.high_closed)):
            if end is not None and same_root(end, bound):
                if closed:
                    return True
                break
        else:
            if (piece.low is None or piece.low < bound) and (piece.high is None or bound < piece.high):
                return True
    return False


def contains_number(pieces: Sequence[Piece], x: Any) -> bool:
    """Whether a set contains a rational number."""
    for piece in pieces:
        low = -1 if piece.low is None else compare(piece.low, x)
        high = 1 if piece.high is None else compare(piece.high, x)
        if (low < 0 or (low == 0 and piece.low_closed)) and (high > 0 or (high == 0 and piece.high_closed)):
            return True
    return False


def compare(root: RealRoot, x: Any) -> int:
    """The sign of root - x for a rational x."""
    if root.is_rational:
        return (root.low > x) - (root.low < x)
    while root.low < x < root.high:
        root.refine()
    return 1 if root.low >= x else -1
