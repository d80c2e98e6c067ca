"""What the networks are made of: normalised convolutions, residual branches, chains of them, and the whole."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import Tensor, nn

from schemetools.codegen.lower import lower
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.models.error_scaling import error_scaled
from schemetools.nn.stacks.continued import EULER, Restart, to_continued, without_estimate
from schemetools.nn.stacks.stack import to_stack
from schemetools.schemes.base import Scheme

NORMS = ("batch", "group")
SHARED = (False, True, "depth")

Branches = Callable[[int, int, int], nn.Module]
"""(channels in, channels out, stride) -> a residual branch."""


class Network(nn.Module):
    """A stem, stages (each a chain, or a `Restart` where the shape changes), and a head.

    `image` is the shape (channels, height, width) of an image as in the publication; other sizes pass as well.
    """

    def __init__(
        self, stem: nn.Module, stages: Sequence[nn.Module], head: nn.Module, *, image: tuple[int, int, int]
    ) -> None:
        super().__init__()
        self.image = image
        self.stem, self.stages, self.head = stem, nn.ModuleList(stages), head

    def forward(self, x: Tensor) -> Tensor:
        """Images (b, channels, height, width) to logits (b, classes)."""
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
        return self.head(x)


def staged(
    schemes: Sequence[Scheme],
    branch: Branches,
    here: int,
    widths: Sequence[int],
    counts: Sequence[int],
    *,
    norm: str,
    shared: bool | str = False,
    **wire: Any,
) -> list[nn.Module]:
    """One chain per stage of `counts` branches, the first `here` channels wide, each later one at half the resolution.

    `schemes` has one per branch, over all stages.
    """
    made, begin = [], 0
    for stage, (width, count) in enumerate(zip(widths, counts, strict=True)):
        stride = 1 if stage == 0 else 2
        inside = [branch(here if n == 0 else width, width, stride if n == 0 else 1) for n in range(count)]
        skip = None if here == width and stride == 1 else nn.Sequential(*activated(here, width, 1, stride, norm))
        made.append(chain(schemes[begin : begin + count], inside, skip, shared=shared, **wire))
        here, begin = width, begin + count
    return made


def chain(
    schemes: Sequence[Scheme],
    branches: Sequence[nn.Module],
    projection: nn.Module | None,
    *,
    shared: bool | str = False,
    error_scaling: float | None = None,
    **wire: Any,
) -> nn.Module:
    """Residual branches wired by a scheme: (a projected Euler step,) steps of the scheme, Euler steps for the rest.

    A scheme with s evaluations takes branches in groups of s, or with `shared` one branch for all of them; with
    shared="depth" as well, but a step stands where s branches stood, so that the depth stays what it is. `schemes` has
    one per branch; a step takes that of its first. `error_scaling`: see `ErrorScaled`. Raises SchemeError where a chain
    has branches, but too few for one step: what is left would be Euler steps under another scheme's name.
    """
    check_state(schemes[0], "a chain of residual branches", "has one: give a scheme such as euler, lm or rk4")
    schemes = list(schemes) if shared or error_scaling else [without_estimate(scheme) for scheme in schemes]
    plan = lower(schemes[0])
    size = 1 if shared is True else plan.all_evaluations if error_scaling else plan.evaluations
    first, rest = (branches[:1], branches[1:]) if projection is not None else ([], branches)
    steps = len(rest) // size
    if rest and not steps:
        raise SchemeError(
            f"{schemes[0]} takes {size} branches for a step, and a chain of this network has {len(rest)} (a projected "
            "step aside): nothing but Euler steps would be left; use shared=True, one branch for all evaluations of a "
            f"step, or a deeper network, such as blocks=({size + 1}, ...)"
        )
    given = [rest[i * size] if shared or size == 1 else list(rest[i * size : (i + 1) * size]) for i in range(steps)]
    each = [schemes[len(first) + i * size] for i in range(steps)]
    left = rest[steps * size :]
    tail = to_stack(EULER, left, h=wire["h"]) if left else None
    make = partial(error_scaled, tol=error_scaling) if error_scaling else to_continued if first else to_stack
    main = make(each, given, **wire) if given else None
    if projection is not None:
        main = Restart(projection, first[0], main, h=wire["h"])
    parts = [part for part in (main, tail) if part is not None]
    return parts[0] if len(parts) == 1 else nn.Sequential(*parts)


def pre_activated(*layers: tuple[int, int, int, int], norm: str, groups: int = 1) -> nn.Sequential:
    """A branch of norm-ReLU-conv per (in, out, kernel, stride); the first module is never in place.

    With `groups` the middle one of three convolutions is grouped.
    """
    split = (1, groups, 1) if groups > 1 else (1,) * len(layers)
    return nn.Sequential(*(part for layer, g in zip(layers, split, strict=True) for part in activated(*layer, norm, g)))


def activated(here: int, outer: int, kernel: int, stride: int, norm: str, groups: int = 1) -> list[nn.Module]:
    """norm-ReLU-conv."""
    return [normalised(here, norm), nn.ReLU(), convolution(here, outer, kernel, stride, groups)]


def convolution(here: int, outer: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution that keeps the resolution, stride aside, without a bias."""
    return nn.Conv2d(here, outer, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False)


def normalised(width: int, norm: str) -> nn.Module:
    """The normalisation of that many channels."""
    if norm == "batch":
        return nn.BatchNorm2d(width)
    groups = next(g for g in (8, 4, 2, 1) if width % g == 0)
    return nn.GroupNorm(groups, width)


def classifier(width: int, classes: int, norm: str) -> nn.Sequential:
    """norm-ReLU, the mean over the image, a linear map."""
    mean = (nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(normalised(width, norm), nn.ReLU(), *mean, nn.Linear(width, classes))


def initialise(module: nn.Module) -> None:
    """He's initialisation, for the convolutions."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def check_state(scheme: Scheme, what: str, wanted: str, *, fields: tuple[int, ...] = (1,), parts: int = 1) -> None:
    """Raise UnsupportedError for a scheme of another number of fields, or of parts of the state, than a network has.

    `what` is the network, `wanted` what it has and how to mend the call.
    """
    form = scheme.frame()
    if len(form.fields) in fields and form.parts == parts:
        return
    has = f"several fields ({', '.join(form.fields)})" if len(form.fields) > 1 else "one field"
    pair = " and steps a pair of states" if form.parts > 1 else ""
    raise UnsupportedError(f"{scheme} has {has}{pair}; {what} {wanted}")


def check_options(*, norm: str = "batch", **sizes: Any) -> None:
    """Raise SchemeError for an unknown normalisation, or a size that is no positive integer."""
    if norm not in NORMS:
        raise SchemeError(f"norm is one of {', '.join(NORMS)}; {norm!r} came")
    for option, value in sizes.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise SchemeError(f"{option} must be a positive integer; {value!r} came")
