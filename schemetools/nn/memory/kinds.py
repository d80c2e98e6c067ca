"""How a stack pays for its backward pass: store everything, recompute from checkpoints, or run backwards."""

from collections.abc import Callable, Sequence
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
from schemetools.nn.tensors.attributes import Attributes
from schemetools.nn.tensors.inputs import Apart, Call, Versions
from schemetools.nn.tensors.replay import counting, modules_of, statistics_kept
from schemetools.nn.tensors.unchanged import refuse_other_attributes

Calls = Sequence[Call] | None
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


def run_plainly(
    layers: Sequence[Block],
    values: tuple[Any, ...],
    *,
    history: bool,
    begin: int = 0,
    calls: Calls = None,
    states: list[Any] | None = None,
) -> tuple[Any, ...]:
    """The layers from `begin` on, in turn, on (x,) or (x, *history); returns the same. Layer 0 makes the history.

    `calls`: what each of these layers takes beside the state. Every layer's state is added to `states`, if given.
    """
    x, *carried = values
    for n, layer in enumerate(layers[begin:], start=begin):
        args, named = ((), {}) if calls is None else calls[n - begin].both
        if not history:
            x = layer(x, *args, **named)
        else:
            x, carried = layer(x, *args, **named) if n == 0 else layer(x, tuple(carried), *args, **named)
        if states is not None:
            states.append(x)
    return (x, *carried)


def run_from_checkpoints(
    layers: Sequence[Block],
    x: Any,
    every: int,
    *,
    history: bool,
    calls: Calls = None,
    states: list[Any] | None = None,
) -> Any:
    """The layers in groups of `every`, of which only the carried values are kept; each is run again for its gradient.

    The last group is stored: its gradient comes first, so its tensors are alive when no others are. Random draws and
    autocast are repeated; running statistics are updated the first time only. What a call takes in containers that a
    branch may write into (caches) is given again as it was. `states` gets every layer's, for groups of one.
    """
    values: tuple[Any, ...] = (x,)
    last = (len(layers) - 1) // every * every
    modules = known_modules(layers) if calls is None or Apart(calls).is_unchanging else None
    for begin in range(0, last, every):
        own_calls = None if calls is None else calls[begin : begin + every]

        def run(*given: Any, calls: Calls = own_calls, begin: int = begin) -> tuple[Any, ...]:
            return run_plainly(layers[: begin + every], given, history=history, begin=begin, calls=calls)

        if modules is not None:
            values = Group(modules[begin : begin + every], run, own_calls)(values)
        else:
            values = _hooked(run, own_calls, layers[begin : begin + every], values)
        if states is not None:
            states.append(values[0])
    return run_plainly(layers, values, history=history, begin=last, calls=_from(calls, last), states=states)[0]


def _hooked(
    run: Callable[..., tuple[Any, ...]], calls: Calls, layers: Sequence[Block], values: tuple[Any, ...]
) -> tuple[Any, ...]:
    """A group by torch's own checkpoints, which see what plain functions close over."""
    own = [m for layer in layers for m in modules_of(layer)]
    repeated = run if torch.compiler.is_compiling() else Again(run, calls, own)

    def contexts() -> tuple[Any, Any]:
        return nullcontext(), statistics_kept(counting(own))

    # A compiled graph updates running statistics once by itself, and takes no contexts.
    options = {} if torch.compiler.is_compiling() else {"context_fn": contexts}
    return checkpoint(repeated, *values, use_reentrant=False, **options)  # type: ignore[return-value]


def _from(calls: Calls, begin: int) -> Calls:
    return None if calls is None else calls[begin:]


class Again:
    """A run whose repetitions get the calls as they were before the first one, in containers of their own."""

    def __init__(self, run: Callable[..., tuple[Any, ...]], calls: Calls, modules: Sequence[nn.Module]) -> None:
        self.run, self.calls, self.inputs = run, calls, Apart(calls or ())
        self.attributes = Attributes(modules)
        self.versions: Versions | None = None

    def __call__(self, *given: Any) -> tuple[Any, ...]:
        """The run."""
        if self.versions is not None:
            self.versions.check("checkpoint")
            refuse_other_attributes(self.attributes)
            return self.run(*given, calls=self.calls and self.inputs.joined())
        self.versions = Versions(self.inputs.tensors)
        found = self.run(*given, calls=self.calls)
        self.attributes.settle()
        return found


@torch.compiler.disable()  # a compiler would have to undo its own rounding
def run_reversibly(
    layers: Sequence[Block], x: Any, every: int, *, history: bool, calls: Calls = None
) -> tuple[Any, Stored]:
    """The last state, and what was stored for the way back: the tensors of the last every - 1 layers, all, beside it.

    While a layer runs backwards its own tensors are alive, so that at most those of `every` layers are at a time; small
    ones may run backwards a few together.
    """
    count = len(layers) - every + 1
    made = engine_of(layers[:count]) if count > 0 else None
    if made is None:
        return run_plainly(layers, (x,), history=history, calls=calls)[0], Stored(0.0, 0.0)
    split, several = layers[0].options.split, layers[0].plan.parts > 1
    if not all(isinstance(part, Tensor) for part in (x if several and not split else (x,))):
        raise UnsupportedError("memory='reversible' steps a tensor, or a pair of tensors; use memory='checkpoint'")
    parts = x.chunk(layers[0].plan.parts, dim=1) if split else tuple(x) if several else (x,)
    engine = made(layers[:count], parts[0], None if calls is None else calls[:count])
    # Empty pieces of the first state: by them a second differentiation finds its way to the node, which refuses it.
    inputs = [*engine.inputs.taken(), *(part.reshape(-1)[:0].clone() for part in parts)]
    values: Any = Reversal.apply(engine, len(parts), len(inputs), *parts, *inputs, *engine.parameters)
    if not history:
        values = (torch.cat(values, dim=1) if split else values,)
    return run_plainly(layers, values, history=history, begin=count, calls=_from(calls, count))[0], engine.stored
