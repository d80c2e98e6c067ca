"""The order that is measured, beside the order that is proven."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from schemetools.analysis.properties.limits import limits
from schemetools.analysis.properties.order import order
from schemetools.errors import SchemeError, UnsupportedError, came
from schemetools.interop.exponential import parts
from schemetools.interop.fields import fields_of, timed_fields
from schemetools.interop.solve import solve
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.registry import get
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom

STEPS = (8, 16, 32, 64, 128)
FINER = 4
ROUNDING = 2e-13
MOST_STEPS = 20000
NEAR = 0.3

PENDULUM_SPAN, PENDULUM_START = (0.0, 2.0), (1.0, 0.5)


@dataclass(frozen=True, repr=False)
class Convergence:
    """Errors of one scheme against its step size.

    `h` and `errors` (n,), `slopes` (n - 1,) between neighbours, `order` as it is proven (None where it is not defined),
    `measured`, the slope through the finest errors that are above rounding.

    >>> import schemetools as st
    >>> found = st.convergence("heun2", steps=(16, 32, 64))
    >>> found.order, found.agrees
    (2, True)
    """

    scheme: Scheme
    h: Any
    errors: Any
    order: int | None

    @property
    def slopes(self) -> Any:
        """log(error ratio) / log(step ratio) between neighbours."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.diff(np.log(self.errors)) / np.diff(np.log(self.h))

    @property
    def measured(self) -> float:
        """The median of the three finest slopes above rounding; nan where there are no two errors above it."""
        usable = np.isfinite(self.errors) & (self.errors > ROUNDING)
        slopes = self.slopes[usable[1:] & usable[:-1]]
        return float(np.median(slopes[-3:])) if slopes.size else float("nan")

    @property
    def agrees(self) -> bool:
        """Whether the measured order is the proven one, within 0.3."""
        return self.order is not None and abs(self.measured - self.order) < NEAR

    def __repr__(self) -> str:
        lines = [f"{self.scheme}: order {self.order}, measured {self.measured:.2f}"]
        lines += [f"{'h':>10}  {'error':>9}  slope"]
        slopes = ["", *(f"{s:.2f}" for s in self.slopes)]
        lines += [f"{h:10.4g}  {e:9.2e}  {s}".rstrip() for h, e, s in zip(self.h, self.errors, slopes, strict=True)]
        return "\n".join(lines)


def convergence(
    s: Any, problem: Any = None, steps: Sequence[int] = STEPS, *, start: Any = None, jac: Any = None
) -> Convergence:
    """The largest errors along a problem for several numbers of steps, and the order they show beside the proven one.

    `problem` is (f, t_span, u0, exact): f as in `solve`, exact(t) the solution, or None: then a scheme of order 8 gives
    it, in steps four times finer. A pendulum, split into its two fields where the scheme has two, if no problem is
    given. A scheme whose limit is u' = L f is compared with the solution of that equation.
    Raises SchemeError for a problem that is none.

    >>> import schemetools as st
    >>> result = st.convergence("rk4")
    >>> result.order, round(result.measured, 1), result.agrees
    (4, 4.0, True)
    """
    scheme = as_scheme(s)
    f, t_span, u0, exact = _problem(scheme, problem)
    counts = _counts(steps)
    span = float(t_span[1]) - float(t_span[0])
    sizes = np.array([span / n for n in counts])
    known = _reference(scheme, f, t_span, u0, math.lcm(*counts)) if exact is None else _sampled(exact)
    errors = [_error(scheme, f, t_span, u0, h, known, start, jac) for h in sizes]
    return Convergence(scheme, np.abs(sizes), np.array(errors), _proven(scheme))


def _counts(steps: Any) -> list[int]:
    """The numbers of steps, different ones, ascending: a slope needs two."""
    if not isinstance(steps, (Sequence, np.ndarray)) or isinstance(steps, (str, bytes)):
        raise SchemeError(f"steps are numbers of steps such as (8, 16, 32); {came(steps)} came")
    counts = sorted({_count(n) for n in steps})
    if not counts:
        raise SchemeError("steps is empty; give numbers of steps such as (8, 16, 32)")
    if len(counts) == 1:
        raise SchemeError(f"one number of steps, {counts[0]}, has no slope; give two or more, such as (8, 16, 32)")
    return counts


def _count(n: Any) -> int:
    if isinstance(n, bool) or not hasattr(n, "__index__") or n.__index__() < 1:
        raise SchemeError(f"steps are numbers of steps such as (8, 16, 32); {n!r} came")
    return n.__index__()


def _problem(scheme: Scheme, problem: Any) -> tuple[Any, Any, Any, Any]:
    if problem is None and isinstance(scheme, Exponential):
        return ([[0.0, 1.0], [0.0, 0.0]], _bent), PENDULUM_SPAN, PENDULUM_START, None
    if problem is None:
        return _pendulum(scheme)
    if not isinstance(problem, (tuple, list)) or len(problem) not in (3, 4):
        raise SchemeError(f"a problem is (f, t_span, u0, exact or None); {problem!r} came")
    return (*problem, None) if len(problem) == 3 else tuple(problem)  # type: ignore[return-value]


def _pendulum(scheme: Scheme) -> tuple[Any, Any, Any, Any]:
    """q' = p, p' = -sin q, for one field on (q, p), or for two."""
    q, p = PENDULUM_START
    if isinstance(scheme, RungeKuttaNystrom):
        return (_force if scheme.A_prime is None else _damped), PENDULUM_SPAN, (q, p), None
    form = scheme.frame()
    if len(form.fields) == 1:
        return _whole, PENDULUM_SPAN, [q, p], None
    if len(form.fields) == 2 and form.parts == 2:
        return dict(zip(form.fields, (_force, _velocity), strict=True)), PENDULUM_SPAN, (p, q), None
    if len(form.fields) == 2:
        halves = (lambda u: np.array([0 * u[0], -np.sin(u[0])]), lambda u: np.array([u[1], 0 * u[1]]))
        return dict(zip(form.fields, halves, strict=True)), PENDULUM_SPAN, [q, p], None
    raise SchemeError(f"{scheme} has {len(form.fields)} fields: give a problem (f, t_span, u0, exact or None)")


def _bent(u: Any) -> Any:
    return np.array([0.0, -np.sin(u[0])])


def _whole(u: Any) -> Any:
    return np.array([u[1], -np.sin(u[0])])


def _force(q: Any) -> Any:
    return -np.sin(q)


def _damped(t: Any, q: Any, p: Any) -> Any:
    return -np.sin(q) - p / 5


def _velocity(p: Any) -> Any:
    return p


def _sampled(exact: Any) -> Any:
    """The exact solution at times as an array, times first."""
    return lambda t: np.stack([np.asarray(exact(float(time))) for time in t])


def _reference(scheme: Scheme, f: Any, t_span: Any, u0: Any, count: int) -> Any:
    """The solution of the scheme's limit equation at the times of `count` steps and their multiples, by a method of
    order 8 on all fields at once.
    """
    if count > MOST_STEPS:
        raise SchemeError(f"numbers of steps whose least common multiple is {count} are too many; give powers of 2")
    best = get("dopri8" if scheme.is_explicit else "gauss(4)")
    t0, t1 = map(float, t_span)
    size = (t1 - t0) / (FINER * count)
    joined = _with_linear(scheme, f, u0) if isinstance(scheme, Exponential) else _joined(scheme, f)
    found = solve(best, joined, (t0, t1), _flat(u0), size).u
    return lambda t: found[np.rint((np.asarray(t) - t0) / size).astype(int)]


def _limits(scheme: Scheme) -> list[float]:
    return [float(value) for value in limits(scheme)]


def _flat(u0: Any) -> Any:
    return np.asarray(u0, dtype=np.result_type(np.asarray(u0).dtype, float))


def _joined(scheme: Scheme, f: Any) -> Any:
    if isinstance(scheme, RungeKuttaNystrom):
        (force,) = fields_of(scheme, f, ("f",)).values()
        if scheme.A_prime is not None:
            return lambda t, u: np.stack([u[1], force(t, u[0], u[1])])
        return lambda t, u: np.stack([u[1], force(t, u[0])])
    form, factors = scheme.frame(), _limits(scheme)
    from_labels = timed_fields(f, form.fields)
    fields = [from_labels[label] for label in form.fields]
    if form.parts == 2:
        return lambda t, u: np.stack([factors[0] * fields[0](t, u[1]), factors[1] * fields[1](t, u[0])])
    return lambda t, u: sum(c * g(t, u) for c, g in zip(factors, fields, strict=True))


def _with_linear(scheme: Exponential, f: Any, u0: Any) -> Any:
    linear, field = parts(scheme, f, u0)
    return lambda t, u: (u @ linear.T if linear.ndim == 2 else linear * u) + field(t, u)


def _error(scheme: Scheme, f: Any, t_span: Any, u0: Any, h: float, known: Any, start: Any, jac: Any) -> float:
    """The largest error along the way; infinite where the numbers overflow or the stages are not solved."""
    try:
        with np.errstate(all="ignore"):
            t, found = solve(scheme, f, t_span, u0, h, start=start, jac=jac)
    except SchemeError:
        if scheme.is_explicit:
            raise
        return float("inf")
    right = known(t)
    if right.shape != found.shape:  # NumPy would broadcast, and compare every time with every other
        raise SchemeError(
            f"exact(t) has the shape {right.shape[1:]} and the solution {found.shape[1:]}; the shape of u0 is expected"
        )
    error = float(np.max(np.abs(found - right)))
    return error if np.isfinite(error) else float("inf")


def _proven(scheme: Scheme) -> int | None:
    try:
        return order(scheme)
    except UnsupportedError:
        return None
