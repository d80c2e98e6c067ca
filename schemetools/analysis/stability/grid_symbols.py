"""From a discretisation to its symbol: sum_j a_j(E) T^j with Laurent polynomials a_j over the numbers."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any, NamedTuple

import sympy
from sympy import QQ, ZZ, Expr
from sympy.polys.rings import PolyElement, PolyRing

from schemetools import exact
from schemetools.analysis.algebra.projection import distinct_factors
from schemetools.analysis.stability.angles import Symbol1D, Wave, circular
from schemetools.analysis.stability.meant import Meant, meant_model, subject
from schemetools.analysis.stability.meant_fields import meant_terms
from schemetools.analysis.stability.model import Model, model_of
from schemetools.analysis.stability.torus import Laurent, TorusSymbol, difference, product_of
from schemetools.errors import UnsupportedError
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.semidiscrete import MethodOfLines
from schemetools.schemes.stencil import Stencil

ORDER = sympy.polys.orderings.lex
Row = list[Laurent]


def symbol_of_grid(scheme: Discretisation) -> TorusSymbol:
    """The symbol of a difference scheme or a method of lines; of a system its determinant.

    Raises UnsupportedError for anything else.
    """
    if isinstance(scheme, DifferenceScheme):
        return _difference(scheme)
    if isinstance(scheme, MethodOfLines):
        return _lines(scheme)
    raise UnsupportedError(
        f"{scheme} is no scheme in time: its stability is asked of a difference scheme or of "
        "st.method_of_lines(scheme, operator)"
    )


def one_angle(symbol: TorusSymbol) -> Symbol1D:
    """A symbol of one dimension in the cosine of its angle."""
    ring = PolyRing([sympy.Symbol("c"), *symbol.ring.symbols], symbol.ring.domain, ORDER)
    waves = []
    for row in symbol.a:
        wave = Wave(ring.zero, ring.zero)
        for (n,), c in row.items():
            up = ring.from_dict({(0, *m): v for m, v in c.items()})
            A, B = circular(ring, n)
            wave += Wave(A * up, B * up)
        waves.append(wave)
    return Symbol1D(symbol.names, tuple(waves), symbol.poles)


# ---- coefficients ------------------------------------------------------------------------------


class Coefficients:
    """Expressions as polynomials in the numbers over one field, each times the same common denominator."""

    def __init__(self, values: Sequence[Expr], names: Sequence[str]) -> None:
        domain, elements = exact.to_domain(list(values))
        has_symbols = domain.is_FractionField
        self.base = domain.domain if has_symbols else domain  # type: ignore[attr-defined]
        symbols = tuple(map(sympy.Symbol, names))
        self.ring = PolyRing(symbols, self.base, ORDER)
        inside = domain.symbols if has_symbols else ()  # type: ignore[attr-defined]
        place = [symbols.index(s) for s in inside]

        def up(f: Any) -> PolyElement:
            table = {}
            for m, c in f.items():
                key = [0] * len(symbols)
                for i, n in zip(place, m, strict=True):
                    key[i] = n
                table[tuple(key)] = c
            return self.ring.from_dict(table)

        pairs = [
            (up(e.numer), up(e.denom)) if has_symbols else (self.ring.ground_new(e), self.ring.one) for e in elements
        ]
        self.common = functools.reduce(lambda f, g: f.lcm(g), (below for _, below in pairs), self.ring.one)
        self.values = [top * self.common.exquo(below) for top, below in pairs]


def _whole(rows: Sequence[Laurent], names: Sequence[str], poles: Sequence[PolyElement]) -> TorusSymbol:
    """The symbol with integer coefficients where they are rational."""
    ring = next(c.ring for row in rows for c in row.values())
    if ring.domain != QQ:
        return TorusSymbol(tuple(names), ring, tuple(rows), tuple(poles))
    common = functools.reduce(ZZ.lcm, (c.denominator for row in rows for f in row.values() for c in f.values()), ZZ(1))
    small = ring.clone(domain=ZZ)
    integral = [{e: c.mul_ground(QQ(common)).set_ring(small) for e, c in row.items()} for row in rows]
    known = [p.clear_denoms()[1].set_ring(small) for p in poles]
    return TorusSymbol(tuple(names), small, tuple(integral), tuple(distinct_factors(known)))


# ---- difference schemes ---------------------------------------------------------------------------


def _difference(scheme: DifferenceScheme) -> TorusSymbol:
    names = [name for name, _ in scheme.numbers]
    table = scheme.coefficients
    n = scheme.components
    double = 2 if any(e != int(e) for _, *offset in table for e in offset) else 1
    first, last = min(key[0] for key in table), max(key[0] for key in table)
    keys, values = [], []
    for (time, *offset), value in table.items():
        entries = value if n > 1 else ((value,),)
        for i, j in ((i, j) for i in range(n) for j in range(n)):
            keys.append((time - first, tuple(int(e * double) for e in offset), i, j))
            values.append(entries[i][j])
    found = Coefficients(values, names)
    cells: list[list[Row]] = [[[{} for _ in range(last - first + 1)] for _ in range(n)] for _ in range(n)]
    for (time, offset, i, j), c in zip(keys, found.values, strict=True):
        if c:
            cells[i][j][time][offset] = c
    return replace(_whole(_determinant(cells), names, [found.common]), fraction=double)


def _determinant(cells: list[list[Row]]) -> Row:
    """The determinant of a matrix of polynomials in T."""
    n = len(cells)
    if n == 1:
        return cells[0][0]
    total: Row = []
    for chosen in permutations(range(n)):
        odd = sum(a > b for i, a in enumerate(chosen) for b in chosen[i + 1 :]) % 2
        term = functools.reduce(_times, (cells[i][j] for i, j in enumerate(chosen)))
        total = _plus(total, [difference({}, f) for f in term] if odd else term)
    while total and not total[0]:
        total = total[1:]
    return total


def _times(f: Row, g: Row) -> Row:
    found: Row = [{} for _ in range(len(f) + len(g) - 1)]
    for i, a in enumerate(f):
        for j, b in enumerate(g):
            if a and b:
                found[i + j] = add(found[i + j], product_of(a, b))
    return found


def _plus(f: Row, g: Row) -> Row:
    size = max(len(f), len(g))
    at: Callable[[Row, int], Laurent] = lambda p, i: p[i] if i < len(p) else {}  # noqa: E731
    return [add(at(f, i), at(g, i)) for i in range(size)]


def add(f: Laurent, g: Laurent) -> Laurent:
    """f + g."""
    return difference(f, difference({}, g))


# ---- methods of lines -----------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def time_model(scheme: MethodOfLines) -> tuple[Model, tuple[sympy.Symbol, ...]]:
    """The polynomial of the scheme in time, with one symbol for the argument of each field.

    With one field it is that of the scheme which approximate coefficients mean, in short fractions: elimination with
    products of long decimals does not end.
    """
    time = scheme.time
    fields = time.fields if isinstance(time, AdditiveRungeKutta) else time.normal_form().fields
    shares = tuple(sympy.Symbol(f"share{i}") for i in range(len(fields)))
    if len(fields) == 1:
        decided = subject(time)
        if isinstance(decided, Meant):
            return meant_model(decided, model_of(time), short=True), ()
        return model_of(decided), ()
    return model_of(time, dict(zip(fields, shares, strict=True))), shares


class _Lines(NamedTuple):
    """A method of lines in pieces: sum_k steps[k] T^j z_1^e_1 ... over keys, and the arguments as N/D."""

    names: tuple[str, ...]
    ring: PolyRing
    keys: tuple[tuple[int, ...], ...]
    steps: tuple[PolyElement, ...]
    common: PolyElement
    arguments: tuple[tuple[Laurent, Laurent], ...]


@functools.lru_cache(maxsize=128)
def _pieces(scheme: MethodOfLines) -> _Lines:
    names = [name for name, _ in scheme.numbers]
    keys, values = _step_terms(*time_model(scheme))
    if isinstance(scheme.time, AdditiveRungeKutta):
        keys, values = meant_terms(scheme.time, keys, values)
    stencils = [(term.weight, term.stencil) for part in scheme.terms for term in part]
    flat = [*values, *(weight for weight, _ in stencils)]
    flat += [c for _, s in stencils for part in (s.numerator, s.denominator) for _, c in part]
    domain, _ = exact.to_domain(flat)
    base = domain.domain if domain.is_FractionField else domain  # type: ignore[attr-defined]
    steps = Coefficients(values, names)
    ring = PolyRing(tuple(map(sympy.Symbol, names)), base, ORDER)
    arguments = tuple(_argument(part, ring, names) for part in scheme.terms)
    known = tuple(c.set_ring(ring) for c in steps.values)
    return _Lines(tuple(names), ring, tuple(keys), known, steps.common.set_ring(ring), arguments)


def _lines(scheme: MethodOfLines) -> TorusSymbol:
    return _composed(_pieces(scheme), _pieces(scheme).arguments)


def with_argument(scheme: MethodOfLines, N: Laurent, D: Laurent) -> TorusSymbol:
    """The symbol of a scheme with one field with another argument z = N/D in place of its own."""
    return _composed(_pieces(scheme), ((N, D),))


def argument_of(scheme: MethodOfLines) -> tuple[Laurent, Laurent]:
    """The argument z = N/D of a scheme with one field."""
    return _pieces(scheme).arguments[0]


def axis_arguments(scheme: MethodOfLines) -> list[tuple[Laurent, Laurent]] | None:
    """The argument z along each axis of a scheme with one field, if it is a sum over axes that is 0 on constants."""
    if len(scheme.terms) != 1:
        return None
    found: list[tuple[Laurent, Laurent]] = []
    names = [name for name, _ in scheme.numbers]
    ring = _pieces(scheme).ring
    for axis in range(scheme.dimension):
        N, D = {}, {(0,): ring.one}
        for weight, stencil in scheme.terms[0]:
            if len(stencil.axes) > 1 and stencil.is_compact:
                return None
            above, below = _fraction(weight, stencil, ring, names)
            if any(sum(map(bool, e)) > 1 for e in above) or sum(above.values(), ring.zero):
                return None
            part = {(e[axis],): c for e, c in above.items() if e[axis]}
            if not part:
                continue
            middle = -sum(part.values(), ring.zero)
            part = {**part, (0,): middle} if middle else part
            under = {(e[axis],): c for e, c in below.items()}
            N = add(product_of(N, under), product_of(part, D))
            D = product_of(D, under)
        found.append((N, D))
    return found


def _composed(pieces: _Lines, arguments: Sequence[tuple[Laurent, Laurent]]) -> TorusSymbol:
    ring = pieces.ring
    dimension = len(next(iter(arguments[0][1])))
    highest = [max(key[1 + f] for key in pieces.keys) for f in range(len(arguments))]
    powers = [
        (_powers(N, top, ring, dimension), _powers(D, top, ring, dimension))
        for (N, D), top in zip(arguments, highest, strict=True)
    ]
    rows: Row = [{} for _ in range(max(key[0] for key in pieces.keys) + 1)]
    for (time, *exponents), c in zip(pieces.keys, pieces.steps, strict=True):
        term: Laurent = {(0,) * dimension: c}
        for (N, D), e, top in zip(powers, exponents, highest, strict=True):
            term = product_of(product_of(term, N[e]), D[top - e])
        rows[time] = add(rows[time], term)
    while not rows[0]:
        rows = rows[1:]
    return _whole(rows, pieces.names, [pieces.common])


def _step_terms(model: Model, shares: Sequence[sympy.Symbol]) -> tuple[list[tuple[int, ...]], list[Expr]]:
    """The polynomial sum c T^j z_1^e_1 ... of the scheme in time as keys (j, e_1, ...) and coefficients."""
    keys: list[tuple[int, ...]] = []
    values: list[Expr] = []
    for j, p in enumerate(model.phi):
        for e, c in enumerate(p):
            value = model.domain.to_sympy(c)
            terms = sympy.Poly(value, *shares).as_dict() if shares else {(e,): value}
            for exponents, coefficient in terms.items():
                if coefficient != 0:
                    keys.append((j, *exponents))
                    values.append(coefficient)
    return keys, values


def _argument(terms: Sequence[Any], ring: PolyRing, names: Sequence[str]) -> tuple[Laurent, Laurent]:
    """z of one field as numerator and denominator."""
    dimension = terms[0].stencil.dimension
    N, D = {}, {(0,) * dimension: ring.one}
    for weight, stencil in terms:
        above, below = _fraction(weight, stencil, ring, names)
        N = add(product_of(N, below), product_of(above, D))
        D = product_of(D, below)
    return N, D


def _fraction(weight: Expr, stencil: Stencil, ring: PolyRing, names: Sequence[str]) -> tuple[Laurent, Laurent]:
    above = Coefficients([weight * c for _, c in stencil.numerator], names)
    below = Coefficients([c for _, c in stencil.denominator], names)
    if not (above.common.is_ground and below.common.is_ground):
        raise UnsupportedError(f"a coefficient of {stencil} has a number in its denominator; write it without")
    scale = ring.domain.convert(above.common.LC, above.base) / ring.domain.convert(below.common.LC, below.base)
    N = {e: c.set_ring(ring) for (e, _), c in zip(stencil.numerator, above.values, strict=True) if c}
    D = {e: c.set_ring(ring) * scale for (e, _), c in zip(stencil.denominator, below.values, strict=True)}
    if len(D) == 1 and (0,) * stencil.dimension in D:
        [only] = D.values()
        return {
            e: c.mul_ground(ring.domain.quo(ring.domain.one, only.LC)) if only.is_ground else c for e, c in N.items()
        }, ({(0,) * stencil.dimension: ring.one} if only.is_ground else D)
    return N, D


def _powers(f: Laurent, top: int, ring: PolyRing, dimension: int) -> list[Laurent]:
    found: list[Laurent] = [{(0,) * dimension: ring.one}]
    for _ in range(top):
        found.append(product_of(found[-1], f))
    return found
