"""The multistep scheme that approximate coefficients mean: the nearest whose order conditions hold exactly."""

import functools
import math
from typing import Any

from sympy import QQ, Rational
from sympy.polys.matrices import DomainMatrix

from schemetools.analysis.properties.agreement import OF_FEW, distance
from schemetools.analysis.properties.judgement import judged
from schemetools.analysis.properties.order import is_consistent, order
from schemetools.exact import to_float
from schemetools.schemes.multistep import LinearMultistep


def meant_multistep(scheme: LinearMultistep) -> LinearMultistep | None:
    """The scheme of the order that the digits show, nearest to them in the sum of squares; None where that is not near.

        sum_j alpha_j = 0,   sum_j alpha_j j^m / m! = sum_j beta_j j^(m-1) / (m-1)!,   m = 1, ..., order

    Integers, zeros among them, stay as they are, and so does the scale: the leading coefficient.
    """
    return _nearest(scheme, scheme.digits or 0)


@functools.lru_cache(maxsize=256)
def _nearest(scheme: LinearMultistep, digits: int) -> LinearMultistep | None:
    """`meant_multistep`, kept; equal schemes may be known to different digits, part of the key."""
    values = [*scheme.alpha, *scheme.beta]
    if not all(v.is_Rational for v in values) or not is_consistent(scheme):
        return None
    k, p = scheme.steps, judged(scheme).order
    free = [n for n, v in enumerate(values) if not v.is_Integer and n != k]
    rows = [[QQ(j**m, math.factorial(m)) for j in range(k + 1)] for m in range(p + 1)]
    table = [[*row, *(-x for x in ([QQ.zero] * (k + 1) if m == 0 else rows[m - 1]))] for m, row in enumerate(rows)]
    given = [QQ(int(v.p), int(v.q)) for v in values]  # type: ignore[attr-defined]
    misses = [-sum((x * c for x, c in zip(row, given, strict=True)), QQ.zero) for row in table]
    changes = _least([[row[n] for n in free] for row in table], misses)
    if changes is None:
        return None
    for n, change in zip(free, changes, strict=True):
        given[n] += change
    near = max(distance(scheme), OF_FEW * 10.0**-digits) * max(1.0, *(abs(to_float(v)) for v in values))
    if any(abs(float(change)) > near for change in changes):
        return None
    numbers = [Rational(int(x.numerator), int(x.denominator)) for x in given]
    found = LinearMultistep(numbers[: k + 1], numbers[k + 1 :], exact=True)
    return found if order(found) >= p else None


def _least(rows: list[list[Any]], right: list[Any]) -> list[Any] | None:
    """The shortest solution x = M^T y, M M^T y = right, of M x = right; None where there is none."""
    width = len(rows[0])
    if not width:
        return None if any(right) else []
    M = DomainMatrix(rows, (len(rows), width), QQ)
    whole = (M * M.transpose()).hstack(DomainMatrix([[r] for r in right], (len(right), 1), QQ))
    reduced, pivots = whole.rref()
    if len(rows) in pivots:
        return None
    entries, y = reduced.to_list(), [QQ.zero] * len(rows)
    for i, pivot in enumerate(pivots):
        y[pivot] = entries[i][-1]
    return [row[0] for row in (M.transpose() * DomainMatrix([[v] for v in y], (len(y), 1), QQ)).to_list()]
