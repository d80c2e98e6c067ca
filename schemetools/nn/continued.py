"""Chains that change shape: a projected Euler step, and then a stack that goes on from it with its history."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from schemetools.codegen.printers.torch import TorchOptions
from schemetools.codegen.starting import input_names, start_pattern
from schemetools.errors import UnsupportedError
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.multistep import LinearMultistep

from .block import block_class
from .stack import Stack, to_stack

EULER = LinearMultistep([-1, 1], [1, 0], name="euler")


class Continued(Stack):
    """Steps of a scheme, (x, history) -> x, that go on from a history which the caller has."""

    def forward(self, x: Tensor, history: Sequence[Tensor] = ()) -> Tensor:
        """The state after the last step."""
        if not self.keeps_history:
            return super().forward(x)
        for layer in self.layers:
            x, history = layer(x, tuple(history))
        return x


def to_continued(
    scheme: Scheme, branches: Sequence[Any], *, h: Any = 1, init: Any = None, bounds: Any = None, **options: Any
) -> Stack:
    """Like `to_stack`, for a chain whose history is given at the call: every layer is a full step
    and has its parameters.

    `options` are those of `to_stack` that say how the code is written (gates, shaken).
    """
    scheme = as_scheme(scheme)
    form = scheme.normal_form()
    if form.values == form.parts:
        stack = to_stack(scheme, branches, h=h, init=init, bounds=bounds, **options)
        return Continued(list(stack.layers), [None] * len(stack.layers), keeps_history=False)  # type: ignore[arg-type]
    cls = block_class(scheme, replace(TorchOptions(**options), pattern=input_names(form)))
    layers = [cls(branch, h, init=init, bounds=bounds) for branch in branches]
    return Continued(layers, [None] * len(layers), keeps_history=True)


class Restart(nn.Module):
    """A chain behind a change of shape: x = P(x) + h F(x), one projected Euler step, and then the steps of a stack.

    The history that the stack needs starts again: its earlier states are P(x), its earlier increments h F(x).
    Raises UnsupportedError where the scheme's history is neither.
    """

    def __init__(self, projection: nn.Module, branch: nn.Module, stack: Stack | None, *, h: float = 1) -> None:
        super().__init__()
        self.projection, self.branch, self.stack, self.h = projection, branch, stack, h
        self.kinds: tuple[int, ...] = ()
        if stack is not None and stack.keeps_history:
            form = as_scheme(type(stack.layers[0]).written).normal_form()  # type: ignore[union-attr]
            start_pattern(form)
            if form.parts != 1:
                raise UnsupportedError(
                    f"{stack.layers[0]} carries a state in {form.parts} parts; a projected step has one"
                )
            self.kinds = tuple(int(kind) for kind in form.q[1:])

    def forward(self, x: Tensor) -> Tensor:
        """The state after the last step."""
        projected, increment = self.projection(x), self.branch(x)
        if self.h != 1:
            increment = self.h * increment
        x = projected + increment
        if self.stack is None:
            return x
        if not self.kinds:
            return self.stack(x)
        return self.stack(x, tuple(projected if kind else increment for kind in self.kinds))
