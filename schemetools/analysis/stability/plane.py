"""The stable set of a scheme with two numbers: strips of the plane, and a closed form where the set has one.

The boundary curves of the conditions are projected once more. Between the critical values of the first number a
rational one stands for its whole strip: on that line the set is the set of a scheme with one number, exactly.
Critical values that are rational are lines of their own; at the others the set is the closure of what lies beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr, Symbol
from sympy.polys.rings import PolyElement, PolyRing

from schemetools.analysis.algebra.conditions import AndCondition, OrCondition, Verdict
from schemetools.analysis.algebra.polynomials import evaluate
from schemetools.analysis.algebra.projection import distinct_factors, factors, project, resultant, without_first
from schemetools.analysis.algebra.real_roots import (
    RealRoot,
    between,
    distinct_sorted,
    irreducible_factors,
    roots_of_factor,
    sign_at,
    vanishes_at,
)
from schemetools.analysis.stability.angles import Symbol1D, Wave, chain_of, specialise
from schemetools.analysis.stability.line import (
    RATIONALS,
    Conditions,
    Piece,
    ascending,
    contains_number,
    contains_root,
    roots_of,
    stable_pieces,
)
from schemetools.analysis.stability.multiple_waves import boundaries, bounded_pieces, meetings

Signs = tuple[int, ...]

LONGEST = 380
"""The largest product of the degrees of a boundary curve in the two numbers: with 375 a set takes a second, with 396
the lines of its strips take minutes, and with 1188 the discriminant does, in one call that cannot be interrupted."""


@dataclass(frozen=True)
class Strip:
    """The set on the line first = at, which stands for low < first < high (low is high: for that line alone)."""

    low: RealRoot | None
    high: RealRoot | None
    at: Any
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Plane:
    """The stable set of two numbers: boundary curves as polynomials in both, and strips across the first."""

    names: tuple[str, str]
    curves: tuple[PolyElement, ...]
    strips: tuple[Strip, ...]


def plane_of(symbol: Symbol1D, *, bounded: bool = False, apart: bool = False) -> Plane | None:
    """The cells of the plane of the two numbers of a scheme; `bounded`: of its power-bounded set.

    None where a curve is of so high a degree that it would take minutes or more to find them.
    """
    first, second = symbol.names
    chain = chain_of(symbol)
    curves = Conditions.of(chain).boundaries() if not chain.is_dead else list(chain.exceptional)
    if bounded:
        found, exceptional = meetings(chain)
        cuts = boundaries(found, [symbol.ring.gens[0] - 1] if apart else [])
        curves = distinct_factors([*curves, *cuts, *exceptional])
    if any(f.degree(0) * f.degree(1) > LONGEST for f in curves):
        return None
    curves = [*curves, *(pole for pole in symbol.poles if pole not in curves)]
    whiskers = [pair for f in chain.exceptional for pair in _ends_on(symbol, f)]
    bounds = roots_of(distinct_factors([*project(map(exchanged, curves)), *(g for g, _ in whiskers)]))
    curves += [f for f in distinct_factors(g for _, g in whiskers) if f not in curves and -f not in curves]

    def line(value: Any) -> tuple[Piece, ...]:
        here = symbol.at({first: value})
        pieces = [] if here is None else stable_pieces(here)
        return tuple(bounded_pieces(here, pieces, apart=apart) if bounded and here is not None else pieces)

    strips = []
    for i, (low, high) in enumerate(zip([None, *bounds], [*bounds, None], strict=True)):
        if i and bounds[i - 1].is_rational:
            at = bounds[i - 1]
            strips.append(Strip(at, at, at.low, line(at.low)))
        x = between(low, high)
        strips.append(Strip(low, high, x, line(x)))
    return Plane((first, second), tuple(curves), tuple(strips))


def _ends_on(symbol: Symbol1D, curve: PolyElement) -> list[tuple[PolyElement, PolyElement]]:
    """Where the stable set ends on a curve on which the recursion takes another course.

    Pairs (equation of the first number, equation of the end in both numbers). The curve is solved for a number in which
    it is linear; none is found on a curve that is linear in neither.
    """
    ring = curve.ring
    v = next((v for v in (1, 0) if curve.degree(v) == 1), None)
    here = None if v is None else restricted(symbol, curve, v)
    if here is None:
        return []
    small = PolyRing([ring.symbols[0]], ring.domain, ring.order)
    found = []
    for end in {e.factor: e for piece in stable_pieces(here) for e in (piece.low, piece.high) if e is not None}:
        if v == 1:
            equation = small.from_dict({(j,): c for j, c in enumerate(end) if c})
        else:
            lifted = _other_order(ring).from_dict({(j, 0): c for j, c in enumerate(end) if c})
            equation = resultant(lifted, exchanged(curve)) if curve.degree(1) > 0 else small.zero
        both = ring.from_dict({((j, 0) if v == 1 else (0, j)): c for j, c in enumerate(end) if c})
        found.append((equation, both))
    return found


def restricted(symbol: Symbol1D, curve: PolyElement, v: int) -> Symbol1D | None:
    """The symbol on the curve a x + b = 0 of its v-th number x, a and b polynomials in the other; None if singular."""
    ring, others = symbol.ring, [n for i, n in enumerate(symbol.names) if i != v]
    parts: list[dict[Any, Any]] = [{}, {}]
    for m, c in curve.items():
        parts[m[v]][(0, *(n for i, n in enumerate(m) if i != v))] = c
    small = ring.drop(v + 1)
    b, a = (small.from_dict(part) for part in parts)
    degree = max(f.degree(v + 1) for wave in symbol.a for f in wave if f)

    def at(f: PolyElement) -> PolyElement:
        table: dict[int, dict[Any, Any]] = {}
        for m, c in f.items():
            table.setdefault(m[v + 1], {})[(*m[: v + 1], *m[v + 2 :])] = c
        powers = ((small.from_dict(t), _power(-b, n) * _power(a, degree - n)) for n, t in table.items())
        return sum((value * factor for value, factor in powers), small.zero)

    waves = tuple(Wave(at(A), at(B)) for A, B in symbol.a)
    if not any(waves):
        return None
    return Symbol1D(tuple(others), waves, tuple(without_first(g) for g, _ in factors(a)))


def _power(f: PolyElement, n: int) -> PolyElement:
    return f**n if n else f.ring.one


def _other_order(ring: PolyRing) -> PolyRing:
    return PolyRing(tuple(reversed(ring.symbols)), ring.domain, ring.order)


def exchanged(f: PolyElement) -> PolyElement:
    """The same polynomial with its two generators exchanged, so that projection keeps the first."""
    return _other_order(f.ring).from_dict({tuple(reversed(m)): c for m, c in f.items()})


# ---- a closed form -----------------------------------------------------------------------


def closed_form(plane: Plane | None) -> Verdict | None:
    """The set as inequalities between polynomials, verified on every cell; None where it is not of that form.

    Every curve of the boundary cuts the plane by its sign. The inequalities that hold on the whole set describe the
    smallest set of that form which contains it; where that is the set itself the superfluous ones are dropped.
    """
    if plane is None:
        return None
    curves = [f for f in plane.curves if f]
    return described(curves, _cells(plane, curves))


def described(curves: Sequence[PolyElement], cells: Sequence[tuple[Signs, bool]]) -> Verdict | None:
    """The cells marked True as a conjunction of signs of the curves, or a union of two; None where neither will do."""
    inside = {signs for signs, stable in cells if stable}
    outside = {signs for signs, stable in cells if not stable}
    if not inside:
        return False
    if not outside:
        return True
    if inside & outside:
        return None
    order = sorted(range(len(curves)), key=lambda i: _complexity(curves[i]), reverse=True)
    single = _conjunction(inside, outside, order)
    if single is not None:
        return _written(curves, [single])
    for i in order[::-1]:
        for split in ((lambda s: s > 0), (lambda s: s >= 0), (lambda s: s == 0)):
            halves = [{p for p in inside if split(p[i])}, {p for p in inside if not split(p[i])}]
            parts = [_conjunction(half, outside, order) for half in halves if half]
            if len(parts) == 2 and all(part is not None for part in parts):
                return _written(curves, [part for part in parts if part is not None])
    return None


def _complexity(f: PolyElement) -> tuple[int, int]:
    return max(map(sum, f.itermonoms())), len(f)


def _conjunction(inside: set[Signs], outside: set[Signs], order: Sequence[int]) -> dict[int, frozenset[int]] | None:
    """Per curve the signs that it has on the set, if together they exclude all else; superfluous ones dropped."""
    allowed = {i: frozenset(p[i] for p in inside) for i in order}
    widened = {i: _closed(signs) for i, signs in allowed.items()}
    chosen = next((a for a in (widened, allowed) if _excludes(a, outside)), None)
    if chosen is None:
        return None
    chosen = {i: s for i, s in chosen.items() if len(s) < 3}
    for i in order:
        fewer = {j: s for j, s in chosen.items() if j != i}
        if _excludes(fewer, outside):
            chosen = fewer
    return chosen


def _closed(signs: frozenset[int]) -> frozenset[int]:
    return signs | {0} if len(signs) == 1 or 0 in signs else frozenset((-1, 0, 1))


def _excludes(allowed: dict[int, frozenset[int]], outside: set[Signs]) -> bool:
    return all(any(p[i] not in signs for i, signs in allowed.items()) for p in outside)


def _cells(plane: Plane, curves: Sequence[PolyElement]) -> list[tuple[Signs, bool]]:
    """The signs of all curves, and stable or not, on every cell and curve of every strip's line."""
    first = plane.names[0]
    found = []
    for strip in plane.strips:
        rows = [ascending(specialise(f, plane.names, {first: strip.at}, skip=0)) for f in curves]
        equations = {factor: None for row in rows if len(row) > 1 for factor in irreducible_factors(RATIONALS, row)}
        own = [end for piece in strip.pieces for end in (piece.low, piece.high) if end is not None]
        equations |= {end.factor: None for end in own}
        bounds = distinct_sorted(r for factor in equations for r in roots_of_factor(factor))
        points = [*_points(bounds)]
        for signs, point in zip(signs_on_line(rows, bounds), points, strict=True):
            here = contains_root if isinstance(point, RealRoot) else contains_number
            found.append((signs, here(strip.pieces, point)))
    return found


def _points(bounds: Sequence[RealRoot]) -> list[Any]:
    """Rationals between the bounds and the bounds themselves, ascending."""
    points: list[Any] = [between(None, bounds[0] if bounds else None)]
    for i, low in enumerate(bounds):
        high = bounds[i + 1] if i + 1 < len(bounds) else None
        points += [low, between(low, high)]
    return points


def signs_on_line(rows: list[list[Any]], bounds: Sequence[RealRoot]) -> list[Signs]:
    """The signs of polynomials between the bounds and at them, ascending."""
    found = []
    for point in _points(bounds):
        if isinstance(point, RealRoot):
            found.append(tuple(_sign(row, point) for row in rows))
        else:
            values = (evaluate(RATIONALS, row, point) for row in rows)
            found.append(tuple((v > 0) - (v < 0) for v in values))
    return found


def _sign(row: list[Any], root: RealRoot) -> int:
    if root.is_rational:
        value = evaluate(RATIONALS, row, root.low)
        return (value > 0) - (value < 0)
    return 0 if not row or vanishes_at(RATIONALS, row, root) else sign_at(RATIONALS, row, root)


# ---- in writing --------------------------------------------------------------------------


def _written(curves: Sequence[PolyElement], parts: Sequence[dict[int, frozenset[int]]]) -> Verdict:
    clauses = []
    for part in parts:
        atoms = [
            inequality(curves[i], signs) for i, signs in sorted(part.items(), key=lambda p: _complexity(curves[p[0]]))
        ]
        clauses.append(atoms[0] if len(atoms) == 1 else AndCondition(*atoms))
    return clauses[0] if len(clauses) == 1 else OrCondition(*clauses)


def inequality(f: PolyElement, signs: frozenset[int]) -> Any:
    """f's sign among `signs`, with positive coefficients on both sides: nu**2 <= 2*mu."""
    if -1 in signs and 1 not in signs:
        f, signs = -f, frozenset(-s for s in signs)
    symbols = f.ring.symbols
    left, right = ({m: sign * c for m, c in f.items() if sign * c > 0} for sign in (-1, 1))
    left, right = _divided(symbols, left, right)
    if f.ring.ngens and len(f) <= 2 and (alone := _alone(f)) is not None:
        symbol, value, upward = alone
        kinds = {frozenset((0, 1)): (sympy.Ge, sympy.Le), frozenset((1,)): (sympy.Gt, sympy.Lt)}
        pair = kinds.get(signs)
        if pair is not None:
            return pair[0](symbol, value) if upward else pair[1](symbol, value)
        return sympy.Eq(symbol, value) if signs == {0} else sympy.Ne(symbol, value)
    if signs == {0, 1}:
        return sympy.Le(left, right)
    if signs == {1}:
        return sympy.Lt(left, right)
    return sympy.Eq(left, right) if signs == {0} else sympy.Ne(left, right)


def _divided(symbols: Sequence[Symbol], left: dict[Any, Any], right: dict[Any, Any]) -> tuple[Expr, Expr]:
    """Both sides over what divides all coefficients of a side whose other side is a number."""
    size = 1
    for side, other in ((left, right), (right, left)):
        if side and other and not any(any(m) for m in other):
            size = math.gcd(*(int(c) for c in side.values()))
    return _sum(symbols, left) / size, _sum(symbols, right) / size


def _alone(f: PolyElement) -> tuple[Symbol, Expr, bool] | None:
    """(symbol, value, whether f >= 0 means symbol >= value) for f = a symbol + b."""
    moving = [(m, c) for m, c in f.items() if any(m)]
    if len(moving) != 1 or sum(moving[0][0]) != 1:
        return None
    m, c = moving[0]
    constant = f.get((0,) * f.ring.ngens, 0)
    return f.ring.symbols[m.index(1)], sympy.Rational(int(-constant), int(c)), c > 0


def _sum(symbols: Sequence[Symbol], terms: dict[Any, Any]) -> Expr:
    return sympy.Add(
        *(sympy.Integer(int(c)) * sympy.Mul(*(s**n for s, n in zip(symbols, m, strict=True))) for m, c in terms.items())
    )
