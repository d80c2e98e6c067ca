"""Stochastic equations of schemes on tensors: paths by torchsde where it is installed, else by Euler-Maruyama.

The field is a module or function of a batch; the products f_v' f_w of the drift are Jacobian-vector products.
"""

import importlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from schemetools.analysis.modified.masked import MaskedEquation
from schemetools.analysis.modified.stochastic import StochasticModifiedEquation
from schemetools.errors import SchemeError, UnsupportedError, came
from schemetools.exact import to_float
from schemetools.nn.tensors.products import push

Field = Callable[[Tensor], Tensor]
BACKENDS = ("auto", "torchsde", "torch")


def torch_paths(
    eq: StochasticModifiedEquation | MaskedEquation,
    f: Any,
    start: Tensor,
    t: float,
    h: float,
    *,
    steps: int,
    paths: int | None,
    seed: int,
    progress: Callable[[int, int], None] | None,
    backend: str = "auto",
    method: str = "euler",
) -> Tensor:
    """(steps + 1, batch, *shape), the start in its first row; differentiable in the field and the start.

    A start of one dimension is repeated `paths` times, any other one is a batch. `backend` is "torchsde" (with its
    `method`), "torch" for Euler-Maruyama, or "auto": torchsde where installed. Raises SchemeError for another
    backend, and where torchsde is asked for and missing.
    """
    if backend not in BACKENDS:
        raise SchemeError(f"backend={backend!r} came; it is {', '.join(map(repr, BACKENDS))}")
    if eq.time is not None:
        raise UnsupportedError("a schedule p(t) is simulated with a list, one p per layer, where fields are of torch")
    torchsde = _torchsde(needed=backend == "torchsde") if backend != "torch" else None
    if torchsde is None and method != "euler":
        raise SchemeError(f"method={method!r} came; without torchsde there is 'euler', Euler-Maruyama")
    fields = list(f) if isinstance(f, (list, tuple, torch.nn.ModuleList)) else [f]
    if not all(callable(field) for field in fields):
        wrong = next(field for field in fields if not callable(field))
        raise SchemeError(
            f"{came(wrong)} came as a field; with a tensor as start a field is a module or a function of the batch, "
            "and several fields are a list of them"
        )
    _check_start(start, paths)
    state = (start.expand(paths or 1000, *start.shape) if start.dim() == 1 else start).contiguous()
    drift, noise = _masked(eq, fields, h) if isinstance(eq, MaskedEquation) else _gated(eq, fields, h)
    problem = _Problem(drift, noise, state, isinstance(eq, MaskedEquation))
    walk = _with_torchsde if torchsde is not None else _euler_maruyama
    return walk(problem, state, t / steps, steps, seed, progress, torchsde, method)


def _check_start(start: Tensor, paths: int | None) -> None:
    if not start.is_floating_point() or start.is_meta or start.dim() == 0 or start.numel() == 0:
        raise SchemeError(
            f"start: a tensor of {str(start.dtype).removeprefix('torch.')} of shape {tuple(start.shape)} on "
            f"{start.device} came; give real floating point numbers, of shape (n,), or with a batch in front"
        )
    if start.dim() > 1 and paths not in (None, len(start)):
        raise SchemeError(f"paths = {paths} and a start of {len(start)} paths came; leave paths out, or give one start")


def _torchsde(*, needed: bool) -> Any:
    try:
        return importlib.import_module("torchsde")
    except ModuleNotFoundError as error:
        if not needed:
            return None
        raise SchemeError(
            f"backend='torchsde' needs torchsde, and {error.name} is not installed: pip install 'schemetools[sde]', "
            "or leave backend out for Euler-Maruyama in torch"
        ) from None


# ---- drift and noise of a batch --------------------------------------------------------------


def _along(outer: Field, inner: Field) -> Field:
    """The derivative of a field in the direction of another."""
    return lambda y: push(outer, (y,), (inner(y),))


def _combined(terms: Sequence[tuple[Any, Field]]) -> Field:
    known = [(c if isinstance(c, float) else to_float(c), field) for c, field in terms if c != 0]
    return lambda y: sum((c * field(y) for c, field in known), torch.zeros_like(y))


def _gated(eq: StochasticModifiedEquation, fields: list[Field], h: float) -> tuple[Field, list[Field]]:
    """The drift and one column per Brownian motion."""
    if len(fields) != len(eq.fields):
        raise SchemeError(f"{eq.scheme} has the fields {', '.join(eq.fields)}; give f as a list of {len(eq.fields)}")
    terms = list(zip(eq.first, fields, strict=True))
    size = h if eq.scaling == "network" else 1.0
    if eq.weak_order != 1 or eq.scaling != "network":
        terms += [
            (to_float(b) * size, _along(v, w))
            for row, v in zip(eq.second, fields, strict=True)
            for b, w in zip(row, fields, strict=True)
            if b != 0
        ]
    root, spread = math.sqrt(size), fields
    if eq.third is not None:
        (only,), (c1, c2, c3) = fields, map(to_float, eq.third)
        once = _along(only, only)
        bent = _along(once, only)  # f''(f,f) + f'f'f
        terms += [(c1 * h**2, bent), ((c2 - c1) * h**2, _along(only, once))]
        spread = [_combined([(1.0, only), (c3 * h, once)])]
    columns = zip(*eq.factor, strict=True)
    noise = [_combined([(root * to_float(c), v) for c, v in zip(row, spread, strict=True)]) for row in columns]
    return _combined(terms), noise


def _masked(eq: MaskedEquation, fields: list[Field], h: float) -> tuple[Field, list[Field]]:
    """The drift and the diagonal of the noise, one Brownian motion per unit."""
    placement, (f,) = eq.scheme.placement, fields
    if placement in ("hidden", "input"):
        raise UnsupportedError(
            f"the mean and covariance of f over a mask on the {placement} have no formula for a module; give sympy "
            "fields, or sample the block itself, to_block(scheme)"
        )
    if placement == "added" and eq.weak_order == 2:
        raise UnsupportedError("added noise at weak order 2 has f' in its noise; on tensors ask weak order 1")
    deviation, mean = math.sqrt(to_float(eq.variance)), to_float(eq.mean) if placement == "output" else 1.0
    terms: list[tuple[Any, Field]] = [(mean, f)]
    if eq.weak_order == 2:
        terms.append((-h / 2 * mean**2, _along(f, f)))
    diagonal: Field = {
        "output": lambda y: math.sqrt(h) * deviation * f(y),
        "skip": lambda y: deviation * y,
        "added": lambda y: torch.full_like(y, deviation),
    }[placement]
    return _combined(terms), [diagonal]


# ---- stepping ---------------------------------------------------------------------------------


class _Problem(torch.nn.Module):
    """The equation as torchsde wants it, on flat states (batch, d)."""

    sde_type = "ito"

    def __init__(self, drift: Field, noise: list[Field], state: Tensor, diagonal: bool) -> None:
        super().__init__()
        self.drift, self.noise, self.shape = drift, noise, state.shape
        self.noise_type = "diagonal" if diagonal else "general"
        self.width = state[0].numel() if diagonal else max(1, len(noise))

    def f(self, t: Any, y: Tensor) -> Tensor:
        """b(y)."""
        return self.drift(y.reshape(self.shape)).flatten(1)

    def g(self, t: Any, y: Tensor) -> Tensor:
        """s(y): (batch, d), or (batch, d, motions)."""
        state = y.reshape(self.shape)
        if self.noise_type == "diagonal":
            return self.noise[0](state).flatten(1)
        columns = [column(state).flatten(1) for column in self.noise] or [torch.zeros_like(y)]
        return torch.stack(columns, dim=-1)


def _euler_maruyama(
    problem: _Problem, state: Tensor, dt: float, steps: int, seed: int, progress: Any, _: Any, method: str
) -> Tensor:
    random = torch.Generator(device=state.device).manual_seed(seed)
    y, rows = state.flatten(1), [state]
    for n in range(steps):
        dB = math.sqrt(dt) * torch.randn(len(y), problem.width, generator=random, dtype=y.dtype, device=y.device)
        g = problem.g(n * dt, y)
        moved = g * dB if problem.noise_type == "diagonal" else (g @ dB[:, :, None])[:, :, 0]
        y = y + dt * problem.f(n * dt, y) + moved
        rows.append(y.reshape(state.shape))
        if progress is not None:
            progress(n + 1, steps)
    return torch.stack(rows)


def _with_torchsde(
    problem: _Problem, state: Tensor, dt: float, steps: int, seed: int, progress: Any, torchsde: Any, method: str
) -> Tensor:
    """One Brownian path over all steps, one call of sdeint for each, so that the progress is heard."""
    y, rows, end = state.flatten(1), [state], steps * dt
    options = {"dtype": y.dtype, "device": y.device, "entropy": seed}
    levy = {"levy_area_approximation": "space-time"} if method in ("srk", "log_ode") else {}
    brownian = torchsde.BrownianInterval(0.0, end, size=(len(y), problem.width), **options, **levy)
    for n in range(steps):
        times = torch.tensor([n * dt, end if n + 1 == steps else (n + 1) * dt], dtype=torch.float64, device=y.device)
        y = torchsde.sdeint(problem, y, times, bm=brownian, dt=dt, method=method)[-1]
        rows.append(y.reshape(state.shape))
        if progress is not None:
            progress(n + 1, steps)
    return torch.stack(rows)
