"""Directional derivatives by forward mode, for every kind of layer."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel


def push(f: Callable[..., Tensor], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Tensor:
    """The derivative of f at `primals` in the direction `tangents`; fused attention, which has none, runs as plain one.

    >>> import torch
    >>> push(lambda u: u**2, (torch.tensor(3.0),), (torch.tensor(1.0),))
    tensor(6.)
    """
    with sdpa_kernel(SDPBackend.MATH):
        return torch.func.jvp(f, primals, tangents)[1]
