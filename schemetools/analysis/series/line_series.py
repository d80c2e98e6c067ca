"""Methods of lines of multistep schemes with free symbols: the logarithm in z first, the symbol of space last."""

from typing import Any

from sympy.polys.rings import PolyRing

from schemetools.analysis.series import graded
from schemetools.analysis.series.laurent import line_symbols
from schemetools.analysis.series.symbol_series import (
    Levels,
    LogSeries,
    branch_series,
    collected,
    extended,
    field_series,
    lift,
)
from schemetools.schemes.semidiscrete import MethodOfLines


def parametric_log(scheme: Any, order: int) -> LogSeries | None:
    """log G = sum_d g_d z^d with g_d rational in the symbols of the scheme in time; None where that is not shorter.

    The g_d have the denominators w^(2d-1), w = rho'(1); those of other ways to the same series are found by divisions
    in all the numbers together.
    """
    if not isinstance(scheme, MethodOfLines) or len(scheme.terms) != 1 or not scheme.time.free_symbols:
        return None
    base, step, _, _ = line_symbols(scheme)
    times = {m for m, _ in step}
    if len(times) < 3:
        return None
    fields = field_series(scheme, order, ())
    if fields is None:
        return None
    ring, rates, (z,) = fields
    line = extended(base, 1)
    levels = {m: [lift(step.get((m, d), base.zero), line) for d in range(order + 1)] for m in times}
    pair = branch_series(Levels(line, base, (), 1, levels))
    if pair is None or rates:
        return None
    logarithm, w = pair
    known = [_by_power(part, base) for part in logarithm]
    power = graded.constant(ring, 1, order)
    powers = {}
    for d in range(1, order + 1):
        power = graded.multiply(power, z)
        powers[d] = power
    parts, below = [ring.zero], [base.one]
    inverse = [base.one]
    for n in range(1, order + 1):
        used = [d for d in range(1, n + 1) if known[d] and powers[d][n]]
        highest = max((j for d in used for j in known[d]), default=0)
        while len(inverse) <= highest:
            inverse.append(inverse[-1] * w)
        total = ring.zero
        for d in used:
            above = base.zero
            for j, element in known[d].items():
                above = above + element * inverse[highest - j]
            total = total + lift(above, ring) * powers[d][n]
        parts.append(total)
        below.append(inverse[highest])
    found = collected(parts, Levels(ring, base, rates, scheme.dimension, {}), base.one)
    return LogSeries(base, {index: (above, below[sum(index)]) for index, (above, _) in found.terms.items()})


def _by_power(part: Any, base: PolyRing) -> dict[int, Any]:
    """{j: p_j} of sum_j p_j w^-j."""
    n = base.ngens
    found: dict[int, dict[Any, Any]] = {}
    for mono, c in part.items():
        found.setdefault(mono[n], {})[mono[:n]] = c
    return {j: base.from_dict(terms) for j, terms in found.items()}
