"""A stack: one step of a scheme per branch, the history kept inside the call."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from schemetools.codegen.printers.torch_options import TorchOptions
from schemetools.errors import SchemeError
from schemetools.nn.blocks.arguments import check_state
from schemetools.nn.blocks.block import Block
from schemetools.nn.memory.kinds import checked_kind, run_from_checkpoints, run_plainly, run_reversibly
from schemetools.nn.memory.reversible import Stored
from schemetools.nn.stacks.layers import calls_of, layer_classes, restricted_schemes, share_coefficients, step_sizes
from schemetools.nn.tensors.transforms import observed
from schemetools.schemes.base import Scheme


class Stack(nn.Module):
    """Steps of one scheme, x -> x; `to_stack` makes it. Branches may take more: stack(x, mask, scale=[1, 2, 3]).

    `layers` holds one block per branch; `schemes` is one scheme per layer, learned values in place. With
    memory="reversible", `stored` says what the last pass kept for the way back, in bits per element and layer.
    """

    def __init__(
        self, layers: Sequence[Block], written: Sequence[Scheme | None], *, history: bool, memory: str, every: int
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.keeps_history, self.memory, self.every = history, checked_kind(memory, every, layers), every
        self.stored: Stored | None = None
        self._start_schemes = tuple(written)

    def forward(self, x: Any, *inputs: Any, **named: Any) -> Any:
        """The state after the last step.

        What else is given goes to every branch, f(u, *inputs, **named); of a list each layer gets one value.
        """
        layers: list[Any] = list(self.layers)
        check_state(x, layers[0].plan, split=layers[0].options.split)
        options: Any = {"history": self.keeps_history, "calls": calls_of(len(layers), inputs, named)}
        if self.memory == "store" or not torch.is_grad_enabled() or observed():
            return run_plainly(layers, (x,), **options)[0]
        if self.memory == "checkpoint":
            return run_from_checkpoints(layers, x, self.every, **options)
        y, self.stored = run_reversibly(layers, x, self.every, **options)
        return y

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile the layers one by one, in place: equal layers share their code, so depth costs little compile time.

        Takes what `torch.compile` takes. `torch.compile(stack)` compiles the whole as one graph instead.
        """
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
) -> Stack:
    """A module x -> x that takes one step of a scheme per branch; each branch is what a `Block` takes.

    `scheme`: one for all layers, or a sequence with one per layer (a schedule of survival probabilities, say).

    `h`: one number or scalar tensor for all layers, a sequence with one per layer, or a function of the layer's index.
    `start="repeat"`: earlier values that the first layers lack are the first state, and h f of the first branch at it;
    a layer in which a free symbol cancels then has no parameter. A one-step scheme as `start` is used until the
    history is full. `timed`: branches are f(t, u), and layer n begins at the sum of the h before it. `init`, `bounds`,
    `split`, `gates`, `shaken`, `constrain`, `tol`, `max_iterations`: as for blocks.
    `shared`: one parameter per free symbol for all layers, instead of one per layer.
    `memory`: "store"; "checkpoint", of every `every`-th state, the last group stored; "reversible", on an integer grid,
    exactly, the last `every` - 1 layers stored. Either way the tensors of about `every` layers are alive at a time.
    Inside torch.func transforms and torch.export all are stored.
    Raises SchemeError for what does not fit.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.lm(), [torch.nn.Linear(4, 4) for _ in range(3)], init={"k": -0.05})
    >>> [s.name for s in stack.schemes]
    ['lm(k) from a repeated start', 'lm(k=-0.0500000)', 'lm(k=-0.0500000)']
    """
    # The first layers of a multistep scheme lack earlier values. Each has a class of its own, generated for values that
    # are known to be equal: coefficients of one value are summed when the code is written, and k may cancel (lm(k) from
    # a repeated start is Euler). Such a layer has no parameter to start, and a layer that a one-step scheme starts has
    # that scheme's: `written` holds what these layers are, None where a layer is the scheme itself.
    branches = _listed(branches)
    schemes, own_bounds = restricted_schemes(scheme, len(branches), constrain)
    form = schemes[0].normal_form()
    options = TorchOptions(split=split, gates=gates, shaken=shaken, timed=timed)
    classes, written = layer_classes(schemes, start, options, own_bounds)
    layers: list[Block] = []
    for cls, given, branch, size in zip(classes, written, branches, step_sizes(h, len(branches)), strict=True):
        arguments: dict[str, Any] = {} if given is not None else {"init": init, "bounds": bounds}
        layers.append(cls(branch, size, tol=tol, max_iterations=max_iterations, **arguments))
    if shared:
        share_coefficients(layers)
    return Stack(layers, written, history=form.values > form.parts, memory=memory, every=every)
