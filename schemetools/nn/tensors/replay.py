"""Evaluating a branch a second time as the first: the same random draws, the same autocast, statistics counted once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from threading import Lock
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

_WEIGHTED = {
    *(nn.Linear, nn.Bilinear, nn.Embedding, nn.Conv1d, nn.Conv2d, nn.Conv3d),
    *(nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.GroupNorm, nn.LayerNorm),
}
_SAME_WITHOUT_GRADIENTS = {
    *_WEIGHTED,
    *(nn.Sequential, nn.ModuleList, nn.ModuleDict, nn.Identity, nn.Flatten),
    *(nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.Softmax),
    *(nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.AvgPool2d, nn.MaxPool2d, nn.Upsample, nn.PixelShuffle),
}


def modules_of(module: nn.Module) -> list[nn.Module]:
    """A module and all below it, each once: what `modules()` gives, in a tenth of its time."""
    found = {module: None}
    waiting = [module]
    for parent in waiting:
        for child in parent._modules.values() if parent._modules else ():
            if child is not None and child not in found:
                found[child] = None
                waiting.append(child)
    return waiting


def repeats_under_no_grad(modules: Iterable[nn.Module]) -> bool:
    """Whether these surely choose the same kernels without a graph as with one, and use their own parameters only.

    Modules of other kinds may look at the gradient mode, as torch's own attention does for its fast path, and compiled
    ones have a program for each mode. A weight that is no parameter was put there by somebody else.
    """
    return all(
        type(m) in _SAME_WITHOUT_GRADIENTS
        and not m._forward_hooks
        and not m._forward_pre_hooks
        and m._compiled_call_impl is None
        and (type(m) not in _WEIGHTED or "weight" in m._parameters)
        for m in modules
    )


def draws_nothing(modules: Iterable[nn.Module]) -> bool:
    """Whether these, all of the kinds above, use no random numbers now."""
    return not any(m.training and m.__dict__.get("p", 0) > 0 for m in modules)


def counts(module: nn.Module) -> bool:
    """Whether a normalisation layer updates running statistics now."""
    return module.training and bool(module.__dict__.get("track_running_stats"))


def counting(modules: Iterable[nn.Module]) -> list[nn.Module]:
    """The normalisation layers among these that update running statistics now."""
    return [m for m in modules if counts(m)]


class statistics_kept:  # noqa: N801 (used like a function)
    """Normalisation layers compute what they compute in training, but leave their running statistics as they are.

    They are changed past `Module.__setattr__`, which would take a tenth of a small layer's time. Of several threads the
    first one notes what was there, and the last one puts it back.
    """

    _noted: ClassVar[dict[nn.Module, list[Any]]] = {}
    _lock: ClassVar[Lock] = Lock()

    def __init__(self, counting: Sequence[nn.Module]) -> None:
        self.modules = counting

    def __enter__(self) -> None:
        if not self.modules:
            return
        with self._lock:
            for module in self.modules:
                here = module.__dict__["momentum"], module._buffers["num_batches_tracked"]
                self._noted.setdefault(module, [0, *here])[0] += 1
                module.__dict__["momentum"], module._buffers["num_batches_tracked"] = 0.0, None

    def __exit__(self, *_: object) -> None:
        if not self.modules:
            return
        with self._lock:
            for module in self.modules:
                noted = self._noted[module]
                noted[0] -= 1
                if not noted[0]:
                    _, module.__dict__["momentum"], module._buffers["num_batches_tracked"] = self._noted.pop(module)


class Draws:
    """The state of the random generators at one moment, for the CPU and the device of a tensor."""

    def __init__(self, x: Tensor) -> None:
        self.cpu = torch.get_rng_state()
        self.device = x.device if x.device.type == "cuda" else None
        self.gpu = torch.cuda.get_rng_state(x.device) if self.device is not None else None

    def same_as(self, other: "Draws") -> bool:
        """Whether nothing was drawn between the two moments."""
        if self.gpu is not None and not torch.equal(self.gpu, other.gpu):  # type: ignore[arg-type]
            return False
        return torch.equal(self.cpu, other.cpu)

    @contextmanager
    def again(self) -> Iterator[None]:
        """Draw from this state on, and leave the generators afterwards as they were."""
        with torch.random.fork_rng(devices=[] if self.device is None else [self.device]):
            torch.set_rng_state(self.cpu)
            if self.gpu is not None:
                torch.cuda.set_rng_state(self.gpu, self.device)  # type: ignore[arg-type]
            yield


def autocast_of(x: Tensor) -> Callable[[], AbstractContextManager[Any] | None]:
    """A maker of the autocast context that is in force now, for a later evaluation; None where none is needed then."""
    kind = x.device.type
    enabled, dtype = torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)
    cached = torch.is_autocast_cache_enabled()

    def make() -> AbstractContextManager[Any] | None:
        if not enabled and not torch.is_autocast_enabled(kind):
            return None
        return torch.autocast(kind, dtype=dtype, enabled=enabled, cache_enabled=cached)

    return make


def without_cache(x: Tensor) -> AbstractContextManager[Any]:
    """Autocast as it is, but without its memory: weights cast without a gradient would be used where one is wanted."""
    kind = x.device.type
    if not torch.is_autocast_enabled(kind):
        return nullcontext()
    return torch.autocast(kind, dtype=torch.get_autocast_dtype(kind), cache_enabled=False)


def as_before(
    draws: Draws | None, autocast: AbstractContextManager[Any] | None, counting: Sequence[nn.Module]
) -> AbstractContextManager[Any]:
    """All of the above at once."""
    kept = statistics_kept(counting)
    if draws is None and autocast is None:
        return kept
    contexts = ExitStack()
    contexts.enter_context(nullcontext() if autocast is None else autocast)
    contexts.enter_context(kept)
    contexts.enter_context(nullcontext() if draws is None else draws.again())
    return contexts
