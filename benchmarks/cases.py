"""What is compared: branches, and steps as people write them by hand."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

import schemetools as st
from schemetools.exact import to_float
from schemetools.schemes.base import Scheme

H = 0.5


def tiny() -> tuple[nn.Module, Tensor]:
    """A branch so small that a step is all overhead."""
    return nn.Sequential(nn.Linear(8, 8), nn.Tanh()), torch.randn(4, 8, requires_grad=True)


def convolutional(channels: int = 16, size: int = 16, batch: int = 8) -> tuple[nn.Module, Tensor]:
    """The branch of a residual network with full pre-activation."""
    parts = [
        m for _ in range(2) for m in (nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1))
    ]
    return nn.Sequential(*parts), torch.randn(batch, channels, size, size, requires_grad=True)


def rk4(f: nn.Module, x: Tensor) -> Tensor:
    """The classical step, as in a textbook."""
    k1 = f(x)
    k2 = f(x + H / 2 * k1)
    k3 = f(x + H / 2 * k2)
    k4 = f(x + H * k3)
    return x + H / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def heun2(f: nn.Module, x: Tensor) -> Tensor:
    """Heun's step."""
    k1 = f(x)
    k2 = f(x + H * k1)
    return x + H / 2 * (k1 + k2)


def lm(f: nn.Module, x: Tensor, before: Tensor, k: Tensor) -> Tensor:
    """LM-ResNet's step as published."""
    return (1 - k) * x + k * before + H * f(x)


def adams_bashforth_3(f: nn.Module, x: Tensor, d1: Tensor, d2: Tensor) -> tuple[Tensor, Tensor]:
    """The three-step Adams-Bashforth step on kept increments."""
    d0 = H * f(x)
    return x + (23 * d0 - 16 * d1 + 5 * d2) / 12, d0


def by_hand(scheme: Scheme) -> Callable[[nn.Module, Tensor], Tensor]:
    """Straight-line code of an explicit Runge-Kutta step in the textbook's form, x + h (a k1 + b k2 + ...)."""

    def total(row: tuple, names: list[str]) -> str:
        return " + ".join(f"{to_float(c)!r} * {k}" for c, k in zip(row, names, strict=True) if c != 0)

    lines, names = ["def step(f, x, h):"], [f"k{i + 1}" for i in range(scheme.stages)]
    used = [
        i for i in range(scheme.stages) if scheme.b[i] != 0 or any(row[i] != 0 for row in scheme.A[: scheme.stages])
    ]
    used = [i for i in used if i < _effective(scheme)]
    for i in used:
        argument = f"x + h * ({total(scheme.A[i], names)})" if any(scheme.A[i]) else "x"
        lines.append(f"    {names[i]} = f({argument})")
    lines.append(f"    return x + h * ({total(scheme.b, names)})")
    space: dict[str, Callable] = {}
    exec("\n".join(lines), space)  # noqa: S102  (made from exact numbers just above)
    return lambda f, x: space["step"](f, x, H)


def _effective(scheme: Scheme) -> int:
    """Stages up to the last one that the result needs."""
    return max(i for i, b in enumerate(scheme.b) if b != 0) + 1


def ours(name: str, f: nn.Module) -> nn.Module:
    """The generated block."""
    return st.to_block(st.get(name))(f, h=H, init={"k": -0.05} if name == "lm" else None)
