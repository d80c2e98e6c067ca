"""RevNet: the state is a pair of channel halves, and a partitioned scheme steps it."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from schemetools.errors import SchemeError
from schemetools.nn.models.parts import (
    Network,
    check_options,
    check_state,
    classifier,
    convolution,
    initialise,
    pre_activated,
)
from schemetools.nn.stacks.stack import to_stack
from schemetools.schemes.base import Scheme
from schemetools.schemes.registry import get

BLOCKS = 3


class Shrink(nn.Module):
    """A projection without parameters: the mean over 2 x 2 pixels, zeros in the channels that are new."""

    def __init__(self, here: int, outer: int) -> None:
        super().__init__()
        self.before, self.after = (outer - here) // 2, (outer - here + 1) // 2

    def forward(self, x: Tensor) -> Tensor:
        """(b, here, height, width) to (b, outer, height/2, width/2), an odd row or column left off."""
        return functional.pad(functional.avg_pool2d(x, 2), (0, 0, 0, 0, self.before, self.after))


class ProjectedPair(nn.Module):
    """The step that changes the shape: p = P(p) + h F(q), then q = P(q) + h G(p); it cannot be inverted."""

    branches_of_its_own = 2

    def __init__(self, projection: nn.Module, F: nn.Module, G: nn.Module, h: float) -> None:
        super().__init__()
        self.projection, self.F, self.G, self.h = projection, F, G, h

    def forward(self, x: Tensor) -> Tensor:
        """p and q are the halves of the channels."""
        p, q = x.chunk(2, dim=1)
        p = torch.add(self.projection(p), self.F(q), alpha=self.h)
        return torch.cat((p, torch.add(self.projection(q), self.G(p), alpha=self.h)), dim=1)


def revnet(
    scheme: Scheme | None,
    classes: int,
    *,
    width: int = 32,
    channels: int = 3,
    norm: str = "batch",
    memory: str = "store",
    init: Any = None,
    bounds: Any = None,
    h: float = 1,
) -> Network:
    """RevNet-38 for 32 x 32 images: three stages of three units, widths (1, 2, 3.5) * width, half of them p, half q.

        p += h F(q),   q += h G(p)   (the new p),   F, G = norm-ReLU-conv-norm-ReLU-conv

    That is the scheme revnet, symplectic Euler. Another partitioned scheme evaluates the same F and G of a unit as
    often as it needs them. memory="reversible" runs the stages backwards instead of storing their states; the steps
    that change the shape are stored. The published network normalises in its stem as well, and not in its first F.
    Raises UnsupportedError for a scheme that does not step a pair.
    Source: Gomez et al. 2017 (arXiv 1707.04585), sections 3 and 4.1.
    """
    scheme = get("revnet") if scheme is None else scheme
    wanted = "steps a pair: give a partitioned scheme such as revnet, stoermer_verlet, ruth3 or yoshida4"
    check_state(scheme, "revnet38", wanted, fields=(2,), parts=2)
    check_options(norm=norm, width=width, channels=channels)
    if width % 4:
        raise SchemeError(f"width must be a multiple of 4, so that every stage has two halves; {width} came")
    wire: dict[str, Any] = {"init": init, "bounds": bounds, "h": h, "split": True, "memory": memory}
    stages: list[nn.Module] = []
    here = width // 2
    for stage, half in enumerate((width // 2, width, 7 * width // 4)):
        units = BLOCKS if stage == 0 else BLOCKS - 1
        if stage > 0:
            F, G = _branch(here, half, 2, norm), _branch(half, half, 1, norm)
            stages.append(ProjectedPair(Shrink(here, half), F, G, h))
        pairs = [{field: _branch(half, half, 1, norm) for field in ("F", "G")} for _ in range(units)]
        stages.append(to_stack(scheme, pairs, **wire))
        here = half
    network = Network(
        convolution(channels, width, 3), stages, classifier(2 * here, classes, norm), image=(channels, 32, 32)
    )
    network.apply(initialise)
    return network


def _branch(here: int, outer: int, stride: int, norm: str) -> nn.Sequential:
    return pre_activated((here, outer, 3, stride), (outer, outer, 3, 1), norm=norm)
