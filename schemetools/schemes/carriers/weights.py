"""Embedded weights from the vector that libraries keep instead: the difference of the two results, of either sign.

Some keep b_hat - b, some b - b_hat, and some libraries both, table by table.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from schemetools.schemes.carriers.conditions import float_order

CLEARLY_SIMPLER = 0.85
ROUNDING = 8 * float(np.finfo(float).eps)

Part = tuple[list[list[Any]], list[Any], list[Any]]


def embedded(parts: Sequence[Part], usual: int) -> list[list[Any]]:
    """The embedded weights of every part (A, b, error) of one scheme, all with the sign that fits best.

    Of b + error and b - error the one of higher order is meant, in all parts together. Where both satisfy the same
    conditions (they do where b has the higher order: the residuals differ by their sign only), it is the one with fewer
    stages, with earlier stages, with clearly shorter fractions; where nothing tells, `usual`, +1 or -1, as the library
    mostly has it.
    """
    both = {sign: [_sum(b, error, sign) for _, b, error in parts] for sign in (1, -1)}
    scores = {sign: _score(parts, hats) for sign, hats in both.items()}
    plain = {sign: sum(map(_length, hats)) for sign, hats in both.items()}
    if scores[1] != scores[-1]:
        return both[max(scores, key=lambda sign: scores[sign])]
    for sign in (1, -1):
        if plain[sign] < CLEARLY_SIMPLER * plain[-sign]:
            return both[sign]
    return both[usual]


def _sum(b: list[Any], error: list[Any], sign: int) -> list[Any]:
    pairs = list(zip(b, error, strict=True))
    total = [x + sign * y for x, y in pairs]
    return [0 if _is_rounding(t, x) else t for t, (x, _) in zip(total, pairs, strict=True)]


def _is_rounding(value: Any, of: Any) -> bool:
    return isinstance(value, float) and abs(value) <= ROUNDING * abs(of)


def _score(parts: Sequence[Part], hats: list[list[Any]]) -> tuple[int, int, int]:
    """Order (the least of the parts), fewest stages, earliest stages: higher is better."""
    order = min(float_order(np.array(A, float), np.array(h, float)) for (A, _, _), h in zip(parts, hats, strict=True))
    used = [[i for i, w in enumerate(h) if w != 0] for h in hats]
    return order, -sum(map(len, used)), -sum(u[-1] for u in used if u)


def _length(weights: list[Any]) -> int:
    """The digits of the denominators of the nearest fractions."""
    return sum(len(str(Fraction(float(w)).limit_denominator(10**9).denominator)) for w in weights)
