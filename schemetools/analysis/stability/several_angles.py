"""Closed forms of stable sets in two and three dimensions, for the structures in which the angles come apart.

1. Every condition is a product of functions of the cosines that are linear in each cosine: their signs are those at
   the corners, where every angle is 0 or pi.
2. Two levels that reach one point along each axis: with y_i = 1 - cos and s_i = sin, y_i = (s_i^2 + y_i^2)/2 turns
   |a_1|^2 - |a_0|^2 into two quadratic forms, one in s and one in y (a certificate of positivity; the first is also
   the second derivative at theta = 0).
3. A product of factors of one angle each.
4. A scheme in time whose argument z is purely imaginary, a sum over the axes: its range is an interval.
"""

import functools
import math
from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import sympy
from sympy.polys.rings import PolyElement, PolyRing

from schemetools.analysis.algebra.conditions import Verdict
from schemetools.analysis.algebra.projection import factors
from schemetools.analysis.stability.angles import Symbol1D, Wave, circular
from schemetools.analysis.stability.inequalities import Atom, shortened
from schemetools.analysis.stability.torus import (
    Laurent,
    TorusSymbol,
    conditions,
    in_cosines,
    is_even,
)

MOST_FACTORS = 5


def split(symbol: TorusSymbol) -> list[TorusSymbol]:
    """The symbol as a product of symbols that cannot be split further: a scheme is stable where all of them are."""
    d, ring = symbol.dimension, symbol.ring
    low = [min(e[i] for row in symbol.a for e in row) for i in range(d)]
    big = PolyRing(
        [sympy.Symbol("_T"), *(sympy.Symbol(f"_E{i}") for i in range(d)), *ring.symbols], ring.domain, ring.order
    )
    whole = big.from_dict(
        {
            (j, *(e[i] - low[i] for i in range(d)), *m): v
            for j, row in enumerate(symbol.a)
            for e, c in row.items()
            for m, v in c.items()
        }
    )
    moving = [(g, n) for g, n in factors(whole) if g.degree(0) > 0]
    if len(moving) < 2 and all(n == 1 for _, n in moving):
        return [symbol]
    found = []
    for g, _ in moving:
        rows: list[Laurent] = [{} for _ in range(g.degree(0) + 1)]
        for m, v in g.items():
            key = m[1 : d + 1]
            rows[m[0]][key] = rows[m[0]].get(key, ring.zero) + ring.from_dict({m[d + 1 :]: v})
        found.append(TorusSymbol(symbol.names, ring, tuple(_centred(rows, d)), symbol.poles))
    return found


def _centred(rows: Sequence[Laurent], d: int) -> list[Laurent]:
    """The rows times one monomial, so that their offsets lie about 0 alike on both sides, in angles without gaps."""
    places = [e for row in rows for e in row]
    middle = tuple((min(e[i] for e in places) + max(e[i] for e in places)) // 2 for i in range(d))
    steps = tuple(math.gcd(*(e[i] - middle[i] for e in places)) or 1 for i in range(d))
    return [{tuple((e[i] - middle[i]) // steps[i] for i in range(d)): c for e, c in row.items()} for row in rows]


def closed_form_of(symbol: TorusSymbol) -> Verdict | None:
    """The stable set by one of the structures 1 and 2, or None; signs are read off rational coefficients only."""
    if symbol.ring.domain != sympy.ZZ:
        return None
    for rule in (by_corners, by_quadratic_forms):
        found = rule(symbol)
        if found is not None:
            return found
    return None


# ---- 1: linear in every cosine -----------------------------------------------------------------


def by_corners(symbol: TorusSymbol) -> Verdict | None:
    """The stable set where all conditions split into functions that are linear in every cosine."""
    leading, found, wrong = conditions(symbol.a)
    if wrong or not all(map(is_even, [leading, *found])):
        return None
    names = [sympy.Symbol(f"_c{i}") for i in range(symbol.dimension)]
    ring = PolyRing([*names, *symbol.ring.symbols], symbol.ring.domain, symbol.ring.order)
    choices: list[list[list[Atom]]] = []
    for f, is_leading in [(leading, True), *((f, False) for f in found)]:
        patterns = _patterns(in_cosines(f, ring), symbol, strict=is_leading)
        if patterns is None:
            return None
        choices.append(patterns)
    clauses = [[atom for part in parts for atom in part] for parts in product(*choices)]
    return shortened(clauses)


def _patterns(f: PolyElement, symbol: TorusSymbol, *, strict: bool) -> list[list[Atom]] | None:
    """Ways in which f >= 0 on the whole box: every factor of odd power keeps one sign, and their product is positive.

    `strict`: f is the square of a modulus and must not vanish, so that all its factors keep their signs strictly.
    """
    d, split = symbol.dimension, factors(f)
    used = [g for g, n in split if strict or n % 2]
    if len(used) > MOST_FACTORS or any(g.degree(i) > 1 for g in used for i in range(d)):
        return None
    sign = _constant_sign(f, split)
    found = []
    for signs in product((1, -1), repeat=len(used)):
        total = sign * functools.reduce(lambda a, b: a * b, signs, 1)
        if total < 0 and not strict:
            continue
        atoms = [(s * value, strict) for s, g in zip(signs, used, strict=True) for value in _at_corners(g, symbol)]
        found.append(atoms)
    return found


def _constant_sign(f: PolyElement, split: Sequence[tuple[PolyElement, int]]) -> int:
    lead = f.LC
    for g, n in split:
        if n % 2 and g.LC < 0:
            lead = -lead
    return 1 if lead > 0 else -1


def _at_corners(g: PolyElement, symbol: TorusSymbol) -> list[PolyElement]:
    d = symbol.dimension
    values = []
    for corner in product((1, -1), repeat=d):
        table: dict[Any, Any] = {}
        for m, c in g.items():
            sign = functools.reduce(lambda a, b: a * b, (x ** m[i] for i, x in enumerate(corner)), 1)
            table[m[d:]] = table.get(m[d:], symbol.ring.domain.zero) + sign * c
        values.append(symbol.ring.from_dict({m: c for m, c in table.items() if c}))
    return list(dict.fromkeys(values))


# ---- 2: two quadratic forms ------------------------------------------------------------------------


def by_quadratic_forms(symbol: TorusSymbol) -> Verdict | None:
    """The stable set of an explicit scheme of two levels that reaches one point along each axis."""
    rows = [row for row in symbol.a if row]
    d, ring = symbol.dimension, symbol.ring
    if len(rows) != 2 or symbol.a[-1] is not rows[1] or len(rows[1]) != 1:
        return None
    [(shift, top)] = rows[1].items()
    bottom = {tuple(i - j for i, j in zip(e, shift, strict=True)): c for e, c in rows[0].items()}
    if any(sum(map(abs, e)) > 1 for e in bottom):
        return None
    unit = [tuple(int(i == j) for j in range(d)) for i in range(d)]
    right = [bottom.get(e, ring.zero) for e in unit]
    left = [bottom.get(tuple(-i for i in e), ring.zero) for e in unit]
    total = sum(bottom.values(), ring.zero)
    if total**2 != top**2:
        return None
    beta = [-(a + b) for a, b in zip(right, left, strict=True)]
    gamma = [a - b for a, b in zip(right, left, strict=True)]
    weights = [-total * b for b in beta]
    atoms: list[Atom] = [(top**2, True), *((w, False) for w in weights)]
    atoms.append((total**2 - sum(weights, ring.zero), False))
    constant = all(w.is_ground and w.LC > 0 for w in weights if w) and all(weights)
    for size in range(d if constant else 1, d + 1):
        for chosen in combinations(range(d), size):
            atoms.append((_minor([weights[i] for i in chosen], [gamma[i] for i in chosen], ring), False))
    return shortened([atoms])


def _minor(weights: Sequence[PolyElement], gamma: Sequence[PolyElement], ring: PolyRing) -> PolyElement:
    """det(diag(weights) - gamma gamma^T)."""

    def times(values: Sequence[PolyElement]) -> PolyElement:
        return functools.reduce(lambda a, b: a * b, values, ring.one)

    found = times(weights)
    for i, g in enumerate(gamma):
        found -= g**2 * times([w for j, w in enumerate(weights) if j != i])
    return found


# ---- 3: a product over the axes ----------------------------------------------------------------------


def axis_factors(symbol: TorusSymbol) -> list[Symbol1D] | None:
    """For a scheme of two levels whose amplification factor is a product over the axes, the factors, each 1 at 0."""
    rows = [row for row in symbol.a if row]
    if len(rows) != 2 or symbol.a[-1] is not rows[1]:
        return None
    below, above = (_by_axis(row, symbol) for row in rows)
    if below is None or above is None:
        return None
    d, ring = symbol.dimension, symbol.ring
    if (sum(rows[0].values(), ring.zero)) ** 2 != sum(rows[1].values(), ring.zero) ** 2:
        return None
    symbols = []
    for axis in range(d):
        top = {n: c * sum(below[axis].values(), ring.zero) for n, c in above[axis].items()}
        bottom = {n: -c * sum(above[axis].values(), ring.zero) for n, c in below[axis].items()}
        if not any(top.values()) or not any(bottom.values()):
            return None
        symbols.append(_one_axis(symbol, bottom, top))
    return symbols


def _by_axis(row: Laurent, symbol: TorusSymbol) -> list[dict[int, PolyElement]] | None:
    """A Laurent polynomial as a product of one in each E_i, or None."""
    d, ring = symbol.dimension, symbol.ring
    low = [min(e[i] for e in row) for i in range(d)]
    big = PolyRing([*(sympy.Symbol(f"_E{i}") for i in range(d)), *ring.symbols], ring.domain, ring.order)
    whole = big.from_dict({(*(e[i] - low[i] for i in range(d)), *m): v for e, c in row.items() for m, v in c.items()})
    found = [{0: ring.one} for _ in range(d)]
    for g, n in factors(whole):
        axes = [i for i in range(d) if g.degree(i) > 0]
        if len(axes) > 1:
            return None
        if not axes:
            continue  # without angles: the products at theta = 0 are compared instead
        i = axes[0]
        for _ in range(n):
            new: dict[int, PolyElement] = {}
            for m, c in g.items():
                piece = ring.from_dict({m[d:]: c})
                for k, old in found[i].items():
                    new[k + m[i]] = new.get(k + m[i], ring.zero) + old * piece
            found[i] = new
    return found


def _one_axis(symbol: TorusSymbol, bottom: dict[int, PolyElement], top: dict[int, PolyElement]) -> Symbol1D:
    ring = PolyRing([sympy.Symbol("c"), *symbol.ring.symbols], symbol.ring.domain, symbol.ring.order)
    waves = []
    for part in (bottom, top):
        wave = Wave(ring.zero, ring.zero)
        for n, c in part.items():
            up = ring.from_dict({(0, *m): v for m, v in c.items()})
            A, B = circular(ring, n)
            wave += Wave(A * up, B * up)
        waves.append(wave)
    used = [i for i in range(symbol.ring.ngens) if any(f.degree(i + 1) > 0 for w in waves for f in w if f)]
    small = PolyRing([ring.symbols[0], *(ring.symbols[i + 1] for i in used)], ring.domain, ring.order)

    def narrow(f: PolyElement) -> PolyElement:
        return small.from_dict({(m[0], *(m[i + 1] for i in used)): c for m, c in f.items()})

    return Symbol1D(tuple(symbol.names[i] for i in used), tuple(Wave(narrow(w.A), narrow(w.B)) for w in waves))
