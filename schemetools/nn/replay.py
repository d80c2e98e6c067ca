"""Evaluating a branch a second time as the first: the same random draws, the same autocast, statistics counted once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn


@contextmanager
def statistics_kept(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Normalisation layers compute what they compute in training, but leave their running statistics as they are."""
    changed: list[Any] = [m for m in modules if getattr(m, "track_running_stats", False) and m.training]
    before = [(m.momentum, m.num_batches_tracked) for m in changed]
    for module in changed:
        module.momentum, module.num_batches_tracked = 0.0, None
    try:
        yield
    finally:
        for module, (momentum, count) in zip(changed, before, strict=True):
            module.momentum, module.num_batches_tracked = momentum, count


class Draws:
    """The state of the random generators at one moment, for the CPU and the device of a tensor."""

    def __init__(self, x: Tensor) -> None:
        self.cpu = torch.get_rng_state()
        self.device = x.device if x.device.type == "cuda" else None
        self.gpu = torch.cuda.get_rng_state(x.device) if self.device is not None else None

    def have_been_made(self) -> bool:
        """Whether anything was drawn since."""
        if self.gpu is not None and not torch.equal(self.gpu, torch.cuda.get_rng_state(self.device)):  # type: ignore[arg-type]
            return True
        return not torch.equal(self.cpu, torch.get_rng_state())

    @contextmanager
    def again(self) -> Iterator[None]:
        """Draw from this state on, and leave the generators afterwards as they were."""
        with torch.random.fork_rng(devices=[] if self.device is None else [self.device]):
            torch.set_rng_state(self.cpu)
            if self.gpu is not None:
                torch.cuda.set_rng_state(self.gpu, self.device)  # type: ignore[arg-type]
            yield


def autocast_of(x: Tensor) -> Callable[[], AbstractContextManager[Any]]:
    """A maker of the autocast context that is in force now, for a later evaluation."""
    kind = x.device.type
    enabled, dtype = torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)
    cached = torch.is_autocast_cache_enabled()

    def make() -> AbstractContextManager[Any]:
        return torch.autocast(kind, dtype=dtype, enabled=enabled, cache_enabled=cached) if differs() else nullcontext()

    def differs() -> bool:
        return enabled or torch.is_autocast_enabled(kind)

    return make


@contextmanager
def as_before(
    draws: Draws | None, autocast: Callable[[], AbstractContextManager[Any]], modules: Iterable[nn.Module]
) -> Iterator[None]:
    """All of the above at once, with gradients on."""
    with ExitStack() as contexts:
        contexts.enter_context(torch.enable_grad())
        contexts.enter_context(autocast())
        contexts.enter_context(statistics_kept(modules))
        if draws is not None:
            contexts.enter_context(draws.again())
        yield
