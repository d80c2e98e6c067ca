"""Ball arithmetic (python-flint's arb): a zero of a square system, proven, with its enclosure.

Newton's method with intervals (Krawczyk): with C near J(x)^-1, if

    x - C F(x) + (I - C J(X)) (X - x)

lies inside X, then X holds exactly one zero of F, and it lies in there. Source: Krawczyk, Computing 4 (1969); Neumaier,
Interval Methods for Systems of Equations (1990), section 5.1.
"""

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from schemetools.errors import UnsupportedError

HAS_BALLS = importlib.util.find_spec("flint") is not None
if HAS_BALLS:
    import flint

INFLATION = 4
STEPS = 60
System = Callable[[Sequence[Any]], tuple[list[Any], list[list[Any]]]]
"""From the unknowns, in balls, to (F, Jacobian)."""


class Enclosure(NamedTuple):
    """The one zero in a box: its balls, and the radius of the box around the start in which it was proven."""

    balls: list[Any]
    radius: float


def need_balls() -> None:
    """Refuse what needs ball arithmetic where it is not installed."""
    if not HAS_BALLS:
        raise UnsupportedError("this needs ball arithmetic: install python-flint (pip install python-flint)")


def ball(value: Any) -> Any:
    """A rational number as a ball at the current precision."""
    return flint.arb(flint.fmpq(int(value.p), int(value.q)))


def precision(bits: int) -> Any:
    """A context in which balls have so many bits."""
    need_balls()
    return flint.ctx.workprec(bits)


def proven_zero(system: System, start: Sequence[Any]) -> Enclosure | None:
    """The zero of a square system near a start, or None where this is not proven."""
    x = [_middle(value) for value in start]
    for _ in range(STEPS):
        values, jacobian = system(x)
        step = _solved(jacobian, values)
        if step is None:
            return None
        x = [_middle(a - d) for a, d in zip(x, step, strict=True)]
        if max(float(abs(d).upper()) for d in step) < 2.0 ** (-0.8 * flint.ctx.prec):
            break
    return _verified(system, x, start)


def _verified(system: System, x: list[Any], start: Sequence[Any]) -> Enclosure | None:
    values, jacobian = system(x)
    inverse = _inverse(jacobian)
    if inverse is None:
        return None
    n = range(len(x))
    residual = [_sum(inverse[i][k] * values[k] for k in n) for i in n]
    size = max((float(abs(r).upper()) for r in residual), default=0.0)
    radius = max(size, 2.0 ** (10 - flint.ctx.prec))
    for _ in range(STEPS):
        radius *= INFLATION
        offset = flint.arb(0, radius)
        _, slopes = system([a + offset for a in x])
        image = [
            -residual[i]
            + _sum(((1 if i == j else 0) - _sum(inverse[i][k] * slopes[k][j] for k in n)) * offset for j in n)
            for i in n
        ]
        if all(float(abs(d).upper()) < radius for d in image):
            balls = [a + d for a, d in zip(x, image, strict=True)]
            away = max(float(abs(b - s).upper()) for b, s in zip(balls, start, strict=True))
            return Enclosure(balls, away)
        if radius > 1e-2:
            return None
    return None


def _middle(value: Any) -> Any:
    return value.mid() if isinstance(value, flint.arb) else flint.arb(value)


def _sum(values: Any) -> Any:
    return sum(values, flint.arb(0))


def _solved(jacobian: list[list[Any]], values: list[Any]) -> list[Any] | None:
    matrix = flint.arb_mat([[_middle(v) for v in row] for row in jacobian])
    try:
        solution = matrix.solve(flint.arb_mat([[_middle(v)] for v in values]))
    except (ZeroDivisionError, ValueError):
        return None
    return [solution[i, 0] for i in range(len(values))]


def _inverse(jacobian: list[list[Any]]) -> list[list[Any]] | None:
    n = len(jacobian)
    try:
        inverse = flint.arb_mat([[_middle(v) for v in row] for row in jacobian]).inv()
    except (ZeroDivisionError, ValueError):
        return None
    return [[inverse[i, j].mid() for j in range(n)] for i in range(n)]
