"""One run of a network on an example, watched: which blocks are called, in which order, on which state."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from schemetools.errors import SchemeError
from schemetools.nn.blocks.residual import first_of, state_slot, with_state
from schemetools.nn.rewiring.paths import mark_of, marker
from schemetools.nn.tensors.replay import modules_of


@dataclass
class Call:
    """One call of a block: the state that came, where it was among the arguments, the state that went out."""

    block: nn.Module
    slot: int | str
    given: Tensor
    out: Any = None
    mark: str = ""
    clones: bool = False
    versions: tuple[int, int] = (0, 0)
    copied: Tensor | None = None
    node: Any = None

    @property
    def changes(self) -> bool:
        """Whether what comes out is no state of the same shape and type."""
        return (
            not isinstance(self.out, Tensor) or self.out.shape != self.given.shape or self.out.dtype != self.given.dtype
        )


@contextmanager
def in_evaluation(model: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while."""
    modules = modules_of(model)
    modes = [(module, module.training) for module in modules]
    training = [module for module, mode in modes if mode]
    if training and not all(
        kind.train is nn.Module.train and kind.eval is nn.Module.eval for kind in map(type, modules)
    ):
        model.eval()
    else:
        for module in training:
            module.training = False
    try:
        yield
    finally:
        for module, mode in modes:
            if module.training != mode:
                module.training = mode


def run_on(model: nn.Module, example: Any) -> Any:
    """The model on an example: a tuple of its arguments, a mapping of its keywords, or its one argument.

    Caches and the like inside the example are copied, since a call may fill them; random numbers repeat.
    """
    given = _fresh(example)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        if torch.cuda.is_initialized():  # else torch.manual_seed would keep a traceback for the day when it is
            torch.cuda.manual_seed_all(0)
        if isinstance(given, Mapping):
            return model(**given)
        return model(*given) if isinstance(given, tuple) else model(given)


def _fresh(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.clone() if value.is_inference() else value.detach()
    if isinstance(value, Mapping):
        return {str(key): _fresh(v) for key, v in value.items()}
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(_fresh(v) for v in value)
    return copy.deepcopy(value)


def _dropped(tensor: Tensor) -> None:
    return None


def _missed(_: None) -> Tensor:
    raise RuntimeError("this backward pass needs tensors that were dropped")


class Trial:
    """The calls of some blocks during one run, in order; which modules were called at all, which on complex numbers.

    Marks are read off nodes of the graph, so that the tensors for a backward pass are dropped as they come.
    """

    def __init__(self, model: nn.Module, blocks: Sequence[nn.Module], example: Any) -> None:
        hooks = [m.register_forward_pre_hook(self._note) for m in model.modules()]
        for block in dict.fromkeys(blocks):
            hooks.append(block.register_forward_pre_hook(self._before, with_kwargs=True))
            hooks.append(block.register_forward_hook(self._after))
        try:
            with in_evaluation(model), torch.inference_mode(False), torch.enable_grad():
                try:
                    with saved_tensors_hooks(_dropped, _missed):
                        self._run(model, example)
                except Exception:  # the network may differentiate something itself: keep what that needs
                    self._run(model, example)
        finally:
            for hook in hooks:
                hook.remove()
        self.by_block: dict[nn.Module, list[Call]] = {}
        for call in self.calls:
            self.by_block.setdefault(call.block, []).append(call)

    def _run(self, model: nn.Module, example: Any) -> None:
        self.calls: list[Call] = []
        self.called: set[nn.Module] = set()
        self.on_complex: set[nn.Module] = set()
        self._under_way: list[tuple[nn.Module, Call | None]] = []
        self.output = run_on(model, example)

    def _note(self, module: nn.Module, args: Any) -> None:
        self.called.add(module)

    def _before(self, block: nn.Module, args: Any, kwargs: Any) -> Any:
        slot = state_slot(args, kwargs)
        x = None if slot is None else args[0] if isinstance(slot, int) else kwargs[slot]
        if slot is None or not isinstance(x, Tensor) or not x.is_floating_point():
            self._under_way.append((block, None))
            self.on_complex |= {block} if isinstance(x, Tensor) and x.is_complex() else set()
            return None
        call = Call(block, slot, x)
        self.calls.append(call)
        call.copied = marker(x)
        call.node, call.versions = call.copied.grad_fn, (x._version, call.copied._version)
        self._under_way.append((block, call))
        return with_state(slot, call.copied, args, kwargs)

    def _after(self, block: nn.Module, args: Any, output: Any) -> None:
        while self._under_way:  # a call that failed leaves its entry behind
            found, call = self._under_way.pop()
            if found is block:
                break
        else:
            return
        if call is None:
            return
        call.out = first_of(output)
        call.clones = call.copied._version != call.versions[1]  # type: ignore[union-attr]
        call.copied = None
        if isinstance(call.out, Tensor):
            call.versions = (call.versions[0], call.out._version)
            if not call.changes:
                call.mark = mark_of(call.out, call.node)


def follows(before: Call, call: Call) -> bool:
    """Whether a block was called with the very state that the one before returned."""
    a, b = before.out, call.given
    if not isinstance(a, Tensor) or before.versions[1] != call.versions[0]:
        return False
    return a is b or (
        a.shape == b.shape
        and a.stride() == b.stride()
        and a.layout == b.layout == torch.strided
        and a.data_ptr() == b.data_ptr()
    )


def turns_of(blocks: Sequence[nn.Module], trial: Trial) -> list[list[Call]]:
    """The calls of blocks whose sums are made outside, x = f(x) + x: one module each, or two in turn; [] for others."""
    found = []
    for block in blocks:
        parts = [block] if block in trial.by_block else list(block.children())
        calls = [call for part in parts for call in trial.by_block.get(part, ())]
        if not 1 <= len(parts) == len(calls) <= 2 or any(call.changes for call in calls):
            return []
        found.append(calls)
    flat = [call for calls in found for call in calls]
    pairs = list(zip(flat, flat[1:], strict=False))
    return found if pairs and all(not follows(a, b) and _sums(a, b) for a, b in pairs) else []


def _sums(before: Call, call: Call) -> bool:
    """Whether a module was called with the sum of what the one before got and returned."""
    if before.given.shape != call.given.shape or before.given.dtype != call.given.dtype:
        return False
    size = float(call.given.detach().abs().max()) or 1.0
    allowed = 100 * torch.finfo(call.given.dtype).eps * size
    return bool((before.given + before.out - call.given).detach().abs().max() <= allowed)


def noise_for(module: nn.Module, *, seed: int = 0) -> Tensor:
    """Normal noise of a shape that fits the first layer with weights of a module. SchemeError if none is known."""
    shape, like = _shape(module)
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(like)


def tried_on_noise(block: nn.Module) -> Call:
    """A call of a block on noise. Raises SchemeError where that does not fit it."""
    x = noise_for(block)
    try:
        [call] = Trial(block, [block], x).calls
    except Exception as problem:  # whatever a foreign block raises on a shape that does not fit
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise SchemeError(
            f"a {type(block).__name__} cannot be tried on noise of shape {tuple(x.shape)} ({reason}); give convert "
            "an input of the model, example=x"
        ) from None
    return call


def _shape(block: nn.Module) -> tuple[tuple[int, ...], Tensor]:
    """A shape of input that fits the first layer with weights of a block, and a tensor of its dtype and device."""
    for module in block.modules():
        match module:
            case nn.Conv1d() | nn.Conv2d() | nn.Conv3d():
                sides = {nn.Conv1d: 1, nn.Conv2d: 2, nn.Conv3d: 3}
                dimensions = next(n for kind, n in sides.items() if isinstance(module, kind))
                return (2, module.in_channels, *(16,) * dimensions), module.weight
            case nn.BatchNorm2d() | nn.GroupNorm():
                width = module.num_features if isinstance(module, nn.BatchNorm2d) else module.num_channels
                return (2, width, 16, 16), next(module.parameters(), torch.zeros(()))
            case nn.Linear():
                return (2, 4, module.in_features), module.weight
            case nn.LayerNorm():
                return (2, 4, *module.normalized_shape), next(module.parameters(), torch.zeros(()))
    raise SchemeError(
        f"a {type(block).__name__} has no layer whose input shape is known; give convert an input, example=x"
    )
