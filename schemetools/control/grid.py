"""Uniform grids on an interval or a rectangle, and what lies beyond their edge."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from schemetools.errors import SchemeError, came

BOUNDARIES = ("clipped", "periodic")


@dataclass(frozen=True, eq=False)
class Grid:
    """A uniform grid in one or two dimensions; `boundary` has one word per axis.

    "clipped": what leaves the box counts as its nearest point, so that constants stay constants. "periodic": an angle.
    """

    axes: tuple[np.ndarray, ...]
    boundary: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Points per axis."""
        return tuple(len(axis) for axis in self.axes)

    @property
    def size(self) -> int:
        """Points in all."""
        return int(np.prod(self.shape))

    @property
    def spacing(self) -> tuple[float, ...]:
        """The distance of neighbours, per axis."""
        return tuple(float(axis[1] - axis[0]) for axis in self.axes)

    @functools.cached_property
    def points(self) -> tuple[np.ndarray, ...]:
        """One flat array per coordinate."""
        return tuple(x.ravel() for x in np.meshgrid(*self.axes, indexing="ij"))

    @functools.cached_property
    def _index(self) -> np.ndarray:
        return np.indices(self.shape).reshape(len(self.axes), -1)

    def neighbour(self, *offsets: Any) -> np.ndarray:
        """The flat index of the point that lies so many cells away from each point; offsets are ints or flat arrays."""
        moved = []
        for i, offset in enumerate(offsets):
            index, n = self._index[i] + offset, self.shape[i]
            moved.append(index % n if self.boundary[i] == "periodic" else np.clip(index, 0, n - 1))
        return np.asarray(np.ravel_multi_index(tuple(moved), self.shape))

    @property
    def edge(self) -> np.ndarray:
        """Which points lie on the edge of a clipped axis, flat."""
        found = np.zeros(self.size, dtype=bool)
        for row, n, boundary in zip(self._index, self.shape, self.boundary, strict=True):
            if boundary == "clipped":
                found |= (row == 0) | (row == n - 1)
        return found

    def weights(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """(indices, weights) of linear interpolation at points of shape (m, d): two arrays of shape (m, 2^d)."""
        points = real_numbers(x, "a set of points")
        if points.size == 0 or points.size % len(self.axes):
            raise SchemeError(f"points of the shape {points.shape} came; (m, {len(self.axes)}) is expected, m >= 1")
        points = points.reshape(-1, len(self.axes))
        index, weight = np.zeros((len(points), 1), dtype=int), np.ones((len(points), 1))
        for axis, dx, n, boundary, values in zip(
            self.axes, self.spacing, self.shape, self.boundary, points.T, strict=True
        ):
            place = (values - axis[0]) / dx
            if boundary == "periodic":
                low = np.floor(place).astype(int)
                ends = np.stack([low % n, (low + 1) % n], axis=1)
            else:
                if not bool(np.all((place > -1e-9) & (place < n - 1 + 1e-9))):
                    raise SchemeError(f"points outside the grid from {axis[0]:g} to {axis[-1]:g} came; widen the grid")
                low = np.clip(np.floor(place).astype(int), 0, n - 2)
                ends = np.stack([low, low + 1], axis=1)
            shares = np.stack([1 - (place - low), place - low], axis=1)
            index = (index[:, :, None] * n + ends[:, None, :]).reshape(len(points), -1)
            weight = (weight[:, :, None] * shares[:, None, :]).reshape(len(points), -1)
        return index, weight

    def halved(self) -> "Grid":
        """A grid of about twice the spacing on the same box."""
        axes = []
        for axis, dx, boundary in zip(self.axes, self.spacing, self.boundary, strict=True):
            end, circle = axis[0] + len(axis) * dx, boundary == "periodic"
            axes.append(
                np.linspace(axis[0], end, max(3, len(axis) // 2), endpoint=False)
                if circle
                else np.linspace(axis[0], axis[-1], len(axis) // 2 + 1)
            )
        return Grid(tuple(axes), self.boundary)


def real_numbers(values: Any, what: str) -> np.ndarray:
    """An array of real numbers, NaN and infinity among them. Raises SchemeError for anything else."""
    try:
        found: Any = np.asarray(values)
        if np.iscomplexobj(found) and not np.any(found.imag):
            found = found.real
        return found.astype(float, casting="same_kind" if found.dtype.kind == "c" else "unsafe")
    except (TypeError, ValueError):
        raise SchemeError(f"{what} consists of real numbers; {came(values)} came") from None


def make_grid(axes: Any, boundary: Any, dimension: int) -> Grid:
    """A grid from (low, high, points) or a uniform array per axis. Raises SchemeError for what is neither."""
    given = list(axes) if isinstance(axes, Sequence) and not isinstance(axes, str) else [axes]
    if dimension == 1 and len(given) == 3 and all(np.isscalar(entry) for entry in given):
        given = [tuple(given)]
    if len(given) != dimension or dimension not in (1, 2):
        raise SchemeError(
            f"a grid of {len(given)} axes came for {dimension} variables; one axis for each is expected, and grids "
            "have one or two: beyond that, Monte Carlo over simulate(...) gives the mean loss"
        )
    words = tuple(boundary) if isinstance(boundary, (list, tuple)) else (boundary,) * dimension
    if len(words) != dimension or any(not isinstance(word, str) or word not in BOUNDARIES for word in words):
        raise SchemeError(f"boundary = {boundary!r} came; it is 'clipped' or 'periodic', one word or one per axis")
    return Grid(tuple(_axis(entry, word) for entry, word in zip(given, words, strict=True)), words)


def _axis(entry: Any, boundary: str) -> np.ndarray:
    if isinstance(entry, tuple) and len(entry) == 3:
        n = entry[2]
        low, high = real_numbers(entry[:2], "an end of an axis")
        if not (isinstance(n, (int, np.integer)) and n >= 3 and np.isfinite([low, high]).all() and low < high):
            raise SchemeError(
                f"the axis {entry} came; (low, high, points) with low < high, at least 3 points, is expected"
            )
        return np.linspace(float(low), float(high), int(n), endpoint=boundary == "clipped")
    axis = real_numbers(entry, "an axis of the grid")
    steps = np.diff(axis) if axis.ndim == 1 else np.array([])
    if len(steps) < 2 or not (steps > 0).all() or np.ptp(steps) > 1e-9 * steps.max():
        raise SchemeError("an axis is (low, high, points), or a uniform increasing array of at least 3 points")
    return axis
