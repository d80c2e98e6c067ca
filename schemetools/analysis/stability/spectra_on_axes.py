"""Schemes in time whose argument z is real or purely imaginary and a sum over the axes: the range of z is an interval.

Along one axis alone such a scheme is one with one number, stable on [-e_i, e_i] (imaginary z) or [0, e_i] (real
z <= 0). The ranges add, so that the set in all numbers is sum |nu_i|/e_i <= 1, with nu_i >= 0 for real z.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy
from sympy import Expr
from sympy.polys.rings import PolyElement, PolyRing

from schemetools.analysis.algebra.conditions import AndCondition, Verdict
from schemetools.analysis.algebra.root_number import number_of
from schemetools.analysis.stability.angles import Symbol1D
from schemetools.analysis.stability.grid_symbols import add, argument_of, axis_arguments, one_angle, with_argument
from schemetools.analysis.stability.line import Piece, stable_pieces
from schemetools.analysis.stability.multiple_waves import bounded_pieces
from schemetools.analysis.stability.torus import Laurent, TorusSymbol, corner_values, in_cosines, is_even, product_of
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.semidiscrete import MethodOfLines

Argument = tuple[Laurent, Laurent]
Build = Callable[[Laurent, Laurent], TorusSymbol]


@dataclass(frozen=True)
class Spectrum:
    """A scheme in time as a function of its argument, and the argument along each axis."""

    symbol: TorusSymbol
    build: Build
    axes: tuple[Argument, ...]


def by_axes(scheme: Discretisation, symbol: TorusSymbol, *, bounded: bool = False) -> Verdict | None:
    """The stable, or `bounded`, set where z is real or imaginary and a sum over the axes; None where it is not."""
    spectrum = spectrum_of(scheme, symbol)
    if spectrum is None:
        return None
    kinds = {kind(N, D) for N, D in spectrum.axes if N}
    if kinds == {"imaginary"}:
        return _added(spectrum, real=False, bounded=bounded)
    return _added(spectrum, real=True, bounded=bounded) if kinds == {"real"} else None


def kind(N: Laurent, D: Laurent) -> str:
    """Whether N/D is real or imaginary at every angle, or neither."""
    if any(D.get((-e[0],)) != c for e, c in D.items()):
        return "complex"
    if all(N.get((-e[0],)) == c for e, c in N.items()):
        return "real"
    return "imaginary" if all(N.get((-e[0],)) == -c for e, c in N.items()) else "complex"


def _added(spectrum: Spectrum, *, real: bool, bounded: bool) -> Verdict | None:
    parts: list[tuple[PolyElement, Piece]] = []
    seen: set[str] = set()
    for N, D in spectrum.axes:
        if not N:
            continue
        names = {name for c in N.values() for name, n in zip(spectrum.symbol.names, c.degrees(), strict=True) if n > 0}
        if len(names) != 1 or names & seen or any(not c.is_ground for c in D.values()):
            return None
        seen |= names
        [name] = names
        alone = one_angle(spectrum.build(N, D))
        if any(f.degree(i + 1) > 0 for i, n in enumerate(alone.names) if n != name for w in alone.a for f in w if f):
            return None
        piece = _around_zero(_only(alone, name), bounded)
        if piece is None or (real and (piece.low is None or float(piece.low) != 0)):
            return None
        number = spectrum.symbol.ring.gens[spectrum.symbol.names.index(name)]
        parts.append((number, piece))
    return _sum_condition(parts, real=real)


def _only(alone: Symbol1D, name: str) -> Symbol1D:
    i = alone.names.index(name)
    ring = alone.ring.clone(symbols=(alone.ring.symbols[0], alone.ring.symbols[i + 1]))

    def narrow(f: PolyElement) -> PolyElement:
        return ring.from_dict({(m[0], m[i + 1]): c for m, c in f.items()})

    return replace(alone, names=(name,), a=tuple(type(w)(narrow(w.A), narrow(w.B)) for w in alone.a), poles=())


def _around_zero(symbol: Symbol1D, bounded: bool) -> Piece | None:
    pieces = stable_pieces(symbol)
    for piece in bounded_pieces(symbol, pieces) if bounded else pieces:
        low = -1 if piece.low is None else (piece.low.low > 0) - (piece.low.high < 0)
        high = 1 if piece.high is None else (piece.high.low > 0) - (piece.high.high < 0)
        if low <= 0 <= high:
            return piece
    return None


def _sum_condition(parts: Sequence[tuple[PolyElement, Piece]], *, real: bool) -> Verdict | None:
    finite_ends = {piece.high_closed for _, piece in parts if piece.high is not None}
    if len(finite_ends) > 1:
        return None
    is_open = finite_ends == {False}
    ends = [(sympy.Symbol(str(number)), piece.high) for number, piece in parts]
    atoms: list[Any] = [s >= 0 for s, _ in ends] if real else []
    atoms += [sympy.Eq(s, 0) for s, e in ends if e is not None and e.is_rational and not e.low]
    finite = [(s, e) for s, e in ends if e is not None and not (e.is_rational and not e.low)]
    sizes = [(s if real else sympy.Abs(s), e) for s, e in finite]
    if sizes:
        same = len({e.factor for _, e in sizes}) == 1
        left: Expr
        if same:
            left, right = sympy.Add(*(s for s, _ in sizes)), number_of(sizes[0][1])
        else:
            left, right = sympy.Add(*(s / number_of(e) for s, e in sizes)), sympy.Integer(1)
        atoms.append(left < right if is_open else left <= right)
    if not atoms:
        return True
    return atoms[0] if len(atoms) == 1 else AndCondition(*atoms)


# ---- from a scheme to its spectrum ------------------------------------------------------------


def spectrum_of(scheme: Discretisation, symbol: TorusSymbol) -> Spectrum | None:
    """The scheme in time and its argument along each axis; None where the argument is no sum over the axes."""
    if isinstance(scheme, MethodOfLines):
        axes = axis_arguments(scheme)
        return None if axes is None else Spectrum(symbol, lambda N, D: with_argument(scheme, N, D), tuple(axes))
    if isinstance(scheme, DifferenceScheme) and scheme.components == 1:
        return _affine(symbol)
    return None


def _affine(symbol: TorusSymbol) -> Spectrum | None:
    """L = P(T) + Q(T) Z(E), with P and Q free of numbers."""
    d = symbol.dimension
    origin = (0,) * d
    offsets = sorted({e for row in symbol.a for e in row if any(e)})
    if not offsets or any(sum(map(bool, e)) > 1 for e in offsets):
        return None
    ring = symbol.ring
    vectors = {e: [row.get(e, ring.zero) for row in symbol.a] for e in offsets}
    first = vectors[offsets[0]]
    pivot = next(i for i, c in enumerate(first) if c)
    ratios = [_constant_ratio(c, first[pivot]) for c in first]
    if any(r is None for r in ratios):
        return None
    Z = {e: v[pivot] for e, v in vectors.items()}
    if any(vectors[e][i] != r * Z[e] for e in offsets for i, r in enumerate(ratios)):
        return None
    mean = -sum(Z.values(), ring.zero)
    P = [row.get(origin, ring.zero) - r * mean for row, r in zip(symbol.a, ratios, strict=True)]
    if any(not c.is_ground for c in P):
        return None

    def build(N: Laurent, D: Laurent) -> TorusSymbol:
        rows = [
            add(product_of({(0,): p} if p else {}, D), {e: r * c for e, c in N.items() if r})
            for p, r in zip(P, ratios, strict=True)
        ]
        return TorusSymbol(symbol.names, ring, tuple(rows))

    axes = []
    for i in range(d):
        N = {(e[i],): c for e, c in Z.items() if e[i]}
        middle = -sum(N.values(), ring.zero)
        axes.append(({**N, (0,): middle} if middle else N, {(0,): ring.one}))
    return Spectrum(symbol, build, tuple(axes))


def _constant_ratio(c: PolyElement, other: PolyElement) -> Any:
    """c/other if it is an integer, else None."""
    if not c:
        return 0
    quotient, remainder = divmod(c, other)
    return quotient.LC if not remainder and quotient.is_ground else None


# ---- one number, a range by corners -------------------------------------------------------------


def by_range(scheme: Discretisation, symbol: TorusSymbol) -> Symbol1D | None:
    """For one number and a real z = mu S with S linear in every cosine: the scheme of one angle with the same range."""
    if not isinstance(scheme, MethodOfLines) or len(symbol.names) != 1 or len(scheme.terms) != 1:
        return None
    N, D = argument_of(scheme)
    if len(D) != 1 or not is_even(N) or any(sum(m) != 1 for c in N.values() for m in c):
        return None
    if not N:
        return None
    big = in_cosines(N, _with_cosines(symbol, N))
    if any(big.degree(i) > 1 for i in range(symbol.dimension)):
        return None
    values = [v.LC if v else symbol.ring.domain.zero for v in corner_values(N)]
    low, high = min(values), max(values)
    ring = next(iter(N.values())).ring
    number = ring.gens[0]
    half = ring.domain.convert(sympy.QQ(1, 4))
    N1 = {
        (0,): number.mul_ground((low + high) * 2 * half),
        (1,): number.mul_ground((high - low) * half),
        (-1,): number.mul_ground((high - low) * half),
    }
    return one_angle(with_argument(scheme, {e: c for e, c in N1.items() if c}, {(0,): next(iter(D.values()))}))


def _with_cosines(symbol: TorusSymbol, N: Laurent) -> PolyRing:
    ring = next(iter(N.values())).ring
    return ring.clone(symbols=(*(sympy.Symbol(f"_c{i}") for i in range(symbol.dimension)), *ring.symbols))
