"""Training with noise as optimal control: the mean loss plus a running cost, and its gradient by the adjoint.

    J(theta) = int V(0, x) mu(dx) + int_0^T R(theta(t)) dt,    dJ/dtheta = int_0^T <rho_t, d_theta L V> + R'(theta) dt

with the generator L = b . grad + (1/2) a : hess and rho the Fokker-Planck density that starts as mu. On the grid V^n =
S_n V^(n+1), S_n = (I - dt L_n)^(-1), the density moves by S_n^T and keeps its mass, and

    dJ = sum_n dt (S_n^T rho^n)^T (dL_n) V^n

is the derivative of the discrete J itself, so that finite differences of J agree with it to rounding, but where the
neighbours in a stencil change.
Sources: Sun, Tao, Du (2018), arXiv 1812.00174; Lions (1971), Optimal Control of Systems Governed by Partial
Differential Equations, chapter III (the adjoint).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Symbol

from schemetools.control.diffusion import Diffusion
from schemetools.control.grid import Grid, make_grid, real_numbers
from schemetools.control.kolmogorov import check_time, factorised, march, terminal
from schemetools.control.stencil import Stencil
from schemetools.errors import SchemeError, came
from schemetools.exact import expression


@dataclass(frozen=True, eq=False)
class Objective:
    """J, its gradient, and the two fields that make it: V(0, x) and the density at the end.

    `gradient` maps a name to a number, or to an array with one entry per part of the time where theta came as a list.

    >>> import schemetools as st
    >>> from sympy import symbols
    >>> x, k = symbols("x k")
    >>> J = st.objective(st.Diffusion(-k * x, 0, x), x**2, {k: 1}, mu=[[1.0]], grid=(-2, 2, 401), t=1)
    >>> round(J.value, 2), list(J.gradient)  # exp(-2)
    (0.14, ['k'])
    """

    value: float
    gradient: Mapping[str, Any]
    grid: Grid
    values: np.ndarray
    density: np.ndarray


def objective(
    diffusion: Diffusion,
    loss: Any,
    theta: Mapping[Any, Any],
    *,
    mu: Any,
    grid: Any,
    t: float,
    running: Any = 0,
    steps: int = 100,
    boundary: Any = "clipped",
) -> Objective:
    """J(theta) = E loss(X(T)) + int R(theta) dt over starts X(0) of the law mu, and dJ/dtheta by the adjoint.

    `theta` gives each parameter of the diffusion a number, or a list: piecewise constant over equal parts of [0, T].
    `mu` is a set of points (m, d) of equal weight, as training data are, or a pair (points, weights). `running` is R,
    an expression in the parameters. The rest is as in `value_function`. The gradient costs one more sweep, however
    many parameters there are. Raises SchemeError for parameters without a value, lists of different lengths, and
    points outside the grid.

    >>> import schemetools as st
    >>> from sympy import symbols
    >>> x, k = symbols("x k")
    >>> process = st.Diffusion(-k * x, 0, x)
    >>> J = st.objective(process, x**2, {k: 1}, mu=[[1.0]], grid=(-2, 2, 401), t=1, running=k**2)
    >>> bool(abs(J.gradient["k"] - (-2 * 2.718281828**-2 + 2)) < 0.05)
    True
    """
    if not isinstance(diffusion, Diffusion):
        raise SchemeError(f"a diffusion comes first, st.Diffusion(drift, covariance, x); {came(diffusion)} came")
    symbols, parts = _controls(theta)
    mesh = make_grid(grid, boundary, len(diffusion.variables))
    check_time(t, steps, len(parts))
    cost = expression(running)
    if cost.has(sympy.I):
        raise SchemeError(f"the running cost is a real expression in the parameters; {cost} came")
    if missing := cost.free_symbols - set(symbols):
        raise SchemeError(f"the running cost has {', '.join(sorted(map(str, missing)))}, which theta gives no value")
    dt, each = float(t) / steps, float(t) / len(parts)
    arrays = [diffusion.arrays(mesh, part) for part in parts]
    stencils = [Stencil.chosen(mesh, b, a) for b, a in arrays]
    factors = [factorised(s.operator(b, a), dt) for s, (b, a) in zip(stencils, arrays, strict=True)]
    history = march(terminal(loss, diffusion, mesh), [f.solve for f in factors], steps)
    start = _law(mu, mesh)
    value = float(start @ history[0]) + each * sum(float(cost.subs(part)) for part in parts)
    slopes = [_slopes(diffusion, s, mesh, part, symbols) for s, part in zip(stencils, parts, strict=True)]
    gradient = np.array([[each * float(cost.diff(x).subs(part)) for x in symbols] for part in parts])
    density = start
    for n in range(steps):
        k = n * len(parts) // steps
        density = factors[k].solve(density, trans="T")
        gradient[k] += [dt * float(density @ (dL @ history[n])) for dL in slopes[k]]
    many = [isinstance(entry, (Sequence, np.ndarray)) for entry in theta.values()]
    named = {
        str(x): column if listed else float(column.sum())
        for x, column, listed in zip(symbols, gradient.T, many, strict=True)
    }
    return Objective(value, named, mesh, history[0].reshape(mesh.shape), density.reshape(mesh.shape))


def _controls(theta: Mapping[Any, Any]) -> tuple[list[Symbol], list[dict[Symbol, float]]]:
    """(the symbols, their values in each part of the time)."""
    if not isinstance(theta, Mapping) or not theta:
        given = "an empty one" if isinstance(theta, Mapping) else came(theta)
        raise SchemeError(f"theta is a dict of parameters and their values, such as {{'k': 0.3}}; {given} came")
    symbols = [Symbol(x) if isinstance(x, str) else x for x in theta]
    if not all(isinstance(x, Symbol) for x in symbols):
        raise SchemeError(f"theta names its parameters by text or sympy symbols; {symbols} came")
    lists = [list(v) for v in theta.values() if isinstance(v, (Sequence, np.ndarray))]
    lengths = {len(v) for v in lists} or {1}
    if len(lengths) > 1 or 0 in lengths:
        raise SchemeError(f"lists of {sorted(lengths)} values came; each gives one value per equal part of the time")
    count = lengths.pop()
    columns = [list(v) if isinstance(v, (Sequence, np.ndarray)) else [v] * count for v in theta.values()]
    for symbol, column in zip(symbols, columns, strict=True):
        for v in column:
            if not _is_finite(v):
                raise SchemeError(f"theta has the value {v!r} for {symbol}, which is no finite number; give one")
    return symbols, [dict(zip(symbols, map(float, row), strict=True)) for row in zip(*columns, strict=True)]


def _is_finite(value: Any) -> bool:
    number = isinstance(value, (int, float, np.floating, np.integer)) or (isinstance(value, Expr) and value.is_real)
    return bool(number) and bool(np.isfinite(float(value)))


def _law(mu: Any, grid: Grid) -> np.ndarray:
    """The weights of the points of the grid that give int V dmu by linear interpolation of V."""
    points, weights = mu if isinstance(mu, tuple) and len(mu) == 2 else (mu, None)
    index, shares = grid.weights(points)
    given = np.full(len(index), 1 / len(index)) if weights is None else real_numbers(weights, "the weights")
    if given.shape != (len(index),) or not (given >= 0).all() or not np.isclose(given.sum(), 1):
        raise SchemeError(
            f"weights of shape {given.shape} came for {len(index)} points; one each, at least 0, of sum 1"
        )
    return np.bincount(index.ravel(), (shares * given[:, None]).ravel(), minlength=grid.size)


def _slopes(
    diffusion: Diffusion, stencil: Stencil, grid: Grid, values: Mapping[Symbol, float], symbols: Sequence[Symbol]
) -> list[Any]:
    """dL/dtheta for each parameter, at fixed neighbours."""
    return [stencil.derivative(*diffusion.derivative(x).arrays(grid, values)) for x in symbols]
