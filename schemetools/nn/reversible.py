"""Stacks that store nothing but what cannot be recomputed: states on an integer grid, run backwards bit by bit.

A step that adds an increment to an integer is undone by subtracting the same increment, which is evaluated again from
the very same rounded state. Only a contraction by |k| loses information, log2(1/|k|) bits, and those are kept.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from sympy import Expr
from torch import Tensor
from torch.autograd.function import once_differentiable

from schemetools import exact
from schemetools.errors import SchemeError, UnsupportedError

from .block import Block
from .coefficients import Bounded
from .replay import Draws, as_before, autocast_of

GRID_BITS = 40
"""States are multiples of 2^-40, and stay below 2^20 in size."""

LIMIT = 2**60


@dataclass(frozen=True)
class Stored:
    """What a reversible pass kept beside its last state: bits per element and layer, and the least that is possible."""

    bits: float
    floor: float


def to_grid(x: Tensor) -> Tensor:
    """x rounded to integers, multiples of 2^-GRID_BITS; scaling by a power of two is exact in any binary format."""
    return x.detach().mul(2.0**GRID_BITS).round_().to(torch.int64)


def from_grid(u: Tensor, dtype: torch.dtype) -> Tensor:
    """The floating-point number nearest to the grid value."""
    return u.to(dtype).mul_(2.0**-GRID_BITS)


@contextmanager
def evaluated_only() -> Iterator[None]:
    """Gradients on, so that the same kernels are chosen as in the evaluation that repeats it, but nothing saved."""
    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(lambda t: None, lambda t: t):
        yield


class Pass:
    """One forward pass and its reversal: what it needs to evaluate a layer twice in the same way."""

    def __init__(self, layers: Sequence[Block], x: Tensor) -> None:
        self.layers, self.dtype = layers, x.dtype
        self.bad = torch.zeros((), dtype=torch.bool, device=x.device)
        self.autocast: Callable[[], AbstractContextManager[Any]] = autocast_of(x)
        self.draws: list[Draws | None] = []

    @contextmanager
    def first(self, x: Tensor) -> Iterator[None]:
        """The context of the next first evaluation; notes what is drawn in it, if anything is."""
        draws = Draws(x)
        with evaluated_only():
            yield
        self.draws.append(draws if draws.have_been_made() else None)

    def again(self, layer: int, evaluation: int) -> AbstractContextManager[Any]:
        """The context that repeats an evaluation, counted from the first one of the pass."""
        return as_before(self.draws[evaluation], self.autocast, self.layers[layer].modules())

    def value(self, u: Tensor) -> Tensor:
        """A grid state as the leaf that a branch is evaluated at."""
        return from_grid(u, self.dtype).requires_grad_()

    def watch(self, x: Tensor) -> Tensor:
        """x itself, noted if it is not finite or leaves the grid."""
        low, high = torch.aminmax(x.detach())
        self.bad |= ~(torch.maximum(high, -low).double() < 2.0**-GRID_BITS * LIMIT)
        return x

    def check(self) -> None:
        """Raise SchemeError if any state left the grid."""
        if bool(self.bad):
            raise SchemeError(
                f"a state left the grid of memory='reversible' (not finite, or above 2^{60 - GRID_BITS}); "
                "the network diverges, or use memory='checkpoint'"
            )


def weight_of(layer: Block, c: Expr, x: Tensor) -> Any:
    """A coefficient as a number or tensor: exact, trained, or a drawn gate times a number."""
    if c.is_number:
        return exact.to_float(c)
    trained = layer.trained()
    if c.is_Symbol and str(c) in trained:
        held = getattr(layer, trained[str(c)])
        return (held() if isinstance(held, Bounded) else held).to(x.dtype)
    factor, rest = c.as_coeff_Mul()
    draw = type(layer).forward.__globals__.get(f"draw_{rest}")
    if draw is None or not factor.is_number:
        raise UnsupportedError(f"memory='reversible' takes coefficients that are numbers, symbols or gates, not {c}")
    return exact.to_float(factor) * draw(x, layer.training)


def increment(layer: Block, c: Expr, branch: Any, value: Tensor) -> Tensor:
    """h c f(value)."""
    factor = layer.h * weight_of(layer, c, value)
    return branch(value) if isinstance(factor, (int, float)) and factor == 1 else factor * branch(value)


class Engine(ABC):
    """One pass of a stack forwards on the grid, and back."""

    def __init__(self, layers: Sequence[Block], x: Tensor) -> None:
        self.passed = Pass(layers, x)
        self.layers = layers
        self.own = [[p for p in layer.parameters() if p.requires_grad] for layer in layers]
        self.parameters = list({id(p): p for own in self.own for p in own}.values())
        self.stored = Stored(0.0, 0.0)

    @abstractmethod
    def run(self, parts: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """The last state as floats, and the integer tensors from which `reverse` starts."""

    @abstractmethod
    def reverse(self, saved: Sequence[Tensor], grads: Sequence[Tensor]) -> tuple[list[Tensor], dict[int, Tensor]]:
        """Gradients of the first state, and of parameters by id."""

    def pull(
        self, values: Sequence[Tensor], grads: Sequence[Tensor], leaf: Tensor, layer: int, into: dict[int, Tensor]
    ) -> Tensor:
        """The gradient of the leaf; those of the layer's parameters are added to `into`."""
        own = self.own[layer]
        found = torch.autograd.grad(values, [leaf, *own], grads, allow_unused=True)
        for p, g in zip(own, found[1:], strict=True):
            if g is not None:
                into[id(p)] = into[id(p)] + g if id(p) in into else g
        return torch.zeros_like(leaf) if found[0] is None else found[0]


class Reversal(torch.autograd.Function):
    """An engine's run as one node of the graph: it saves the last integers and packed remainders, nothing else."""

    @staticmethod
    def forward(ctx: Any, engine: Engine, count: int, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The parts of the last state from the first `count` tensors; the others are the engine's parameters."""
        outputs, saved = engine.run(tensors[:count])
        engine.passed.check()
        ctx.engine = engine
        ctx.save_for_backward(*saved)
        return tuple(outputs)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        """Gradients of the first state and of the parameters, the states recomputed from last to first."""
        parts, found = ctx.engine.reverse(list(ctx.saved_tensors), grads)
        return None, None, *parts, *(found.get(id(p)) for p in ctx.engine.parameters)
