"""A stack: one step of a scheme per branch, the history kept inside the call."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from schemetools.codegen.printers.torch import TorchOptions
from schemetools.codegen.starting import input_names, next_pattern, start_pattern, with_history
from schemetools.errors import SchemeError
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.normal_form import GeneralLinear

from .block import Block, block_class


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
    scheme: Scheme,
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
) -> Stack:
    """A module x -> x that takes one step of a scheme per branch; each branch is what a `Block` takes.

    `h`: one number or scalar tensor for all layers, a sequence with one per layer, or a function of the layer's index.
    `start="repeat"`: earlier values that the first layers lack are the first state, and h f of the first branch at it;
    a layer in which a free symbol cancels then has no parameter. A one-step scheme as `start` is used until the
    history is full. `init`, `bounds`, `split`, `gates`, `shaken`: as for blocks. Raises SchemeError if it does not fit.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.lm(), [torch.nn.Linear(4, 4) for _ in range(3)], init={"k": -0.05})
    >>> [s.name for s in stack.schemes]
    ['lm(k) from a repeated start', 'lm(k=-0.05)', 'lm(k=-0.05)']
    """
    scheme = as_scheme(scheme)
    branches = list(branches)
    if not branches:
        raise SchemeError("a stack needs at least one branch: one per layer")
    form = scheme.normal_form()
    options = TorchOptions(split=split, gates=gates, shaken=shaken)
    steps = _steps(h, len(branches))
    classes, written = _layer_classes(scheme, form, start, options, len(branches))
    layers = []
    for cls, given, branch, size in zip(classes, written, branches, steps, strict=True):
        arguments = {} if given is not None else {"init": init, "bounds": bounds}
        layers.append(cls(branch, size, **arguments))
    return Stack(layers, written, keeps_history=form.values > form.parts)


def _layer_classes(
    scheme: Scheme, form: GeneralLinear, start: str | Scheme, options: TorchOptions, depth: int
) -> tuple[list[type[Block]], list[Scheme | None]]:
    """The class of each layer, and the start scheme where a layer is a step of that and not of the scheme itself."""
    if form.values == form.parts:
        return [block_class(scheme, options)] * depth, [None] * depth
    full, pattern = input_names(form), start_pattern(form)
    starter = None if start == "repeat" else _starter(start)
    stepping = form if starter is None else with_history(starter.normal_form(), form)
    classes: list[type[Block]] = []
    written: list[Scheme | None] = []
    while len(classes) < depth and pattern != full:
        used = scheme if starter is None else stepping
        classes.append(block_class(used, replace(options, pattern=pattern)))
        written.append(starter)
        pattern = next_pattern(stepping, pattern)
    rest = depth - len(classes)
    return classes + [block_class(scheme, replace(options, pattern=full))] * rest, written + [None] * rest


def _starter(start: Any) -> Scheme:
    if isinstance(start, str):
        raise SchemeError(f"start={start!r}: 'repeat', or a one-step scheme such as st.rk4")
    return as_scheme(start)


def _steps(h: Any, depth: int) -> list[Any]:
    """One step size per layer."""
    if callable(h) and not isinstance(h, Tensor):
        return [h(n) for n in range(depth)]
    if isinstance(h, (list, tuple)) or (isinstance(h, Tensor) and h.dim() == 1 and not h.requires_grad):
        found = list(h.tolist() if isinstance(h, Tensor) else h)
        if len(found) != depth:
            raise SchemeError(f"{len(found)} step sizes came for {depth} layers; give one for all, or one per layer")
        return found
    return [h] * depth
