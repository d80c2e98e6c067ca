"""Where polygons in the complex plane cross themselves and one another."""

# NumPy's stubs refuse .real and .imag of an array whose type is not known.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass

import numpy as np

BLOCK = 256


@dataclass(frozen=True)
class Crossing:
    """One passage of a loop through a crossing point: on which segment, and how far along it."""

    loop: int
    segment: int
    fraction: float
    point: complex


def self_crossings(loops: list[np.ndarray]) -> list[Crossing]:
    """All proper crossings, each as two passages with exactly equal points."""
    start = np.concatenate([loop[:-1] for loop in loops])
    end = np.concatenate([loop[1:] for loop in loops])
    loop_of = np.repeat(np.arange(len(loops)), [len(loop) - 1 for loop in loops])
    segment_of = np.concatenate([np.arange(len(loop) - 1) for loop in loops])
    crossings: list[Crossing] = []
    for i, j in _candidate_pairs(start, end):
        s, t = _parameters(start[i], end[i], start[j], end[j])
        if s is None or t is None:
            continue
        neighbours = loop_of[i] == loop_of[j] and abs(int(segment_of[i]) - int(segment_of[j])) <= 1
        if neighbours or _is_wraparound(loops[loop_of[i]], loop_of[i] == loop_of[j], segment_of[i], segment_of[j]):
            continue
        point = complex(start[i] + s * (end[i] - start[i]))
        crossings.append(Crossing(int(loop_of[i]), int(segment_of[i]), s, point))
        crossings.append(Crossing(int(loop_of[j]), int(segment_of[j]), t, point))
    return crossings


def _is_wraparound(loop: np.ndarray, same: bool, i: int, j: int) -> bool:
    return bool(same and loop[0] == loop[-1] and {int(i), int(j)} == {0, len(loop) - 2})


def _candidate_pairs(start: np.ndarray, end: np.ndarray) -> list[tuple[int, int]]:
    """Pairs i < j of segments whose bounding boxes overlap."""
    low = np.minimum(start.real, end.real), np.minimum(start.imag, end.imag)
    high = np.maximum(start.real, end.real), np.maximum(start.imag, end.imag)
    order = np.argsort(low[0])
    pairs: list[tuple[int, int]] = []
    sorted_low = low[0][order]
    for block in range(0, len(order), BLOCK):
        mine = order[block : block + BLOCK]
        reach = int(np.searchsorted(sorted_low, high[0][mine].max(), side="right"))
        others = order[block:reach]
        overlap = (
            (low[0][mine][:, None] <= high[0][others])
            & (low[0][others] <= high[0][mine][:, None])
            & (low[1][mine][:, None] <= high[1][others])
            & (low[1][others] <= high[1][mine][:, None])
        )
        first, second = np.nonzero(overlap)
        pairs += [
            (int(min(mine[a], others[b])), int(max(mine[a], others[b]))) for a, b in zip(first, second, strict=True)
        ]
    return sorted({(i, j) for i, j in pairs if i != j})


def _parameters(a: complex, b: complex, c: complex, d: complex) -> tuple[float | None, float | None]:
    """(s, t) in [0, 1) with a + s (b - a) = c + t (d - c), or (None, None)."""
    u, v, w = b - a, d - c, c - a
    determinant = u.real * v.imag - u.imag * v.real
    if abs(determinant) <= 1e-14 * abs(u) * abs(v):
        return None, None
    s = (w.real * v.imag - w.imag * v.real) / determinant
    t = (w.real * u.imag - w.imag * u.real) / determinant
    return (float(s), float(t)) if 0 <= s < 1 and 0 <= t < 1 else (None, None)
