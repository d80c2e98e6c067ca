"""A stack: one step of a scheme per branch, the history kept inside the call."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import torch
from torch import nn
from torch.fx import Proxy

from schemetools.codegen.lower import lower
from schemetools.codegen.printers.torch_options import TorchOptions
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.arguments import check_state
from schemetools.nn.blocks.block import Block
from schemetools.nn.memory.kinds import checked_kind, run_from_checkpoints, run_plainly, run_reversibly
from schemetools.nn.memory.reversible import Stored
from schemetools.nn.stacks.grid_stack import GridStack, grid_stack
from schemetools.nn.stacks.layers import (
    calls_of,
    layer_classes,
    restricted_schemes,
    share_coefficients,
    step_sizes,
    timed_calls,
)
from schemetools.nn.stacks.loop import Loop
from schemetools.nn.tensors.aliases import StoredOnce
from schemetools.nn.tensors.graphs import NO_SCRIPT, one_node
from schemetools.nn.tensors.transforms import observed
from schemetools.schemes.base import Scheme
from schemetools.schemes.discretisation import Discretisation, discretisation_of


class Stack(StoredOnce):
    """Steps of one scheme, x -> x; `to_stack` makes it. Branches may take more: stack(x, mask, scale=[1, 2, 3]).

    It has a length, an index and slices. `layers` holds one block per branch; `schemes` is one scheme per layer,
    learned values in place. With memory="reversible", `stored` says what the last pass kept for the way back, in bits
    per element and layer.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.lm(), [torch.tanh] * 3, init={"k": -0.25})
    >>> len(stack), stack.schemes[1].name
    (3, 'lm(k=-0.250000)')
    """

    def __init__(
        self, layers: Sequence[Block], written: Sequence[Scheme | None], *, history: bool, memory: str, every: int
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.keeps_history, self.memory, self.every = history, checked_kind(memory, every, layers), every
        self.stored: Stored | None = None
        self._start_schemes = tuple(written)

    def forward(self, x: Any, *inputs: Any, states: bool = False, **named: Any) -> Any:
        """The state after the last step, or with `states` a tuple with the state after each step.

        What else is given goes to every branch, f(u, *inputs, **named); of a list each layer gets one value. `h` is the
        step size of this call: a number, a tensor with one value per sample (b, 1, ...), or a list with one per layer.
        With `states` and another memory than "store", each step is a checkpoint.
        """
        if isinstance(x, Proxy):
            return self._traced(x, inputs, named, states)
        layers: list[Any] = list(self.layers)
        check_state(x, layers[0].plan, split=layers[0].options.split)
        calls = timed_calls(layers, calls_of(len(layers), inputs, named))
        found: list[Any] | None = [] if states else None
        if self.memory == "store" or not torch.is_grad_enabled() or observed():
            y = run_plainly(layers, (x,), history=self.keeps_history, calls=calls, states=found)[0]
        elif self.memory == "checkpoint" or states:
            every = 1 if states else self.every
            y = run_from_checkpoints(layers, x, every, history=self.keeps_history, calls=calls, states=found)
        else:
            y, self.stored = run_reversibly(layers, x, self.every, history=self.keeps_history, calls=calls)
        return y if found is None else tuple(found)

    def __len__(self) -> int:
        """The number of steps."""
        return len(self.layers)

    def __iter__(self) -> Iterator[Block]:
        """The blocks, first to last."""
        return iter(self.layers)  # type: ignore[arg-type]

    def __getitem__(self, index: int | slice) -> "Block | Stack":
        """A block, or the stack of a slice, with the same blocks in it.

        Raises SchemeError for a slice that would begin without the history of the steps before.
        """
        if not isinstance(index, slice):
            return self.layers[index]  # type: ignore[return-value]
        chosen = range(len(self))[index]
        if self.keeps_history and list(chosen) != list(range(len(chosen))):
            raise SchemeError(
                f"steps {chosen} of a multistep stack need the history of those before them: take a slice from the "
                "first step on, stack[:n]"
            )
        if not chosen:
            raise SchemeError(f"a stack has at least one step; {index} of {len(self)} has none")
        layers, written = [self.layers[n] for n in chosen], [self._start_schemes[n] for n in chosen]
        return Stack(layers, written, history=self.keeps_history, memory=self.memory, every=self.every)  # type: ignore[arg-type]

    def _traced(self, x: Proxy, inputs: Any, named: Any, states: Any) -> Any:
        """One node of a graph of torch.fx."""
        if isinstance(inputs, Proxy):
            raise UnsupportedError(
                "torch.fx cannot trace a stack by itself: trace a module that contains it, in which it stays one node, "
                "or use torch.export.export"
            )
        return one_node(self, (x, *inputs), {**named, "states": states})

    def __prepare_scriptable__(self) -> Any:
        raise UnsupportedError(NO_SCRIPT)

    def compile(self, *args: Any, loop: bool = False, **kwargs: Any) -> None:
        """Compile the layers one by one, in place: equal layers share their code, so depth costs little compile time.

        Takes what `torch.compile` takes. `torch.compile(stack)` compiles the whole as one graph instead. With `loop`
        the whole is one graph as well, in which equal layers are a loop: a call then costs no Python per layer. For
        explicit steps of one tensor, memory="store", and layers without buffers, hooks and random draws.
        Raises UnsupportedError for other stacks.
        """
        if loop:
            self._compiled_call_impl = Loop(self, args, kwargs)
            return
        self._compiled_call_impl = None  # of a loop before
        for layer in self.layers:
            layer.compile(*args, **kwargs)

    @property
    def schemes(self) -> tuple[Scheme, ...]:
        """The scheme of each layer, start layers included, with the parameters' present values in place."""
        return tuple(
            layer.scheme if start is None else start  # type: ignore[misc]
            for layer, start in zip(self.layers, self._start_schemes, strict=True)
        )

    @property
    def source(self) -> str:
        """The generated code of the different layers, in the order of their first appearance."""
        return "\n\n".join(dict.fromkeys(layer.source for layer in self.layers))  # type: ignore[misc]


def _listed(branches: Any) -> list[Any]:
    whole = isinstance(branches, (Mapping, str)) or not isinstance(branches, Iterable)
    if whole or isinstance(branches, nn.ModuleDict):
        raise SchemeError(
            f"a stack takes a list with one branch per layer, [branch] * n for n layers that share one; "
            f"{type(branches).__name__} came"
        )
    found = list(branches)
    if not found:
        raise SchemeError("a stack needs at least one branch: one per layer")
    return found


@overload
def to_stack(
    scheme: Discretisation,
    branches: int,
    *,
    numbers: Mapping[str, Any] | None = None,
    init: Any = None,
    trainable: str | None = None,
) -> GridStack: ...
@overload
def to_stack(
    scheme: Scheme | Sequence[Scheme],
    branches: Sequence[Any],
    *,
    h: Any = 1,
    start: str | Scheme = "repeat",
    init: Any = None,
    bounds: Any = None,
    memory: str = "store",
    every: int = 1,
    split: bool = False,
    gates: str = "sample",
    shaken: bool = False,
    constrain: Sequence[str] = (),
    shared: bool = False,
    timed: bool = False,
    tol: float = 1e-10,
    max_iterations: int = 50,
) -> Stack: ...
def to_stack(
    scheme: Any,
    branches: Any,
    *,
    h: Any = 1,
    start: str | Scheme = "repeat",
    init: Any = None,
    bounds: Any = None,
    memory: str = "store",
    every: int = 1,
    split: bool = False,
    gates: str = "sample",
    shaken: bool = False,
    constrain: Sequence[str] = (),
    shared: bool = False,
    timed: bool = False,
    tol: float = 1e-10,
    max_iterations: int = 50,
    numbers: Mapping[str, Any] | None = None,
    trainable: str | None = None,
) -> Any:
    """A module x -> x that takes one step of a scheme per branch; each branch is what a `Block` takes.

    `branches`: a list of them; an nn.ModuleList or nn.Sequential is one too, whose modules are the branches.
    `scheme`: one for all layers, or a sequence with one per layer (a schedule of survival probabilities, say).
    `h`: one number or scalar tensor for all layers, a sequence with one per layer, or a function of the layer's index.
    `start="repeat"`: earlier values that the first layers lack are the first state, and h f of the first branch at it;
    a layer in which a free symbol cancels then has no parameter. A one-step scheme as `start` is used until the
    history is full. `timed`: branches are f(t, u), and layer n begins at the sum of the h before it. `init`, `bounds`,
    `split`, `gates`, `shaken`, `constrain`, `tol`, `max_iterations`: as for blocks.
    `shared`: one parameter per free symbol for all layers, instead of one per layer.
    `memory`: "store"; "checkpoint", of every `every`-th state, the last group stored; "reversible", on an integer grid,
    exactly, the last `every` - 1 layers stored. Either way the tensors of about `every` layers are alive at a time, of
    four small ones with "reversible". Inside torch.func transforms and torch.export all are stored.
    A method of lines or a difference scheme takes the number of its steps as `branches`, and `numbers`, `init` and
    `trainable` as a `GridBlock` does; the stack is then a `GridStack`.
    Raises SchemeError for what does not fit.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.lm(), [torch.nn.Linear(4, 4) for _ in range(3)], init={"k": -0.05})
    >>> [s.name for s in stack.schemes]
    ['lm(k) from a repeated start', 'lm(k=-0.0500000)', 'lm(k=-0.0500000)']
    """
    if (grid := discretisation_of(scheme)) is not None:
        return grid_stack(grid, branches, numbers=numbers, init=init, trainable=trainable)
    # The first layers of a multistep scheme lack earlier values. Each has a class of its own, generated for values that
    # are known to be equal: coefficients of one value are summed when the code is written, and k may cancel (lm(k) from
    # a repeated start is Euler). Such a layer has no parameter to start, and a layer that a one-step scheme starts has
    # that scheme's: `written` holds what these layers are, None where a layer is the scheme itself.
    branches = _listed(branches)
    schemes, own_bounds = restricted_schemes(scheme, len(branches), constrain)
    options = TorchOptions(split=split, gates=gates, shaken=shaken, timed=timed)
    classes, written = layer_classes(schemes, start, options, own_bounds)
    layers: list[Block] = []
    for cls, given, branch, size in zip(classes, written, branches, step_sizes(h, len(branches)), strict=True):
        arguments: dict[str, Any] = {} if given is not None else {"init": init, "bounds": bounds}
        layers.append(cls(branch, size, tol=tol, max_iterations=max_iterations, **arguments))
    if shared:
        share_coefficients(layers)
    return Stack(layers, written, history=lower(schemes[0]).carries, memory=memory, every=every)
