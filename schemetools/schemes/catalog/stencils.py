"""Stencils by name: `st.stencils.upwind(1, order=3)`, and the same name as text.

>>> import schemetools as st
>>> st.stencils.centred(1)
Stencil({-1: -1/2, 1: 1/2}, derivative=1)
"""

import inspect
import re
from functools import lru_cache
from typing import Any

from schemetools import exact
from schemetools.errors import SchemeError, TableauError, UnknownNameError
from schemetools.exact.parser import shorten
from schemetools.schemes.naming import split_arguments
from schemetools.schemes.stencil import Stencil

HIGHEST_ORDER = 16
_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\((.*)\))?\s*", re.DOTALL)
NAMES = (
    "average", "biharmonic", "centred", "compact", "downwind", "identity", "laplacian", "quick", "staggered", "upwind",
)  # fmt: skip


def centred(derivative: int = 1, order: int = 2, axis: str | None = None, dimension: int | None = None) -> Stencil:
    """The centred stencil of a derivative, of even order, on as few points as there are.

    `axis` places it along "x", "y" or "z" of a grid of several dimensions. Source: Fornberg (1988).

    >>> centred(2, order=4)
    Stencil({-2: -1/12, -1: 4/3, 0: -5/2, 1: 4/3, 2: -1/12}, derivative=2)
    """
    n, p = _whole(derivative, "derivative", 0, 8), _whole(order, "order", 2, HIGHEST_ORDER)
    if p % 2:
        raise TableauError(f"a centred stencil has even order; order {p} came: write upwind({n}, order={p})")
    reach = (n + 1) // 2 - 1 + p // 2
    stencil = Stencil.derivative_of(n, range(-reach, reach + 1))
    return _named(stencil, f"centred({n}, order={p})", axis, dimension)


def upwind(derivative: int = 1, order: int = 1, axis: str | None = None, dimension: int | None = None) -> Stencil:
    """The stencil biased to the left, for waves that move to the right: one or two points more on the left.

    Of order 1, 3, 5, ... with one point more on the left, of even order with two. Source: Fornberg (1988).

    >>> upwind(1, order=3)
    Stencil({-2: 1/6, -1: -1, 0: 1/2, 1: 1/3}, derivative=1)
    """
    n, p = _whole(derivative, "derivative", 1, 8), _whole(order, "order", 1, HIGHEST_ORDER)
    points = n + p
    left = points // 2 if points % 2 == 0 else (points + 1) // 2
    stencil = Stencil.derivative_of(n, range(-left, points - left))
    return _named(stencil, f"upwind({n}, order={p})", axis, dimension)


def downwind(derivative: int = 1, order: int = 1, axis: str | None = None, dimension: int | None = None) -> Stencil:
    """The mirror image of `upwind`, biased to the right.

    >>> downwind()
    Stencil({0: -1, 1: 1}, derivative=1)
    """
    points = upwind(derivative, order).numerator
    stencil = Stencil({-place[0]: (-1) ** derivative * c for place, c in points}, derivative)
    return _named(stencil, f"downwind({derivative}, order={order})", axis, dimension)


def staggered(derivative: int = 1, order: int = 2, axis: str | None = None, dimension: int | None = None) -> Stencil:
    """The centred stencil of an odd derivative between the points, at halves.

    >>> staggered(order=4)
    Stencil({-3/2: 1/24, -1/2: -9/8, 1/2: 9/8, 3/2: -1/24}, derivative=1)
    """
    n, p = _whole(derivative, "derivative", 1, 7), _whole(order, "order", 2, HIGHEST_ORDER)
    if p % 2 or not n % 2:
        raise TableauError(f"a staggered stencil has an odd derivative and even order; {n} and {p} came")
    half = n + p - 2
    points = [f"{j}/2" for j in range(-half, half + 1, 2)]
    return _named(Stencil.derivative_of(n, points), f"staggered({n}, order={p})", axis, dimension)


def compact(derivative: int = 1, order: int = 4, axis: str | None = None, dimension: int | None = None) -> Stencil:
    """The compact (Pade) stencil of three points of the first or second derivative, of order four.

        u'_(i-1) + 4 u'_i + u'_(i+1) = 3 (u_(i+1) - u_(i-1))/dx

    Order 6 takes two points more in the numerator. Source: S. K. Lele, J. Comput. Phys. 103 (1992), section 2.

    >>> compact(1).is_compact
    True
    """
    n, p = _whole(derivative, "derivative", 1, 2), _whole(order, "order", 4, 6)
    above: dict[tuple[int, int], dict[int, Any]] = {
        (1, 4): {-1: -3, 1: 3},
        (2, 4): {-1: 12, 0: -24, 1: 12},
        (1, 6): {-2: "-1/12", -1: "-7/3", 1: "7/3", 2: "1/12"},
        (2, 6): {-2: "3/8", -1: 6, 0: "-51/4", 1: 6, 2: "3/8"},
    }
    below: dict[tuple[int, int], dict[int, Any]] = {
        (1, 4): {-1: 1, 0: 4, 1: 1},
        (2, 4): {-1: 1, 0: 10, 1: 1},
        (1, 6): {-1: 1, 0: 3, 1: 1},
        (2, 6): {-1: 1, 0: "11/2", 1: 1},
    }
    if p == 5:
        raise TableauError("a compact stencil of three points has order 4 or 6; order 5 came")
    stencil = Stencil(above[n, p], n, below[n, p])
    return _named(stencil, f"compact({n}, order={p})", axis, dimension)


def laplacian(dimension: int = 1, order: int = 2, points: int | None = None) -> Stencil:
    """The Laplacian in one to three dimensions on one width dx; `points=9` the nine-point one in two dimensions.

    Source: L. Collatz, The Numerical Treatment of Differential Equations, appendix, table VI.

    >>> laplacian(points=5).leading
    {(0, 2): 1, (2, 0): 1}
    """
    size = {None: dimension, 3: 1, 5: 2, 7: 3, 9: 2}.get(points)
    if size is None or not isinstance(size, int) or not 1 <= size <= 3:
        raise TableauError(f"a Laplacian has points=3, 5, 7 or 9, or dimension=1 to 3; {points or dimension!r} came")
    if points == 9:
        weights = {(i, j): {0: "-10/3", 1: "2/3", 2: "1/6"}[abs(i) + abs(j)] for i in (-1, 0, 1) for j in (-1, 0, 1)}
        return _named(Stencil(weights, 2), "laplacian(points=9)")
    line = centred(2, order)
    found = line if size == 1 else sum_along(line, size)
    return _named(found, f"laplacian(dimension={size}, order={order})")


def sum_along(line: Stencil, dimension: int) -> Stencil:
    """The sum over all axes of a stencil of one dimension."""
    total = line.along(0, dimension)
    for axis in range(1, dimension):
        total = total + line.along(axis, dimension)
    return total


def biharmonic(order: int = 2) -> Stencil:
    """The fourth derivative in one dimension, centred: hyperdiffusion.

    >>> biharmonic()
    Stencil({-2: 1, -1: -4, 0: 6, 1: -4, 2: 1}, derivative=4)
    """
    return _named(
        Stencil.derivative_of(4, [p[0] for p, _ in centred(4, order).numerator]), f"biharmonic(order={order})"
    )


def identity(dimension: int = 1) -> Stencil:
    """The value itself, for a reaction term.

    >>> identity()
    Stencil({0: 1}, derivative=0)
    """
    return _named(Stencil({(0,) * _whole(dimension, "dimension", 1, 3): 1}, 0), f"identity({dimension})")


def average() -> Stencil:
    """The mean of both neighbours, an approximation of the value.

    >>> average()
    Stencil({-1: 1/2, 1: 1/2}, derivative=0)
    """
    return _named(Stencil({-1: "1/2", 1: "1/2"}, 0), "average()")


def quick() -> Stencil:
    """Leonard's quadratic upstream interpolation, as the difference of the two fluxes of a cell: order two.

    Source: B. P. Leonard, Comput. Methods Appl. Mech. Engrg. 19 (1979), 59-98.

    >>> quick()
    Stencil({-2: 1/8, -1: -7/8, 0: 3/8, 1: 3/8}, derivative=1)
    """
    return _named(Stencil({-2: "1/8", -1: "-7/8", 0: "3/8", 1: "3/8"}, 1), "quick()")


@lru_cache(maxsize=1024)
def get(text: str) -> Stencil:
    """The stencil of a name: "upwind(1, order=3)", "upwind(1,3)", "laplacian(points=9)", "centred(1, axis=y)".

    Raises SchemeError for what is no stencil's name.

    >>> get("upwind(1,3)") == upwind(1, order=3)
    True
    """
    match = _CALL.fullmatch(text)
    if match is None or match[1] not in NAMES:
        raise UnknownNameError(f"{shorten(repr(text))} is no stencil; known are {', '.join(NAMES)}")
    build = globals()[match[1]]
    parameters = inspect.signature(build).parameters
    values: dict[str, Any] = {}
    for i, part in enumerate(split_arguments(match[2] or "")):
        key, equals, shown = (p.strip() for p in part.partition("="))
        name = key if equals else [*parameters][i] if i < len(parameters) else ""
        if name not in parameters or name in values:
            raise SchemeError(f"{part.strip()!r} is no argument of {match[1]}({', '.join(parameters)})")
        values[name] = _argument(name, shown if equals else key)
    return build(**values)


def _argument(name: str, shown: str) -> Any:
    if name == "axis":
        return shown.strip("'\"")
    value = exact.parse(shown)
    if not value.is_Integer:
        raise SchemeError(f"{name}={shorten(shown, 20)}: {name} must be an integer")
    return int(value)  # type: ignore[arg-type]


def _whole(value: Any, what: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or not low <= value.__index__() <= high:
        raise TableauError(f"{what} must be an integer from {low} to {high}; {value!r} came")
    return value.__index__()


def _named(stencil: Stencil, name: str, axis: Any = None, dimension: Any = None) -> Stencil:
    if axis is not None:
        stencil = stencil.along(axis, dimension)
        name = f"{name[:-1]}, axis={axis}{'' if dimension is None else f', dimension={dimension}'})"
    return Stencil(dict(stencil.numerator), stencil.derivative, dict(stencil.denominator), name=name)
