"""Whether torch.func is at work, and what its tensors wrap."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, get_ident

import torch
from torch import Tensor
from torch.autograd import forward_ad

_NOBODY, _LEAVING = 0, -1


class _ForwardMode:
    """Torch counts the levels of forward mode for all threads together: here is noted whose level it is.

    `state` is a new list at every change, so that a reader sees whether there was one while it read.
    """

    def __init__(self) -> None:
        self.lock, self.state = Lock(), [_NOBODY]


_ours = _ForwardMode()


@contextmanager
def forward_mode() -> Iterator[bool]:
    """A level of forward mode of this thread; False, and none, where there is one already, in whatever thread."""
    if forward_ad._current_level >= 0 or not _ours.lock.acquire(blocking=False):
        yield False
        return
    try:
        _ours.state = [get_ident()]
        # Torch turns forward mode off inside the forward of an autograd.Function.
        with forward_ad._set_fwd_grad_enabled(True), forward_ad.dual_level():
            yield True
            _ours.state = [_LEAVING]
    finally:
        _ours.state = [_NOBODY]
        _ours.lock.release()


def transformed() -> bool:
    """Whether a transform of torch.func, or forward mode, is in force in this thread."""
    if torch._C._are_functorch_transforms_active():
        return True
    while forward_ad._current_level >= 0:
        state, level = _ours.state, forward_ad._current_level
        if state is _ours.state:
            return level >= 0 and state[0] in (_NOBODY, get_ident())
    return False


def observed() -> bool:
    """Whether a transform or torch.export looks on: they want the computation itself, however it is paid for."""
    if torch.compiler.is_exporting():
        return True
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
