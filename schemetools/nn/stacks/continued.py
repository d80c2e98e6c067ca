"""Chains that change shape: a projected Euler step, and then steps that go on from it with its history."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from schemetools.codegen.lower import lower
from schemetools.codegen.printers.torch_options import TorchOptions
from schemetools.codegen.starting import input_names, start_pattern
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.make import block_class
from schemetools.nn.stacks.layers import restricted_schemes
from schemetools.nn.stacks.stack import Stack, to_stack
from schemetools.schemes.base import Scheme
from schemetools.schemes.registry import get
from schemetools.schemes.runge_kutta import RungeKutta

EULER = get("euler")


def without_estimate(scheme: Scheme) -> Scheme:
    """An embedded pair as its result alone, if only the error estimate evaluates some stages; any other as it is.

    Residual blocks taken one per evaluation would be spent on stages that no forward pass runs.
    """
    if not isinstance(scheme, RungeKutta) or lower(scheme).all_evaluations == lower(scheme).evaluations:
        return scheme
    return dataclasses.replace(scheme, b_hat=None)


class TakesHistory(nn.Module):
    """A module (x, history) -> x; `kinds` has 1 for an earlier state in the history and 0 for an earlier h f."""

    def __init__(self, kinds: Sequence[int]) -> None:
        super().__init__()
        self.kinds = tuple(kinds)


class Continued(TakesHistory):
    """Steps of a multistep scheme that go on from a history which the caller has."""

    def __init__(self, layers: Sequence[Block], kinds: Sequence[int]) -> None:
        super().__init__(kinds)
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor, history: tuple[Tensor, ...], *inputs: Any, **named: Any) -> Tensor:
        """The state after the last step."""
        for layer in self.layers:
            x, history = layer(x, history, *inputs, **named)
        return x

    @property
    def schemes(self) -> tuple[Scheme, ...]:
        """The scheme of each layer, with the parameters' present values in place."""
        return tuple(layer.scheme for layer in self.layers)  # type: ignore[misc]


def to_continued(
    scheme: Scheme | Sequence[Scheme], branches: Sequence[Any], *, h: Any = 1, init: Any = None, bounds: Any = None
) -> Stack | Continued:
    """Like `to_stack`, for a chain whose history is given at the call: every layer is a full step with its parameters.

    `scheme`: one, or one per layer. For a one-step scheme it is that stack. Raises UnsupportedError where the history
    is neither earlier states nor earlier h f, and for a state in several parts.
    """
    schemes, _ = restricted_schemes(scheme, max(1, len(branches)), ())
    form = schemes[0].frame()
    if form.values == form.parts:
        return to_stack(scheme, branches, h=h, init=init, bounds=bounds)
    start_pattern(form)
    options = TorchOptions(pattern=input_names(form))
    made = [(block_class(s, options), branch) for s, branch in zip(schemes, branches, strict=False)]
    layers = [cls(branch, h, init=init, bounds=bounds) for cls, branch in made]
    return Continued(layers, [int(kind) for kind in form.q[1:]])


class Restart(nn.Module):
    """A chain behind a change of shape: x = P(x) + h F(x), one projected Euler step, and then the steps of a chain.

    The history that the chain needs starts again: its earlier states are P(x), its earlier increments h F(x).
    """

    branches_of_its_own = 1

    def __init__(self, projection: nn.Module, branch: nn.Module, chain: nn.Module | None, *, h: float = 1) -> None:
        super().__init__()
        self.projection, self.branch, self.chain, self.h = projection, branch, chain, h

    def forward(self, x: Tensor) -> Tensor:
        """The state after the last step."""
        projected, increment = self.projection(x), self.branch(x)
        if self.h != 1:
            increment = self.h * increment
        x = projected + increment
        if isinstance(self.chain, TakesHistory):
            return self.chain(x, tuple(projected if kind else increment for kind in self.chain.kinds))
        return x if self.chain is None else self.chain(x)
