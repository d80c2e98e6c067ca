"""Directional derivatives by forward mode, for every kind of layer."""

import functools
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel

from schemetools.nn.tensors.transforms import forward_mode


@functools.cache
def load_forward_mode() -> None:
    """Forward mode once: torch builds its rules on first use by a function that it deprecates, and warns of itself.

    No user can act on that warning, and where warnings are errors it would end the first training step.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with forward_mode() as mine:
            if mine:
                forward_ad.make_dual(torch.zeros(1), torch.zeros(1))


def push(f: Callable[..., Tensor], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Tensor:
    """The derivative of f at `primals` in the direction `tangents`; fused attention, which has none, runs as plain one.

    >>> import torch
    >>> push(lambda u: u**2, (torch.tensor(3.0),), (torch.tensor(1.0),))
    tensor(6.)
    """
    load_forward_mode()
    with sdpa_kernel(SDPBackend.MATH):
        return torch.func.jvp(f, primals, tangents)[1]


def pullback(f: Callable[[Tensor], Tensor], u: Tensor) -> Callable[[Tensor], tuple[Tensor, ...]]:
    """v -> (f'(u)^T v,) by reverse mode; fused attention runs as plain one."""
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        return torch.func.vjp(f, u)[1]
