"""A network read as chains of steps: each layer's scheme, branches and incoming values for an input x."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from sympy import Symbol
from torch import Tensor, nn

from schemetools.codegen.plan import Eval, StepPlan
from schemetools.codegen.starting import input_names
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.exponential import ExponentialBlock
from schemetools.nn.blocks.stepped import Stepped
from schemetools.nn.reading.given import Given
from schemetools.nn.reading.shared import Shared
from schemetools.schemes.base import GeneralLinear, Scheme, labelled
from schemetools.schemes.moments import expectation


@dataclass(frozen=True)
class Layer:
    """One step of a scheme as it was taken: its block, where it stands, and the values that came in and went out.

    `vector` is the normal form's x: the state, then the history, newest first; `result` is the state after the step.
    """

    name: str
    index: int
    block: Block
    vector: tuple[Tensor, ...]
    result: Tensor

    @functools.cached_property
    def scheme(self) -> Scheme:
        """The layer's own scheme, learned values in place."""
        return self.block.scheme  # type: ignore[return-value]

    @property
    def written(self) -> Scheme:
        """The scheme as it was written, free symbols in place."""
        return type(self.block).written

    @property
    def averaged(self) -> Scheme:
        """The scheme as written with random coefficients at their means: what the step is in evaluation."""
        return averaged(self.written)

    @property
    def plan(self) -> StepPlan:
        """The program of the step."""
        return type(self.block).plan

    @property
    def h(self) -> float:
        """The step size."""
        return float(self.block.h)

    @property
    def state(self) -> Tensor:
        """The state before the step."""
        return self.vector[0]

    @property
    def is_start(self) -> bool:
        """Whether the step fills a history that is not there yet."""
        pattern = self.block.options.pattern
        return pattern is not None and pattern != input_names(self.written.frame())

    @functools.cached_property
    def values(self) -> dict[Symbol, float]:
        """The values of the free symbols that the step uses."""
        return {Symbol(symbol): coefficient_value(self.block, symbol) for symbol in self.block.trained()}

    @property
    def branches(self) -> list[Callable[[Tensor], Tensor]]:
        """The branch of each evaluation of the step, in order; one and the same where it is shared."""
        branch = self.block.branch
        if self.block.options.separate:
            return list(branch)[: self.plan.evaluations]  # behind them are those of an error estimate
        return [branch] * self.plan.evaluations

    @property
    def stages(self) -> list[int]:
        """The stage of the normal form for which each evaluation stands."""
        return [step.stage for step in self.plan.steps if isinstance(step, Eval)]


@dataclass(frozen=True)
class Chain:
    """Consecutive steps of one scheme, states of one shape."""

    name: str
    layers: tuple[Layer, ...]

    @property
    def title(self) -> str:
        """Its name in sentences; blocks that the network itself holds have none."""
        return self.name or "the network"

    @property
    def states(self) -> tuple[Tensor, ...]:
        """The hidden states u_0 .. u_N, layer i at t = i h."""
        return (*(layer.state for layer in self.layers), self.layers[-1].result)

    @property
    def scheme(self) -> Scheme:
        """The scheme of the chain as written, random coefficients at their means."""
        return self.layers[-1].averaged

    @property
    def h(self) -> float:
        """The step size. Raises UnsupportedError where it differs between layers."""
        sizes = {layer.h for layer in self.layers}
        if len(sizes) > 1:
            raise UnsupportedError(f"{self.title}: the step size varies over the layers; depth is read for one of them")
        return sizes.pop()


@functools.cache
def averaged(scheme: Scheme) -> Scheme:
    """A scheme with its random symbols at their means, as a general linear method; another scheme as it is."""
    if not scheme.random_symbols:
        return scheme
    means = {symbol: expectation(symbol) for symbol in scheme.random_symbols}
    form = scheme.frame()
    A, U, B, V = (tuple(tuple(c.subs(means) for c in row) for row in M) for M in (form.A, form.U, form.B, form.V))
    result = GeneralLinear(A, U, B, V, form.colours, parts=form.parts, **form._labels())
    return labelled(result, name=f"{scheme} in the mean")


def coefficient_value(block: Block, symbol: str) -> float:
    """The present value of a trained coefficient of a block. Raises UnsupportedError for one value per channel."""
    held = getattr(block, block.trained()[symbol])
    value = held() if isinstance(held, nn.Module) else held
    if value.numel() != 1:
        raise UnsupportedError(f"{symbol} has one value per channel; that is one scheme per channel, not one scheme")
    return float(value.detach())


def learned_coefficients(model: nn.Module) -> dict[str, float | list[float]]:
    """The trained coefficients of a model's blocks, {layer.symbol: value}; a list where there is one per channel."""
    found: dict[str, float | list[float]] = {}
    for name, block in model.named_modules():
        for symbol, attribute in block.trained().items() if isinstance(block, Block) else ():
            held = getattr(block, attribute)
            value = (held() if isinstance(held, nn.Module) else held).detach()
            found[f"{name}.{symbol}" if name else symbol] = (
                value.flatten().tolist() if value.numel() > 1 else float(value)
            )
    return found


def chain_of(home: nn.Module, name: str) -> Chain:
    """The chain of a module that holds `layers`, as it stands and without a run: no values came in, none went out."""
    nothing = torch.empty(0)
    blocks = [block for block in home.layers if isinstance(block, Block)]  # type: ignore[union-attr]
    return Chain(name, tuple(Layer(f"{name}.layers.{i}", i, block, (), nothing) for i, block in enumerate(blocks)))


def blocks_of(net: nn.Module) -> dict[nn.Module, str]:
    """The steps of a network and their names: blocks of schemes, and blocks of somebody else's that are steps.

    Raises SchemeError for a network without any, and UnsupportedError for one whose schemes have several fields.
    """
    held = {m.held() for m in net.modules() if isinstance(m, Stepped) and m.place.holder is not None}
    names: dict[nn.Module, str] = {
        module: name
        for name, module in net.named_modules()
        if isinstance(module, (Block, Stepped)) and module not in held
    }
    for module_name, module in net.named_modules():
        if isinstance(module, ExponentialBlock):
            raise UnsupportedError(
                f"{module_name or 'the network'} is a step of {module.scheme:}, an exponential method for "
                "u' = L u + N(u); what is read is written for u' = f(u): give a network of schemes such as euler or lm"
            )
    if not names:
        raise SchemeError(
            f"this {type(net).__name__} has no scheme in it: build it with to_stack or models.build, or rewire its "
            "residual blocks with convert(model, scheme)"
        )
    for block, name in names.items():
        fields = type(block).plan.fields if isinstance(block, Block) else ("f",)
        if isinstance(block, Block) and len(fields) == 1 and type(block).plan.parts > 1:
            raise UnsupportedError(
                f"{name or 'the network'} is a step of {type(block).written} for q'' = f(q), on a pair (q, q'); what "
                "is read is written for one state: give a network of schemes such as euler"
            )
        if len(fields) > 1:
            raise UnsupportedError(
                f"{name or 'the network'} is a step of {type(block).written}, which has several fields "  # type: ignore[attr-defined]
                f"({', '.join(fields)}); what is read is written for one field: give a network of schemes such as "
                "euler, lm or rk4"
            )
    return names


@torch.no_grad()
def read_chains(net: nn.Module, given: Given) -> list[Chain]:
    """Run a network on an input and read off its chains of steps, in the order in which they ran.

    Raises SchemeError as `blocks_of` does, and UnsupportedError for a state in several parts.
    """
    names = blocks_of(net)
    taken: list[Layer] = []
    shared = Shared(names)

    def record(block: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if isinstance(block, Stepped):
            if (found := shared.step(block, output)) is not None:
                taken.append(Layer(found.name, len(taken), found.block, found.vector, found.result))
            return
        state, *rest = (*args, *kwargs.values())
        history = tuple(rest[0]) if type(block).takes_history and rest and rest[0] is not None else ()  # type: ignore[attr-defined]
        result = output[0] if isinstance(output, tuple) else output
        if not isinstance(state, Tensor) or not isinstance(result, Tensor):
            raise UnsupportedError(f"{names[block]} carries its state in several parts; what is read is one tensor")
        taken.append(Layer(names[block], len(taken), block, (state, *history), result))  # type: ignore[arg-type]

    hooks = [block.register_forward_hook(record, with_kwargs=True) for block in names]  # type: ignore[union-attr]
    hooks += [b.register_forward_pre_hook(shared.begin, with_kwargs=True) for b in names if isinstance(b, Stepped)]
    try:
        given.run(net)
    finally:
        for hook in hooks:
            hook.remove()
    return _grouped(taken)


def _grouped(taken: Sequence[Layer]) -> list[Chain]:
    groups: list[list[Layer]] = []
    for layer in taken:
        last = groups[-1][-1] if groups else None
        if last is not None and last.result is layer.state and _kind(last) == _kind(layer):
            groups[-1].append(layer)
        else:
            groups.append([layer])
    return [Chain(_home(group[0]), tuple(group)) for group in groups]


def _kind(layer: Layer) -> tuple[str, Scheme]:
    return _home(layer), layer.written


def _home(layer: Layer) -> str:
    """The name of the module that holds the layer's block."""
    home = layer.name.rpartition(".")[0]
    return home.removesuffix(".layers") if home != "layers" else ""
