"""Equal layers as one compiled step in a loop: the time to compile, and the code, do not grow with depth."""

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor, nn
from torch._dynamo.exc import FailOnRecompileLimitHit
from torch._higher_order_ops.scan import scan
from torch.func import functional_call

from schemetools.errors import UnsupportedError
from schemetools.nn.blocks.arguments import check_state
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.coefficients import Bounded
from schemetools.nn.memory.kinds import run_plainly
from schemetools.nn.stacks.alike import HOOKS, Holdings, parameters_apart, tied_otherwise, unlike
from schemetools.nn.stacks.products import SmallProducts
from schemetools.nn.tensors.graphs import traced
from schemetools.nn.tensors.replay import Draws
from schemetools.nn.tensors.transforms import observed


class Loop:
    """The calls of a stack whose layers, from the first step with a full history on, are one compiled step in a loop.

    The first call in training, and the first in evaluation, runs layer by layer and shows whether branches draw random
    numbers; a later call is refused when they have come to.
    """

    def __init__(self, stack: Any, args: Sequence[Any], options: dict[str, Any]) -> None:
        if stack.memory != "store":
            raise UnsupportedError(f"a loop stores every layer's tensors; the stack has memory={stack.memory!r}")
        self.stack, self.args, self.options = stack, args, options
        self._begin()

    def _begin(self) -> None:
        """Compile a step for the layers that the stack has now."""
        layers: list[Block] = list(self.stack.layers)
        kind = type(layers[-1])
        self.begin = len(layers) - len(list(takewhile(lambda layer: type(layer) is kind, reversed(layers))))
        self.step = layers[self.begin]
        if self.stack.keeps_history and not self.begin:
            raise UnsupportedError(
                "a loop takes steps with a history, and here all layers start one: use stack.compile()"
            )
        _refuse_kind(self.step)
        self._refuse_unlike(layers[self.begin :])
        run = _loop_of(self.step, history=self.stack.keeps_history)
        # Torch's loops take no numbers that it has found to change.
        self.run = torch.compile(run, *self.args, **{"fullgraph": True, "dynamic": False, **_with_passes(self.options)})
        self.tried: set[tuple[bool, ...]] = set()
        self.first: dict[torch.Size, int] = {}  # {shape of one sample: batch size that came first}
        self.seen: tuple[Holdings, dict[str, list[Tensor]]] | None = None  # what was found fit, and its parameters

    def __call__(self, x: Any, *inputs: Any, states: bool = False, **named: Any) -> Any:
        """The state after the last step."""
        if traced() or observed():
            return self.stack._call_impl(x, *inputs, states=states, **named)
        if not isinstance(x, Tensor) or inputs or named or states:
            raise UnsupportedError(
                "a stack compiled as a loop takes one tensor and gives the last state; use stack.compile() for "
                "states=True, other states, a step size and what goes to branches"
            )
        layers: list[Block] = list(self.stack.layers)
        if layers[self.begin : self.begin + 1] != [self.step]:
            self._begin()
        if self.seen is None or not self.seen[0].unchanged():
            self.seen = None
            self._refuse_unlike(layers[self.begin :])
        check_state(x, layers[0].plan, split=False)
        mode = tuple(m.training for m in self.step.modules())
        before = Draws(x)
        if mode in self.tried:
            found = self._looped(layers, x)
        else:
            found = run_plainly(layers, (x,), history=self.stack.keeps_history)[0]
        if not before.same_as(Draws(x)):
            raise UnsupportedError("a loop takes branches that draw no random numbers: use stack.compile()")
        self.tried.add(mode)
        return found

    def _looped(self, layers: Sequence[Block], x: Tensor) -> Tensor:
        rest = layers[self.begin :]
        if self.seen is None:
            _refuse_hooks([self.stack, *rest])
            self.seen = Holdings([self.stack]), parameters_apart(rest)
        history = self.stack.keeps_history
        values = run_plainly(layers[: self.begin], (x,), history=history) if self.begin else (x,)
        own = {name: torch.stack(ts) for name, ts in self.seen[1].items()}
        rows = torch.empty(len(rest), 1, device=x.device)
        given = [v.contiguous() for v in values]
        if x.dim() and x.shape[0] not in (1, self.first.setdefault(x.shape[1:], x.shape[0])):
            given = [_of_any_batch(v) for v in given]
        try:
            y = self.run(tuple(own), rows, *own.values(), *given)
        except FailOnRecompileLimitHit:
            raise UnsupportedError(
                f"torch keeps {torch._dynamo.config.recompile_limit} programs of a loop, and more came to be needed "
                "for shapes of samples, precisions and modes: give fewer kinds, raise "
                "torch._dynamo.config.recompile_limit, or use stack.compile()"
            ) from None
        if y.requires_grad:
            y.register_hook(_differentiated)
        return y

    def _refuse_unlike(self, rest: Sequence[Block]) -> None:
        if bounded := [name for name, module in self.step.named_modules() if isinstance(module, Bounded)]:
            raise UnsupportedError(
                f"a loop takes coefficients without bounds, and {bounded[0]} has some: leave bounds= out, or use "
                "stack.compile()"
            )
        if names := [name for name, _ in self.step.named_buffers()]:
            raise UnsupportedError(f"a loop takes layers without buffers; here is {names[0]}: use stack.compile()")
        for number, layer in enumerate(rest, self.begin):
            if found := unlike(self.step, layer) or tied_otherwise(self.step, layer):
                raise UnsupportedError(
                    f"a loop takes equal layers; layers {self.begin} and {number} differ, {found}: use stack.compile()"
                )


def _with_passes(given: dict[str, Any]) -> dict[str, Any]:
    """The options of torch.compile, where it is inductor's defaults that are left as they are, with small products."""
    if given.get("backend", "inductor") != "inductor" or given.get("mode") is not None:
        return given
    return {**given, "options": {"post_grad_custom_pre_pass": SmallProducts(), **(given.get("options") or {})}}


def _loop_of(step: Block, *, history: bool) -> Callable[..., Tensor]:
    """(names, one row per layer, parameters of these names in all layers, first values) -> the last state."""

    def one(carried: tuple[Tensor, ...], own: tuple[dict[str, Tensor], Tensor]) -> tuple[Any, Any]:
        given = (carried[0], carried[1:]) if history else carried
        found = functional_call(step, own[0], given) if own[0] else step(*given)
        # What is carried on may be no other name of what came.
        x, later = (found[0], [v.clone() for v in found[1]]) if history else (found, [])
        # Inductor takes no loop with one result alone: a number per layer goes beside the state.
        return (x.contiguous(), *later), own[1].clone()

    def run(names: tuple[str, ...], rows: Tensor, *tensors: Tensor) -> Tensor:
        own = dict(zip(names, tensors, strict=False))
        return scan(one, tensors[len(names) :], (own, rows))[0][0]

    return run


def _of_any_batch(value: Tensor) -> Tensor:
    """A value whose first dimension torch is told to compile for any size, where it can."""
    value = value.view_as(value)  # the mark is an attribute, and the value is the caller's
    torch._dynamo.maybe_mark_dynamic(value, 0)
    return value


def _differentiated(gradient: Tensor) -> None:
    """The hook on the last state. Raises UnsupportedError where a gradient is to be differentiated once more."""
    if torch.is_grad_enabled():  # torch's loops leave out terms of second derivatives
        raise UnsupportedError(
            "a loop has first derivatives, and create_graph=True asks for second ones: use stack.compile() with "
            "backend='eager', or the stack as it is"
        )


def _refuse_kind(step: Block) -> None:
    """Raises UnsupportedError for steps that are more than a function of the state and parameters."""
    if not step.plan.is_explicit or step.plan.parts != 1 or step.written.random_symbols or step.options.timed:
        raise UnsupportedError(
            f"a loop takes explicit steps of one state without times and random coefficients, not {step.written}: use "
            "stack.compile()"
        )


def _refuse_hooks(modules: Sequence[nn.Module]) -> None:
    for module in modules:
        for m in module.modules() if isinstance(module, Block) else (module,):
            if any(getattr(m, name) for name in HOOKS):
                raise UnsupportedError("a loop calls no hooks; remove them, or use stack.compile()")
