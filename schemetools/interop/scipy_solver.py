"""Schemes as OdeSolver classes of SciPy."""

import functools
import warnings
from typing import Any

import numpy as np
from scipy.integrate import DenseOutput, OdeSolver

from schemetools.errors import SchemeError
from schemetools.interop.fields import timed_fields
from schemetools.interop.orders import error_order
from schemetools.interop.solve import grid
from schemetools.interop.starts import first_values
from schemetools.interop.stepper import Stepper
from schemetools.schemes.base import Scheme

SAFETY, SMALLEST, LARGEST = 0.9, 0.2, 10.0
STEPS_WITHOUT_A_SIZE = 100


@functools.lru_cache(maxsize=256)
def _made(scheme: Scheme, name: str) -> type:
    stepper = Stepper(scheme)
    is_pair = stepper.has_error and len(stepper.plan.inputs) == 1
    base = AdaptiveSolver if is_pair else FixedSolver
    members = {"scheme": scheme, "stepper": stepper, "__doc__": f"{scheme} as a solver of SciPy."}
    return type(name, (base,), members | ({"error_order": error_order(scheme)} if is_pair else {}))


def solver_class(scheme: Scheme) -> type:
    """The OdeSolver class of a scheme; one class per scheme and name."""
    return _made(scheme, format(scheme))


class SchemeSolver(OdeSolver):
    """What both kinds share: the fields, the Jacobian, and Hermite's interpolant."""

    scheme: Scheme
    stepper: Stepper

    def __init__(
        self,
        fun: Any,
        t0: float,
        y0: Any,
        t_bound: float,
        *,
        rtol: float = 1e-3,
        atol: Any = 1e-6,
        max_step: float = np.inf,
        first_step: float | None = None,
        h: float | None = None,
        jac: Any = None,
        fields: Any = None,
        start: Any = None,
        vectorized: bool = False,
        **extraneous: Any,
    ) -> None:
        if extraneous:
            warnings.warn(f"{self.scheme} has no use for {', '.join(sorted(extraneous))}", stacklevel=3)
        super().__init__(fun, t0, y0, t_bound, vectorized, support_complex=True)
        self.rtol, self.atol, self.max_step, self.first_step, self.h = rtol, np.asarray(atol), max_step, first_step, h
        self.start = start
        self.jac = jac if jac is None or callable(jac) else lambda t, y: np.asarray(jac)
        self.fields = self._fields(fields)
        self.y_old: Any = None

    def _fields(self, fields: Any) -> Any:
        plan = self.stepper.plan
        if plan.parts == 2 and fields is None:
            if self.n % 2:
                names = ", ".join(plan.inputs)
                raise SchemeError(f"{self.scheme}: y is ({names}), two halves of one length; {self.n} numbers came")
            half = self.n // 2
            if len(plan.fields) == 1:  # q'' = f: what the whole field says of p'
                return {
                    plan.fields[0]: lambda t, q, p=None: self.fun(
                        t, np.concatenate([q, self.y[half:] if p is None else p])
                    )[half:]
                }
            return dict(
                zip(
                    plan.fields,
                    (
                        lambda t, q: self.fun(t, np.concatenate([self.y[:half], q]))[:half],
                        lambda t, p: self.fun(t, np.concatenate([p, self.y[half:]]))[half:],
                    ),
                    strict=True,
                )
            )
        if len(plan.fields) == 1:
            return {plan.fields[0]: self.fun}
        if fields is None:
            labels = ", ".join(f"{label!r}: ..." for label in plan.fields)
            raise SchemeError(f"{self.scheme} is additive: give its parts, solve_ivp(..., fields={{{labels}}})")
        return timed_fields(fields, plan.fields)

    def _values(self) -> tuple[Any, ...]:
        parts = self.stepper.plan.parts
        return tuple(np.split(self.y, parts))

    def _dense_output_impl(self) -> DenseOutput:
        old, new = (self.fun(t, y) for t, y in ((self.t_old, self.y_old), (self.t, self.y)))
        return HermiteOutput(self.t_old, self.t, self.y_old, self.y, old, new)


class FixedSolver(SchemeSolver):
    """Equal steps."""

    def __init__(self, fun: Any, t0: float, y0: Any, t_bound: float, **options: Any) -> None:
        super().__init__(fun, t0, y0, t_bound, **options)
        size = next((s for s in (self.h, self.first_step) if s is not None), self.max_step)
        size = size if np.isfinite(size) else abs(t_bound - t0) / STEPS_WITHOUT_A_SIZE
        self.begin, self.count, self.size = (
            grid((t0, t_bound), min(size, self.max_step)) if t_bound != t0 else (t0, 1, 0.0)
        )
        self.done = 0
        self.carried: Any = None

    def _step_impl(self) -> tuple[bool, str | None]:
        plan = self.stepper.plan
        if self.carried is None:
            self.carried = [self._values()]
            if plan.carries:
                options = {"start": self.start, "jac": self.jac}
                self.carried = first_values(self.scheme, self.fields, self.t, self.y, self.size, **options)
        self.done += 1
        try:
            if self.done >= len(self.carried):
                t = self.begin + (self.done - 1) * self.size
                self.carried.append(self.stepper(self.fields, t, self.carried[-1], self.size, jac=self.jac))
        except SchemeError as problem:
            return False, str(problem)
        new = np.concatenate([np.ravel(v) for v in self.carried[self.done][: plan.parts]])
        self.y_old, self.y = self.y, new
        self.t = self.t_bound if self.done == self.count else self.begin + self.done * self.size
        return True, None


class AdaptiveSolver(SchemeSolver):
    """Steps of which the embedded result's distance stays below rtol |y| + atol.

    The next step is h min(10, max(0.2, 0.9 err^(-1/(q+1)))), q the lower order of the pair. Source: Hairer, Norsett,
    Wanner, Solving Ordinary Differential Equations I, section II.4.
    """

    error_order: int

    def __init__(self, fun: Any, t0: float, y0: Any, t_bound: float, **options: Any) -> None:
        super().__init__(fun, t0, y0, t_bound, **options)
        self.h_abs = self.h or self.first_step or self._first_step()

    def _norm(self, value: Any, scale: Any) -> float:
        return float(np.sqrt(np.mean(np.abs(value / scale) ** 2)))

    def _first_step(self) -> float:
        """An Euler step of 1/100 of |y|/|f|, refined by the change of f along it."""
        scale = self.atol + self.rtol * np.abs(self.y)
        f0 = self.fun(self.t, self.y)
        d0, d1 = self._norm(self.y, scale), self._norm(f0, scale)
        h0 = 1e-6 if min(d0, d1) < 1e-5 else 0.01 * d0 / d1
        h0 = min(h0, abs(self.t_bound - self.t))
        f1 = self.fun(self.t + h0 * self.direction, self.y + h0 * self.direction * f0)
        d2 = self._norm(f1 - f0, scale) / h0 if h0 else 0.0
        largest = max(d1, d2)
        h1 = max(1e-6, h0 * 1e-3) if largest <= 1e-15 else (0.01 / largest) ** (1 / (self.error_order + 1))
        return min(100 * h0, h1)

    def _step_impl(self) -> tuple[bool, str | None]:
        smallest = 10 * abs(np.nextafter(self.t, self.direction * np.inf) - self.t)
        size, rejected = min(self.h_abs, self.max_step), False
        while size >= smallest:
            size = min(size, abs(self.t_bound - self.t))
            h = size * self.direction
            try:
                new, estimate = self.stepper(self.fields, self.t, (self.y,), h, error=True, jac=self.jac)
                scale = self.atol + self.rtol * np.maximum(np.abs(self.y), np.abs(new))
                error = self._norm(estimate, scale)
            except SchemeError:
                error, new = np.inf, self.y
            factor = SAFETY * error ** (-1 / (self.error_order + 1)) if error else LARGEST
            if error < 1:
                self.h_abs = size * min(1.0 if rejected else LARGEST, factor)
                self.t_old, self.y_old = self.t, self.y
                ends = size == abs(self.t_bound - self.t)
                self.t, self.y = (self.t_bound if ends else self.t + h), new
                return True, None
            size *= max(SMALLEST, factor) if np.isfinite(error) else SMALLEST
            rejected = True
        return False, self.TOO_SMALL_STEP


class HermiteOutput(DenseOutput):
    """The cubic with the values and slopes of both ends."""

    def __init__(self, t_old: float, t: float, *ends: Any) -> None:
        super().__init__(t_old, t)
        self.ends = ends

    def _call_impl(self, t: Any) -> Any:
        y_old, y, f_old, f = (v[:, None] if np.ndim(t) else v for v in self.ends)
        h = self.t - self.t_old
        s = (np.asarray(t) - self.t_old) / h
        return (
            (1 + 2 * s) * (1 - s) ** 2 * y_old
            + s**2 * (3 - 2 * s) * y
            + h * (s * (1 - s) ** 2 * f_old - s**2 * (1 - s) * f)
        )
