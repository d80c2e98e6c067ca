"""The noise of a layer with gates or masks: its drift, its size, and whether it grows in the mean square.

A layer adds h g(u, m) to its state. Linearised, one step of a mask of variance v moves the second moments by

    P -> (I + h J) P (I + h J)^T + v h^2 L diag(R P R^T) L^T,        J = L R

with (L, R) = (I, J) for a mask on the output, (outer', inner') on a hidden layer, (J, I) on the input, and 1/h^2 I for
the skip. The growth is the root of this map's spectral radius; one of a gate of the whole branch, E[M (x) M] with M =
R(xi, h J), is largest on an eigenvalue of J, where the scheme's mean-square region decides.
"""

import functools
import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from schemetools.analysis.modified.mask_moments import Mask
from schemetools.analysis.modified.stochastic import StochasticModifiedEquation, stochastic_modified_equation
from schemetools.analysis.stability.verb import stability
from schemetools.exact import to_float
from schemetools.nn.blocks.masked import MaskedBlock
from schemetools.nn.reading.chains import Layer
from schemetools.nn.tensors.products import push
from schemetools.schemes.base import Scheme

DRAWS = 256
LARGEST = 256  # units of one sample: P has as many rows
ROUNDS = 200


@dataclass(frozen=True)
class LayerNoise:
    """What the noise does in one step, at the state that reached the layer (norms over the batch, mean square).

    `drift` is |h b(u)|, `size` the root of E|u_(n+1) - E u_(n+1)|^2; `sampled` says that both come from draws, where
    they have no formula. `growth` is the factor by which the linearised step multiplies the root mean square, at the
    first sample; None where a sample has too many units. `how` says of what the verdict `is_stable` is made.
    """

    drift: float
    size: float
    growth: float | None
    how: str
    sampled: bool = False

    @property
    def ratio(self) -> float:
        """The noise over the drift."""
        return self.size / self.drift if self.drift else math.inf

    @property
    def is_stable(self) -> bool | None:
        """Whether the mean square of the linearised recursion does not grow."""
        return None if self.growth is None else self.growth <= 1 + 1e-9


@dataclass(frozen=True)
class MaskedReport:
    """One block with a mask per unit: where it stands, its scheme and its noise."""

    name: str
    scheme: Scheme
    h: float
    noise: LayerNoise


def noise_lines(layers: Any, masked: Any) -> list[str]:
    """One line for each layer with noise, for people."""
    found = [(layer.name, layer.scheme, layer.noise) for layer in layers if layer.noise is not None]
    found += [(m.name, m.scheme, m.noise) for m in masked]
    lines = []
    for name, scheme, noise in found:
        growth = "too large for a verdict" if noise.growth is None else f"{noise.growth:.4g}"
        verdict = {True: "stable", False: "grows", None: "not decided"}[noise.is_stable]
        lines.append(
            f"noise in {name or 'the network'} ({scheme}): drift {noise.drift:.3g}, noise {noise.size:.3g} per step"
            f"{' (sampled)' if noise.sampled else ''}; mean square {verdict} (factor {growth})"
        )
    return lines


@functools.lru_cache(maxsize=256)
def _equation(scheme: Scheme) -> StochasticModifiedEquation:
    return stochastic_modified_equation(scheme, 2)


def gate_noise(layer: Layer, eigenvalues: np.ndarray) -> LayerNoise | None:
    """The noise of a layer with random coefficients and one branch; None for any other one."""
    if not layer.scheme.random_symbols or layer.block.options.separate:
        return None
    eq, f, u, h = _equation(layer.scheme), layer.branches[0], layer.state, layer.h
    with torch.no_grad():
        value = f(u)
        along = push(f, (u,), (value,))
    drift = h * (to_float(eq.first[0]) * value + h * to_float(eq.second[0][0]) * along)
    size = h * math.sqrt(to_float(eq.covariance[0][0])) * value
    growth = float(np.exp(np.max(stability(layer.scheme).plane.growth(eigenvalues)))) if len(eigenvalues) else None
    return LayerNoise(float(drift.norm()), float(size.norm()), growth, "the mean-square region at the eigenvalues")


def masked_reports(net: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[MaskedReport]:
    """The blocks with a mask per unit in the order in which they ran."""
    names = {module: name for name, module in net.named_modules() if isinstance(module, MaskedBlock)}
    taken: list[tuple[MaskedBlock, tuple[Any, ...], dict[str, Any]]] = []
    hooks = [
        block.register_forward_pre_hook(
            lambda b, *given: taken.append((cast(MaskedBlock, b), *given)), with_kwargs=True
        )
        for block in names
    ]
    try:
        with torch.no_grad():
            net(*args, **kwargs)
    finally:
        for hook in hooks:
            hook.remove()
    return [
        MaskedReport(names[block], block.scheme, float(block.h), _mask_noise(block, a[0], a[1:], k))
        for block, a, k in taken
    ]


def _mask_noise(block: MaskedBlock, u: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> LayerNoise:
    placement, h = block.scheme.placement, float(block.h)
    v = to_float(Mask(block.scheme.mask).variance)
    with torch.no_grad():
        mean = block.eval()(u, *args, **kwargs)
        drift = float((mean - u).norm())
        sampled = placement in ("hidden", "input")
        if sampled:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                draws = torch.stack([block.train()(u, *args, **kwargs) for _ in range(DRAWS)])
            block.eval()
            drift = float((draws.mean(dim=0) - u).norm())
            size = float(draws.var(dim=0).sum().sqrt())
        else:
            scale = {"output": mean - u, "skip": h**0.5 * u if block.scheme.power else u}.get(placement)
            scale = torch.full_like(u, h**0.5) if scale is None else scale
            size = math.sqrt(v) * float(scale.norm())
    growth = _growth(block, u, args, kwargs, v, h) if u[0].numel() <= LARGEST else None
    return LayerNoise(drift, size, growth, "power iteration on the second moments of the linearised step", sampled)


def _growth(
    block: MaskedBlock, u: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any], v: float, h: float
) -> float | None:
    """The root of the spectral radius of the map on second moments, by power iteration from the identity."""
    sample, n = u[:1], u[0].numel()

    def jacobian(f: Any, at: Tensor) -> Tensor:
        return torch.func.jacrev(f)(at).reshape(-1, at.numel()).detach()

    placement = block.scheme.placement
    eye = torch.eye(n, dtype=u.dtype, device=u.device)
    if args or kwargs:
        return None  # arguments of a batch do not fit one sample
    if placement == "hidden":
        inner, outer = block.branch
        R, L = jacobian(inner, sample), jacobian(outer, inner(sample).detach())
    else:
        J = jacobian(block.branch, sample)
        L, R = (J, eye) if placement == "input" else (eye, J)
    A = eye + h * L @ R
    weight, right = v * h**2, R
    if placement == "skip":
        weight, right = v * (h if block.scheme.power else 1.0), eye
    elif placement == "added":
        weight = 0.0
    P, radius = eye / n, 0.0
    for _ in range(ROUNDS):
        moved = A @ P @ A.T + weight * (L * (right @ P * right).sum(dim=1)) @ L.T
        radius = float(moved.trace() / P.trace())
        P = moved / moved.trace()
    return math.sqrt(radius)
