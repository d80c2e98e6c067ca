"""The levels of a scheme as graded power series in X_i = dx_i d_i: a_m(e^X), with one unknown scale set to 1."""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sympy import QQ
from sympy.polys.rings import PolyRing

from schemetools.analysis.series import graded
from schemetools.analysis.series.graded import Series
from schemetools.analysis.series.laurent import Laurent, laurent, line_symbols, ring_over
from schemetools.errors import UnsupportedError
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.grid_numbers import is_rate
from schemetools.schemes.semidiscrete import MethodOfLines

Key = tuple[Any, ...]
INVERSE = "1/w"  # the letter of the inverse of L_T(1, 1), which is a polynomial in the numbers for a few schemes


class Levels(NamedTuple):
    """{m: a_m} over `ring`: the numbers, then 1/w, then the letters of all variables but the last one."""

    ring: PolyRing
    base: PolyRing
    rates: tuple[int, ...]
    dimension: int
    levels: dict[int, Series]


def levels_of(scheme: Any, order: int, sawtooth: tuple[int, ...] = ()) -> Levels:
    """The levels of a scheme as series through a degree, E_i replaced by -E_i for the axes in `sawtooth`.

    Numbers that are rates, such as sigma*dt, count as degree one: a reaction is expanded in dt.
    """
    if isinstance(scheme, MethodOfLines):
        found = _of_lines(scheme, order, sawtooth)
        if found is not None:
            return found
    return _of_laurent(laurent(scheme), _rate_names(scheme), order, sawtooth)


def _rate_names(scheme: DifferenceScheme | MethodOfLines) -> frozenset[str]:
    return frozenset(name for name, meaning in scheme.numbers if is_rate(meaning))


@functools.lru_cache(maxsize=256)
def extended(base: PolyRing, dimension: int) -> PolyRing:
    """The ring of the numbers with the letter 1/w and those of all variables but the last one."""
    letters = tuple(f"X{i}" for i in range(1, dimension))
    return ring_over((*(s.name for s in base.symbols), INVERSE, *letters), base.domain)


def rate_indices(ring: PolyRing, names: frozenset[str]) -> tuple[int, ...]:
    """The places of the rates among the letters of a ring."""
    return tuple(i for i, s in enumerate(ring.symbols) if s.name in names)


def _of_laurent(found: Laurent, rates: frozenset[str], order: int, sawtooth: tuple[int, ...]) -> Levels:
    ring = extended(found.ring, found.dimension)
    places = rate_indices(found.ring, rates)
    rows: dict[int, dict[Key, Any]] = {}
    for (m, *place), c in found.terms.items():
        rows.setdefault(m, {})[tuple(place)] = c
    levels = {m: shift_series(_turned(row, sawtooth), ring, found.dimension, order, places) for m, row in rows.items()}
    return Levels(ring, found.ring, places, found.dimension, levels)


def _turned(row: Mapping[Key, Any], sawtooth: tuple[int, ...]) -> Mapping[Key, Any]:
    if not sawtooth:
        return row
    if any(part != int(part) for place in row for part in place):
        raise UnsupportedError("a sawtooth needs a grid without halves")
    return {place: -c if sum(place[i] for i in sawtooth) % 2 else c for place, c in row.items()}


@functools.lru_cache(maxsize=1024)
def _indices(dimension: int, degree: int) -> tuple[tuple[tuple[int, ...], int], ...]:
    """(multi-index, product of factorials) of a degree."""
    if dimension == 1:
        return (((degree,), math.factorial(degree)),)
    return tuple(
        ((i, *rest), math.factorial(i) * f)
        for i in range(degree, -1, -1)
        for rest, f in _indices(dimension - 1, degree - i)
    )


def shift_series(
    row: Mapping[Key, Any], ring: PolyRing, dimension: int, order: int, rates: tuple[int, ...] = ()
) -> Series:
    """sum_j c_j e^(j.X) through a degree, the coefficients c_j lifted into the ring."""
    padding = ring.ngens - (dimension - 1)
    convert = (lambda q: q) if ring.domain.is_QQ else (lambda q: ring.domain.convert(q, QQ))
    lifted = [
        (place, [(mono + (0,) * (padding - len(mono)), c) for mono, c in element.items()])
        for place, element in row.items()
    ]
    parts: Series = [{} for _ in range(order + 1)]
    for n in range(order + 1):
        for index, below in _indices(dimension, n):
            for place, terms in lifted:
                factor = _power(place, index)
                if not factor:
                    continue
                scale = convert(QQ(factor.numerator, factor.denominator * below))
                for mono, c in terms:
                    degree = n + sum(mono[i] for i in rates)
                    if degree <= order:
                        key = mono + index[:-1]
                        part = parts[degree]
                        value = c * scale
                        part[key] = part[key] + value if key in part else value
    new = ring.zero.new  # coefficients are elements of the domain already
    return [new({key: c for key, c in part.items() if c}) for part in parts]


def _power(place: Key, index: tuple[int, ...]) -> Any:
    result: Any = 1
    for j, a in zip(place, index, strict=True):
        result = result * j**a
    return result


def _of_lines(scheme: MethodOfLines, order: int, sawtooth: tuple[int, ...]) -> Levels | None:
    """The levels through z_v = above_v/below_v; None where a denominator has symbols, so that L is taken whole."""
    found = field_series(scheme, order, sawtooth)
    if found is None:
        return None
    ring, rates, fields = found
    base, step, _, _ = line_symbols(scheme)
    return Levels(ring, base, rates, scheme.dimension, _composed(step, fields, ring, order))


def field_series(
    scheme: MethodOfLines, order: int, sawtooth: tuple[int, ...]
) -> tuple[PolyRing, tuple[int, ...], list[Series]] | None:
    """(ring, rates, z of each field); None where a denominator has symbols."""
    base, _, above, below = line_symbols(scheme)
    dimension = scheme.dimension
    ring = extended(base, dimension)
    rates = rate_indices(base, _rate_names(scheme))
    fields: list[Series] = []
    for top, bottom in zip(above, below, strict=True):
        z = shift_series(_turned(top, sawtooth), ring, dimension, order, rates)
        if len(bottom) > 1 or any(next(iter(bottom))):
            under = shift_series(_turned(bottom, sawtooth), ring, dimension, order, rates)
            if not under[0].is_ground or not under[0]:
                return None
            inverse = ring.domain.one / under[0].coeff(1)
            z = graded.divide(_scaled(z, inverse), _scaled(under, inverse))
        elif not (c := next(iter(bottom.values()))).is_ground:
            return None
        else:
            z = _scaled(z, ring.domain.one / c.coeff(1))
        fields.append(z)
    return ring, rates, fields


def _scaled(series: Series, factor: Any) -> Series:
    return series if factor == 1 else [x.mul_ground(factor) for x in series]


def lift(element: Any, ring: PolyRing) -> Any:
    """An element of the ring of the numbers in the larger ring."""
    padding = (0,) * (ring.ngens - element.ring.ngens)
    return ring.zero.new({mono + padding: c for mono, c in element.items()})


def _composed(step: Mapping[Key, Any], fields: Sequence[Series], ring: PolyRing, order: int) -> dict[int, Series]:
    """a_m = sum_e step[m, e] z^e."""
    rows: dict[int, dict[Key, Any]] = {}
    for (m, *e), c in step.items():
        rows.setdefault(m, {})[tuple(e)] = lift(c, ring)
    if len(fields) == 1:
        return {
            m: graded.horner([row.get((k,), ring.zero) for k in range(max(row)[0] + 1)], fields[0], ring)
            for m, row in rows.items()
        }
    powers = [[graded.constant(ring, 1, order)] for _ in fields]
    levels = {}
    for m, row in rows.items():
        total = graded.zero(ring, order)
        for e, c in row.items():
            term: Series | None = None
            for v, n in enumerate(e):
                while len(powers[v]) <= n:
                    powers[v].append(graded.multiply(powers[v][-1], fields[v]))
                if n:
                    term = powers[v][n] if term is None else graded.multiply(term, powers[v][n])
            total = graded.add(total, graded.scale(term or powers[0][0], c))
        levels[m] = total
    return levels


class LogSeries(NamedTuple):
    """{multi-index: (numerator, denominator)} of a logarithm, elements of the ring of the numbers."""

    base: PolyRing
    terms: dict[tuple[int, ...], tuple[Any, Any]]


def collected(series: Series, found: Levels, w: Any) -> LogSeries:
    """The parts of a series by multi-index, the letter 1/w replaced by its value."""
    n = found.base.ngens
    by_index: dict[tuple[int, ...], dict[int, dict[Key, Any]]] = {}
    for degree, part in enumerate(series):
        for mono, c in part.items():
            head, power, letters = mono[:n], mono[n], mono[n + 1 :]
            last = degree - sum(letters) - sum(head[i] for i in found.rates)
            by_index.setdefault((*letters, last), {}).setdefault(power, {})[head] = c
    terms = {}
    for index, powers in sorted(by_index.items(), key=lambda pair: (sum(pair[0]), tuple(-i for i in pair[0]))):
        numerator, denominator = _over(found.base, powers, w)
        if numerator:
            terms[index] = numerator, denominator
    return LogSeries(found.base, terms)


def _over(base: PolyRing, powers: Mapping[int, Mapping[Key, Any]], w: Any) -> tuple[Any, Any]:
    """sum_j p_j w^-j as a reduced fraction."""
    highest = max(powers)
    if highest == 0:
        return base.zero.new(dict(powers[0])), base.one
    total = base.zero
    for j, part in powers.items():
        total += base.from_dict(dict(part)) * w ** (highest - j)
    return total.cancel(w**highest) if base.domain.has_assoc_Ring else _divided(total, w, highest)


def _divided(total: Any, w: Any, n: int) -> tuple[Any, Any]:
    """total/w^n in lowest terms, by the factors of w: over a number field a gcd of many terms takes minutes."""
    denominator = w**n
    for factor, m in _factors(w):
        for _ in range(m * n):
            quotient, rest = divmod(total, factor)
            if rest:
                break
            total, denominator = quotient, denominator.exquo(factor)
    unit = denominator.canonical_unit()
    return total.mul_ground(unit), denominator.mul_ground(unit)


@functools.lru_cache(maxsize=64)
def _factors(w: Any) -> list[tuple[Any, int]]:
    return w.factor_list()[1]


def branch_log(found: Levels, root: tuple[Any, Any] | None = None) -> LogSeries | None:
    """log(G/zeta) of the branch G = zeta + ..., zeta = root[0]/root[1] in the base ring, 1 where none is given.

    None where zeta is no simple root of sum_m a_m T^m for constants.
    """
    pair = branch_series(found, root)
    return None if pair is None else collected(pair[0], found, pair[1])


def branch_series(found: Levels, root: tuple[Any, Any] | None = None) -> tuple[Series, Any] | None:
    """(log(G/zeta), w) over the ring with the letter 1/w, where w = sum_m m a_m zeta^m for constants."""
    levels, ring = found.levels, found.ring
    if root is not None:
        top, bottom = (lift(r, ring) for r in root)
        first, last = min(levels), max(levels)
        levels = {m: graded.scale(a, top ** (m - first) * bottom ** (last - m)) for m, a in levels.items()}
    weight = ring.zero
    total = ring.zero
    for m, a in levels.items():
        weight, total = weight + a[0] * m, total + a[0]
    if total or not weight:
        return None
    if weight.is_ground:
        factor: Any = ring.domain.one / weight.coeff(1)
        levels = {m: _scaled(a, factor) for m, a in levels.items()}
        w = found.base.one
    else:
        letter = ring.gens[found.base.ngens]
        levels = {m: graded.scale(a, letter) for m, a in levels.items()}
        w = found.base.from_dict({mono[: found.base.ngens]: c for mono, c in weight.items()})
    return graded.principal_log(levels), w


def second_order_log(found: Levels) -> LogSeries | None:
    """log(G)^2 of the double root G = 1 of a scheme that is symmetric in time: u_tt = ...

        T - 2 + 1/T = Y,    log(T)^2 = sum_(k >= 1) (-1)^(k-1) 2 ((k-1)!)^2/(2k)! Y^k

    None where the scheme is not a_1 (T + 1/T) + a_0 up to a power of T.
    """
    times = sorted(found.levels)
    if len(times) not in (2, 3) or (times[0] + times[-1]) % 2 or found.levels[times[0]] != found.levels[times[-1]]:
        return None
    middle = (times[0] + times[-1]) // 2
    if times[-1] - middle != 1:
        return None
    outer, ring = found.levels[times[-1]], found.ring
    inner = found.levels.get(middle, graded.zero(ring, len(outer) - 1))
    if not outer[0].is_ground:
        return None
    factor = ring.domain.one / outer[0].coeff(1)
    outer, inner = _scaled(outer, factor), _scaled(inner, factor)
    Y = [-x for x in graded.divide(graded.add(inner, graded.scale(outer, 2)), outer)]
    order = len(Y) - 1
    lowest = next((n for n, part in enumerate(Y) if part), order + 1)
    if lowest == 0:
        return None
    weights = [0] + [
        QQ((-1) ** (k - 1) * 2 * math.factorial(k - 1) ** 2, math.factorial(2 * k))
        for k in range(1, order // lowest + 1)
    ]
    series = graded.horner([ring.domain.convert(c) for c in weights], Y, ring)
    return collected(series, found, found.base.one)
