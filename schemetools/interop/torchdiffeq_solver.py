"""Schemes as torchdiffeq solvers."""

import functools
import importlib
from typing import Any

import torch
from torchdiffeq._impl.fixed_grid import FixedGridODESolver  # pyright: ignore[reportMissingImports]
from torchdiffeq._impl.rk_common import (  # pyright: ignore[reportMissingImports]
    RKAdaptiveStepsizeODESolver,
    _ButcherTableau,
)

from schemetools.analysis.properties.order import order
from schemetools.errors import UnsupportedError
from schemetools.interop.tables import FloatTable, float_table
from schemetools.schemes.base import Scheme
from schemetools.schemes.runge_kutta import RungeKutta

METHODS: Any = importlib.import_module("torchdiffeq._impl.odeint").SOLVERS


def solver_class(scheme: Scheme) -> type:
    """The solver class of an explicit Runge-Kutta scheme, known to odeint; one class per scheme and name."""
    return _made(scheme, format(scheme))


@functools.lru_cache(maxsize=256)
def _made(scheme: Scheme, name: str) -> type:
    table = float_table(scheme, target="to_torchdiffeq") if isinstance(scheme, RungeKutta) else None
    if table is None or not table.is_explicit:
        raise UnsupportedError(f"torchdiffeq steps with explicit Runge-Kutta schemes; {scheme} is of another kind")
    make = _fixed if table.error is None else _adaptive
    found = make(name, order(scheme), table)
    METHODS[found] = found  # odeint looks up what it is given as its method
    return found


def _adaptive(name: str, proven: int, table: FloatTable) -> type:
    """torchdiffeq's own adaptive step, which takes the last stage for the slope at the result."""
    full = table.with_result()
    middle = full.b / 2  # Hermite's cubic in the middle
    middle[0] += 1 / 8
    middle[-1] -= 1 / 8
    tableau = _ButcherTableau(
        alpha=_tensor(full.c[1:]),
        beta=[_tensor(row) for row in full.lower],
        c_sol=_tensor(full.b),
        c_error=_tensor(full.error),
    )
    return type(name, (RKAdaptiveStepsizeODESolver,), {"order": proven, "tableau": tableau, "mid": _tensor(middle)})


def _tensor(values: Any) -> Any:
    return torch.tensor(values, dtype=torch.float64)


def _fixed(name: str, proven: int, table: FloatTable) -> type:
    rows, b, c = [row.tolist() for row in table.lower], table.b.tolist(), table.c.tolist()

    def step(self: Any, func: Any, t0: Any, dt: Any, t1: Any, y0: Any) -> tuple[Any, Any]:
        del self, t1
        slopes = [func(t0, y0)]
        for row, node in zip(rows, c[1:], strict=True):
            slopes.append(func(t0 + node * dt, y0 + dt * _weighted(row, slopes)))
        return dt * _weighted(b, slopes), slopes[0]

    return type(name, (FixedGridODESolver,), {"order": proven, "_step_func": step})


def _weighted(weights: Any, slopes: Any) -> Any:
    return sum(w * k for w, k in zip(weights, slopes, strict=False) if w != 0)
