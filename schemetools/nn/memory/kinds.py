"""How a stack pays for its backward pass: store everything, recompute from checkpoints, or run backwards."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.block import Block
from schemetools.nn.memory.recompute import Group, known_modules
from schemetools.nn.memory.reversible import Engine, Reversal, Stored
from schemetools.nn.memory.shears import ShearEngine, shears
from schemetools.nn.memory.two_step import LeapfrogEngine, TwoStepEngine, two_step
from schemetools.nn.tensors.replay import counting, modules_of, statistics_kept

KINDS = ("store", "checkpoint", "reversible")


def checked_kind(memory: str, every: int, layers: Sequence[Block]) -> str:
    """The kind of memory, if these layers allow it.

    Raises SchemeError for an unknown kind or group size, UnsupportedError for layers that cannot be run backwards.
    """
    if not isinstance(every, int) or every < 1:
        raise SchemeError(f"every={every!r}: the number of layers in a group is 1 or more")
    if memory not in KINDS:
        raise SchemeError(f"memory={memory!r}: one of {', '.join(KINDS)}")
    if memory == "reversible" and len(layers) > 1 and engine_of(layers) is None:
        raise UnsupportedError(
            f"{layers[-1].written} cannot be run backwards exactly: memory='reversible' takes two-step schemes "
            "(1 - k) u + k u_before + h c f(u), and partitioned schemes that update in turn; use memory='checkpoint'"
        )
    return memory


def engine_of(layers: Sequence[Block]) -> type[Engine] | None:
    """The engine that runs these layers backwards, or None."""
    if any(layer.options.timed for layer in layers):
        return None
    if all(shears(type(layer)) is not None for layer in layers):
        return ShearEngine
    found = [two_step(type(layer)) for layer in layers[1:]]
    weights = [pair[0] for pair in found if pair is not None]
    if not found or len(weights) < len(found) or any(layer.plan.inputs != ("x", "u1") for layer in layers[1:]):
        return None
    if all(k == 1 for k in weights):
        return LeapfrogEngine
    if all(k != 0 for k in weights):
        return TwoStepEngine
    return None


def run_plainly(layers: Sequence[Block], values: tuple[Any, ...], *, history: bool, begin: int = 0) -> tuple[Any, ...]:
    """The layers from `begin` on, in turn, on (x,) or (x, *history); returns the same. Layer 0 makes the history."""
    x, *carried = values
    clock = _clock(layers) if layers[0].options.timed else None
    for n, layer in enumerate(layers[begin:], start=begin):
        named = {} if clock is None else {"t": clock[n]}
        if not history:
            x = layer(x, **named)
        else:
            x, carried = layer(x, **named) if n == 0 else layer(x, tuple(carried), **named)
    return (x, *carried)


def _clock(layers: Sequence[Block]) -> list[Any]:
    """The time at which each layer begins."""
    times: list[Any] = [0.0]
    for layer in layers:
        times.append(times[-1] + layer.h)
    return times


def run_from_checkpoints(layers: Sequence[Block], x: Any, every: int, *, history: bool) -> Any:
    """The layers in groups of `every`, of which only the carried values are kept; each is run again for its gradient.

    The last group is stored: its gradient comes first, so its tensors are alive when no others are. Random draws and
    autocast are repeated; running statistics are updated the first time only.
    """
    values: tuple[Any, ...] = (x,)
    last = (len(layers) - 1) // every * every
    modules = known_modules(layers)
    for begin in range(0, last, every):

        def run(*given: Any, begin: int = begin) -> tuple[Any, ...]:
            return run_plainly(layers[: begin + every], given, history=history, begin=begin)

        if modules is not None:
            values = Group(modules[begin : begin + every], run)(values)
            continue
        own = [m for layer in layers[begin : begin + every] for m in modules_of(layer)]

        def contexts(own: list[nn.Module] = own) -> tuple[Any, Any]:
            return nullcontext(), statistics_kept(counting(own))

        # A compiled graph updates running statistics once by itself, and takes no contexts.
        options = {} if torch.compiler.is_compiling() else {"context_fn": contexts}
        values = checkpoint(run, *values, use_reentrant=False, **options)  # type: ignore[assignment]
    return run_plainly(layers, values, history=history, begin=last)[0]


@torch.compiler.disable()  # a compiler would have to undo its own rounding
def run_reversibly(layers: Sequence[Block], x: Any, every: int, *, history: bool) -> tuple[Any, Stored]:
    """The last state, and what was stored for the way back: the tensors of the last every - 1 layers, all, beside it.

    While one layer runs backwards its own tensors are alive, so that at most those of `every` layers are at a time.
    """
    count = len(layers) - every + 1
    made = engine_of(layers[:count]) if count > 0 else None
    if made is None:
        return run_plainly(layers, (x,), history=history)[0], Stored(0.0, 0.0)
    split, several = layers[0].options.split, layers[0].plan.parts > 1
    if not all(isinstance(part, Tensor) for part in (x if several and not split else (x,))):
        raise UnsupportedError("memory='reversible' steps a tensor, or a pair of tensors; use memory='checkpoint'")
    parts = x.chunk(layers[0].plan.parts, dim=1) if split else tuple(x) if several else (x,)
    engine = made(layers[:count], parts[0])
    values: Any = Reversal.apply(engine, len(parts), *parts, *engine.parameters)
    if not history:
        values = (torch.cat(values, dim=1) if split else values,)
    return run_plainly(layers, values, history=history, begin=count)[0], engine.stored
