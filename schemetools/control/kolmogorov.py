"""The backward Kolmogorov equation on a grid: the mean loss after noise, as a function of where a path starts.

    V_t + b . grad V + (1/2) a : hess V = 0,    V(T, x) = loss(x),    V(0, x) = E loss(X(T)) for X(0) = x

Implicit Euler in time and the monotone differences of `stencil` in space: (I - dt L) V^n = V^(n+1) with an M-matrix of
row sums one, hence min loss <= V <= max loss on every grid, for every dt. The price is the order: one, in dt and in dx
(no monotone linear scheme has more for the transport, Godunov 1959).
Sources: Sun, Tao, Du (2018), arXiv 1812.00174; Kushner, Dupuis, Numerical Methods for Stochastic Control Problems in
Continuous Time, chapter 5.
"""

import functools
import numbers
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import scipy.sparse as sparse
import sympy
from scipy.sparse.linalg import splu
from sympy import Expr

from schemetools.control.diffusion import Diffusion
from schemetools.control.grid import Grid, make_grid, real_numbers
from schemetools.control.stencil import Stencil
from schemetools.errors import SchemeError
from schemetools.exact import expression

Coefficients = tuple[np.ndarray, np.ndarray]
METHODS = ("implicit", "explicit")
MOST_VALUES = 10**9  # of the history, 8 GB


@dataclass(frozen=True, eq=False)
class ValueFunction:
    """V(t, x) on a grid, as `value_function` computes it.

    `history` is (steps + 1, *shape), `times` its times from 0 to T; the n-th step uses `pieces[n * K // steps]`.

    >>> import schemetools as st
    >>> from sympy import cos, symbols
    >>> x = symbols("x")
    >>> V = st.value_function(st.Diffusion([0 * x], [[1]], [x]), cos(x), grid=(-6, 6, 241), t=0.5, steps=50)
    >>> round(float(V.at([0.0])[0]), 2)  # exp(-1/4)
    0.78
    """

    grid: Grid
    times: np.ndarray
    history: np.ndarray
    pieces: tuple[Coefficients, ...] = field(repr=False)
    again: Callable[[Grid, int], "ValueFunction"] = field(repr=False)

    @property
    def values(self) -> np.ndarray:
        """V(0, x): the mean loss of paths from the points of the grid."""
        return self.history[0]

    @property
    def steps(self) -> int:
        """The number of steps in time."""
        return len(self.times) - 1

    @property
    def dt(self) -> float:
        """The step in time."""
        return float(self.times[1])

    def at(self, x: Any) -> np.ndarray:
        """V(0, x) at points (m, d), or (m,) in one dimension, by linear interpolation; the grid must hold them."""
        index, weight = self.grid.weights(x)
        return (self.values.ravel()[index] * weight).sum(axis=1)

    def error(self, x: Any) -> np.ndarray:
        """An estimate of the grid's own error in V(0, x): the change against twice dx and dt, the order being one."""
        return np.abs(self.at(x) - self._coarse.at(x))

    @functools.cached_property
    def _coarse(self) -> "ValueFunction":
        return self.again(self.grid.halved(), max(len(self.pieces), self.steps // 2))

    @functools.cached_property
    def reach(self) -> np.ndarray:
        """The probability that a path from each point meets the clipped edge of the grid: where V can be off."""
        edge = self.grid.edge
        inside, value = sparse.diags_array((~edge).astype(float)), edge.astype(float)
        steps = [implicit(inside @ Stencil.chosen(self.grid, b, a).operator(b, a), self.dt) for b, a in self.pieces]
        for n in reversed(range(self.steps)):
            value = steps[n * len(steps) // self.steps](value)
        return value.reshape(self.grid.shape)

    @functools.cached_property
    def _first_order(self) -> tuple[np.ndarray, np.ndarray]:
        """(V_0, its first variation by the noise), with the same differences."""
        value = self.history[-1].ravel()
        change = np.zeros_like(value)
        stencils = [Stencil.chosen(self.grid, b, a) for b, a in self.pieces]
        steps = [implicit(s.drift(b), self.dt) for s, (b, _) in zip(stencils, self.pieces, strict=True)]
        noises = [s.noise(a) for s, (_, a) in zip(stencils, self.pieces, strict=True)]
        for n in reversed(range(self.steps)):
            k = n * len(steps) // self.steps
            value = steps[k](value)
            change = steps[k](change + self.dt * (noises[k] @ value))
        return value.reshape(self.grid.shape), change.reshape(self.grid.shape)

    @property
    def without_noise(self) -> np.ndarray:
        """V_0(0, x): the loss where the drift alone leads, on the same grid."""
        return self._first_order[0]

    @property
    def regulariser(self) -> np.ndarray:
        """(1/2) int_0^T e^(t L_0) (a : hess V_0) dt with L_0 = b . grad: what small noise adds to the loss.

        V - V_0 = regulariser + O(a^2), with the same differences throughout, so that this holds on the grid as well.
        """
        return self._first_order[1]


def value_function(
    diffusion: Diffusion | Sequence[Diffusion],
    loss: Any,
    *,
    grid: Any,
    t: float,
    steps: int = 100,
    boundary: Any = "clipped",
    method: str = "implicit",
) -> ValueFunction:
    """V(t, x) = E loss(X(T)) for X(t) = x, by the backward Kolmogorov equation on a grid in one or two dimensions.

        V_t + b . grad V + (1/2) a : hess V = 0,   V(T) = loss

    `diffusion` is one process, or a list of them that follow each other in equal parts of [0, T]: a schedule over
    depth. `loss` is an expression in its variables, or a function of arrays, one per variable. `grid` has (low, high,
    points) or a uniform array per axis. `boundary`: what leaves the box counts as its nearest point ("clipped"), or
    the axis is an angle ("periodic"). The error is O(dt + dx); `.error(x)` estimates it. Raises SchemeError for a grid
    that is not uniform, a covariance that is not semidefinite, wrong shapes, and `method="explicit"` beyond its
    stability limit.
    Source: Sun, Tao, Du (2018), Stochastic training of residual networks, arXiv 1812.00174.

    >>> import schemetools as st
    >>> from sympy import cos, sin, symbols
    >>> x = symbols("x")
    >>> gate = st.Diffusion.of("stochastic_depth(4/5)", sin(x), x, h=0.1)
    >>> V = st.value_function(gate, cos(x), grid=(-3, 3, 301), t=1, steps=50)
    >>> bool(abs(V.values).max() <= 1)
    True
    """
    pieces = list(diffusion) if isinstance(diffusion, Sequence) else [diffusion]
    _check_pieces(pieces)
    mesh = make_grid(grid, boundary, len(pieces[0].variables))
    check_time(t, steps, len(pieces))
    if (steps + 1) * mesh.size > MOST_VALUES:
        raise SchemeError(
            f"{steps} steps on {mesh.size} points are more values than the {MOST_VALUES:,} that are kept; take fewer"
        )
    if method not in METHODS:
        raise SchemeError(f"method={method!r} came; it is 'implicit' or 'explicit'")

    def solved(mesh: Grid, steps: int) -> ValueFunction:
        arrays = tuple(piece.arrays(mesh) for piece in pieces)
        times = np.linspace(0, float(t), steps + 1)
        moves = [
            stepper(Stencil.chosen(mesh, b, a).operator(b, a), float(times[1]), method, float(t)) for b, a in arrays
        ]
        history = march(terminal(loss, pieces[0], mesh), moves, steps)
        return ValueFunction(mesh, times, history.reshape(-1, *mesh.shape), arrays, solved)

    return solved(mesh, int(steps))


def _check_pieces(pieces: Sequence[Any]) -> None:
    if not pieces or not all(isinstance(piece, Diffusion) for piece in pieces):
        raise SchemeError("a Diffusion or a list of them is expected; Diffusion.of(scheme, f, u, h=h) makes one")
    if len({piece.variables for piece in pieces}) > 1:
        raise SchemeError("the diffusions of the list have different variables; one state runs through all of them")


def check_time(t: Any, steps: Any, pieces: int) -> None:
    """Raises SchemeError for a time that is not positive and for steps that are no multiple of the pieces."""
    if not isinstance(t, (numbers.Real, Decimal)) or not 0 < float(t) < np.inf:
        raise SchemeError(f"t = {t!r} came; the end of the time is a positive number")
    if not isinstance(steps, (int, np.integer)) or steps < 1 or steps % pieces:
        raise SchemeError(f"steps = {steps} came; a positive number of steps, a multiple of {pieces}, is expected")


def terminal(loss: Any, diffusion: Diffusion, grid: Grid) -> np.ndarray:
    """The loss on the points of the grid, flat. Raises SchemeError for a wrong shape and what is not finite."""
    if isinstance(loss, (Expr, int, float, str)):
        formula = expression(loss)
        if missing := formula.free_symbols - set(diffusion.variables):
            names = ", ".join(sorted(map(str, missing)))
            raise SchemeError(
                f"the loss has the symbol {names}, which is no variable of the diffusion; "
                f"these are {', '.join(map(str, diffusion.variables))}, so give it a number"
            )
        with np.errstate(all="ignore"):
            found = sympy.lambdify(diffusion.variables, formula, "numpy")(*grid.points)
    elif callable(loss):
        found = loss(*grid.points)
    else:
        found = real_numbers(loss, "the loss").ravel()
    found = real_numbers(found, "the loss")
    if found.shape not in ((), (grid.size,)):
        raise SchemeError(f"the loss has the shape {found.shape} on a grid of {grid.size} points; one value for each")
    values = np.broadcast_to(found, grid.size)
    if not np.isfinite(values).all():
        bad = np.argmin(np.isfinite(values))
        where = ", ".join(f"{x} = {p[bad]:.4g}" for x, p in zip(diffusion.variables, grid.points, strict=True))
        raise SchemeError(f"the loss is not finite at {where}, where it is {values[bad]}; choose a grid on which it is")
    return values


def march(loss: np.ndarray, moves: Sequence[Callable[[np.ndarray], np.ndarray]], steps: int) -> np.ndarray:
    """(steps + 1, N) from the last time to the first, `moves` following each other in equal parts."""
    history = np.empty((steps + 1, len(loss)))
    history[steps] = loss
    for n in reversed(range(steps)):
        history[n] = moves[n * len(moves) // steps](history[n + 1])
    return history


def factorised(L: Any, dt: float) -> Any:
    """The LU factors of I - dt L, whose diagonal dominates: no pivots are sought."""
    matrix = sparse.csc_array(sparse.eye_array(L.shape[0]) - dt * L)
    return splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def implicit(L: Any, dt: float) -> Callable[[np.ndarray], np.ndarray]:
    """One step of implicit Euler backwards in time."""
    return factorised(L, dt).solve


def stepper(L: Any, dt: float, method: str, t: float) -> Callable[[np.ndarray], np.ndarray]:
    """One step backwards in time. Raises SchemeError for an explicit step beyond the limit of monotonicity."""
    if method == "implicit":
        return implicit(L, dt)
    rate = float(-L.diagonal().min())
    if dt * rate > 1:
        raise SchemeError(
            f"an explicit step dt = {dt:.3g} on this grid is unstable: dt times the largest rate {rate:.3g} is above "
            f"1; take at least {int(np.ceil(t * rate))} steps, or method='implicit', which has no limit"
        )
    return lambda value: value + dt * (L @ value)
