"""The blocks of a chain turned into steps, where they stand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from schemetools.codegen.lower import lower
from schemetools.codegen.starting import input_names
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.places import Place, Run, Written
from schemetools.nn.blocks.scopes import Enter, Leave
from schemetools.nn.blocks.stepped import make_step
from schemetools.nn.memory.steps import Kept, checked_memory
from schemetools.nn.rewiring.found import Chain
from schemetools.nn.rewiring.trial import Call, Trial
from schemetools.nn.stacks.continued import EULER
from schemetools.nn.stacks.layers import step_sizes
from schemetools.nn.stacks.stack import Stack, to_stack
from schemetools.schemes.base import Scheme

OPTIONS = ("h", "init", "bounds", "start", "constrain", "gates", "tol", "max_iterations")


@dataclass
class Rewired:
    """What became of a chain: its blocks, how many are parts of steps, how many steps, starts and Euler steps."""

    name: str
    scheme: Scheme
    blocks: int
    taken: int
    steps: int
    starts: int
    euler: int
    kept: int
    marked: tuple[str, ...]

    def __str__(self) -> str:
        taken, steps = _count(self.taken, "block"), _count(self.steps, "step")
        said = f"{self.name or 'the network'}: {taken} of {self.blocks} in {steps} of {self.scheme}"
        if self.starts:
            said += f" ({self.starts} from a repeated start)"
        said += f", {_count(self.euler, 'Euler step')}"
        if self.kept:
            said += f", {self.kept} left as they are (another shape, or no identity path: not a step)"
        for mark, count in Counter(self.marked).items():
            said += f"; {count} of {self.blocks} blocks are {mark}"
        return said


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


def wired(
    model: nn.Module,
    chain: Chain,
    scheme: Scheme,
    trial: Trial | None,
    size: int,
    *,
    memory: str,
    every: int,
    shared: bool,
    **options: Any,
) -> Rewired:
    """Turn the blocks of a chain into steps of a scheme, and say what they are."""
    runs: list[Run] = []
    counted = {"taken": 0, "steps": 0, "starts": 0, "euler": 0}
    for members in chain.runs:
        runs += _wire_run(chain, members, scheme, size, shared, counted, {"memory": memory, "every": every, **options})
    _open_scopes(model, chain, trial, runs)
    marked = tuple(chain.calls[i].mark for run in chain.runs for i in run if chain.calls[i].mark)
    kept = len(chain.calls) - sum(map(len, chain.runs))
    return Rewired(chain.name, scheme, len(chain.calls), **counted, kept=kept, marked=marked)


def _wire_run(
    chain: Chain,
    members: Sequence[int],
    scheme: Scheme,
    size: int,
    shared: bool,
    counted: dict[str, int],
    options: dict[str, Any],
) -> list[Run]:
    """Groups of one step's evaluations, and Euler steps for what is left over."""
    steps, memory, every = len(members) // size, options.pop("memory"), options.pop("every")
    blocks = [_own(chain, i) for i in members]
    sizes = step_sizes(options.get("h", 1), steps + (len(members) - steps * size))
    runs = []
    if steps:
        placeholder = nn.Identity() if size == 1 else [nn.Identity() for _ in range(size)]
        stack = to_stack(scheme, [placeholder] * steps, **{**options, "h": sizes[:steps]}, shared=shared and size == 1)
        runs.append(
            _place(
                chain,
                members[: steps * size],
                blocks,
                scheme,
                stack,
                size,
                checked_memory(memory, every, stack.layers[-1]),  # type: ignore[arg-type]
            )
        )
        counted["taken"] += steps * size
        counted["steps"] += steps
        counted["starts"] += min(len(runs[0].starts), steps)
    if left := members[steps * size :]:
        stack = to_stack(EULER, [nn.Identity()] * len(left), h=sizes[steps:])
        runs.append(_place(chain, left, blocks[steps * size :], EULER, stack, 1, None))
        counted["euler"] += len(left)
    return runs


def _own(chain: Chain, i: int) -> nn.Module:
    """The block at a place; one that stands in several places gets a module of its own there, with the same weights."""
    key, block = chain.keys[i], chain.calls[i].block
    modules = chain.container._modules
    if any(modules[other] is block for other in chain.keys[:i]):
        made = object.__new__(type(block))
        made.__dict__.update(block.__dict__)
        for name, value in block.__dict__.items():
            if isinstance(value, dict):
                made.__dict__[name] = value.copy()
        modules[key] = block = made
    return block


def _place(
    chain: Chain,
    members: Sequence[int],
    blocks: Sequence[nn.Module],
    scheme: Scheme,
    stack: Stack,
    size: int,
    memory: Kept | None,
) -> Run:
    layers: list[Block] = list(stack.layers)  # type: ignore[arg-type]
    written: list[Written] = [(layer.key.scheme, layer.options.pattern) for layer in layers]
    full: Written = (scheme, None)
    starts = [w for w in written if w[1] is not None and w[1] != input_names(scheme.normal_form())]
    run = Run(chain.name, scheme, starts, full)
    if not layers[0].plan.is_explicit and size > 1:
        raise UnsupportedError(
            f"{scheme} solves for {size} evaluations together, which blocks called one by one cannot: use shared=True"
        )
    if size > 1 and any(layer.plan.evaluations != size for layer in layers):
        raise SchemeError(f"the start of {scheme} takes another number of blocks than its steps: use shared=True")
    for n, i in enumerate(members):
        step, evaluation = divmod(n, size)
        call = chain.calls[i]
        place = Place(
            run,
            chain.path(i),
            step,
            evaluation,
            size,
            written[step],
            slot=call.slot,
            whole=size == 1,
            clones=call.clones,
            mark=call.mark,
            memory=memory,
        )
        if chain.turns:
            _make_turn(chain.turns[i], place, layers[step] if evaluation == 0 else None)
            continue
        make_step(blocks[n], place, layers[step] if evaluation == 0 else None)
    return run


def _make_turn(calls: Sequence[Call], place: Place, step: Block | None) -> None:
    """The modules of a block whose sums are outside: the first opens it, the last is the step."""
    if place.memory is not None or (place.whole and lower(place.run.scheme).evaluations > 1):
        raise UnsupportedError(
            f"{place.name} has its sum outside of it, x = f(x) + x, so it is evaluated once per call: "
            "memory='store' and schemes that take one block per evaluation"
        )
    first, last = calls[0], calls[-1]
    if first is not last:
        make_step(first.block, replace(place, opens=True, slot=first.slot, programs={}), None)
    make_step(last.block, replace(place, opens=first is last, closes=True, slot=last.slot), step)


def _open_scopes(model: nn.Module, chain: Chain, trial: Trial | None, runs: list[Run]) -> None:
    """Let the module that runs the chain, the innermost that is called, know when it begins and ends."""
    path = chain.name
    while path:
        module = model.get_submodule(path)
        called = not isinstance(module, (nn.ModuleList, nn.ModuleDict)) if trial is None else module in trial.called
        if called:
            break
        path = path.rpartition(".")[0]
    home = model.get_submodule(path)
    home.register_forward_pre_hook(Enter(runs))
    home.register_forward_hook(Leave(runs), always_call=True)
