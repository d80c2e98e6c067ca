"""Where the chains of a network stand, and how other steps are put in their place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.residual import Residual, state_in
from schemetools.nn.blocks.stepped import Stepped
from schemetools.nn.reading.chains import Chain, Layer, chain_of
from schemetools.nn.reading.given import Given
from schemetools.nn.reading.shared import with_branches
from schemetools.nn.rewiring.trial import in_evaluation
from schemetools.nn.stacks.continued import Continued, TakesHistory
from schemetools.nn.stacks.stack import Stack


@dataclass
class Home:
    """A chain as it stands: its name, its layers, and the stack that it is, or the blocks that take its steps."""

    name: str
    chain: Chain
    module: nn.Module | None = None
    blocks: tuple[str, ...] = ()
    slot: int | str = 0
    tuples: int = 0

    def put(self, net: nn.Module, chain: nn.Module) -> nn.Module:
        """The network with other steps in this chain's place."""
        if not self.blocks:
            return _set(net, self.name, chain)
        first, *others = self.blocks
        net = _set(net, first, Steps(chain, net.get_submodule(first), self.slot, self.tuples))
        for name in others:
            net = _set(net, name, Steps(None, net.get_submodule(name), self.slot, self.tuples))
        return net


def _set(net: nn.Module, name: str, module: nn.Module) -> nn.Module:
    if not name:
        return module
    parent, _, last = name.rpartition(".")
    net.get_submodule(parent).add_module(last, module)
    return net


class Steps(nn.Module):
    """In the place of the first block of a chain all of its new steps; in that of the others, None: the state goes on.

    It has the attributes of the block that stood there.
    """

    def __init__(self, steps: nn.Module | None, block: nn.Module, slot: int | str, tuples: int) -> None:
        super().__init__()
        self.steps, self.slot, self.tuples = steps, slot, tuples
        self.__dict__["stood_here"] = block

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The state after the last step, in a tuple where the blocks return one."""
        slot, x = state_in(self.slot, args, kwargs)
        if self.steps is not None:
            rest = args[1:] if isinstance(slot, int) else args
            none = ((),) if isinstance(self.steps, TakesHistory) else ()
            x = self.steps(x, *none, *rest, **{key: v for key, v in kwargs.items() if key != slot})
        return (x, *(None,) * (self.tuples - 1)) if self.tuples else x

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.__dict__["stood_here"], name)


def homes_of(net: nn.Module, given: Given | None) -> list[Home]:
    """The chains of a network in their order; those of a converted one with what its blocks are called with."""
    homes = [
        Home(name, chain_of(module, name), module)
        for name, module in net.named_modules()
        if isinstance(module, (Stack, Continued))
    ]
    elements = {name: m for name, m in net.named_modules() if isinstance(m, Stepped)}
    calls = _calls(net, elements, given) if elements and given is not None else {}  # type: ignore[arg-type]
    runs: dict[int, list[tuple[str, Any]]] = {}
    for name, element in elements.items():
        runs.setdefault(id(element.place.run), []).append((name, element))
    return homes + [_run_home(members, calls) for members in runs.values()]


def _calls(net: nn.Module, elements: Mapping[str, nn.Module], given: Given) -> dict[str, tuple[Any, Any, Any]]:
    """{name: (args, kwargs, output)} of the blocks in a run on the input."""
    seen: dict[str, tuple[Any, Any, Any]] = {}

    def noting(name: str) -> Any:
        return lambda module, args, kwargs, output: seen.update({name: (args, kwargs, output)})

    hooks = [m.register_forward_hook(noting(name), with_kwargs=True) for name, m in elements.items()]
    try:
        with in_evaluation(net), torch.no_grad():
            given.run(net)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def _run_home(members: list[tuple[str, Any]], calls: Mapping[str, tuple[Any, Any, Any]]) -> Home:
    nothing = torch.empty(0)
    layers, branches = [], []
    first = members[0][1].place
    for name, element in members:
        place = element.place
        if place.opens or place.closes:
            raise UnsupportedError(f"{name} has its sum outside of it, x = f(x) + x; retrofit takes blocks x + F(x)")
        args, kwargs, output = calls.get(name, ((), {}, None))
        _check_alike(name, calls.get(members[0][0]), (args, kwargs), output)
        branches.append(Residual(element.plain(), place.slot, args, kwargs, mark=place.mark, clones=place.clones))
        if place.evaluation == 0:
            held = element.held()
        if place.whole or place.evaluation + 1 == place.evaluations:
            layers.append(Layer(name, len(layers), with_branches(held, branches), (), nothing))
            branches = []
    output = calls[members[0][0]][2] if calls else None
    tuples = len(output) if isinstance(output, tuple) else 0
    chain = Chain(first.run.name, tuple(layers))
    return Home(first.run.name, chain, None, tuple(name for name, _ in members), first.slot, tuples)


def _check_alike(name: str, first: Any, called: tuple[Any, Any], output: Any) -> None:
    """Raise UnsupportedError where blocks differ in what they take, or return more than a state."""
    if first is None:
        return
    mine, others = (_rest(args, kwargs) for args, kwargs in (called, first[:2]))
    if len(mine) != len(others) or any(not _same(a, b) for a, b in zip(mine, others, strict=True)):
        raise UnsupportedError(
            f"{name} is called with other arguments than the first block of its chain, and steps between blocks have "
            "none of their own; retrofit takes chains whose blocks are all called with the same"
        )
    if isinstance(output, tuple) and any(value is not None for value in output[1:]):
        raise UnsupportedError(
            f"{name} returns more than its state, which other steps than its own have not: retrofit takes blocks that "
            "return a state"
        )
    if not isinstance(output, (Tensor, tuple)):
        raise SchemeError(f"{name} returns a {type(output).__name__}; retrofit takes blocks that return a state")


def _rest(args: Any, kwargs: Any) -> list[Any]:
    rest = [*args[1:], *(v for _, v in sorted(kwargs.items()))]
    return rest if args else rest[:]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return a is b or (isinstance(a, Tensor) and isinstance(b, Tensor) and a.shape == b.shape and torch.equal(a, b))
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(_same, a, b))
    return type(a) is type(b) and (a is b or a == b or not isinstance(a, (int, float, str, bool)))
