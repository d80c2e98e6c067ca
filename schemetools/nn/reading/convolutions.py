"""Convolution kernels read as differential operators, and a residual layer around one as a modified equation."""

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from schemetools.analysis.series.kernels import kernel_moments
from schemetools.errors import UnsupportedError
from schemetools.nn.blocks.stencil_branch import StencilBranch
from schemetools.nn.reading.frozen import Affine

Moments = dict[tuple[int, ...], float]
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_HARMLESS = (nn.Identity, nn.Dropout)


@dataclass(frozen=True, eq=False)
class KernelOperator:
    """The differential operator of a convolution, on a grid of width 1: moments {(a, b): factor of d_x^a d_y^b}.

    `kernels[o, i]` leads from channel i to channel o; `weight` has those of each group alone, as torch holds them: of a
    convolution in many groups nearly all kernels are zero. `notes` say in words what padding, strides, channels and
    what stands around the convolution make of it; `is_exact` is whether the symbol is that of the layer's whole branch.
    """

    name: str
    weight: np.ndarray
    notes: tuple[str, ...]
    is_exact: bool
    groups: int = 1

    @property
    def kernels(self) -> np.ndarray:
        """The kernels from every channel to every channel, (out, in, ...), groups written out."""
        outs, ins = self.weight.shape[0] // self.groups, self.weight.shape[1]
        full = np.zeros((outs * self.groups, ins * self.groups, *self.weight.shape[2:]))
        for g in range(self.groups):
            own = slice(g * outs, (g + 1) * outs)
            full[own, g * ins : (g + 1) * ins] = self.weight[own]
        return full

    @property
    def moments(self) -> Moments:
        """The moments of the kernel; of the mean over channels where there are several."""
        return kernel_moments(self.weight.mean(axis=(0, 1)) / self.groups)

    def moments_of(self, out: int = 0, into: int = 0) -> Moments:
        """The moments of the kernel from channel `into` to channel `out`."""
        return kernel_moments(self.kernels[out, into])

    def symbol(self, *theta: Any) -> Any:
        """sum_j K_j exp(i j.theta) of a single channel, theta in the order x, y, z."""
        kernel = self._single()
        total: Any = 0
        for place in itertools.product(*(range(n) for n in kernel.shape)):
            offset = [i - (n - 1) // 2 for i, n in zip(place, kernel.shape, strict=True)]
            phase = sum(j * t for j, t in zip(reversed(offset), theta, strict=True))
            total = total + kernel[place] * np.exp(1j * np.asarray(phase))
        return total

    def modified_pde(self, order: int = 4, *, h: float = 1.0) -> Moments:
        """u_t = sum c_a d^a u, whose flow over a time h is u + h K * u: log(1 + h S)/h through derivatives of `order`.

        c at (0, ..., 0) is a reaction. Raises UnsupportedError for several channels and where 1 + h S(0) <= 0.
        """
        kernel = self._single()
        series = _taylor(kernel, order)
        origin = (0,) * kernel.ndim
        middle = 1 + h * series[origin]
        if middle <= 0:
            raise UnsupportedError(f"1 + h S(0) = {middle:.4g}: the layer has no real logarithm on constant states")
        z = {k: h * v / middle for k, v in series.items() if k != origin}
        found: Moments = {origin: math.log(middle)}
        power: Moments = {origin: 1.0}
        for n in range(1, order + 1):
            power = _product(power, z, order)
            for k, v in power.items():
                found[k] = found.get(k, 0.0) + (-1) ** (n + 1) * v / n
        return {k: v / h for k, v in sorted(found.items())}

    def radius(self, *, h: float = 1.0) -> float:
        """The |theta| up to which `modified_pde` converges, along the axes: the nearest zero of 1 + h S."""
        kernel = self._single()
        radii = []
        for axis in range(kernel.ndim):
            line = h * kernel.sum(axis=tuple(i for i in range(kernel.ndim) if i != axis))
            line[(len(line) - 1) // 2] += 1
            zeros = np.roots(line[::-1])
            radii += [abs(np.log(complex(w))) for w in zeros if w != 0]
        return float(min(radii, default=math.inf))

    def _single(self) -> np.ndarray:
        if self.weight.shape[:2] != (1, 1) or self.groups > 1:
            raise UnsupportedError(
                f"{self.name} has several channels: its symbol is a matrix; see moments_of(out, into)"
            )
        return np.array(self.weight[0, 0], dtype=float)

    def __str__(self) -> str:
        said = " ".join(f"{v:+.4g} u{_subscript(k)}" for k, v in self.moments.items() if abs(v) > 1e-12)
        return "\n".join([f"{self.name}: {said or '0'}", *(f"  {note}" for note in self.notes)])


def _subscript(place: tuple[int, ...]) -> str:
    letters = "".join(letter * n for letter, n in zip("xyz", place, strict=False))
    return f"_{letters}" if letters else ""


def _taylor(kernel: np.ndarray, order: int) -> Moments:
    found: Moments = {}
    for place in itertools.product(range(order + 1), repeat=kernel.ndim):
        if sum(place) > order:
            continue
        value = kernel
        for a, n in zip(place, reversed(kernel.shape), strict=True):  # x is the last axis
            offsets = np.arange(n) - (n - 1) // 2
            value = value @ (offsets.astype(float) ** a / math.factorial(a))
        found[place] = float(value)
    return found


def _product(f: Mapping[Any, float], g: Mapping[Any, float], order: int) -> Moments:
    found: Moments = {}
    for a, x in f.items():
        for b, y in g.items():
            key = tuple(i + j for i, j in zip(a, b, strict=True))
            if sum(key) <= order:
                found[key] = found.get(key, 0.0) + x * y
    return found


def read_operators(branches: Iterable[Any]) -> tuple[KernelOperator, ...]:
    """The operators of all convolutions in the branches of a layer, in the order in which they are held."""
    found = []
    seen: set[int] = set()
    for branch in branches:
        if not isinstance(branch, nn.Module) or id(branch) in seen:
            continue
        seen.add(id(branch))
        leaves = [(name, m) for name, m in branch.named_modules() if not list(m.children())]
        kernels = [(name, m) for name, m in leaves if isinstance(m, (*_CONVOLUTIONS, StencilBranch))]
        around = [m for _, m in leaves if not isinstance(m, (*_CONVOLUTIONS, StencilBranch, *_HARMLESS))]
        words = list(dict.fromkeys(_words(m) for m in around))
        if len(kernels) > 1:
            words.append("several convolutions follow one another: the branch has the product of their symbols")
        for name, module in kernels:
            found.append(_operator(name or type(module).__name__, module, words))
    return tuple(found)


def _operator(name: str, module: Any, around: list[str]) -> KernelOperator:
    plain = isinstance(module, StencilBranch)
    with torch.no_grad():
        weight = (module.kernel[None, None] if plain else module.weight).double().cpu().numpy()
        notes = [] if plain else _own_words(module)
    groups = 1 if plain else module.groups
    return KernelOperator(name, weight, (*notes, *around), not notes and not around, groups)


def _own_words(module: Any) -> list[str]:
    words = []
    if module.padding_mode != "circular" and module.kernel_size != (1,) * len(module.kernel_size):
        words.append(f"padding with {module.padding_mode}: the operator holds away from the border only")
    if any(s != 1 for s in module.stride):
        words.append("stride: the grid changes, so this is no step on one grid")
    if any(s != 1 for s in module.dilation):
        words.append("dilation: offsets are multiples; the moments are those on the coarser grid")
    if module.bias is not None and bool((module.bias != 0).any()):
        words.append("bias: a constant source is added")
    if module.in_channels > 1 or module.out_channels > 1:
        words.append("several channels: the symbol is a matrix, one operator for each pair of channels")
    return words


def _words(module: nn.Module) -> str:
    name = type(module).__name__
    if isinstance(module, (Affine, nn.modules.batchnorm._BatchNorm)):
        return "batch normalisation: an affine map of each channel in evaluation; in training it couples all points"
    if isinstance(module, (nn.ReLU, nn.LeakyReLU, nn.ReLU6, nn.Hardtanh, nn.PReLU)):
        return f"{name}: has kinks, so the operator stands for the layer on states of one sign only"
    if isinstance(module, (nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)):
        return f"{name}: pooling changes the grid"
    return f"{name}: nonlinear or not local as far as is known; the operator is the linear part before or after it"
