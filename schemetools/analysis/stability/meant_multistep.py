"""The multistep scheme that approximate coefficients mean: the nearest whose order conditions hold exactly."""

import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sympy import QQ, Expr, Rational
from sympy.polys.matrices import DomainMatrix

from schemetools.analysis.properties.agreement import OF_FEW, distance
from schemetools.analysis.properties.judgement import judged
from schemetools.analysis.properties.order import is_consistent, order
from schemetools.exact import to_float
from schemetools.schemes.multistep import LinearMultistep

TRIALS = 16


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
    p = judged(scheme).order
    numbers = _with_order(scheme, values, p)
    if numbers is None:
        return None
    near = max(distance(scheme), OF_FEW * 10.0**-digits) * max(1.0, *(abs(to_float(v)) for v in values))
    if any(abs(to_float(x - y)) > near for x, y in zip(numbers, values, strict=True)):
        return None
    found = _scheme(numbers)
    return found if order(found) >= p else None


def possible_multisteps(scheme: LinearMultistep) -> Iterator[LinearMultistep]:
    """Schemes of the order that the digits show, each nearest to decimals that are off by one unit of the last."""
    random = np.random.default_rng(0)
    unit, p = Rational(1, 10 ** (scheme.digits or 0)), judged(scheme).order
    for _ in range(TRIALS):
        given = [*scheme.alpha, *scheme.beta]
        for n in _free(scheme):
            given[n] += unit * int(random.choice([-1, 1]))
        if (numbers := _with_order(scheme, given, p)) is not None:
            yield _scheme(numbers)


def _scheme(numbers: Sequence[Expr]) -> LinearMultistep:
    half = len(numbers) // 2
    return LinearMultistep(numbers[:half], numbers[half:], exact=True)


def _free(scheme: LinearMultistep) -> list[int]:
    values = [*scheme.alpha, *scheme.beta]
    return [n for n, v in enumerate(values) if not v.is_Integer and n != scheme.steps]


def _with_order(scheme: LinearMultistep, values: Sequence[Expr], p: int) -> list[Expr] | None:
    """Coefficients changed where the scheme's are free, so that the order conditions through p hold."""
    k, free = scheme.steps, _free(scheme)
    rows = [[QQ(j**m, math.factorial(m)) for j in range(k + 1)] for m in range(p + 1)]
    table = [[*row, *(-x for x in ([QQ.zero] * (k + 1) if m == 0 else rows[m - 1]))] for m, row in enumerate(rows)]
    given = [QQ(int(v.p), int(v.q)) for v in values]  # type: ignore[attr-defined]
    misses = [-sum((x * c for x, c in zip(row, given, strict=True)), QQ.zero) for row in table]
    changes = _least([[row[n] for n in free] for row in table], misses)
    if changes is None:
        return None
    for n, change in zip(free, changes, strict=True):
        given[n] += change
    return [Rational(int(x.numerator), int(x.denominator)) for x in given]


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
