"""Gradients of a small graph, many times over, without what torch.autograd.grad does in Python before each."""

from collections.abc import Sequence

import torch
from torch import Tensor

_run = getattr(torch.autograd.graph, "_engine_run_backward", None)


def pulled_back(
    values: Sequence[Tensor], sources: Sequence[Tensor], cotangents: Sequence[Tensor], *, create_graph: bool = False
) -> tuple[Tensor | None, ...]:
    """What torch.autograd.grad gives, None for a source that is not used.

    That function compares shapes as expressions that may be symbolic, which takes as long as a small convolution. The
    engine below it compares them again by itself.
    """
    if _run is None:  # a torch that has renamed it
        return torch.autograd.grad(values, sources, cotangents, allow_unused=True, create_graph=create_graph)
    return _run(
        tuple(values), tuple(cotangents), create_graph, create_graph, tuple(sources), True, accumulate_grad=False
    )
