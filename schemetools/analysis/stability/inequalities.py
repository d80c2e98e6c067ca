"""Sets given by signs of polynomials in the numbers, brought to a short closed form.

With one or two numbers the polynomials cut the line or the plane into cells, on every one of which the truth is
evaluated; the shortest conjunction of signs that describes them is then searched. With more, systems of linear
inequalities lose their superfluous rows; others stay as they came.
"""

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import QQ, ZZ
from sympy.polys.rings import PolyElement

from schemetools.analysis.algebra.conditions import AndCondition, OrCondition, Verdict
from schemetools.analysis.algebra.linear_system import Row, implies, independent, is_feasible
from schemetools.analysis.algebra.projection import distinct_factors, factors, project
from schemetools.analysis.algebra.real_roots import between
from schemetools.analysis.stability.angles import specialise
from schemetools.analysis.stability.line import ascending, roots_of
from schemetools.analysis.stability.plane import (
    Signs,
    described,
    exchanged,
    inequality,
    signs_on_line,
)

Atom = tuple[PolyElement, bool]
"""(f, strict): f >= 0, or f > 0."""
Clause = Sequence[Atom]


def shortened(clauses: Sequence[Clause]) -> Verdict:
    """The union of conjunctions of inequalities, written as shortly as is known how."""
    clauses = [c for c in (without_constants(clause) for clause in clauses) if c is not None]
    if not clauses:
        return False
    if any(not clause for clause in clauses):
        return True
    ring = clauses[0][0][0].ring
    short = _over_cells(ring.ngens, clauses) if ring.ngens <= 2 and ring.domain == ZZ else None
    return short if short is not None else _written(clauses)


def without_constants(clause: Clause) -> list[Atom] | None:
    """The inequalities that depend on a number; None where a constant one is false."""
    kept: dict[Atom, None] = {}
    for f, strict in clause:
        if not f or f.is_ground:
            sign = 0 if not f else (1 if f.LC > 0 else -1)
            if sign < 0 or (strict and not sign):
                return None
        else:
            kept.setdefault((f.primitive()[1] if f.ring.domain == ZZ else f, strict))
    return list(kept)


def _over_cells(n: int, clauses: Sequence[Clause]) -> Verdict | None:
    curves = distinct_factors(f for clause in clauses for f, _ in clause)
    table = {f: _in_factors(f, curves) for clause in clauses for f, _ in clause}

    def truth(signs: Signs) -> bool:
        return any(
            all((value := _sign(table[f], signs)) > 0 or (not value and not strict) for f, strict in clause)
            for clause in clauses
        )

    cells = [(signs, truth(signs)) for signs in (_line(curves) if n == 1 else _plane(curves))]
    return described(curves, cells)


def _in_factors(f: PolyElement, curves: Sequence[PolyElement]) -> tuple[int, list[tuple[int, int]]]:
    """The sign and the factors of f by index with their multiplicities."""
    sign, powers = 1, []
    rest = f
    for g, n in factors(f):
        i = next(i for i, curve in enumerate(curves) if g in (curve, -curve))
        powers.append((i, n))
        rest = rest.exquo(curves[i] ** n)
    sign = 1 if rest.LC > 0 else -1
    return sign, powers


def _sign(entry: tuple[int, list[tuple[int, int]]], signs: Signs) -> int:
    value, powers = entry
    for i, n in powers:
        value *= signs[i] ** n
    return value


def _line(curves: Sequence[PolyElement]) -> list[Signs]:
    rows = [ascending(f) for f in curves]
    return list(signs_on_line(rows, roots_of(curves)))


def _plane(curves: Sequence[PolyElement]) -> list[Signs]:
    bounds = roots_of(project(map(exchanged, curves)))
    names = [str(s) for s in curves[0].ring.symbols]
    found: list[Signs] = []
    for i, (low, high) in enumerate(zip([None, *bounds], [*bounds, None], strict=True)):
        values = [between(low, high)]
        if i and bounds[i - 1].is_rational:
            values.append(bounds[i - 1].low)
        for value in values:
            rows = [specialise(f, names, {names[0]: value}, skip=0) for f in curves]
            moving = [g for g in rows if g and not g.is_ground]
            found += signs_on_line([ascending(g) for g in rows], roots_of([_whole(g) for g in moving]))
    return found


def _whole(f: PolyElement) -> PolyElement:
    return f.clear_denoms()[1].set_ring(f.ring.clone(domain=ZZ)) if f.ring.domain == QQ else f


def _written(clauses: Sequence[Clause]) -> Verdict:
    """The clauses as they are, linear ones without their superfluous rows and without those that nothing satisfies."""
    parts = []
    for clause in clauses:
        rows = [_row(f, strict) for f, strict in clause]
        if all(row is not None for row in rows):
            known = [row for row in rows if row is not None]
            if not is_feasible(known):
                continue
            clause = [clause[i] for i in independent(known)]
        else:
            clause = _without_products(clause, rows)
        atoms = [
            _relation(f, strict, clause) for f, strict in clause if strict or (-f, False) not in clause or f.LC > 0
        ]
        parts.append(atoms[0] if len(atoms) == 1 else AndCondition(*atoms))
    if not parts:
        return False
    return parts[0] if len(parts) == 1 else OrCondition(*parts)


def _relation(f: PolyElement, strict: bool, clause: Clause) -> Any:
    """An atom in writing; f >= 0 and -f >= 0 are one equation."""
    if strict:
        return inequality(f, frozenset((1,)))
    return inequality(f, frozenset((0,)) if (-f, False) in clause else frozenset((0, 1)))


def _without_products(clause: Clause, rows: Sequence[Row | None]) -> list[Atom]:
    """The clause without products of linear functions whose signs the linear rows imply."""
    known = [row for row in rows if row is not None]
    kept = []
    for atom, row in zip(clause, rows, strict=True):
        if row is not None or atom[1] or not _is_implied(atom[0], known):
            kept.append(atom)
    return kept


def _is_implied(f: PolyElement, known: Sequence[Row]) -> bool:
    sign, rest = 1, f
    for g, n in factors(f):
        rest = rest.exquo(g**n)
        if n % 2 == 0:
            continue
        row, opposite = _row(g, False), _row(-g, False)
        if row is None or opposite is None:
            return False
        if not implies(known, row):
            sign = -sign
            if not implies(known, opposite):
                return False
    return sign * rest.LC > 0


def _row(f: PolyElement, strict: bool) -> Row | None:
    if any(sum(m) > 1 for m in f.itermonoms()) or f.ring.domain != ZZ:
        return None
    n = f.ring.ngens
    unit = [tuple(int(i == j) for j in range(n)) for i in range(n)]
    return tuple(QQ(int(f.get(m, 0))) for m in unit), QQ(int(f.get((0,) * n, 0))), strict


def conjoined(parts: Sequence[Verdict]) -> Verdict:
    """The conjunction of verdicts."""
    if any(part is False for part in parts):
        return False
    open_ = [part for part in parts if not isinstance(part, bool)]
    if len(open_) < 2:
        return open_[0] if open_ else True
    flat = [arg for part in open_ for arg in (part.args if isinstance(part, sympy.And) else (part,))]
    return AndCondition(*flat)
