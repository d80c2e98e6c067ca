"""Steps of an embedded pair whose increment shrinks where the error estimate is large, as HO-ResNet's adaptive RK-8."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from schemetools.analysis.properties.order import order
from schemetools.errors import SchemeError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.make import to_block
from schemetools.schemes.base import Scheme


class ErrorScaled(nn.Module):
    """A step u + r (y - u) of an embedded pair with result y and error estimate e, one r per sample:

        r = min(1, (tol |y - u| / |e|)^(1/p)),   p the order of y

    The factor is that of a step-size control, applied to the increment in place of h, and no gradient goes through it.
    The pair's own step is r = 1. Where r < 1 the limit is u' = r f: a step is then shorter, not more exact.
    """

    def __init__(self, block: Block, tol: float) -> None:
        super().__init__()
        self.block, self.tol = block, tol
        self.power = 1 / order(block.written)

    @property
    def branches_of_its_own(self) -> int:
        """The evaluations that only the error estimate needs."""
        return self.block.plan.all_evaluations - self.block.plan.evaluations

    def forward(self, x: Tensor) -> Tensor:
        """The state after the step."""
        y, error = self.block(x, error=True)
        increment = y - x
        with torch.no_grad():
            room = self.tol * _size(increment) / _size(error).clamp_min(torch.finfo(x.dtype).tiny)
            factor = room.pow(self.power).clamp_max(1)
        return torch.addcmul(x, factor, increment)


def error_scaled(
    schemes: Sequence[Scheme], branches: Sequence[Any], *, tol: float, h: float = 1, **options: Any
) -> nn.Module:
    """Such steps in a row, each with what a `Block` takes as its branch."""
    blocks = [to_block(scheme)(branch, h, **options) for scheme, branch in zip(schemes, branches, strict=True)]
    return nn.Sequential(*(ErrorScaled(block, tol) for block in blocks))


def check_tolerance(scheme: Scheme, tol: object) -> None:
    """Raise SchemeError for a scheme without an error estimate, and a tolerance that is no positive number."""
    if tol is None:
        return
    if to_block(scheme).plan.error is None:
        raise SchemeError(
            f"{scheme} has no error estimate to scale by; give a pair, such as bogacki_shampine3 or ho_rk8"
        )
    if not isinstance(tol, (int, float)) or isinstance(tol, bool) or not 0 < tol < float("inf"):
        raise SchemeError(f"error_scaling is a tolerance, a positive number; {tol!r} came")


def _size(x: Tensor) -> Tensor:
    """The norm of each sample, shaped to multiply it."""
    return x.flatten(1).norm(dim=1).view(-1, *[1] * (x.dim() - 1))
