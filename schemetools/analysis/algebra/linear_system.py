"""Systems of linear inequalities over the rationals: feasible or not, and which of them say nothing new."""

from collections.abc import Sequence
from typing import Any

Row = tuple[tuple[Any, ...], Any, bool]
"""(a, b, strict): a.x + b >= 0, or > 0 if strict."""


def is_feasible(rows: Sequence[Row]) -> bool:
    """Whether a point satisfies all rows (Fourier and Motzkin's elimination)."""
    rows = list(dict.fromkeys(_normal(row) for row in rows))
    n = len(rows[0][0]) if rows else 0
    for i in range(n):
        up = [r for r in rows if r[0][i] > 0]
        down = [r for r in rows if r[0][i] < 0]
        kept = [r for r in rows if not r[0][i]]
        for a, b, s in up:
            for c, d, t in down:
                x, y = -c[i], a[i]
                sums = tuple(x * p + y * q for p, q in zip(a, c, strict=True))
                kept.append(_normal((sums, x * b + y * d, s or t)))
        rows = _dominant(kept)
    return all(b > 0 or (not b and not strict) for _, b, strict in rows)


def _normal(row: Row) -> Row:
    """The row over its largest coefficient, so that multiples are told to be equal."""
    a, b, strict = row
    size = max((abs(v) for v in a), default=0)
    return (tuple(v / size for v in a), b / size, strict) if size else row


def _dominant(rows: Sequence[Row]) -> list[Row]:
    """Of rows with one left side the tightest."""
    best: dict[Any, Row] = {}
    for row in rows:
        a, b, strict = row
        other = best.get(a)
        if other is None or b < other[1] or (b == other[1] and strict):
            best[a] = row
    return list(best.values())


def implies(rows: Sequence[Row], row: Row) -> bool:
    """Whether every point of the system satisfies the row."""
    a, b, strict = row
    return not is_feasible([*rows, (tuple(-v for v in a), -b, not strict)])


def independent(rows: Sequence[Row]) -> list[int]:
    """The indices of rows that together say what all say."""
    kept = list(range(len(rows)))
    for i in range(len(rows)):
        rest = [rows[j] for j in kept if j != i]
        if implies(rest, rows[i]):
            kept.remove(i)
    return kept
