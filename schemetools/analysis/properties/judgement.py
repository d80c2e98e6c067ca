"""What approximate coefficients are meant to be: their order to the digits given, and how far its conditions hold."""

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import mpmath
import numpy as np
from sympy import Expr, Integer, Rational

from schemetools.analysis.series.momentum import momentum_series
from schemetools.analysis.series.numeric_weights import Level, Numbers, levels, weights_by_order
from schemetools.analysis.series.solve import Tabled, followed, grammar_of, modified_series, tableaux_of
from schemetools.analysis.trees.forest import forest
from schemetools.errors import UnsupportedError
from schemetools.exact import joined, parts, size, to_float
from schemetools.progress import tell
from schemetools.schemes.base import Scheme
from schemetools.schemes.multistep import LinearMultistep
from schemetools.schemes.reduction import reduced_multistep

LOOSE = 1e-8  # what a condition may be missed by, relative to its right-hand side, where a table has fewer good digits
SAFETY = 30  # how many units in the last place of every coefficient may add up
FEW, STRICT = 8, 4  # with so few decimals a unit is large: fewer of them may add up, or they would hide real errors
SHARE = 0.05  # of a condition's right-hand side: where rounding may be more, digits do not show that it holds
SMALL = 0.01  # and of g_j / g_1, below the error constants of the usual methods
GUARD = 40  # digits beyond those given in which residuals are computed
COSTLY = 4e6  # products of long integers that take some seconds
HIGHEST = 40


@dataclass(frozen=True)
class OrderReport:
    """How a scheme meets its order conditions.

    `order` is the order that it is meant to have, `as_written` the one that its digits have exactly; `residuals` holds
    the largest |residual| of the conditions of each order 1..order+1 (as in `order_conditions`), `tolerance` what a
    residual may be for the digits given, at each of these orders. `rounded` says of short decimals, taken exactly,
    with which `digits` the scheme would have a higher order. `relative_to` is the equation that the scheme follows,
    where that is not u' = f: the order is relative to it.

    >>> import schemetools as st
    >>> report = st.order("tsit5", report=True)
    >>> report.order, report.as_written
    (5, 1)
    """

    order: int
    as_written: int
    residuals: MappingProxyType[int, float]
    tolerance: MappingProxyType[int, float]
    rounded: str = ""
    relative_to: str = ""

    @property
    def holds_to(self) -> float:
        """The largest residual of the conditions through the order: 0 for an exact scheme."""
        return max((self.residuals[n] for n in range(1, self.order + 1)), default=0.0)

    @property
    def flips_at(self) -> tuple[float, float]:
        """Tolerances between which the verdict is the same: below the first it is lower, above the second higher."""
        return self.holds_to, self.residuals[self.order + 1]

    def __str__(self) -> str:
        known = f"order {self.order}" + (f" relative to {self.relative_to}" if self.relative_to else "")
        if self.as_written == self.order:
            return known + (f"; {self.rounded}" if self.rounded else "")
        low, high = self.flips_at
        return (
            f"{known} to {low:.0e}; as written {self.as_written} "
            f"(lower for a tolerance below {low:.0e}, higher above {high:.0e})"
        )


Judged = tuple[bool, float, float]
"""Of one order: whether its conditions hold to the digits, the largest residual, what it may be."""


def judge(scheme: Scheme) -> OrderReport:
    """The report of an approximate scheme."""
    found: list[Judged] = []
    for judged in _orders(scheme):
        found.append(judged)
        if not judged[0] and len(found) > 1:
            break
    order = len(found) - 1
    exactly = next((n - 1 for n, (_, residual, _) in enumerate(found, 1) if residual and n > 1), order)
    residuals = {n: residual for n, (_, residual, _) in enumerate(found, 1)}
    allowed = {n: limit for n, (_, _, limit) in enumerate(found, 1)}
    return OrderReport(order, exactly, MappingProxyType(residuals), MappingProxyType(allowed))


def _orders(scheme: Scheme) -> Iterator[Judged]:
    if isinstance(scheme, Tabled) and not scheme.is_complex:
        return _by_trees(scheme, [(t.A, t.b) for t in tableaux_of(scheme)])
    return _by_moments(scheme) if isinstance(scheme, LinearMultistep) else _by_series(scheme)


def unit(scheme: Scheme) -> float:
    """What a coefficient of a scheme may be off, relative to the largest: that is the one with the fewest decimals."""
    if scheme.digits is None:
        return 0.0
    return 10.0**-scheme.digits / max(1.0, *(size(c) for c in scheme.coefficients))


def has_few_digits(scheme: Scheme) -> bool:
    """Whether a unit in the last decimal is so large that only few of them may be explained by rounding."""
    return scheme.digits is not None and scheme.digits <= FEW


def _units(scheme: Scheme) -> float:
    """What may add up of the rounding of the coefficients, relative to the largest, per factor of a product."""
    return (STRICT if has_few_digits(scheme) else SAFETY) * unit(scheme)


# ---- Runge-Kutta, one field or several -------------------------------------------------------------


def _by_trees(scheme: Any, tableaux: Sequence[Any]) -> Iterator[Judged]:
    """gamma(t) phi(t) = 1 relative to the limit of each field, from floats where digits beyond them do not matter."""
    grammar = grammar_of(scheme)
    near = _nearness(scheme)
    plain = _floats(tableaux, near)
    sizes = [(np.abs(A), np.abs(b)) for A, b in plain]
    s = len(plain[0][1])
    orders = range(1, 2 * s * len(plain) + 2)
    bounds = weights_by_order(grammar, orders[-1], sizes, Numbers(None))
    exact = _fixed_point(tableaux, scheme.digits or 0, near)
    slow = weights_by_order(grammar, orders[-1], *exact)
    fast = weights_by_order(grammar, orders[-1], plain, Numbers(None))
    for n in orders:
        tell("trees of order", n)
        level, size = levels(grammar, n)[-1], next(bounds)
        is_fast = n > 1 and len(level.left) * s * s > COSTLY
        residual = _residual(next(fast), level, None) if is_fast else _residual(next(slow), level, exact[1].bits)
        noise = 4 * n * s * 2.0**-53 * size if is_fast else 0
        if not is_fast:
            next(fast)
        rounding = np.minimum(_units(scheme) * n * size, SHARE / level.density)
        allowed = np.maximum(rounding + noise, LOOSE / level.density)
        yield bool(np.all(residual <= allowed)), float(np.max(residual)), float(np.max(allowed))


def _floats(tableaux: Sequence[Any], near: float) -> list[tuple[np.ndarray, np.ndarray]]:
    scaled = []
    for A, b in tableaux:
        rows, weights = np.array([[to_float(x) for x in row] for row in A]), np.array([to_float(x) for x in b])
        limit = _limit(float(weights.sum()), near)
        scaled.append((rows / limit, weights / limit))
    return scaled


def _nearness(scheme: Scheme) -> float:
    """How far from 1 a limit may be that is meant to be 1: half a unit in the last decimal of every coefficient."""
    unit = 0.0 if scheme.digits is None else 10.0**-scheme.digits
    return max(LOOSE, len(scheme.coefficients) * unit / 2)


def _limit(total: float, near: float) -> float:
    """The limit that a scheme is meant to have: 1 where its weights sum to that nearly."""
    if abs(total) < LOOSE:
        raise UnsupportedError("the scheme follows u' = 0, so that it has no order relative to its limit")
    return 1.0 if abs(total - 1) < near else total


def _fixed_point(
    tableaux: Sequence[Any], digits: int, near: float
) -> tuple[list[tuple[np.ndarray, np.ndarray]], Numbers]:
    """The tableaux as integers x 2^bits, precise enough to tell a residual from 0."""
    bits = math.ceil((4 * digits + GUARD) * math.log2(10))
    with mpmath.workprec(bits + 64):
        result = []
        for A, b in tableaux:
            rows, weights = [[_long(x) for x in row] for row in A], [_long(x) for x in b]
            total = mpmath.fsum(weights)
            scale = 1 / (mpmath.mpf(1) if abs(total - 1) < near else total)
            shift = [[int(mpmath.nint(mpmath.ldexp(x * scale, bits))) for x in row] for row in (*rows, weights)]
            result.append((np.array(shift[:-1], dtype=object), np.array(shift[-1], dtype=object)))
    return result, Numbers(bits)


def _long(value: Any) -> Any:
    if value.is_Rational:
        return mpmath.mpf(int(value.p)) / int(value.q)
    return mpmath.mpf(value.evalf(mpmath.mp.dps)._mpf_)


def _residual(phi: np.ndarray, level: Level, bits: int | None) -> np.ndarray:
    """|phi(t) - 1 / gamma(t)|; of integers, what is below their own rounding is 0."""
    if bits is None:
        return np.abs(phi - 1 / level.density)
    one = 1 << bits
    misses = [abs(int(x) - (one + int(d) // 2) // int(d)) for x, d in zip(phi, level.density, strict=True)]
    negligible = 1 << max(bits - math.floor((bits * math.log10(2) - GUARD / 2) * math.log2(10)), 0)
    return np.array([float(mpmath.ldexp(m, -bits)) if m > negligible else 0.0 for m in misses])


def negligible(scheme: Scheme, value: Expr, order: int) -> bool:
    """Whether a number of a tree, or a power of h, of this order is 0 but for a unit in the last decimals."""
    return value == 0 or (not scheme.exact and value.is_number and size(value) <= order * unit(scheme))


def meant_limit(scheme: Scheme, value: Expr) -> Expr:
    """A limit of the scheme as it is meant: 1 where approximate coefficients give that nearly."""
    nearly_one = not scheme.exact and value.is_number and size(value - 1) < _nearness(scheme)
    return Integer(1) if nearly_one else value


# ---- the other kinds -------------------------------------------------------------------------------


def _by_moments(scheme: LinearMultistep) -> Iterator[Judged]:
    """g_j of the momentum equation, relative to the limit."""
    method = reduced_multistep(scheme)
    top = 2 * method.steps + 2
    values = [_number(v) for v in momentum_series(method.alpha, method.beta, top).values(top)]
    size = sum(abs(to_float(x)) for x in (*method.alpha, *method.beta)) / abs(values[0])
    yield True, abs(values[0] - _limit(values[0], _nearness(scheme))), _units(scheme) * size
    for n, value in enumerate(values[1:], 2):
        rounding = _units(scheme) * size * method.steps ** (n - 1)
        if has_few_digits(scheme):
            terms = (j**n / math.factorial(n) + j ** (n - 1) / math.factorial(n - 1) for j in range(method.steps + 1))
            rounding = 10.0 ** -(scheme.digits or 0) * sum(terms) / abs(values[0])
        allowed = max(min(rounding, SMALL), LOOSE)
        yield abs(value / values[0]) <= allowed, abs(value / values[0]), allowed


def _number(value: Any) -> float:
    return to_float(value)


def _by_series(scheme: Scheme) -> Iterator[Judged]:
    """b(t) of the modified equation; what is 0 but for the decimals taken here is 0."""
    negligible, near = 0.0, _nearness(scheme)
    if scheme.is_complex:
        places = (scheme.digits or 0) + GUARD
        scheme, negligible = scheme.mapped(lambda value: _gaussian(value, places)), 10.0 ** (GUARD // 2 - places)
    for n in range(1, HIGHEST):
        series = modified_series(scheme, n)
        ids = forest(series.grammar).ids(n)
        found = [x if x > negligible else 0.0 for x in (size(series.value(t, n)) for t in ids)]
        allowed = max(min(_units(scheme) * n, SHARE), LOOSE)
        if n == 1:
            own = [found[t] for t in followed(scheme, series.grammar)]
            yield True, max(abs(x - _limit(x, near)) for x in own), allowed
        else:
            yield max(found) <= allowed, max(found), allowed


def _gaussian(value: Expr, places: int) -> Expr:
    """A complex number in so many decimals: the rationals with I are a small field, whatever the number's own is."""

    def rounded(part: Expr) -> Expr:
        return part if part.is_Rational else Rational(str(part.evalf(places)))

    return joined(*map(rounded, parts(value)))


@functools.lru_cache(maxsize=256)
def _kept(scheme: Scheme, digits: int) -> OrderReport:
    return judge(scheme)


def judged(scheme: Scheme) -> OrderReport:
    """`judge`, kept; equal schemes may be known to different digits, so that these are part of the key."""
    return _kept(scheme, scheme.digits or 0)
