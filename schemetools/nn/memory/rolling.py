"""Two-step schemes run backwards step by step, whoever calls the steps: integers that travel with the state."""

from typing import Any

import torch
from torch import Tensor

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.residual import first_of
from schemetools.nn.memory.grid import LIMIT, from_grid, to_grid
from schemetools.nn.memory.information import InformationBuffer
from schemetools.nn.memory.reversible import weight_of
from schemetools.nn.memory.two_step import fraction_of, two_step
from schemetools.nn.tensors.inputs import Apart, Versions
from schemetools.nn.tensors.pulled import pulled_back
from schemetools.nn.tensors.replay import Draws, as_before, autocast_of, counting, modules_of, without_cache
from schemetools.nn.tensors.unchanged import Unchanged, refuse_captured


class Reel:
    """States u and velocities v of one pass as integers, at its last step; steps roll it on and back.

    v_(n+1) = -k v_n + h c F(u_n), u_(n+1) = u_n + v_(n+1); what the factor k loses is kept.
    """

    def __init__(self, x: Tensor) -> None:
        self.dtype = x.dtype
        self.u = to_grid(x)
        self.v = torch.zeros_like(self.u)
        self.kept = InformationBuffer(self.u)
        self.steps: list[Rolled] = []
        self.at = 0
        self.end: Any = None

    def value(self) -> Tensor:
        """The state as a number, a leaf."""
        return from_grid(self.u, self.dtype).requires_grad_()

    def to(self, n: int) -> None:
        """Go to the end of step n, back, or from the last step back again for a second gradient."""
        if self.end is None:
            self.end = (self.u.clone(), self.v.clone(), self.kept.stored(), self.kept.emptied())
        if self.at < n:
            u, v, packs, trail = self.end
            self.u, self.v, self.at = u.clone(), v.clone(), len(self.steps)
            self.kept = trail.restored(packs, self.u)
        while self.at > n:
            with torch.no_grad():
                self.steps[self.at - 1].back(graph=False)


class Rolled:
    """One step of a reel, forwards and back."""

    def __init__(self, part: Any, rest: Any, reel: Reel) -> None:
        self.part, self.rest, self.reel = part, rest, reel
        self.step = part.element.held()
        modules = modules_of(part.element)
        self.unchanged = Unchanged(modules)
        self.parameters = self.unchanged.parameters
        self.counting = counting(modules)
        self.is_first = not reel.steps
        self.given: list[Tensor] = []

    def apply(self, x: Tensor, before: Tensor | None, apart: Apart) -> tuple[Tensor, ...]:
        """The state after the step and what else the block returned."""
        tensors, apart.tensors = apart.tensors, []
        self.apart, self.count = apart, len(tensors)
        if len(self.reel.steps) != self.reel.at or self.reel.end is not None:
            raise SchemeError(
                "memory='reversible': a step goes on from a state whose run has gone on or back already; call the "
                "blocks in turn, once per pass, or use memory='store'"
            )
        states = (x,) if before is None else (x, before)
        return _Turned.apply(self, len(states), *states, *tensors, *self.parameters)  # type: ignore[return-value]

    def forward(self, x: Tensor, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The step on the grid; draws and autocast are noted."""
        reel = self.reel
        self.autocast, before, versions = autocast_of(x), Draws(x), Versions(tensors)
        value = reel.value()
        with torch.enable_grad(), without_cache(x):  # the same kernels as in the evaluation that repeats it
            raw, added, _ = self._evaluated(value, tensors)
        versions.check("reversible")
        self.draws = None if before.same_as(Draws(x)) else before
        self.unchanged.after_first_run()
        if self.is_first:
            reel.v = to_grid(added)
        else:
            k, _ = two_step(type(self.step)) or (None, None)
            fraction = fraction_of(self.step, k)  # type: ignore[arg-type]
            self.fraction = fraction
            reel.v = reel.kept.multiply(reel.v, abs(fraction.numerator), fraction.denominator)
            new = to_grid(added)
            reel.v = new.sub_(reel.v) if fraction > 0 else new.add_(reel.v)
        reel.u = reel.u + reel.v
        out = from_grid(reel.u, reel.dtype)
        if not bool(out.abs().amax() < LIMIT):
            raise SchemeError(
                "a state left the grid of memory='reversible' (not finite, or above 2^20); the network diverges, or "
                "use memory='checkpoint'"
            )
        reel.steps.append(self)
        reel.at += 1
        return (out, *(t.detach() for t in self.rest.take(raw)))

    def _evaluated(self, value: Tensor, tensors: tuple[Tensor, ...]) -> tuple[Any, Tensor, list[Any]]:
        """(what the block returned, what is added to the velocity, the coefficients: random ones are drawn once)."""
        [call] = self.apart.joined(tensors)
        symbols = self.part.symbols(value)
        numbers = self.part.plan.numbers(symbols)
        if self.is_first:
            raw, out, _ = self.part.run(value, [value], call, numbers)
            return raw, out.double() - value.double(), numbers
        raw, _, _ = self.part.run(value, [value, value], call, numbers)
        _, c = two_step(type(self.step)) or (None, None)
        weight = weight_of(self.step, c, value, symbols)  # type: ignore[arg-type]
        return raw, (first_of(raw) - value) * (self.step.h * weight), numbers

    def back(self, *, graph: bool, tensors: tuple[Tensor, ...] = ()) -> Any:
        """Undo the step; with `graph` (state, state before, outputs) of an evaluation that can be differentiated."""
        reel = self.reel
        held = tensors if graph else tuple(self.given)
        reel.u = reel.u - reel.v
        value = reel.value()
        with torch.enable_grad(), as_before(self.draws, self.autocast(), self.counting):
            raw, added, numbers = self._evaluated(value, held)
        if not self.is_first:
            new = to_grid(added)
            v = new.sub_(reel.v) if self.fraction > 0 else reel.v - new
            reel.v = reel.kept.divide(v, abs(self.fraction.numerator), self.fraction.denominator)
        reel.at -= 1
        if not graph:
            return None
        plan = self.part.plan
        states = [value] if self.is_first else [value, from_grid(reel.u - reel.v, reel.dtype).requires_grad_()]
        with torch.enable_grad():
            out = plan.outputs[0]([*states[: plan.inputs], first_of(raw)], numbers)
        return states, [out, *self.rest.take(raw)]


class _Turned(torch.autograd.Function):
    """A step as one node of the graph: it saves what the block was called with, nothing of the state."""

    @staticmethod
    def forward(ctx: Any, rolled: Rolled, count: int, *tensors: Tensor) -> tuple[Tensor, ...]:
        given = tensors[count : count + rolled.count]
        ctx.rolled, ctx.count, ctx.n = rolled, count, len(rolled.reel.steps) + 1
        ctx.save_for_backward(*given)
        rolled.given = [t.detach() for t in given]
        return rolled.forward(tensors[0], given)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        if torch.is_grad_enabled():
            raise UnsupportedError(
                "memory='reversible' has first derivatives only, since its states are not in the graph; for second "
                "ones use memory='store' or memory='checkpoint'"
            )
        rolled: Rolled = ctx.rolled
        needed = ctx.needs_input_grad[2:]
        rolled.unchanged.check()
        given = [
            t.detach().requires_grad_(need) for t, need in zip(ctx.saved_tensors, needed[ctx.count :], strict=False)
        ]
        rolled.reel.to(ctx.n)
        states, ends = rolled.back(graph=True, tensors=tuple(given))
        refuse_captured(ends, [*states, *given, *rolled.parameters])
        sources = [*states, *given, *rolled.parameters]
        wanted = [s for s, need in zip(sources, needed, strict=True) if need]
        pairs = [(e, g) for e, g in zip(ends, grads, strict=True) if e.requires_grad and g is not None]
        if not pairs or not wanted:
            return None, None, *(None for _ in needed)
        values, cotangents = zip(*pairs, strict=True)
        found = iter(pulled_back(values, wanted, cotangents))
        return None, None, *(next(found) if need else None for need in needed)
