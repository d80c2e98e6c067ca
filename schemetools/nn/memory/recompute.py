"""Groups of layers of which only the values at their ends are kept, each run again for its gradient, without hooks.

torch.utils.checkpoint gives a Python object to every tensor that autograd would save, twice, which costs as much again
as running the layers; here a group is one node of the graph. For that all tensors that its layers use have to be known,
so it is for branches that are modules; torch.utils.checkpoint takes functions as well, with whatever they close over.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.branches import Function
from schemetools.nn.tensors.graphs import entered
from schemetools.nn.tensors.inputs import Apart, Call, Versions
from schemetools.nn.tensors.pulled import pulled_back
from schemetools.nn.tensors.replay import (
    Draws,
    as_before,
    autocast_of,
    counting,
    modules_of,
    repeats_under_no_grad,
    without_cache,
)
from schemetools.nn.tensors.sharded import sharded
from schemetools.nn.tensors.unchanged import Unchanged, refuse_captured

Values = tuple[Any, ...]


def known_modules(layers: Sequence[Block]) -> list[list[nn.Module]] | None:
    """The modules of each layer; None if layers use other tensors than those of their states and modules.

    None as well where a compiler is looking on, and where hooks of the layers put their parameters together (FSDP).
    """
    if torch.compiler.is_compiling() or any(
        layer.options.timed or not layer.plan.is_explicit or foreign_step(layer) for layer in layers
    ):
        return None
    found = [modules_of(layer) for layer in layers]
    return None if any(_sees_more(own[1:]) or sharded(own) for own in found) else found


def _sees_more(modules: Sequence[nn.Module]) -> bool:
    """Whether there is a plain function among these, or a tensor with a gradient that is not registered."""
    if repeats_under_no_grad(modules):  # torch's own layers
        return False
    held = (v for m in modules for v in (*m.__dict__.values(), *m._buffers.values()))
    return any(isinstance(m, Function) for m in modules) or any(isinstance(v, Tensor) and v.requires_grad for v in held)


def foreign_step(layer: Block) -> bool:
    """Whether h has a gradient that is not that of a parameter of the layer."""
    return isinstance(layer.h, Tensor) and layer.h.requires_grad and not isinstance(layer.h, nn.Parameter)


@contextmanager
def replaced(modules: Sequence[nn.Module], present: Sequence[Tensor], others: Sequence[Tensor]) -> Iterator[None]:
    """The present parameters of the modules replaced by others for a while."""
    if present is others:
        yield
        return
    found = dict(zip(map(id, present), others, strict=True))
    places = [(m._parameters, name, p) for m in modules for name, p in m._parameters.items() if id(p) in found]
    try:
        for held, name, p in places:
            held[name] = found[id(p)]  # type: ignore[assignment]
        yield
    finally:
        for held, name, p in places:
            held[name] = p


class Group:
    """Layers that are run twice, alike: random draws and autocast repeated, running statistics counted once."""

    def __init__(
        self, modules: Sequence[list[nn.Module]], run: Callable[..., Values], calls: Sequence[Call] | None = None
    ) -> None:
        self.run, self.calls = run, calls
        self.inputs = None if calls is None else Apart(calls)
        self.closed = all(repeats_under_no_grad(own[1:]) for own in modules)
        self.modules = [m for own in modules for m in own]
        self.unchanged = Unchanged(self.modules)
        self.parameters = self.unchanged.parameters
        self.counting = counting(self.modules)

    def __call__(self, values: Values) -> Values:
        """The values at the end of the group."""
        leaves, self.spec = tree_flatten(values)
        self.count = len(leaves)
        if self.inputs is not None:
            leaves, self.inputs.tensors = [*leaves, *self.inputs.tensors], []  # which the node keeps
        outputs = Recomputed.apply(self, len(leaves), *leaves, *self.parameters)
        return tree_unflatten(list(outputs), self.ends)  # type: ignore[arg-type]

    def first(self, leaves: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The run whose statistics count, and whose draws are noted."""
        x = leaves[0]
        self.autocast, before = autocast_of(x), Draws(x)
        versions = Versions(leaves[self.count :])
        with without_cache(x):
            found, self.ends = self._outputs(leaves, self.calls)
        self.calls = None
        versions.check("checkpoint")
        self.draws = None if before.same_as(Draws(x)) else before
        self.unchanged.after_first_run()
        return tuple(found)

    def again(self, leaves: Sequence[Tensor], parameters: Sequence[Tensor]) -> list[Tensor]:
        """The same run, with a graph from these leaves and parameters."""
        self.unchanged.check()
        with (
            torch.enable_grad(),
            as_before(self.draws, self.autocast(), self.counting),
            replaced(self.modules, self.parameters, parameters),
        ):
            leaves = [entered(t) for t in leaves]
            calls = None if self.inputs is None else self.inputs.joined(leaves[self.count :])
            return self._outputs(leaves, calls)[0]

    def _outputs(self, leaves: Sequence[Tensor], calls: Sequence[Call] | None) -> tuple[list[Tensor], TreeSpec]:
        return tree_flatten(self.run(*tree_unflatten(list(leaves[: self.count]), self.spec), calls=calls))


class Recomputed(torch.autograd.Function):
    """A group as one node of the graph: it saves its inputs, nothing else. It can be differentiated again."""

    @staticmethod
    def forward(ctx: Any, group: Group, count: int, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The values at the end from the `count` at the beginning; the other tensors are the parameters."""
        ctx.group, ctx.count = group, count
        ctx.save_for_backward(*tensors[:count])
        return group.first(tensors[:count])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        """Gradients of the values at the beginning and of the parameters, from a second run."""
        twice, needed = torch.is_grad_enabled(), ctx.needs_input_grad[2:]
        if twice:
            # Nodes of this pass alone: a gradient stops there, though earlier groups hold the same parameters.
            begin, parameters = ([t.view_as(t) for t in ts] for ts in (ctx.saved_tensors, ctx.group.parameters))
        else:
            begin = [t.detach().requires_grad_(need) for t, need in zip(ctx.saved_tensors, needed, strict=False)]
            parameters = ctx.group.parameters
        ends = ctx.group.again(begin, parameters)
        if not ctx.group.closed:
            refuse_captured(ends, [*begin, *parameters])
        pairs = [(end, g) for end, g in zip(ends, grads, strict=True) if end.requires_grad]
        sources = [s for s, need in zip([*begin, *parameters], needed, strict=True) if need]
        if not pairs:
            return None, None, *(None for _ in needed)
        values, cotangents = zip(*pairs, strict=True)
        found = iter(pulled_back(values, sources, cotangents, create_graph=twice))
        return None, None, *(next(found) if need else None for need in needed)
