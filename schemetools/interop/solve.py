"""Solving an initial value problem with any scheme, in equal steps."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from schemetools.errors import SchemeError
from schemetools.interop.exponential import ExponentialStepper, parts
from schemetools.interop.fields import fields_of
from schemetools.interop.starts import first_values
from schemetools.interop.stepper import Stepper
from schemetools.schemes.base import as_scheme
from schemetools.schemes.exponential import Exponential

SAME_STEP = 1e-9
MOST_STEPS = 10**8


@dataclass(frozen=True)
class Solution:
    """The computed values: `t` (n + 1,), `u` (n + 1, *shape of u0); unpacks as `t, u = ...`.

    >>> import schemetools as st
    >>> t, u = st.solve("rk4", lambda u: -u, (0, 1), [1.0], 0.1)
    >>> u.shape, round(float(u[-1, 0]), 5)
    ((11, 1), 0.36788)
    """

    t: Any
    u: Any

    def __iter__(self) -> Any:
        return iter((self.t, self.u))

    @property
    def y(self) -> Any:
        """The values as SciPy keeps them, components first."""
        return np.moveaxis(self.u, 0, -1)


def solve(
    s: Any, f: Any, t_span: tuple[float, float], u0: Any, h: float, *, start: Any = None, jac: Any = None
) -> Solution:
    """Steps of a scheme from t_span[0] to t_span[1], all of one size: h, or the nearest smaller one that divides the
    span.

    `f` is f(t, u) or f(u), for schemes of several fields one for each: {"F": f, "G": g}. Partitioned schemes take
    u0 = (p, q), Nystrom methods f(t, q) and u0 = (q, q'). A multistep scheme starts with `start`, a one-step scheme;
    dopri8, or radau_iia(3) for implicit ones, if none is given. `jac(t, u)` is the Jacobian (n, n) for implicit stages
    and Rosenbrock methods, differences where it is left out.
    An exponential method takes {"L": L, "N": f}, L a number, a diagonal or a matrix on the last dimension.
    Raises SchemeError for what does not fit, and where implicit stages are not solved.

    >>> import numpy as np, schemetools as st
    >>> t, u = st.solve("rk4", lambda u: -u, (0, 1), 1.0, h=0.1)
    >>> bool(abs(u[-1] - np.exp(-1)) < 1e-6), t.shape
    (True, (11,))
    """
    scheme = as_scheme(s)
    if isinstance(scheme, Exponential):
        return _solve_exponential(scheme, f, t_span, u0, h)
    stepper = Stepper(scheme)
    plan = stepper.plan
    fields = fields_of(scheme, f, plan.fields)
    t0, count, size = grid(t_span, h)
    values = state(u0, plan.inputs[: plan.parts])
    results = [values]
    if plan.carries:
        results = first_values(scheme, fields, t0, values[0], size, start=start, jac=jac)[: count + 1]
    for n in range(len(results) - 1, count):
        results.append(stepper(fields, t0 + n * size, results[-1], size, jac=jac))
    states = [np.asarray(v[0]) if plan.parts == 1 else np.stack(v[: plan.parts]) for v in results]
    return _solution(t0 + size * np.arange(count + 1), np.stack(states))


def _solution(t: Any, u: Any) -> Solution:
    """Warns where the values cease to be finite: a step too large, or a field without a value."""
    finite = np.isfinite(u).reshape(len(t), -1).all(1)
    if not finite.all():
        first = t[np.argmin(finite)]
        warnings.warn(f"the solution is not finite from t = {first:g} on; take a smaller h, or see f", stacklevel=3)
    return Solution(t, u)


def _solve_exponential(scheme: Exponential, f: Any, t_span: Any, u0: Any, h: float) -> Solution:
    u = _floating(u0)
    linear, field = parts(scheme, f, u)
    t0, count, size = grid(t_span, h)
    step, states = ExponentialStepper(scheme, linear, field, size), [u]
    for n in range(count):
        states.append(np.asarray(step(t0 + n * size, states[-1])))
    return _solution(t0 + size * np.arange(count + 1), np.stack(states))


def grid(t_span: Any, h: float) -> tuple[float, int, float]:
    """(t0, number of steps, their size): as few equal steps as are not longer than h."""
    try:
        t0, t1 = map(float, t_span)
        wanted = float(h)
    except (TypeError, ValueError):
        raise SchemeError(f"t_span is (start, end) and h a number; {t_span!r} and {h!r} came") from None
    if not (math.isfinite(t1 - t0) and math.isfinite(wanted)) or wanted <= 0 or t1 == t0:
        raise SchemeError(f"a solution goes from one time to another in steps of size h > 0; {t_span!r}, h={h!r} came")
    count = max(1, math.ceil(abs(t1 - t0) / wanted * (1 - SAME_STEP)))
    if count > MOST_STEPS:
        raise SchemeError(
            f"h={h!r} makes {count:.3g} steps from {t0:g} to {t1:g}, and every value is kept; at most {MOST_STEPS:,} "
            "are taken: take a larger h, or shorter spans one after another"
        )
    return t0, count, (t1 - t0) / count


def state(u0: Any, parts: Sequence[str]) -> tuple[Any, ...]:
    """u0 as the scheme's state: one array of floating point numbers, or one per part."""
    if len(parts) == 1:
        return (_floating(u0),)
    if not isinstance(u0, (tuple, list, np.ndarray)) or len(u0) != len(parts):
        raise SchemeError(f"this scheme is partitioned: u0 is ({', '.join(parts)}); {u0!r} came")
    return tuple(map(_floating, u0))


def _floating(value: Any) -> Any:
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise SchemeError(f"u0 is an array of numbers; {value!r} came") from None
    if array.dtype.kind not in "iufcb":
        raise SchemeError(f"u0 is an array of numbers; {value!r} came")
    if not np.isfinite(array).all():
        raise SchemeError("u0 has nan or infinity in it; a solution starts from finite numbers")
    return array.astype(np.result_type(array.dtype, np.float64))
