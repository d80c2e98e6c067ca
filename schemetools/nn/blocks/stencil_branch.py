"""The right-hand side of a method of lines as a branch: a circular convolution whose kernel is the stencil."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from sympy import Expr, Symbol
from torch import Tensor, nn
from torch.nn import functional

from schemetools import exact
from schemetools.analysis.series.kernels import kernel_from_moments, kernel_moments
from schemetools.errors import SchemeError, UnsupportedError

CONVOLUTIONS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
AXES = {1: "x", 2: "y, x", 3: "z, y, x"}
Offsets = Mapping[tuple[int, ...], Expr]


class StencilBranch(nn.Module):
    """u -> sum_j c_j u_(i+j), every channel alike: the kernel's entries are formulas in the numbers.

    The state has the shape (batch, channels, x), (batch, channels, y, x) or (batch, channels, z, y, x).
    `numbers` gives values; those without one are parameters and start at `init`. `trainable="moments"` makes the
    moments of the kernel the parameters instead, starting at those of the stencil.
    """

    def __init__(
        self,
        table: Offsets,
        numbers: Mapping[str, Any],
        *,
        init: Any = None,
        trainable: str | None = None,
    ) -> None:
        super().__init__()
        if trainable not in (None, "moments", "numbers"):
            raise SchemeError(f"trainable is 'numbers', 'moments' or left out; {trainable!r} came")
        self.dimension = len(next(iter(table)))
        self.low = [min(e[i] for e in table) for i in range(self.dimension)]
        self.high = [max(e[i] for e in table) for i in range(self.dimension)]
        for i in range(self.dimension):  # an odd window around 0, so that moments are those of the grid point
            reach = max(-self.low[i], self.high[i])
            self.low[i], self.high[i] = -reach, reach
        names = sorted({s.name for c in table.values() for s in c.free_symbols})  # type: ignore[attr-defined]
        self.names, self.table = names, dict(table)
        self.by_moments = trainable == "moments"
        values = {name: _value(name, numbers, init) for name in names}
        free = set(names) if trainable == "numbers" else {n for n in names if n not in numbers}
        for name, value in values.items():
            tensor = torch.tensor(value, dtype=torch.float64)
            if name in free and not self.by_moments:
                setattr(self, name, nn.Parameter(tensor.reshape(1)))
            else:
                self.register_buffer(name, tensor.reshape(1))
        if self.by_moments:
            self._use_moments()

    def _use_moments(self) -> None:
        with torch.no_grad():
            kernel = self._from_numbers().numpy()
        found = kernel_moments(kernel)
        self.places = list(found)
        self.moments = nn.Parameter(torch.tensor([found[p] for p in self.places], dtype=torch.float64))
        shape = kernel.shape
        columns = [torch.tensor(kernel_from_moments({p: 1.0}, shape)) for p in self.places]
        self.register_buffer("basis", torch.stack(columns))

    @property
    def kernel(self) -> Tensor:
        """The kernel as torch's convolutions take it, x the last axis."""
        if self.by_moments:
            return torch.tensordot(self.moments, self.basis, dims=1)
        return self._from_numbers()

    def _from_numbers(self) -> Tensor:
        shape = tuple(h - low + 1 for low, h in zip(reversed(self.low), reversed(self.high), strict=True))
        values = {Symbol(n): getattr(self, n) for n in self.names}
        one = next(iter(values.values())) if values else torch.ones(1, dtype=torch.float64)
        zero = torch.zeros_like(one)
        entries = []
        for place in itertools.product(*(range(n) for n in shape)):
            offset = tuple(i + low for i, low in zip(reversed(place), self.low, strict=True))
            entries.append(_evaluated(self.table[offset], values, one) if offset in self.table else zero)
        return torch.cat(entries).reshape(shape)

    def forward(self, u: Tensor) -> Tensor:
        """The convolution of every channel."""
        if u.ndim != self.dimension + 2:
            raise SchemeError(
                f"a grid of {self.dimension} dimensions has states (batch, channels, {AXES[self.dimension]}); "
                f"the shape {tuple(u.shape)} came"
            )
        kernel = self.kernel.to(u.dtype)
        sides = [side for reach in self.high for side in (reach, reach)]
        padded = _wrapped(u, sides)
        weight = kernel.expand(u.shape[1], 1, *kernel.shape)
        return CONVOLUTIONS[self.dimension](padded, weight, groups=u.shape[1])

    def extra_repr(self) -> str:
        """The offsets and numbers."""
        return f"offsets {len(self.table)}, numbers {', '.join(self.names) or 'none'}"


def _wrapped(u: Tensor, sides: Sequence[int]) -> Tensor:
    """Circular padding, also of grids that are shorter than the kernel."""
    for i in range(len(sides) // 2):
        axis, n, reach = -1 - i, u.shape[-1 - i], sides[2 * i]
        if reach:
            u = u.index_select(axis, torch.arange(-reach, n + reach, device=u.device) % n)
    return u


def _value(name: str, numbers: Mapping[str, Any], init: Any) -> float:
    given = numbers.get(name)
    if given is None:
        given = init.get(name) if isinstance(init, Mapping) else init
    if given is None:
        raise SchemeError(f"{name} has no value: give it, as in Block({name}=0.5), or a start, init={{{name!r}: 0.5}}")
    return exact.to_float(exact.coefficient(given, parameter=True))


def _evaluated(value: Expr, numbers: Mapping[Symbol, Tensor], one: Tensor) -> Tensor:
    """A formula on tensors."""
    if isinstance(value, Symbol):
        return numbers[value]
    if value.is_number:
        return torch.full_like(one, exact.to_float(value))
    parts = [_evaluated(arg, numbers, one) for arg in value.args]  # type: ignore[arg-type]
    if value.is_Pow:
        return parts[0] ** parts[1]
    if not (value.is_Add or value.is_Mul):
        raise UnsupportedError(f"{value} is no rational formula in the numbers")
    total = parts[0]
    for part in parts[1:]:
        total = total + part if value.is_Add else total * part
    return total
