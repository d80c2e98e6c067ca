"""Pre-activation residual networks for small images, their chains wired by any scheme."""

import functools
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from schemetools.codegen.lower import lower
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.base import Scheme

from ..continued import EULER, Restart, to_continued
from ..stack import to_stack

NORMS = ("batch", "group")


class Network(nn.Module):
    """A stem, stages (each a chain, or a `Restart` where the shape changes), and a head."""

    def __init__(self, stem: nn.Module, stages: Sequence[nn.Module], head: nn.Module) -> None:
        super().__init__()
        self.stem, self.stages, self.head = stem, nn.ModuleList(stages), head

    def forward(self, x: Tensor) -> Tensor:
        """Images (b, channels, height, width) to logits (b, classes)."""
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.head(x)


def resnet(
    depth: int,
    bottleneck: bool,
    scheme: Scheme | None,
    classes: int,
    *,
    width: int = 16,
    channels: int = 3,
    norm: str = "batch",
    init: Any = None,
    bounds: Any = None,
    h: float = 1,
) -> Network:
    """A pre-activation ResNet of three stages with widths (1, 2, 4) * width.

    A branch is norm-ReLU-conv-norm-ReLU-conv (with bottleneck: 1x1, 3x3, 1x1, four times as wide outside). A scheme
    with s evaluations takes the branches of a stage in groups of s, and what is left over are Euler steps. Where the
    shape changes the step is a projected Euler step and the history starts again. A scheme with the symbol k alone
    starts it in U(-0.1, 0), as LM-ResNet does, unless `init` says otherwise.
    Source: He et al. 2016 (arXiv 1603.05027), section 3; Lu et al. 2018 (arXiv 1710.10121), section 4.
    """
    if norm not in NORMS:
        raise SchemeError(f"norm is one of {', '.join(NORMS)}; {norm!r} came")
    for option, value in (("width", width), ("channels", channels)):
        if not isinstance(value, int) or value < 1:
            raise SchemeError(f"{option} must be a positive integer; {value!r} came")
    convolutions, expansion = (3, 4) if bottleneck else (2, 1)
    blocks = (depth - 2) // (3 * convolutions)
    scheme = EULER if scheme is None else scheme
    if init is None and {str(s) for s in scheme.free_symbols} == {"k"}:
        init = {"k": (-0.1, 0.0)}
    branch = functools.partial(_branch, bottleneck=bottleneck, norm=norm)
    wire = {"init": init, "bounds": bounds, "h": h}
    stages, here = [], width
    for stage, inner in enumerate((width, 2 * width, 4 * width)):
        outer, stride = inner * expansion, 1 if stage == 0 else 2
        inside = [branch(here if n == 0 else outer, inner, stride if n == 0 else 1) for n in range(blocks)]
        skip = None if here == outer and stride == 1 else _projection(here, outer, stride, norm)
        stages.append(chain(scheme, inside, skip, **wire))
        here = outer
    stem = nn.Conv2d(channels, width, 3, padding=1, bias=False)
    head = nn.Sequential(_norm(here, norm), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(here, classes))
    network = Network(stem, stages, head)
    network.apply(_initialise)
    return network


def chain(scheme: Scheme, branches: Sequence[nn.Module], projection: nn.Module | None, **wire: Any) -> nn.Module:
    """Residual branches wired by a scheme: (a projected Euler step,) steps of the scheme, Euler steps for the rest."""
    if len(scheme.normal_form().fields) != 1 or scheme.normal_form().parts != 1:
        raise UnsupportedError(f"{scheme} has several fields; a chain of residual branches has one")
    size = lower(scheme).evaluations
    first, rest = (branches[:1], branches[1:]) if projection is not None else ([], branches)
    steps = len(rest) // size
    groups = [rest[i * size : (i + 1) * size] for i in range(steps)]
    given = [group[0] if size == 1 else list(group) for group in groups]
    left = rest[steps * size :]
    tail = to_stack(EULER, left, h=wire["h"]) if left else None
    if projection is None:
        main = to_stack(scheme, given, **wire) if given else None
    else:
        main = Restart(projection, first[0], to_continued(scheme, given, **wire) if given else None, h=wire["h"])
    parts = [part for part in (main, tail) if part is not None]
    return parts[0] if len(parts) == 1 else nn.Sequential(*parts)


def _branch(here: int, inner: int, stride: int, *, bottleneck: bool, norm: str) -> nn.Sequential:
    """norm-ReLU-conv, two or three times; the first module is never in place."""
    if bottleneck:
        sizes = [(here, inner, 1, 1), (inner, inner, 3, stride), (inner, 4 * inner, 1, 1)]
    else:
        sizes = [(here, inner, 3, stride), (inner, inner, 3, 1)]
    return nn.Sequential(*(part for a, b, k, s in sizes for part in _pre_activation(a, b, k, s, norm)))


def _projection(here: int, outer: int, stride: int, norm: str) -> nn.Sequential:
    return nn.Sequential(*_pre_activation(here, outer, 1, stride, norm))


def _pre_activation(here: int, outer: int, kernel: int, stride: int, norm: str) -> list[nn.Module]:
    conv = nn.Conv2d(here, outer, kernel, stride=stride, padding=kernel // 2, bias=False)
    return [_norm(here, norm), nn.ReLU(), conv]


def _norm(width: int, norm: str) -> nn.Module:
    if norm == "batch":
        return nn.BatchNorm2d(width)
    groups = next(g for g in (8, 4, 2, 1) if width % g == 0)
    return nn.GroupNorm(groups, width)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


RESNETS = {f"resnet{depth}": functools.partial(resnet, depth, False) for depth in (20, 32, 44, 56, 110, 1202)}
RESNETS["resnet164"] = functools.partial(resnet, 164, True)
