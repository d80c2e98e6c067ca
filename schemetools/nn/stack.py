"""A stack: one step of a scheme per branch, the history kept inside the call."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from schemetools.codegen.printers.torch import TorchOptions
from schemetools.errors import SchemeError
from schemetools.schemes.base import Scheme

from .block import Block
from .layers import layer_classes, restricted_schemes, step_sizes


class Stack(nn.Module):
    """Steps of one scheme, x -> x; `to_stack` makes it.

    `layers` holds one block per branch; `schemes` is one scheme per layer, learned values in place.
    """

    def __init__(self, layers: Sequence[Block], written: Sequence[Scheme | None], *, keeps_history: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.keeps_history = keeps_history
        self._start_schemes = tuple(written)

    def forward(self, x: Any) -> Any:
        """The state after the last step."""
        if not self.keeps_history:
            for layer in self.layers:
                x = layer(x)
            return x
        first, *rest = self.layers
        x, history = first(x)
        for layer in rest:
            x, history = layer(x, history)
        return x

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


def to_stack(
    scheme: Scheme | Sequence[Scheme],
    branches: Sequence[Any],
    *,
    h: Any = 1,
    start: str | Scheme = "repeat",
    init: Any = None,
    bounds: Any = None,
    memory: str = "store",
    split: bool = False,
    gates: str = "sample",
    shaken: bool = False,
    constrain: Sequence[str] = (),
) -> Stack:
    """A module x -> x that takes one step of a scheme per branch; each branch is what a `Block` takes.

    `scheme`: one for all layers, or a sequence with one per layer (a schedule of survival probabilities, say).

    `h`: one number or scalar tensor for all layers, a sequence with one per layer, or a function of the layer's index.
    `start="repeat"`: earlier values that the first layers lack are the first state, and h f of the first branch at it;
    a layer in which a free symbol cancels then has no parameter. A one-step scheme as `start` is used until the
    history is full. `init`, `bounds`, `split`, `gates`, `shaken`, `constrain`: as for blocks.
    Raises SchemeError for what does not fit.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.lm(), [torch.nn.Linear(4, 4) for _ in range(3)], init={"k": -0.05})
    >>> [s.name for s in stack.schemes]
    ['lm(k) from a repeated start', 'lm(k=-0.0500000)', 'lm(k=-0.0500000)']
    """
    branches = list(branches)
    if not branches:
        raise SchemeError("a stack needs at least one branch: one per layer")
    schemes, own_bounds = restricted_schemes(scheme, len(branches), constrain)
    form = schemes[0].normal_form()
    classes, written = layer_classes(schemes, start, TorchOptions(split=split, gates=gates, shaken=shaken), own_bounds)
    layers = []
    for cls, given, branch, size in zip(classes, written, branches, step_sizes(h, len(branches)), strict=True):
        arguments = {} if given is not None else {"init": init, "bounds": bounds}
        layers.append(cls(branch, size, **arguments))
    return Stack(layers, written, keeps_history=form.values > form.parts)
