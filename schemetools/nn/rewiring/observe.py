"""Residual blocks tried out: do they change the shape, end in an activation, write into their input, return a tuple."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from schemetools.errors import SchemeError
from schemetools.nn.blocks.residual import first_of

DEEP_BELOW = 100.0


@dataclass(frozen=True)
class Seen:
    """What a trial showed of a block."""

    changes_shape: bool
    post_activation: bool
    writes_input: bool
    returns_tuple: bool


@torch.no_grad()
def observe(model: nn.Module, blocks: Sequence[nn.Module], example: Any = None) -> dict[nn.Module, Seen]:
    """Try each block: in one run of the model on `example`, or without it on noise that fits the block's first weights.

    A block is taken for post-activation, relu(x + F(x)), if nothing below -1 comes out where x lies about -100.
    Modes are restored and, in evaluation mode, no statistics change. Raises SchemeError where noise does not fit a
    block.
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        inputs = _noise(blocks) if example is None else _inputs(model, blocks, example)
        return {block: _try(block, *inputs[block]) for block in blocks}
    finally:
        for module, mode in modes.items():
            module.training = mode


def _try(block: nn.Module, x: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Seen:
    given = x.clone()
    raw = block(given, *args, **kwargs)
    y = first_of(raw)
    if not isinstance(y, Tensor):
        raise SchemeError(
            f"a {type(block).__name__} returns a {type(y).__name__}; a residual block returns its hidden state"
        )
    writes = not torch.equal(given, x)
    below = first_of(block(x - DEEP_BELOW, *args, **kwargs))
    return Seen(y.shape != x.shape, bool(below.min() > -1), writes, isinstance(raw, tuple))


def _inputs(model: nn.Module, blocks: Sequence[nn.Module], example: Any) -> dict[nn.Module, Any]:
    """What each block is called with when the model runs on the example."""
    taken: dict[nn.Module, Any] = {}

    def take(block: nn.Module, args: Any, kwargs: Any) -> None:
        x, *rest = args or (kwargs.get("hidden_states"),)
        taken[block] = (x.detach().clone(), tuple(rest), {k: v for k, v in kwargs.items() if v is not x})

    hooks = [block.register_forward_pre_hook(take, with_kwargs=True) for block in blocks]
    try:
        model(**example) if isinstance(example, dict) else model(example)
    finally:
        for hook in hooks:
            hook.remove()
    missed = [block for block in blocks if block not in taken]
    if missed:
        raise SchemeError(
            f"running the model on the example did not reach a {type(missed[0]).__name__} of the stages named"
        )
    return taken


def noise_for(module: nn.Module, *, seed: int = 0) -> Tensor:
    """Normal noise of a shape that fits the first layer with weights of a module. SchemeError if none is known."""
    shape, like = _shape(module)
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(like)


def _noise(blocks: Sequence[nn.Module]) -> dict[nn.Module, Any]:
    found = {}
    for block in blocks:
        found[block] = (noise_for(block), (), {})
        shape = found[block][0].shape
        try:
            block(found[block][0].clone())
        except Exception as problem:  # whatever a foreign block raises on a shape that does not fit
            reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
            raise SchemeError(
                f"a {type(block).__name__} cannot be tried on noise of shape {tuple(shape)} ({reason}); give convert "
                "an input of the model, example=x"
            ) from None
    return found


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
