"""Signs of integer polynomials on [-1, 1]: a quick witness against, or a proof for.

A witness is a rational point with a negative value. The proof counts sign variations of the polynomial carried to
(0, oo), Descartes' rule, and Sturm's sequence where that leaves room for doubt.
"""

import functools
from collections.abc import Sequence
from typing import Any

from sympy import QQ

from schemetools.analysis.algebra.fields import Field
from schemetools.analysis.algebra.polynomials import evaluate
from schemetools.analysis.algebra.real_roots import RealRoot
from schemetools.analysis.algebra.sturm import count_real_roots

RATIONALS = Field(QQ)
WITNESSES = tuple(QQ(n, 64) for n in (0, 32, -32, 63, -63, 48, -48, 16, -16, 56, -56, *range(-62, 62, 5)))


def has_no_root_inside(K: Field, f: Sequence[Any]) -> bool:
    """Whether a polynomial, ascending, has no zero in the open interval (-1, 1)."""
    if len(f) < 2:
        return bool(f)
    signs = [K.sign(c) for c in carried(tuple(f))]
    signs = [s for s in signs if s]
    variations = sum(a != b for a, b in zip(signs, signs[1:], strict=False))
    if variations < 2:
        return not variations
    return count_real_roots(K, list(f), -K.one, K.one) == 0


def carried(f: tuple[Any, ...]) -> list[Any]:
    """(1 + y)^n f((y - 1)/(y + 1)): the zeros in (-1, 1) are those of it in (0, oo)."""
    n = len(f) - 1
    table = _binomials(n)
    return [sum((a * row[i] for a, row in zip(f, table, strict=True) if a and row[i]), f[0] * 0) for i in range(n + 1)]


@functools.lru_cache(maxsize=128)
def _binomials(n: int) -> list[list[int]]:
    """The coefficients of (y - 1)^j (y + 1)^(n - j), j = 0..n."""
    rows = []
    for j in range(n + 1):
        row = [1]
        for i in range(n):
            sign = -1 if i < j else 1
            row = [sign * a + b for a, b in zip([*row, 0], [0, *row], strict=True)]
        rows.append(row)
    return rows


def has_negative_value(K: Field, f: Sequence[Any]) -> bool:
    """Whether a polynomial is negative at one of a few rational points of (-1, 1)."""
    return any(K.sign(evaluate(K, f, K.number(x))) < 0 for x in WITNESSES)


def is_surely_negative(f: Sequence[Any], root: RealRoot) -> bool:
    """Whether a rational polynomial is negative at a real root, by an enclosure of 60 bits: False where in doubt."""
    if not f:
        return False
    root.refine_to(max(abs(root.low), QQ(1, 2**60)) / 2**60)
    width, size = root.high - root.low, max(abs(root.low), abs(root.high))
    value = slope = QQ.zero
    for c in reversed(f):
        slope = slope * size + abs(value)
        value = value * root.low + c
    return value + width * slope < 0
