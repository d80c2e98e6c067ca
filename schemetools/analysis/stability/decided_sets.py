"""Which algorithm decides which scheme: the exact sets behind `VonNeumannStability`, each found once."""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from sympy.polys.rings import PolyElement, PolyRing

from schemetools.analysis.algebra.conditions import AndCondition, OrCondition, Verdict
from schemetools.analysis.algebra.root_number import number_of
from schemetools.analysis.properties.recover import recovered
from schemetools.analysis.stability.angles import Symbol1D
from schemetools.analysis.stability.grid_symbols import one_angle, symbol_of_grid
from schemetools.analysis.stability.inequalities import conjoined, shortened
from schemetools.analysis.stability.line import Piece, contains_number, is_stable, stable_pieces
from schemetools.analysis.stability.meant import decided_how
from schemetools.analysis.stability.multiple_waves import bounded_pieces, is_simple
from schemetools.analysis.stability.plane import Plane, closed_form, plane_of
from schemetools.analysis.stability.several_angles import axis_factors, closed_form_of, split
from schemetools.analysis.stability.spectra_on_axes import by_axes, by_range
from schemetools.analysis.stability.torus import TorusSymbol, conditions, corner_values, is_stable_at
from schemetools.analysis.stability.torus_line import two_angle_pieces
from schemetools.errors import UnsupportedError
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.semidiscrete import MethodOfLines

FEW = 6  # points on one line from which on its whole set is found
ALONE = 100  # points of a plane of two numbers that are decided one by one, in a millisecond each


@functools.lru_cache(maxsize=256)
def symbol(scheme: Discretisation) -> TorusSymbol:
    """The symbol of a scheme."""
    return symbol_of_grid(scheme)


# ---- the closed set ---------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def closed(scheme: Discretisation) -> Verdict | None:
    """The stable set as a condition; None where no closed form is known."""
    found = symbol(scheme)
    if _is_long_plane(scheme):
        return None
    if found.dimension == 1:
        return _of_one_angle(one_angle(found))
    if not found.names:
        return is_stable_at(found) if found.is_pointwise else closed_form_of(found)
    summed = by_axes(scheme, found)
    if summed is not None:
        return summed
    ranged = by_range(scheme, found)
    if ranged is not None:
        return _of_one_angle(ranged)
    parts = [_of_angles(part) for part in split(found)]
    return None if any(part is None for part in parts) else conjoined([part for part in parts if part is not None])


def _is_long_plane(scheme: Discretisation) -> bool:
    """Whether a set of two numbers in one dimension would be eliminated from long digits, which does not end."""
    if not isinstance(scheme, MethodOfLines) or scheme.time.exact or recovered(scheme.time) is not None:
        return False
    return symbol(scheme).dimension == 1 and len(symbol(scheme).names) > 1


def _of_one_angle(found: Symbol1D) -> Verdict | None:
    if not found.names:
        return is_stable(found)
    if len(found.names) == 1:
        return as_condition(found.names[0], stable_pieces(found))
    return closed_form(plane_of(found)) if len(found.names) == 2 else None


def _of_angles(found: TorusSymbol) -> Verdict | None:
    axes = axis_factors(found)
    if axes is not None:
        parts = [_of_one_angle(axis) for axis in axes]
        if all(part is not None for part in parts):
            return conjoined([part for part in parts if part is not None])
    by_structure = closed_form_of(found)
    if by_structure is not None or not found.is_pointwise or len(found.names) != 1:
        return by_structure
    pieces = two_angle_pieces(found)
    return None if pieces is None else as_condition(found.names[0], pieces)


def _is_plane(found: TorusSymbol) -> bool:
    """Whether its set lies in the plane of two numbers, and is decided over one angle."""
    return found.dimension == 1 and len(found.names) == 2


def is_for_points(scheme: Discretisation, n: int) -> bool:
    """Whether n points are decided by themselves, without the set: few of a plane, which can take long, and all where
    no closed form is known."""
    found = symbol(scheme)
    return (_is_plane(found) and n <= ALONE) or closed(scheme) is None


def contain_points(scheme: Discretisation, points: Sequence[tuple[Any, ...]]) -> list[bool]:
    """Whether points of rational numbers are stable; many on one line of the plane share the exact set of that line."""
    found = symbol(scheme)
    lined = _is_plane(found) and len(points) > ALONE
    lined = lined and (_is_long_plane(scheme) or cells(scheme) is not None)
    lines = Counter(point[0] for point in points) if lined else Counter()
    sets = {x: _on_line_of_plane(found, x) for x, n in lines.items() if n >= FEW}
    return [
        contains_number(sets[point[0]], point[1])
        if point[0] in sets
        else contains_point(scheme, dict(zip(found.names, point, strict=True)))
        for point in points
    ]


def _on_line_of_plane(found: TorusSymbol, x: Any) -> list[Piece]:
    here = one_angle(found).at({found.names[0]: x})
    return [] if here is None else stable_pieces(here)


def contains_point(scheme: Discretisation, values: Mapping[str, Any]) -> bool:
    """Whether given rational numbers are stable, decided by themselves."""
    found = symbol(scheme)
    if found.dimension == 1:
        here = one_angle(found).at(values)
        return here is not None and is_stable(here)
    at = found.at(values)
    return at is not None and is_stable_at(at)


# ---- the power-bounded part ---------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def strict(scheme: Discretisation) -> Verdict | None:
    """The power-bounded part of the stable set; None where it is not decided."""
    found = symbol(scheme)
    if len(found.a) == 2 or _is_long_plane(scheme):
        return closed(scheme)
    second = is_second_order(found)
    system = isinstance(scheme, DifferenceScheme) and scheme.components > 1
    if found.dimension > 1:
        return None if system else by_axes(scheme, found, bounded=True)
    verdict = _bounded(one_angle(found), second)
    if system and verdict != closed(scheme):
        raise UnsupportedError(
            "the determinant of this system has double roots on the circle, which are harmless where the system has as "
            "many eigenvectors; that is not decided"
        )
    return verdict


def _bounded(found: Symbol1D, second: bool) -> Verdict | None:
    if not found.names:
        return is_stable(found) and is_simple(found, apart=second)
    if len(found.names) == 1:
        return as_condition(found.names[0], bounded_pieces(found, stable_pieces(found), apart=second))
    return closed_form(plane_of(found, bounded=True, apart=second)) if len(found.names) == 2 else None


def is_second_order(found: TorusSymbol) -> bool:
    """Whether T = 1 is a double root at theta = 0 for all numbers, as for u_tt."""
    sums = [sum(row.values(), found.ring.zero) for row in found.a]
    slope = sum((j * s for j, s in enumerate(sums)), found.ring.zero)
    return not sum(sums, found.ring.zero) and not slope


# ---- what is known otherwise ----------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def cells(scheme: Discretisation) -> Plane | None:
    """The cells of the plane of two numbers in one dimension."""
    found = symbol(scheme)
    if _is_long_plane(scheme):
        return None
    return plane_of(one_angle(found)) if _is_plane(found) else None


@functools.lru_cache(maxsize=256)
def necessary(scheme: Discretisation) -> Verdict | None:
    """What angles along axes and diagonals and the corners ask, where they have closed forms."""
    found = symbol(scheme)
    parts: list[Verdict] = []
    if found.dimension > 1:
        for line in _lines_through_zero(found.dimension):
            verdict = _of_one_angle(_narrowed(_on_line(found, line)))
            if verdict is not None and verdict is not True:
                parts.append(verdict)
    _, functions, wrong = conditions(found.a)
    if not wrong and found.ring.domain == sympy.ZZ:
        parts.append(shortened([[(v, False) for f in functions for v in corner_values(f)]]))
    return conjoined(list(dict.fromkeys(parts))) if parts else None


def _lines_through_zero(d: int) -> list[tuple[int, ...]]:
    axes = [tuple(int(i == j) for j in range(d)) for i in range(d)]
    return [*axes, (1,) * d, *((1, -1) + (0,) * (d - 2),)]


def _on_line(found: TorusSymbol, line: Sequence[int]) -> Symbol1D:
    rows = []
    for row in found.a:
        table: dict[tuple[int], PolyElement] = {}
        for e, c in row.items():
            key = (sum(i * j for i, j in zip(e, line, strict=True)),)
            table[key] = table.get(key, found.ring.zero) + c
        rows.append({e: c for e, c in table.items() if c})
    return one_angle(TorusSymbol(found.names, found.ring, tuple(rows), found.poles))


def _narrowed(found: Symbol1D) -> Symbol1D:
    """The symbol over those of its numbers that occur."""
    from_ring = found.ring
    used = [i for i in range(len(found.names)) if any(f.degree(i + 1) > 0 for w in found.a for f in w)]
    ring = PolyRing(
        [from_ring.symbols[0], *(from_ring.symbols[i + 1] for i in used)], from_ring.domain, from_ring.order
    )

    def narrow(f: PolyElement) -> PolyElement:
        return ring.from_dict({(m[0], *(m[i + 1] for i in used)): c for m, c in f.items()})

    return Symbol1D(tuple(found.names[i] for i in used), tuple(type(w)(narrow(w.A), narrow(w.B)) for w in found.a))


def explanation(scheme: Discretisation, name: str) -> str:
    """How an answer was found."""
    found = symbol(scheme)
    if name == "strict":
        if strict(scheme) is None:
            return "not decided: the set has no short closed form, or its double roots are those of several angles"
        return _known(scheme, "no double root on the unit circle at any angle")
    if closed(scheme) is not None:
        return _known(scheme, "decided for all angles at once")
    if _is_long_plane(scheme):
        return _known(scheme, "the set is not eliminated from long digits; contains(...) decides points")
    if found.is_pointwise:
        long = _is_plane(found) and cells(scheme) is None
        why = "is bounded by a curve of too high a degree to be found in time" if long else "has no short closed form"
        return f"the set {why}; contains(...) decides every rational point exactly"
    where = "over two angles with irrational coefficients" if found.dimension == 2 else "in three dimensions"
    return f"not decided {where}; an exact necessary condition is known"


def _known(scheme: Discretisation, how: str) -> str:
    """How an answer was found, with what it is worth where the scheme in time has approximate coefficients."""
    if not isinstance(scheme, MethodOfLines) or scheme.time.exact:
        return f"exact: {how}"
    return f"{how}; {decided_how(scheme.time)}"


# ---- in writing -----------------------------------------------------------------------------------


def as_condition(name: str, pieces: Sequence[Piece]) -> Verdict:
    """Pieces of a line as a condition on the number, a bool where it is all or nothing."""
    symbol_ = sympy.Symbol(name)
    if not pieces:
        return False
    if len(pieces) == 1 and pieces[0].low is None and pieces[0].high is None:
        return True
    parts = [_piece(symbol_, piece) for piece in pieces]
    return parts[0] if len(parts) == 1 else OrCondition(*parts)


def _piece(number: sympy.Symbol, piece: Piece) -> Any:
    if piece.low is not None and piece.low is piece.high:
        return sympy.Eq(number, number_of(piece.low))
    parts = []
    if piece.low is not None:
        end = number_of(piece.low)
        parts.append(number >= end if piece.low_closed else number > end)
    if piece.high is not None:
        end = number_of(piece.high)
        parts.append(number <= end if piece.high_closed else number < end)
    return parts[0] if len(parts) == 1 else AndCondition(*parts)
