"""Pre-activation residual networks: a layout, and the network that a scheme makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from schemetools.codegen.lower import lower
from schemetools.errors import SchemeError
from schemetools.nn.blocks.coefficients import usual_start
from schemetools.nn.models.error_scaling import check_tolerance
from schemetools.nn.models.parts import (
    SHARED,
    Network,
    check_options,
    classifier,
    convolution,
    initialise,
    normalised,
    pre_activated,
    staged,
)
from schemetools.nn.models.schedule import scheduled
from schemetools.schemes.base import Scheme
from schemetools.schemes.registry import get

KINDS = ("basic", "bottleneck", "single")


@dataclass(frozen=True)
class Layout:
    """A residual network as data.

    `blocks`: residual branches per stage, or with `whole` the steps per stage, a projected step where the shape
    changes not among them. `widths`: channels per stage, in units of `width`, which is that of the stem. `kind` of a
    branch: "basic" is two 3x3 convolutions, "bottleneck" 1x1, 3x3 in groups, 1x1, with groups/4 as many channels
    inside, "single" one 3x3. `scheme`: that of the network as published. `large`: the stem for 224 x 224 images.
    """

    blocks: tuple[int, ...]
    widths: tuple[int, ...]
    width: int = 16
    kind: str = "basic"
    groups: int = 1
    scheme: str = "euler"
    shared: bool = False
    whole: bool = False
    large: bool = False

    def branch(self, here: int, outer: int, stride: int, norm: str) -> nn.Module:
        """A residual branch of `here` to `outer` channels."""
        if self.kind == "single":
            return pre_activated((here, outer, 3, stride), norm=norm)
        if self.kind == "basic":
            return pre_activated((here, outer, 3, stride), (outer, outer, 3, 1), norm=norm)
        inner = outer * self.groups // 4
        layers = ((here, inner, 1, 1), (inner, inner, 3, stride), (inner, outer, 1, 1))
        return pre_activated(*layers, norm=norm, groups=self.groups)

    def stem(self, channels: int, width: int, norm: str) -> nn.Module:
        """Images to `width` channels, for large images at a quarter of the resolution."""
        if not self.large:
            return convolution(channels, width, 3)
        wide = convolution(channels, width, 7, 2)
        return nn.Sequential(wide, normalised(width, norm), nn.ReLU(), nn.MaxPool2d(3, 2, 1))


def resnet(
    layout: Layout,
    scheme: Scheme | None,
    classes: int,
    *,
    width: int | None = None,
    blocks: Sequence[int] | None = None,
    channels: int = 3,
    norm: str = "batch",
    shared: bool | str | None = None,
    error_scaling: float | None = None,
    survival: object = "1/2",
    init: Any = None,
    bounds: Any = None,
    h: float = 1,
) -> Network:
    """A pre-activation ResNet (b, channels, height, width) -> (b, classes), its chains wired by a scheme.

        u_(n+1) = u_n + h f_n(u_n)   for Euler;   f = norm-ReLU-conv-norm-ReLU-conv

    A scheme with s evaluations takes the branches of a stage in groups of s, and what is left over are Euler steps;
    with `shared` it takes one branch for all of them, with shared="depth" at the depth that it has without. Where the
    shape changes the step is a projected Euler step P(u) + h f(u), P norm-ReLU-conv 1x1, and the history starts again.
    A scheme with the symbol k alone starts it in U(-0.1, 0), as LM-ResNet does, unless `init` says otherwise. A free
    survival probability, "stochastic_depth(p)", falls linearly from branch to branch, down to `survival`; a projected
    step always survives. `error_scaling` is the tolerance by which steps of an embedded pair are scaled, `ErrorScaled`.
    Raises SchemeError for an option out of range, UnsupportedError for a scheme of several fields.
    Source: He et al. 2016 (arXiv 1603.05027), section 3; Lu et al. 2018 (arXiv 1710.10121), section 4.
    """
    scheme = get(layout.scheme) if scheme is None else scheme
    width = layout.width if width is None else width
    check_options(norm=norm, width=width, channels=channels)
    if (shared := layout.shared if shared is None else shared) not in SHARED:
        raise SchemeError(f"shared is one of {', '.join(map(repr, SHARED))}; {shared!r} came")
    check_tolerance(scheme, error_scaling)
    counts = _counts(layout, blocks, scheme, shared)
    each = scheduled(scheme, sum(counts), survival)
    wire = {"init": usual_start(each[0], init), "bounds": bounds, "h": h, "shared": shared, "norm": norm}
    wire["error_scaling"] = error_scaling
    widths = [width * scale for scale in layout.widths]
    stages = staged(each, lambda a, b, stride: layout.branch(a, b, stride, norm), width, widths, counts, **wire)
    side = 224 if layout.large else 32
    network = Network(
        layout.stem(channels, width, norm), stages, classifier(widths[-1], classes, norm), image=(channels, side, side)
    )
    network.apply(initialise)
    return network


def _counts(layout: Layout, blocks: Sequence[int] | None, scheme: Scheme, shared: bool | str) -> list[int]:
    """Branches per stage."""
    if blocks is not None:
        fits = isinstance(blocks, (list, tuple)) and len(blocks) == len(layout.blocks)
        if not fits or not all(isinstance(count, int) and count > 0 for count in blocks):
            raise SchemeError(
                f"blocks is the number of residual branches in each of the {len(layout.blocks)} stages, such as "
                f"{layout.blocks}; {blocks!r} came"
            )
        return list(blocks)
    if not layout.whole:
        return list(layout.blocks)
    size = 1 if shared is True else lower(scheme).evaluations
    changes = [stage > 0 or layout.widths[0] != 1 for stage in range(len(layout.blocks))]
    return [steps * size + change for steps, change in zip(layout.blocks, changes, strict=True)]
