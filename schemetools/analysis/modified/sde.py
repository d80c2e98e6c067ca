"""What a stochastic modified equation says in numbers: exact moments for linear fields, simulated paths for any."""

import importlib
import math
import operator
from collections.abc import Callable
from typing import Any, Protocol

import mpmath
import numpy as np
import sympy
from sympy import Expr, Matrix, Symbol

from schemetools.errors import SchemeError, came
from schemetools.exact import expression

DIGITS = 30
MOST_STEPS = 10**8
OPTIONS = ("steps", "paths", "seed", "progress", "backend", "method")


class Diffusive(Protocol):
    """dX = b(X) dt + s(X) dB for a concrete field."""

    def drift(self, f: Any, u: Any, h: Any) -> tuple[Expr, ...]:
        """b, one expression per component."""
        ...

    def diffusion(self, f: Any, u: Any, h: Any) -> Matrix:
        """s, one column per Brownian motion."""
        ...


def linear_moments(eq: Diffusive, matrix: Any, start: Any, t: Any, h: Any) -> tuple[Matrix, Matrix]:
    """(E X, E X X^T) at time t for the linear field f(u) = M u, from X(0) = start.

        m' = B m,   P' = B P + P B^T + sum_j S_j P S_j^T,   drift B u, columns S_j u

    M is (n, n) or a number, or for several fields a list of these. One component is exact, whatever the symbols;
    several, with additive noise too, are given to 30 digits. Raises SchemeError for symbols where numbers are needed.
    """
    many = isinstance(matrix, (list, tuple)) and matrix and isinstance(matrix[0], sympy.MatrixBase)
    if getattr(eq, "time", None) is not None:
        raise SchemeError("moments under a schedule p(t) are not derived; give a list, one p per layer, and chain them")
    fields = [_square(M) for M in matrix] if many else [_square(matrix)]
    n = fields[0].rows
    u = sympy.symbols(f"u_1:{n + 1}")
    f = [list(M * Matrix(u)) for M in fields]
    drift = Matrix(eq.drift(f if many else f[0], u, h))
    noise = eq.diffusion(f if many else f[0], u, h)
    B, constant = drift.jacobian(u), dict.fromkeys(u, 0)
    S = [noise[:, j].jacobian(u) for j in range(noise.cols)]
    added = [noise[:, j].subs(constant) for j in range(noise.cols)]
    x = Matrix([start] if n == 1 and not isinstance(start, (list, tuple, Matrix)) else list(start))
    if n == 1 and not any(any(c) for c in added):
        rate = 2 * B[0] + sum(s[0] ** 2 for s in S)
        return Matrix([sympy.exp(B[0] * t) * x[0]]), Matrix([sympy.exp(sympy.expand(rate) * t) * x[0] ** 2])
    return _numeric(B, S, added, x, t)


def _square(M: Any) -> Matrix:
    listed = M.tolist() if isinstance(M, (sympy.MatrixBase, np.ndarray)) else M
    rows = [listed] if not isinstance(listed, (list, tuple)) else listed
    found = Matrix([[*map(expression, row)] if isinstance(row, (list, tuple)) else [expression(row)] for row in rows])
    if found.rows != found.cols:
        raise SchemeError(f"a linear field has a square matrix; {found.rows} x {found.cols} came")
    return found


def _numeric(B: Matrix, S: list[Matrix], added: list[Matrix], x: Matrix, t: Any) -> tuple[Matrix, Matrix]:
    """With y = (X, 1): E y y^T follows a linear equation, additive noise included; its exponential to 30 digits."""
    n = B.rows
    zero = sympy.zeros(1, n + 1)
    wide = B.row_join(sympy.zeros(n, 1)).col_join(zero)
    columns = [s.row_join(c).col_join(zero) for s, c in zip(S, added, strict=True)]
    eye = sympy.eye(n + 1)
    K = sympy.kronecker_product(eye, wide) + sympy.kronecker_product(wide, eye)
    for column in columns:
        K += sympy.kronecker_product(column, column)
    y = x.col_join(Matrix([1]))
    missing = K.free_symbols | y.free_symbols | expression(t).free_symbols
    if missing:
        raise SchemeError(f"moments of {n} components need numbers; {', '.join(sorted(map(str, missing)))} has none")
    with mpmath.workdps(DIGITS + 10):
        flow = mpmath.expm(mpmath.matrix((K * expression(t)).evalf(DIGITS + 10).tolist()))
        end = flow * mpmath.matrix((y * y.T).reshape((n + 1) ** 2, 1).evalf(DIGITS + 10).tolist())
        second = Matrix(n + 1, n + 1, [sympy.Float(v, DIGITS) for v in end])
    return second[:n, n], second[:n, :n]


def simulate(
    eq: Diffusive,
    f: Any,
    u: Any,
    start: Any,
    t: float,
    h: float,
    *,
    steps: int | None = None,
    paths: int | None = None,
    seed: Any = 0,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Any:
    """Paths of the equation by Euler-Maruyama: an array (steps + 1, paths, n), the start in its first row.

    `start` is (n,), repeated for `paths` (1000 by default), or (paths, n); `steps` steps of t/steps, four per step h of
    the scheme by default. The same seed gives the same paths. `progress(steps done, steps)` is called after each.
    Where `start` is a tensor, f is a module or function of a batch, u is None, and the paths are tensors, by torchsde
    where it is installed (`backend="torchsde"` insists, "torch" does without; `method` is torchsde's) or in torch.
    Raises SchemeError for a time or a number of steps or paths that is not positive, more than 10^8 steps, a start of
    another shape, symbols without a number, and the Stratonovich form.
    """
    count = _number_of_steps(t, h, steps, paths)
    check_followed(seed, progress, whole=hasattr(start, "requires_grad"))
    if unknown := sorted(set(options) - set(OPTIONS)):
        raise SchemeError(f"simulate has no option {unknown[0]!r}; its options: {', '.join(OPTIONS)}")
    if getattr(eq, "form", "Ito") != "Ito":
        raise SchemeError("Euler-Maruyama follows the Ito form; simulate the equation as derived")
    if hasattr(start, "requires_grad"):
        # The verb is one; its half for tensors imports torch, so it lives in nn and is loaded when a tensor comes.
        other = importlib.import_module("schemetools.nn.stacks.paths")
        return other.torch_paths(eq, f, start, t, h, steps=count, paths=paths, seed=seed, progress=progress, **options)
    if options:
        raise SchemeError(f"{', '.join(options)} came; backend and method belong to fields and starts of torch")
    return _euler_maruyama(eq, f, u, start, t, h, count, paths, seed, progress)


def _number_of_steps(t: Any, h: Any, steps: Any, paths: Any) -> int:
    if not (_is_positive(t) and _is_positive(h) and all(n is None or is_whole(n, 1) for n in (steps, paths))):
        raise SchemeError(
            f"t = {t!r}, h = {h!r}, steps = {steps!r}, paths = {paths!r} came; all must be positive: t and h finite "
            "numbers, steps and paths whole ones"
        )
    count = 4 * t / h if steps is None else steps
    if count > MOST_STEPS:
        raise SchemeError(f"t = {t}, h = {h}, steps = {steps} came: more than 10^8 steps; take fewer, or longer ones")
    return 4 * math.ceil(t / h) if steps is None else operator.index(steps)


def _is_positive(value: Any) -> bool:
    try:
        return not isinstance(value, (bool, str)) and 0 < float(value) < math.inf
    except (TypeError, ValueError, OverflowError):
        return False


def is_whole(value: Any, least: int) -> bool:
    """Whether a value is a whole number, of Python's or another kind, and so large."""
    try:
        return not isinstance(value, bool) and operator.index(value) >= least
    except TypeError:
        return False


def check_followed(seed: Any, progress: Any, *, whole: bool) -> None:
    """Raise SchemeError for what is no seed, of numpy or a whole number, and a progress that cannot be called."""
    try:
        good = is_whole(seed, 0) if whole else np.random.default_rng(seed) is not None
    except (TypeError, ValueError):
        good = False
    if not good:
        raise SchemeError(f"seed: {came(seed)} came; give a whole number, at least 0")
    if not (progress is None or callable(progress)):
        raise SchemeError(f"progress: {came(progress)} came; give a function progress(steps done, steps), or None")


def _begin(start: Any, paths: int | None, n: int) -> np.ndarray:
    """The first row of the paths, (paths, n)."""
    try:
        begin = None if np.iscomplexobj(start) else np.asarray(start, dtype=float)
    except (TypeError, ValueError):
        begin = None
    shape = () if begin is None else begin.shape
    if begin is None or not begin.size or not np.isfinite(begin).all() or (shape or (1,))[-1] != n or len(shape) > 2:
        shown = came(start) if begin is None or not shape else f"an array of shape {shape}"
        raise SchemeError(
            f"start: {shown} came; give a finite number for each variable, of which there are {n}, or an array of "
            f"shape (paths, {n})"
        )
    if len(shape) == 2 and paths not in (None, len(begin)):
        raise SchemeError(f"paths = {paths} and a start of {len(begin)} paths came; leave paths out, or give one start")
    return begin if len(shape) == 2 else np.broadcast_to(begin, (paths or 1000, n))


def _room(*shape: int) -> np.ndarray:
    try:
        return np.empty(shape)
    except (MemoryError, ValueError):
        raise SchemeError(f"{shape} numbers are more than the memory holds; take fewer paths or steps") from None


def _euler_maruyama(
    eq: Diffusive,
    f: Any,
    u: Any,
    start: Any,
    t: float,
    h: float,
    count: int,
    paths: int | None,
    seed: Any,
    progress: Any,
) -> np.ndarray:
    time = getattr(eq, "time", None) or sympy.Dummy("t")
    drift, noise = eq.drift(f, u, expression(h)), eq.diffusion(f, u, expression(h))
    variables = (u,) if isinstance(u, Symbol) else tuple(u)
    open_symbols = set().union(*(c.free_symbols for c in (*drift, *noise))) - {time, *variables}
    if open_symbols:
        raise SchemeError(f"{', '.join(sorted(map(str, open_symbols)))} has no number: put values into the field")
    move, spread = (sympy.lambdify((time, *variables), list(x), "numpy", cse=True) for x in (drift, noise))
    random, dt, n, width = np.random.default_rng(seed), float(t) / count, len(variables), noise.cols
    begin = _begin(start, paths, n)
    paths, result = len(begin), _room(count + 1, *begin.shape)
    result[0] = begin
    for k in range(count):
        x = result[k].T
        dB = random.standard_normal((width, paths)) * math.sqrt(dt)
        s = [np.broadcast_to(c, paths) for c in spread(k * dt, *x)]
        b = np.stack([np.broadcast_to(c, paths) for c in move(k * dt, *x)])
        moved = np.einsum("ijp,jp->ip", np.stack(s).reshape(n, width, paths), dB) if s else 0
        result[k + 1] = (x + dt * b + moved).T
        if progress is not None:
            progress(k + 1, count)
    return result
