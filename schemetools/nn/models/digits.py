"""A small residual network for images of handwritten digits, with any scheme."""

import torch
from torch import Tensor, nn

from schemetools.errors import UnsupportedError
from schemetools.nn.blocks.coefficients import LM_START
from schemetools.nn.stacks.stack import to_stack
from schemetools.schemes.base import Scheme, as_scheme

TOLERANCE = 1e-3


class DigitsNet(nn.Module):
    """A stem, a stack that takes one step of a scheme per layer, and a head; weights drawn with `seed`.

    A branch is norm-ReLU-conv-norm-ReLU-conv, one for all stages of its step. A scheme with the symbol k starts it in
    U(-0.1, 0), as LM-ResNet does. An explicit scheme takes steps of h = 1, as residual networks do; an implicit one
    of h = 1/depth, solved to 1e-3, since its equations take the longer to solve the larger h |f'| is.
    Raises UnsupportedError for another free symbol and for several fields.
    """

    def __init__(self, scheme: Scheme, *, channels: int = 16, depth: int = 6, seed: int = 0) -> None:
        super().__init__()
        scheme = as_scheme(scheme)
        fields = scheme.frame().fields
        if len(fields) != 1:
            raise UnsupportedError(
                f"{scheme} has the fields {', '.join(fields)}; this network has one, so name another"
            )
        symbols = {str(s) for s in scheme.free_symbols}
        if symbols - set(LM_START):
            missing = ", ".join(sorted(symbols - set(LM_START)))
            raise UnsupportedError(f"{scheme} has no start for {missing}; give a number, as in lm:k=0.3 or rk22:a=1/2")
        torch.manual_seed(seed)
        init = {name: start for name, start in LM_START.items() if name in symbols}
        self.stem = nn.Conv2d(1, channels, 3, padding=1)
        h, tol = (1, 1e-10) if scheme.is_explicit else (1 / depth, TOLERANCE)
        self.stack = to_stack(scheme, [_branch(channels) for _ in range(depth)], h=h, init=init, tol=tol)
        self.head = nn.Sequential(
            nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16 * channels, 10)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Images (b, 1, 8, 8) to logits (b, 10)."""
        return self.head(self.stack(self.stem(images)))


def _branch(channels: int) -> nn.Sequential:
    def half() -> list[nn.Module]:
        return [nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1, bias=False)]

    return nn.Sequential(*half(), *half())
