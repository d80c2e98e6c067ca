"""Shake-Shake: two residual branches per block, mixed by chance."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from schemetools.nn.blocks.make import to_block
from schemetools.nn.models.parts import Network, check_options, check_state, convolution, initialise, normalised
from schemetools.nn.stacks.stack import to_stack
from schemetools.schemes.base import Scheme
from schemetools.schemes.registry import get

FIELDS = ("F", "G")


class Shifted(nn.Module):
    """The published projection: ReLU, 1x1 convolutions of every second pixel and of its neighbours, and norm."""

    def __init__(self, here: int, outer: int, stride: int, norm: str) -> None:
        super().__init__()
        self.stride = stride
        self.even, self.odd = convolution(here, outer // 2, 1), convolution(here, outer - outer // 2, 1)
        self.norm = normalised(outer, norm)

    def forward(self, x: Tensor) -> Tensor:
        """(b, here, height, width) to (b, outer, height/stride, width/stride)."""
        x = functional.relu(x)
        shifted = functional.pad(x, (1, -1, 1, -1))
        pair = [path(u[:, :, :: self.stride, :: self.stride]) for path, u in ((self.even, x), (self.odd, shifted))]
        return self.norm(torch.cat(pair, dim=1))


class AtStart(nn.Module):
    """A branch that is evaluated at the state before the projection, which the block hands on as its `t`."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, before: Tensor, projected: Tensor) -> Tensor:
        """The branch at the state before."""
        return self.branch(before)


class ProjectedStep(nn.Module):
    """The step that changes the shape, P(u) + h (eta F(u) + (1 - eta) G(u)), for a scheme that evaluates at u only."""

    def __init__(self, projection: nn.Module, block: nn.Module) -> None:
        super().__init__()
        self.projection, self.block = projection, block

    def forward(self, x: Tensor) -> Tensor:
        """The state after the step."""
        return self.block(self.projection(x), t=x)


def shake_shake(
    scheme: Scheme | None,
    classes: int,
    *,
    width: int = 32,
    channels: int = 3,
    norm: str = "batch",
    gates: str = "sample",
    shaken: bool = True,
    init: Any = None,
    bounds: Any = None,
    h: float = 1,
) -> Network:
    """Shake-Shake ResNet-26 2x32d for 32 x 32 images: three stages of four blocks, widths (1, 2, 4) * width.

        u + h (eta F(u) + (1 - eta) G(u)),   F, G = ReLU-conv-norm-ReLU-conv-norm,   eta uniform on (0, 1)

    `gates`: one eta per "sample" or per "batch"; `shaken` draws it again for the backward pass. Evaluation has the mean
    1/2. Another scheme of two fields (lie_trotter, strang) steps F and G as it does; the steps that change the shape
    stay as published, since other schemes evaluate at states between, which have another shape.
    Raises UnsupportedError for a scheme of another number of fields.
    Source: Gastaldi 2017 (arXiv 1705.07485); Sun, Tao, Du 2018 (arXiv 1812.00174).
    """
    published = get("shake_shake")
    scheme = published if scheme is None else scheme
    wanted = "has two, F and G, of one state: give an additive scheme such as shake_shake, lie_trotter or strang"
    check_state(scheme, "shake_shake", wanted, fields=(2,))
    check_options(norm=norm, width=width, channels=channels)
    first = to_block(scheme if _at_start(scheme) else published, timed=True, gates=gates, shaken=shaken)
    wire: dict[str, Any] = {"init": init, "bounds": bounds, "h": h, "gates": gates, "shaken": shaken}
    stages: list[nn.Module] = []
    here = 16
    for stage, outer in enumerate((width, 2 * width, 4 * width)):
        stride = 1 if stage == 0 else 2
        pair = {field: AtStart(_branch(here, outer, stride, norm)) for field in FIELDS}
        stages.append(ProjectedStep(Shifted(here, outer, stride, norm), first(pair, h)))
        pairs = [{field: _branch(outer, outer, 1, norm) for field in FIELDS} for _ in range(3)]
        stages.append(to_stack(scheme, pairs, **wire))
        here = outer
    stem = nn.Sequential(convolution(channels, 16, 3), normalised(16, norm))
    head = nn.Sequential(nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(here, classes))
    network = Network(stem, stages, head, image=(channels, 32, 32))
    network.apply(initialise)
    return network


def _at_start(scheme: Scheme) -> bool:
    """Whether a scheme evaluates every field at the state before the step only."""
    form = scheme.normal_form()
    return form.values == form.parts and not any(c for row in form.A for c in row)


def _branch(here: int, outer: int, stride: int, norm: str) -> nn.Sequential:
    first, second = convolution(here, outer, 3, stride), convolution(outer, outer, 3)
    return nn.Sequential(nn.ReLU(), first, normalised(outer, norm), nn.ReLU(), second, normalised(outer, norm))
