"""The zero level line of a function on the complex plane: marching squares, then a root search along each edge."""

from collections.abc import Callable

import numpy as np

Level = Callable[[np.ndarray], np.ndarray]
GRID = 241
FIRST, LARGEST = 2.0, 1e4
BISECTIONS = 50


def contours(level: Level) -> list[np.ndarray]:
    """Closed curves around {level <= 0}, in a square that is doubled until it holds them, up to 1e4."""
    half = FIRST
    while half < LARGEST and _touches_the_edge(level, half):
        half *= 2
    x = np.linspace(-half, half, GRID) + half / GRID / 3  # off the axes, so that symmetric zeros miss the grid points
    points = x[None, :] + 1j * x[:, None]
    inside = level(points) <= 0
    inside[[0, -1], :] = inside[:, [0, -1]] = False
    return _chained(level, points, inside)


def _touches_the_edge(level: Level, half: float) -> bool:
    side = np.linspace(-half, half, GRID)
    edge = np.concatenate([side - 1j * half, side + 1j * half, -half + 1j * side, half + 1j * side])
    return bool((level(edge) <= 0).any())


def _chained(level: Level, points: np.ndarray, inside: np.ndarray) -> list[np.ndarray]:
    """Follow the boundary cell by cell with the inside on the left; each step crosses one grid edge."""
    step = _edge_steps(inside)
    curves = []
    while step:
        start = next(iter(step))
        edges = [start]
        while (following := step.pop(edges[-1], None)) is not None and following != start:
            edges.append(following)
        a = np.array([points[edge[0]] for edge in edges])
        b = np.array([points[edge[1]] for edge in edges])
        curve = _zeros_between(level, a, b)
        curves.append(np.append(curve, curve[0]))
    return curves


Node = tuple[int, int]
Edge = tuple[Node, Node]
"""(inside node, outside node), neighbours on the grid."""


def _edge_steps(inside: np.ndarray) -> dict[Edge, Edge]:
    """From each crossed grid edge to the next along the boundary, through the cell between them."""
    steps: dict[Edge, Edge] = {}
    mixed = inside[:-1, :-1] + 2 * inside[:-1, 1:] + 4 * inside[1:, 1:] + 8 * inside[1:, :-1]
    for i, j in zip(*np.nonzero((mixed > 0) & (mixed < 15)), strict=True):
        corners = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]  # counter-clockwise
        corners = [(int(a), int(b)) for a, b in corners]
        state = [bool(inside[c]) for c in corners]
        for m in range(4):
            if (
                state[m] and not state[(m + 1) % 4]
            ):  # leaving: the curve enters the cell here and turns back to the inside
                back = next(n for n in range(m, m - 4, -1) if not state[(n - 1) % 4] and state[n % 4])
                steps[(corners[back % 4], corners[(back - 1) % 4])] = (corners[m], corners[(m + 1) % 4])
    return steps


def _zeros_between(level: Level, inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """The points of the level line on the segments from inside to outside, by bisection."""
    for _ in range(BISECTIONS):
        middle = (inner + outer) / 2
        within = level(middle) <= 0
        inner, outer = np.where(within, middle, inner), np.where(within, outer, middle)
    return inner
