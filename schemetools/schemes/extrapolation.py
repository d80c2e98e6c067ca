"""Extrapolation: steps of one scheme with several step sizes, combined so that the first error terms cancel."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sympy import Expr, Integer, Rational

from schemetools import exact
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.base import as_scheme
from schemetools.schemes.carriers.conditions import float_order
from schemetools.schemes.linear import solve_consistent
from schemetools.schemes.runge_kutta import RungeKutta
from schemetools.schemes.transforms import adjoint, steps

ZERO = Integer(0)


def extrapolation(s: Any, sequence: Sequence[int]) -> RungeKutta:
    """T_kk of a Runge-Kutta scheme: n_1, ..., n_k steps of sizes h/n_j, the results combined with weights w_j.

        sum_j w_j = 1,    sum_j w_j n_j^(-q) = 0  for q = p, p + 1, ..., or p, p + 2, ... for a symmetric scheme

    p is the order of the scheme; each entry of the sequence adds one to the order, two if the scheme is symmetric.
    T_(k,k-1), without n_1, is the embedded result. Raises SchemeError for a sequence with repeated or few entries.
    Source: Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, section II.9.

    >>> import schemetools as st
    >>> st.order(extrapolation("euler", (1, 2, 3))), st.order(extrapolation("implicit_midpoint", (1, 2)))
    (3, 4)
    """
    scheme = as_scheme(s)
    if not isinstance(scheme, RungeKutta):
        raise UnsupportedError(f"extrapolation combines Runge-Kutta steps; {scheme} is a {type(scheme).__name__}")
    try:
        counts = [int(n) for n in sequence if exact.is_whole(n) and n >= 1]
    except TypeError:
        counts = []
    if isinstance(sequence, bytes):
        counts = []
    if not counts or len(counts) != len(list(sequence)) or len(set(counts)) < len(counts):
        raise SchemeError(
            f"an extrapolation sequence has different numbers of steps, such as (1, 2, 3); {sequence!r} came"
        )
    base = RungeKutta(scheme.A, scheme.b, scheme.c, name=scheme.name, exact=scheme.exact)
    first, gap = _expansion(base)
    parts = [steps(base, n) for n in counts]
    weights = _weights(counts, first, gap)
    lower = [ZERO, *_weights(counts[1:], first, gap)] if len(counts) > 1 else None
    total = sum(part.stages for part in parts)
    A, start = [], 0
    for part in parts:
        A += [[*[ZERO] * start, *row, *[ZERO] * (total - start - part.stages)] for row in part.A]
        start += part.stages
    b, b_hat = (_combined(parts, w) if w else None for w in (weights, lower))
    name = f"extrapolation({scheme}, {tuple(counts)})"
    return RungeKutta(A, b, b_hat=b_hat, name=name, exact=scheme.exact)


def _expansion(scheme: RungeKutta) -> tuple[int, int]:
    """(p, step of the exponents): the error is c_p h^p + c_(p+1) h^(p+1) + ..., every second term 0 if symmetric."""
    A = np.array([[exact.to_float(x) for x in row] for row in scheme.A])
    p = float_order(A, np.array([exact.to_float(x) for x in scheme.b]))
    if p == 0:
        raise SchemeError(f"{scheme} is not consistent with u' = f, so that nothing is gained by extrapolation")
    back = adjoint(scheme)
    return p, 2 if (back.A, back.b) == (scheme.A, scheme.b) else 1


def _weights(counts: Sequence[int], first: int, gap: int) -> list[Expr]:
    rows = [[Integer(1)] * len(counts)]
    rows += [[Rational(1, n ** (first + gap * i)) for n in counts] for i in range(len(counts) - 1)]
    found = solve_consistent(rows, [Integer(1)] + [ZERO] * (len(counts) - 1))
    return list(found or ())


def _combined(parts: Sequence[RungeKutta], weights: Sequence[Expr]) -> list[Expr]:
    return [exact.canonical(w * b) for part, w in zip(parts, weights, strict=True) for b in part.b]
