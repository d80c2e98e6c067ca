"""A block of somebody else's as a step of a scheme, in its own place: its class, names and weights stay as they are."""

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.compiler import is_compiling

from schemetools.errors import SchemeError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.forms import Program
from schemetools.nn.blocks.places import Called, Place
from schemetools.nn.blocks.residual import Residual, first_of, state_in, with_first, with_state
from schemetools.nn.blocks.scopes import Scopes
from schemetools.nn.blocks.travel import Record, hand_out, record_of
from schemetools.nn.blocks.turns import in_turn
from schemetools.nn.tensors.handles import new_handle
from schemetools.nn.tensors.repeated import Repeated


class Stepped(nn.Module):
    """What a block's class has in front of its own once the block is a step: the forward pass of the step.

    The block is called with its state and what else it takes, and returns what it returned before, the state after the
    step in the place of its own; within a step of several evaluations, the argument of the next one.
    """

    place: Place

    def plain(self) -> nn.Module:
        """The block as it was, with the same weights."""
        made = object.__new__(base_of(self))
        made.__dict__.update(self.__dict__)
        for name in ("_forward_hooks", "_forward_pre_hooks"):
            made.__dict__[name] = type(self.__dict__[name])()
        made.__dict__["_modules"] = {k: m for k, m in self.__dict__["_modules"].items() if k != self.place.holder}
        made.__dict__.pop("place")
        if "own_forward" in made.__dict__:
            made.__dict__["forward"] = made.__dict__.pop("own_forward")
        return made

    def held(self) -> Block:
        """The step of which this block is the first evaluation."""
        return getattr(self, self.place.holder)  # type: ignore[arg-type]

    def extra_repr(self) -> str:
        """What the block had to say, and what it is now."""
        place = self.place
        if place.mark:
            said = place.mark
        elif place.evaluations > 1 and not place.whole:
            said = f"evaluation {place.evaluation + 1} of {place.evaluations} of {place.run.scheme}"
        else:
            said = f"a step of {place.run.scheme}"
        return ", ".join(part for part in (super().extra_repr(), said) if part)  # type: ignore[misc]

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        """Weights from before the block was a step load by their names; its coefficients stay as they are."""
        if self.place.holder is not None:
            for key, value in self.held().state_dict(prefix=f"{prefix}{self.place.holder}.").items():
                state_dict.setdefault(key, value)
        super()._load_from_state_dict(state_dict, prefix, *args)  # type: ignore[misc]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (base_of(self),), self.__getstate__()  # type: ignore[attr-defined]


def base_of(element: Stepped) -> type[nn.Module]:
    """The class that a block had before it was a step."""
    return type(element).__bases__[1]


class Listed(Stepped):
    """The same for a block that runs through its own modules: the step is none of them."""

    def __iter__(self) -> Iterator[nn.Module]:
        return iter([m for name, m in self._modules.items() if name != self.place.holder])  # type: ignore[misc]

    def __len__(self) -> int:
        return len(self._modules) - (self.place.holder is not None)


@functools.cache
def stepped_class(base: type[nn.Module]) -> type[nn.Module]:
    """The class of a block's class as a step, of the same name."""

    @functools.wraps(base.forward)
    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        own = self.__dict__.get("own_forward")
        return advance(self, functools.partial(base.forward, self) if own is None else own, args, kwargs)

    labels = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__}
    front = Listed if issubclass(base, (nn.Sequential, nn.ModuleList)) else Stepped
    return type(base.__name__, (front, base), {**labels, "forward": forward})  # type: ignore[return-value]


def _rebuild(base: type[nn.Module]) -> nn.Module:
    return object.__new__(stepped_class(base))


def make_step(block: nn.Module, place: Place, step: Block | None) -> None:
    """Turn a block, in place, into the step or evaluation that `place` says; `step` holds its coefficients."""
    if step is not None:
        place.holder = next(name for name in ("step", "scheme_step", "schemetools_step") if not hasattr(block, name))
        block.add_module(place.holder, step)
        if step.plan.is_explicit:
            place.program(min(place.index, len(place.run.starts)), step.h)
            place.is_block(step.h)
    if "forward" in block.__dict__:
        block.own_forward = block.__dict__.pop("forward")
    block.__class__ = stepped_class(type(block))
    block.place = place  # type: ignore[assignment]


class _Trial(threading.local):
    plain = False


_trial = _Trial()


@contextmanager
def plain_steps() -> Iterator[None]:
    """Every step is Euler's with h = 1, the block itself; for the proof that nothing else has changed."""
    _trial.plain = True
    try:
        yield
    finally:
        _trial.plain = False


def advance(element: Any, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A block's part of a step, from the state that came and what travels with it."""
    place: Place = element.place
    if place.opens or place.closes:
        return in_turn(element, call, args, kwargs, _taken, _trial.plain)
    slot, x = state_in(place.slot, args, kwargs)
    if place.whole and place.memory is None and place.is_block(element.held().h):
        raw = call(*args, **kwargs)
        _check_shape(x, first_of(raw))
        return raw
    record = _checked(place, record_of(x))

    if not is_compiling() and _trial.plain:
        raw = called_with(place, call, (slot, args, kwargs))(x)
        last = place.whole or place.evaluation + 1 == place.evaluations
        out, left = first_of(raw), Record(place.run, 0 if last else place.evaluation + 1, 0, [])
    else:
        raw, out, left = _taken(element, x, record, call, (slot, args, kwargs))
    hand_out(out, left)
    if not is_compiling():
        Scopes.handed_out(place.run, out, left)
    return with_first(raw, out)


def _taken(
    element: Any, x: Tensor, record: Record | None, call: Callable[..., Any], called: Called
) -> tuple[Any, Any, Record]:
    """(what the block returned, the state handed out, what travels with it)."""
    place: Place = element.place
    kept = place.memory if place.memory is not None and place.memory.applies() else None
    known = record is not None and record.run is place.run
    if place.evaluation and record is not None:
        plan, values, numbers, age = record.program, record.values, record.numbers, record.age
    else:
        step: Block = element.held()
        age, history = (record.age, record.values) if known else (0, [])  # type: ignore[union-attr]
        if not step.plan.is_explicit:
            return _solved(element, x, age, history, called)
        plan = place.program(age, step.h)
        vector = [x, *history]
        values = [vector[place] for place in plan.places]
        numbers = [] if kept is not None and kept.draws_itself else numbers_of(element, plan, x)
    begin = place.evaluation
    end = begin + 1 if _in_parts(place) else plan.evaluations
    reel = None
    if kept is not None:
        reel = record.reel if begin == 0 and known else None  # type: ignore[union-attr]
        part = (element, call, plan, begin, end, called)
        raw, out, values, history, reel = kept.take(part, x, values, numbers, reel)
    else:
        raw, out, values, history = walk(
            plan, begin, end, x, values, numbers, called_with(place, call, called, end - begin)
        )
    if end < plan.evaluations:
        return raw, out, Record(place.run, end, age, values, plan, numbers)
    left = _finished(place, age, history)
    left.reel = reel
    return raw, out, left


def called_with(place: Place, call: Callable[..., Any], called: Called, times: int = 1) -> Callable[[Tensor], Any]:
    """The block as a function of its state, with what else it was called with; a cache is filled the first time."""
    slot, args, kwargs = called

    def evaluate(u: Tensor, args: tuple[Any, ...] = args, kwargs: dict[str, Any] = kwargs) -> Any:
        given, named = with_state(slot, u.clone() if place.clones else u, args, kwargs)
        return call(*given, **named)

    if times == 1:
        return evaluate
    repeated = Repeated(args, kwargs)
    return lambda u: repeated.call(functools.partial(evaluate, u))


def _in_parts(place: Place) -> bool:
    """Whether the step is shared out among several blocks."""
    return place.evaluations > 1 and not place.whole


def _finished(place: Place, age: int, history: list[Any]) -> Record:
    if not torch.is_grad_enabled():  # an earlier state that nobody differentiates need not remember its own history
        history = [value.detach() for value in history]
    return Record(place.run, 0, min(age + 1, len(place.run.starts)), history)


def walk(
    plan: Program, begin: int, end: int, x: Tensor, values: list[Any], numbers: list[Any], evaluate: Any
) -> tuple[Any, Any, list[Any], list[Any]]:
    """Evaluations begin .. end of a step: (what the first returned, the state handed out, all values, the history).

    The argument of an evaluation within the step is what came. Trained coefficients are of another precision than a
    state in half of it, and what is summed with them is rounded to that of the state.
    """
    first = None
    for j in range(begin, end):
        u = x if j and j == begin else plan.arguments[j](values, numbers).to(x.dtype)
        raw = evaluate(u)
        y = first_of(raw)
        _check_shape(x, y)
        first, values = raw if first is None else first, [*values, y]
    if end < plan.evaluations:
        return first, plan.arguments[end](values, numbers).to(x.dtype), values, []
    out, *history = [form(values, numbers).to(x.dtype) for form in plan.outputs]
    return first, out, values, history


def _check_shape(x: Tensor, y: Any) -> None:
    if not isinstance(y, Tensor) or y.shape != x.shape:
        came = tuple(y.shape) if isinstance(y, Tensor) else f"a {type(y).__name__}"
        raise SchemeError(
            f"a block turned a state of shape {tuple(x.shape)} into {came} inside a chain; give convert an example "
            "input, example=x, so that it sees where shapes change"
        )


def numbers_of(element: Any, plan: Program, x: Tensor) -> list[Any]:
    """The coefficients of a step that a block begins, for a state x."""
    if not plan.symbols:
        return plan.fixed
    return plan.numbers(symbols_of(element, plan, x))


def symbols_of(element: Any, plan: Program, x: Tensor) -> dict[str, Any]:
    """The values of the symbols of a step by name: trained, drawn, and h where it is a tensor."""
    place: Place = element.place
    step: Block = element.held()
    found: dict[str, Any] = {"h": step.h}
    for symbol, name in step.trained().items():
        held = getattr(step, name)
        found[symbol] = held() if isinstance(held, nn.Module) else held
    if plan.random:
        found |= {str(s): step.draws[str(s)](x, element.training) for s in plan.random}
    _check_held(place, [str(s) for s in plan.symbols if str(s) not in found])
    return found


def _check_held(place: Place, missing: list[str]) -> None:
    """Raise SchemeError for symbols of a step that the block's own step, the first of its chain, does not hold."""
    if missing:
        raise SchemeError(
            f"{place.name} is the first step of its chain, Euler's, and has no {missing[0]}; it came after a step "
            "here: call the blocks in the order in which they were converted"
        )


class _Noting(Residual):
    """A branch that keeps what its block returned last: what is passed on beside the state."""

    raw: Any = None
    arguments: Repeated | None = None

    def repeated(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Repeated:
        """What the block is called with; the first evaluation fills a cache in there."""
        if self.arguments is None:
            self.arguments = Repeated(args, kwargs)
        return self.arguments

    def increment(self, returned: Any, x: Tensor) -> Tensor:
        """What the block returned, less x."""
        self.raw = returned
        return super().increment(returned, x)


def _solved(element: Any, x: Tensor, age: int, history: list[Any], called: Called) -> tuple[Any, Any, Record]:
    """An implicit step: a block of its own for this call, whose branch has this call's arguments."""
    step: Block = element.held()
    branch = _Noting(element.plain(), *called, clones=element.place.clones)
    branch.training = element.training
    kind = _kind_at(element.place, step, age)
    made = object.__new__(kind)
    made.__dict__.update(step.__dict__)
    made.__dict__["_modules"] = {**step._modules, "branch": branch}
    made.__dict__["handle"] = new_handle(made)
    result = made(x, tuple(history)) if kind.takes_history else made(x)  # type: ignore[attr-defined]
    out, kept = result if isinstance(result, tuple) else (result, ())
    return branch.raw, out, _finished(element.place, age, list(kept))


def _kind_at(place: Place, step: Block, age: int) -> type[Block]:
    """The class of an implicit step that is the `age`-th since the start of the history."""
    written = place.written_at(age)
    if written == place.written:
        return type(step)
    kind: type[Block] = type(step).maker(step.key, replace(step.options, pattern=written[1]))  # type: ignore[attr-defined]
    _check_held(place, [symbol for symbol, name in kind.trained().items() if not hasattr(step, name)])
    return kind


def _checked(place: Place, record: Record | None) -> Record | None:
    """What came with the state, where it fits this block. Raises SchemeError where a step was left half done."""
    run = place.run
    if record is not None and record.run is run and record.evaluation != place.evaluation:
        raise SchemeError(
            f"{place.name} is evaluation {place.evaluation + 1} of a step of {run.scheme}, which shares it with other "
            f"blocks, and evaluation {record.evaluation + 1} is due: a block was left out (LayerDrop?) or called out "
            "of turn; use shared=True, which gives each block a step of its own, or call all blocks in order"
        )
    if place.evaluation and (record is None or record.run is not run):
        raise SchemeError(
            f"{place.name} is evaluation {place.evaluation + 1} of {place.evaluations} of a step of {run.scheme}, and "
            "its state does not come from the block before: call the blocks in order, or convert with shared=True"
        )
    if record is None and not is_compiling():
        Scopes.check_start(place)
    return record
