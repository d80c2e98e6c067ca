"""Whether torch.func is at work, and what its tensors wrap."""

import torch
from torch import Tensor
from torch.autograd import forward_ad


def transformed() -> bool:
    """Whether a transform of torch.func, or forward mode, is in force."""
    return torch._C._are_functorch_transforms_active() or forward_ad._current_level >= 0


def observed() -> bool:
    """Whether a transform or torch.export looks on: they want the computation itself, however it is paid for."""
    return transformed() or (torch.compiler.is_compiling() and not torch.compiler.is_dynamo_compiling())


def is_wrapped(t: Tensor) -> bool:
    """Whether a transform of torch.func follows t."""
    return torch._C._functorch.is_functorch_wrapped_tensor(t)  # type: ignore[attr-defined]


def bare(t: Tensor) -> Tensor:
    """The plain tensor of the same shape that t wraps: of a batch, the first."""
    while is_wrapped(t):
        dim = torch._C._functorch.maybe_get_bdim(t)  # type: ignore[attr-defined]
        t = torch._C._functorch.get_unwrapped(t)  # type: ignore[attr-defined]
        t = t if dim < 0 else t.select(dim, 0)
    return t


def follows(t: Tensor) -> str | None:
    """What t is followed for by torch.func or forward mode, as an error says it; None if it is not."""
    if forward_ad._current_level >= 0 and forward_ad.unpack_dual(t).tangent is not None:
        return "tangents"
    if not is_wrapped(t):
        return None
    return "gradients in torch.func" if t.requires_grad else follows(torch._C._functorch.get_unwrapped(t))  # type: ignore[attr-defined]
