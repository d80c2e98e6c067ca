"""Stacks that store nothing but what cannot be recomputed: states on an integer grid, run backwards bit by bit.

A step that adds an increment to an integer is undone by subtracting the same increment, which is evaluated again from
the very same rounded state. Only a contraction by |k| loses information, log2(1/|k|) bits, and those are kept.
"""

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from sympy import Expr
from torch import Tensor, nn

from schemetools import exact
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.arguments import step_at_call
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.branches import unguard
from schemetools.nn.blocks.coefficients import Bounded
from schemetools.nn.memory.given import Inputs
from schemetools.nn.memory.grid import LIMIT, from_grid
from schemetools.nn.memory.recompute import foreign_step
from schemetools.nn.tensors.graphs import entered
from schemetools.nn.tensors.inputs import Call
from schemetools.nn.tensors.pulled import pulled_back
from schemetools.nn.tensors.replay import (
    Draws,
    as_before,
    autocast_of,
    counting,
    draws_nothing,
    modules_of,
    repeats_under_no_grad,
    statistics_kept,
    without_cache,
)
from schemetools.nn.tensors.sharded import WHOLE, sharded
from schemetools.nn.tensors.unchanged import Unchanged, refuse_captured, trained_parameters


@dataclass(frozen=True)
class Stored:
    """What a reversible pass kept beside its last state: bits per element and layer, and the least that is possible."""

    bits: float
    floor: float


@functools.cache
def _is_random(kind: type[Block]) -> bool:
    return bool(kind.written.random_symbols)


class Pass:
    """One forward pass and its reversal: what it needs to evaluate a layer twice in the same way."""

    def __init__(self, layers: Sequence[Block], modules: Sequence[list[nn.Module]], x: Tensor) -> None:
        self.dtype = x.dtype
        self.extremes: list[Tensor] = []
        self.autocast = autocast_of(x)
        self.draws: list[Draws | None] = []
        self.counting = counting(dict.fromkeys(m for own in modules for m in own))
        branches = [own[1:] for own in modules]  # all but the layer itself
        self.alike = [repeats_under_no_grad(own) for own in branches]
        self.quiet = [
            alike and draws_nothing(own) and not _is_random(type(layer))
            for layer, alike, own in zip(layers, self.alike, branches, strict=True)
        ]

    def first(self, layer: int, x: Tensor) -> AbstractContextManager[Any]:
        """The context of a first evaluation; notes what is drawn in it, if anything is."""
        if self.quiet[layer]:
            self.draws.append(None)
            return nullcontext()
        return self._noted(layer, x)

    @contextmanager
    def _noted(self, layer: int, x: Tensor) -> Iterator[None]:
        before = Draws(x)
        # With gradients the same kernels are chosen as in the evaluation that repeats it.
        with nullcontext() if self.alike[layer] else torch.enable_grad():
            yield
        self.draws.append(None if before.same_as(Draws(x)) else before)

    def again(self, evaluation: int) -> AbstractContextManager[Any]:
        """The context that repeats an evaluation, counted from the first one of the pass."""
        draws, autocast = self.draws[evaluation], self.autocast()
        return nullcontext() if draws is None and autocast is None else as_before(draws, autocast, ())

    def value(self, u: Tensor) -> Tensor:
        """An integer state as the leaf that a branch is evaluated at."""
        return from_grid(u, self.dtype).requires_grad_()

    def watch(self, x: Tensor) -> Tensor:
        """x itself, its extremes noted for `check`; without a graph around."""
        if x.numel():
            self.extremes += torch.aminmax(x)
        return x

    def check(self) -> None:
        """Raise SchemeError if anything watched was not finite or left the grid."""
        if not self.extremes:
            return
        size = torch.stack([e if e.dtype == self.dtype else e.to(self.dtype) for e in self.extremes]).abs_().amax()
        self.extremes.clear()
        if not bool(size < LIMIT):
            raise SchemeError(
                "a state left the grid of memory='reversible' (not finite, or above 2^20); "
                "the network diverges, or use memory='checkpoint'"
            )


_number = functools.cache(exact.to_float)


def weight_of(layer: Block, c: Expr, x: Tensor, drawn: Mapping[str, Any] | None = None) -> Any:
    """A coefficient as a number or tensor: exact, trained, or a gate times a number, drawn here or before."""
    if c.is_number:
        return _number(c)
    trained = layer.trained()
    if c.is_Symbol and str(c) in trained:
        held = getattr(layer, trained[str(c)])
        value = held() if isinstance(held, Bounded) else held
        if value.numel() != 1:
            raise UnsupportedError(f"memory='reversible' takes one value of {c} per layer, not one per channel")
        return value.to(x.dtype)
    factor, rest = c.as_coeff_Mul()
    draw = layer.draws.get(str(rest))
    if draw is None or not factor.is_number:
        raise UnsupportedError(f"memory='reversible' takes coefficients that are numbers, symbols or gates, not {c}")
    return exact.to_float(factor) * (draw(x, layer.training) if drawn is None else drawn[str(rest)])


def increment(layer: Block, c: Expr, branch: Any, call: Call, value: Tensor) -> tuple[Tensor, float]:
    """(y, factor) with h c f(value) = factor y: a plain number is left to the grid, which scales anyway.

    Raises SchemeError for a branch that changes the shape or overwrites its argument.
    """
    if branch._forward_pre_hooks:
        unguard(branch)  # it is watched here
    args, named = call.both
    h, named = step_of(layer, named, value)
    factor, version = h * weight_of(layer, c, value), value._version
    y = branch(entered(value), *args, **named)
    if y.shape != value.shape:
        raise SchemeError(
            f"a branch maps a state of shape {tuple(value.shape)} to {tuple(y.shape)}; a step needs the same shape"
        )
    if value._version != version:
        raise SchemeError(f"{type(branch).__name__} overwrites its argument; use inplace=False in it")
    return (y, factor) if isinstance(factor, (int, float)) else (factor * y, 1.0)


def step_of(layer: Block, named: dict[str, Any], value: Tensor) -> tuple[Any, dict[str, Any]]:
    """The step size of a call, which may be among its arguments, and the other arguments."""
    if named.get("h") is None:
        return layer.h, named
    return step_at_call(named["h"], value), {key: v for key, v in named.items() if key != "h"}


class Engine(ABC):
    """One pass of a stack forwards on the grid, and back."""

    def __init__(self, layers: Sequence[Block], x: Tensor, calls: Sequence[Call] | None) -> None:
        modules = [modules_of(layer) for layer in layers]
        if any(map(sharded, modules)):
            raise UnsupportedError(WHOLE.format(what="stack", why="memory='reversible'", other="memory='checkpoint'"))
        for layer in layers:
            if layer._forward_hooks or layer._forward_pre_hooks:
                raise UnsupportedError("memory='reversible' calls branches, not layers: register hooks on the branches")
            if foreign_step(layer):
                raise UnsupportedError("memory='reversible' takes h as a number or an nn.Parameter of the layer")
        self.passed = Pass(layers, modules, x)
        self.layers = layers
        self.unchanged = Unchanged(list(dict.fromkeys(m for own in modules for m in own)))
        self.parameters = self.unchanged.parameters
        self.own = [trained_parameters(own) for own in modules]
        self.stored = Stored(0.0, 0.0)
        self.inputs = Inputs(calls, len(layers))

    def first_state(self, value: Tensor) -> Tensor:
        """The state after the first layer, without its history."""
        args, named = self.inputs.of(0).both
        result = self.layers[0](entered(value), *args, **named)
        return result if isinstance(result, Tensor) else result[0]

    @abstractmethod
    def run(self, parts: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """The values at the end as floats (the last state, and its history), and what `reverse` starts from."""

    @abstractmethod
    def reverse(self, saved: Sequence[Tensor], grads: Sequence[Tensor]) -> tuple[list[Tensor], dict[int, Tensor]]:
        """Gradients of the first state, and of parameters by id."""

    def pull(
        self, values: Sequence[Tensor], grads: Sequence[Tensor], leaf: Tensor, layer: int, into: dict[int, Tensor]
    ) -> Tensor:
        """The gradient of the leaf; those of the layer's parameters are added to `into`."""
        pairs = [(v, g) for v, g in zip(values, grads, strict=True) if v.requires_grad]
        if not pairs:  # a branch may be constant
            return torch.zeros_like(leaf)
        values, grads = zip(*pairs, strict=True)
        own = [*self.own[layer], *self.inputs.followed(layer)]
        if not self.passed.alike[layer]:
            refuse_captured(values, [leaf, *own])
        found = pulled_back(values, [leaf, *own], grads)
        for p, g in zip(own, found[1:], strict=True):
            if g is not None:
                into[id(p)] = into[id(p)] + g if id(p) in into else g
        return torch.zeros_like(leaf) if found[0] is None else found[0]


class Reversal(torch.autograd.Function):
    """An engine's run as one node of the graph: it saves the last integers and packed remainders, nothing else."""

    @staticmethod
    def forward(ctx: Any, engine: Engine, count: int, inputs: int, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The values at the end from the first `count` tensors; `inputs` go with the calls, the rest are parameters."""
        given = tensors[count : count + inputs]
        with without_cache(tensors[0]), engine.inputs.supplied(given, first=True):
            outputs, saved = engine.run(tensors[:count])
        engine.passed.check()
        engine.unchanged.after_first_run()
        ctx.engine, ctx.count, ctx.inputs = engine, count, inputs
        ctx.save_for_backward(*given, *saved)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        """Gradients of the first state and of the parameters, the states recomputed from last to first."""
        saved, needed = list(ctx.saved_tensors), ctx.needs_input_grad[3 + ctx.count :]
        given = [t.detach().requires_grad_(n) for t, n in zip(saved[: ctx.inputs], needed, strict=False)]
        ctx.engine.unchanged.check()
        with torch.enable_grad(), statistics_kept(ctx.engine.passed.counting), ctx.engine.inputs.supplied(given):
            parts, found = ctx.engine.reverse(saved[ctx.inputs :], grads)
            ctx.engine.unchanged.check()  # the second evaluations may have changed something themselves
            grads = (*parts, *(found.get(id(p)) for p in (*given, *ctx.engine.parameters)))
        if torch.is_grad_enabled():  # a graph of this pass is wanted
            reached = (*saved[: ctx.inputs], *ctx.engine.parameters)
            grads = tuple(g if g is None else FirstOnly.apply(g, *reached) for g in grads)
        return None, None, None, *grads


class FirstOnly(torch.autograd.Function):
    """A gradient that depends on tensors in a way that is not followed: differentiated again, it says so."""

    @staticmethod
    def forward(ctx: Any, g: Tensor, *reached: Tensor) -> Tensor:
        """The gradient."""
        return g.clone()

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        """Nothing but UnsupportedError."""
        raise UnsupportedError(
            "gradients through memory='reversible' cannot be differentiated again: use memory='checkpoint' or "
            "memory='store'"
        )
