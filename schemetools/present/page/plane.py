"""A part of the complex plane as SVG: axes, filled regions, outlines, points, in the colours of the page."""

# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import contourpy
import numpy as np
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from schemetools.present.page.markup import Html, element, joined

WIDTH, LEFT, BOTTOM, MARGIN = 560, 52, 40, 10
LEAST, MOST = 0.4, 1.3  # of the height over the width
GRID = 161
DIGITS = 1


@dataclass(frozen=True)
class Frame:
    """A window of the plane and its place in the picture, in pixels; the same scale on both axes."""

    xlim: tuple[float, float]
    ylim: tuple[float, float]
    width: int = WIDTH
    axes: tuple[str, str] = ("Re hλ", "Im hλ")

    @classmethod
    def around(cls, window: Any, *, width: int = WIDTH, axes: tuple[str, str] = ("Re hλ", "Im hλ")) -> "Frame":
        """The frame of a window, widened where that is very flat or very tall."""
        (left, right), (low, high) = window
        tall = (high - low) / (right - left)
        if tall > MOST:
            grown = (high - low) / MOST - (right - left)
            left, right = left - grown / 2, right + grown / 2
        if tall < LEAST:
            grown = (right - left) * LEAST - (high - low)
            low, high = low - grown / 2, high + grown / 2
        return cls((float(left), float(right)), (float(low), float(high)), width, axes)

    @property
    def scale(self) -> float:
        """Pixels of a unit."""
        return (self.width - LEFT - MARGIN) / (self.xlim[1] - self.xlim[0])

    @property
    def height(self) -> int:
        """Of the whole picture."""
        return round(self.scale * (self.ylim[1] - self.ylim[0])) + BOTTOM + MARGIN

    @property
    def inner(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the window within the picture."""
        return LEFT, MARGIN, self.width - LEFT - MARGIN, self.height - BOTTOM - MARGIN

    def place(self, points: Any) -> np.ndarray:
        """Pixels (n, 2) of complex points."""
        z = np.asarray(points, dtype=complex).ravel()
        return np.column_stack(
            [LEFT + self.scale * (z.real - self.xlim[0]), MARGIN + self.scale * (self.ylim[1] - z.imag)]
        )

    def line(self, curves: Sequence[Any]) -> str:
        """The path of curves, as far as they are near the picture."""
        limits = (-self.width, -self.height, 2 * self.width, 2 * self.height)
        return "".join(_path(self.place(points), clip=limits) for points in curves if len(points) > 1)

    def filled(self, s: Any) -> str:
        """The path of the region of a Stability. Its sign is that of `region`, its edge where the growth is 0."""
        x, y = np.linspace(*self.xlim, GRID), np.linspace(*self.ylim, GRID)
        with np.errstate(all="ignore"):
            size = np.nan_to_num(np.abs(s.growth(x[None, :] + 1j * y[:, None])), nan=1.0, posinf=1.0)
        inside = s.region(self.xlim, self.ylim, GRID)
        return self.contour(np.where(inside, -1, 1) * np.clip(size, 1e-9, 1.0))

    def contour(self, values: np.ndarray) -> str:
        """The path around where values on the grid of this frame are negative."""
        x, y = (np.linspace(*limits, n) for limits, n in zip((self.xlim, self.ylim), values.shape[::-1], strict=True))
        found = contourpy.contour_generator(x, y, values, fill_type="OuterOffset").filled(-np.inf, 0)
        rings = [
            self.place(points[a:b, 0] + 1j * points[a:b, 1])
            for points, offsets in zip(*found, strict=True)
            for a, b in zip(offsets[:-1], offsets[1:], strict=True)
        ]
        return "".join(_path(ring, closed=True) for ring in rings)


def _path(pixels: np.ndarray, *, closed: bool = False, clip: Any = None) -> str:
    """The path data of a polygon, its points no closer than can be seen."""
    path = Path(pixels)
    path.should_simplify, path.simplify_threshold = True, 0.15
    kept = path.cleaned(simplify=True, clip=clip)
    words = []
    for (x, y), code in zip(np.asarray(kept.vertices), np.asarray(kept.codes), strict=True):
        if code in (Path.MOVETO, Path.LINETO):
            words.append(f"{'M' if code == Path.MOVETO else 'L'}{x:.{DIGITS}f} {y:.{DIGITS}f}")
    return "".join(words) + ("Z" if closed and words else "")


def picture(frame: Frame, *layers: Html, title: str, class_: str = "plane") -> Html:
    """The picture with its axes; `title` is what a screen reader says of it."""
    left, top, wide, high = frame.inner
    box = f"{left} {top} {wide} {high}"
    return element(
        "svg",
        element("title", title),
        _axes(frame),
        element("svg", *layers, x=left, y=top, width=wide, height=high, viewBox=box),
        viewBox=f"0 0 {frame.width} {frame.height}",
        role="img",
        class_=class_,
    )


def region(fill: str, line: str, *, colour: int = 0) -> Html:
    """A filled region and its outline."""
    return joined(
        [
            element("path", d=fill, class_=f"fill c{colour}", fill_rule="evenodd"),
            element("path", d=line, class_=f"line c{colour}"),
        ]
    )


def dots(frame: Frame, points: Any, *, outside: bool = False) -> Html:
    """Points, in another colour where they are `outside` the region; those off the picture are diamonds on its edge."""
    drawn = []
    low = np.array([LEFT, MARGIN])
    high = np.array([frame.width - MARGIN, frame.height - BOTTOM])
    for pixel in frame.place(points):
        x, y = np.clip(pixel, low + 3, high - 3)
        if np.all((pixel >= low) & (pixel <= high)):
            kind = "dot out" if outside else "dot"
            drawn.append(element("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="3.2", class_=kind))
        else:
            drawn.append(element("path", d=f"M{x - 4:.1f} {y:.1f}l4 -4l4 4l-4 4Z", class_="dot far"))
    return joined(drawn)


def _axes(frame: Frame) -> Html:
    right, floor = frame.width - MARGIN, frame.height - BOTTOM
    parts = []
    count = 7 if frame.width >= WIDTH else 4
    for value in _ticks(frame.xlim, count):
        x = frame.place([complex(value, 0)])[0][0]
        parts.append(_stroke(x, MARGIN, x, floor, zero=value == 0))
        parts.append(_label(f"{value:g}", x, floor + 16, "middle"))
    for value in _ticks(frame.ylim, count):
        y = frame.place([complex(0, value)])[0][1]
        parts.append(_stroke(LEFT, y, right, y, zero=value == 0))
        parts.append(_label(f"{value:g}", LEFT - 7, y + 4, "end"))
    parts.append(_label(frame.axes[0], (LEFT + right) / 2, frame.height - 6, "middle"))
    middle = (MARGIN + floor) / 2
    parts.append(
        element("text", frame.axes[1], text_anchor="middle", transform=f"translate(13 {middle:.1f}) rotate(-90)")
    )
    return element("g", *parts, class_="axes", aria_hidden="true")


def _ticks(limits: tuple[float, float], count: int) -> list[float]:
    return [float(v) + 0.0 for v in MaxNLocator(count).tick_values(*limits) if limits[0] <= v <= limits[1]]


def _stroke(x1: float, y1: float, x2: float, y2: float, *, zero: bool) -> Html:
    places = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    return element("line", **places, class_="zero" if zero else "grid")


def _label(shown: str, x: float, y: float, anchor: str) -> Html:
    return element("text", shown.replace("-", "−"), x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)
