"""An existing residual network rewired by a scheme: its blocks become steps, its weights stay where they are."""

import functools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from schemetools.codegen.lower import lower
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.coefficients import usual_start
from schemetools.nn.blocks.constraints import constrained
from schemetools.nn.blocks.stepped import plain_steps
from schemetools.nn.reading.frozen import originals
from schemetools.nn.reading.given import check_network, check_numbers, check_values, not_taken
from schemetools.nn.rewiring.found import Chain, containers_of, found_chains, named_chains
from schemetools.nn.rewiring.trial import Trial, in_evaluation, run_on
from schemetools.nn.rewiring.wiring import OPTIONS, Rewired, wired
from schemetools.nn.stacks.continued import without_estimate
from schemetools.nn.tensors.copies import copied, tensors_of
from schemetools.schemes.base import Scheme, as_scheme


class Converted(nn.Module):
    """What the class of a converted network has in front of its own: it says what became of its blocks."""

    rewired: tuple[Rewired, ...]
    left_alone: tuple[str, ...]

    def extra_repr(self) -> str:
        """One line per chain."""
        said = [super().extra_repr(), *map(str, self.rewired), *self.left_alone]  # type: ignore[misc]
        return "\n".join(line for line in said if line)

    def compile(self, *args: Any, loop: bool = False, **kwargs: Any) -> None:
        """`torch.nn.Module.compile`. Raises UnsupportedError for `loop`, which is for stacks."""
        if loop:
            raise UnsupportedError(
                "compile(loop=True) is for a stack, to_stack(scheme, branches), whose layers it runs in a loop of its "
                "own; a converted network calls its blocks itself: use net.compile()"
            )
        super().compile(*args, **kwargs)  # type: ignore[misc]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (type(self).__mro__[2],), self.__getstate__()  # type: ignore[attr-defined]


@functools.cache
def _converted_class(base: type[nn.Module]) -> type[nn.Module]:
    labels = {"__module__": base.__module__, "__qualname__": base.__qualname__, "__doc__": base.__doc__}
    return type(base.__name__, (Converted, base), labels)


def _rebuild(base: type[nn.Module]) -> nn.Module:
    return object.__new__(_converted_class(base))


def convert(
    model: nn.Module,
    s: Any,
    stages: Sequence[str] | None = None,
    *,
    example: Any = None,
    memory: str = "store",
    every: int = 1,
    shared: bool = False,
    **options: Any,
) -> nn.Module:
    """A copy of a residual network whose blocks are steps of a scheme; the weights are those of the original.

    Each block stays in its container, under its name, and is called as before: with the state and what else it takes.
    It returns the state after its step, u + h F(u) for Euler with F(u) = B(u) - u; the history of a scheme travels with
    the state. `example` is an input of the network, a tensor, a tuple of its arguments or a dict of its keywords. On it
    the blocks are found and watched: each is called once, in order, on what the one before returned, and Euler's steps
    give the same output. Without it blocks are tried one by one on noise. `stages` names the containers of blocks by
    their paths, ["layer1", "layer2"]; with an example, and for models that are known, it may be left out.
    A scheme with s evaluations takes s blocks for each step, what is left over are Euler steps; with `shared` each
    block serves all evaluations of a step of its own, and a scheme of one evaluation has one coefficient for all.
    `memory`, `every` and the options h, init, bounds, start, constrain, gates, tol, max_iterations are those of
    `to_stack`; a scheme with the symbol k alone starts it in U(-0.1, 0). A block that changes the shape or has no
    identity path stays as it is, and the history starts again behind it. Compiled modules are taken as what was
    compiled: compile the result.
    Raises SchemeError for what does not fit, by the block's name, for an example that the network does not take, and
    where there is nothing to rewire.

    >>> import torch, schemetools as st
    >>> class Residual(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.f = torch.nn.Linear(3, 3)
    ...     def forward(self, x):
    ...         return x + self.f(x)
    >>> net, x = torch.nn.Sequential(*(Residual() for _ in range(3))), torch.ones(1, 3)
    >>> torch.equal(st.convert(net, st.lm(k=0), example=x)(x), net(x))
    True
    """
    check_network(model, "convert(model, scheme)")
    scheme = _checked(s, options)
    model = originals(model)
    _check_plain(model, stages)
    converted = copied(model, tensors_of(model))
    trial = None if example is None else _tried(converted, stages, example)
    expected = [] if trial is None else _tensors(trial.output)
    kept = {"memory": memory, "every": every, "shared": shared, **options}
    made, reasons = _rewired(converted, scheme, stages, trial, **kept)
    del trial  # its graph holds all that the run computed
    converted.__class__ = _converted_class(type(converted))
    converted.rewired, converted.left_alone = tuple(made), tuple(reasons)  # type: ignore[assignment]
    if example is not None:
        _prove(converted, expected, example)
    return converted


def _rewired(
    model: nn.Module, scheme: Scheme, stages: Sequence[str] | None, trial: Trial | None, *, shared: bool, **options: Any
) -> tuple[list[Rewired], list[str]]:
    """What became of the chains, whose blocks are turned into steps here, and why others are left alone."""
    size = 1 if shared else lower(scheme).evaluations
    history = scheme.frame().values > 1
    reasons: list[str] = []
    if stages is None:
        chains, reasons = found_chains(model, trial, 2 if history or size > 1 else 1)
    else:
        chains = named_chains(model, stages, trial)
    _check_room(chains, scheme, size, history=history)
    return [wired(model, chain, scheme, trial, size, shared=shared, **options) for chain in chains], reasons


def _checked(s: Any, options: dict[str, Any]) -> Scheme:
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise SchemeError(f"convert has no option {unknown[0]!r}; its options: {', '.join(OPTIONS)}")
    scheme = as_scheme(s)
    if len(scheme.frame().fields) != 1 or scheme.frame().parts != 1:
        raise UnsupportedError(f"{scheme} has several fields; a residual block is one field")
    scheme = without_estimate(constrained(scheme, options.get("constrain", ()))[0])
    options["init"] = usual_start(scheme, options.get("init"))
    return scheme


def _tried(model: nn.Module, stages: Sequence[str] | None, example: Any) -> Trial:
    """The run on the example, with all blocks watched that may be of a chain."""
    check_numbers(model, example, "convert with an example")
    check_values(example, "convert")
    modules = dict(model.named_modules())
    names = containers_of(model) if stages is None else [n for n in stages if n in modules]
    blocks = [block for name in names for block in modules[name].children()]
    blocks += [part for block in blocks if isinstance(block, nn.ModuleList) for part in block]
    try:
        return Trial(model, blocks, example)
    except SchemeError:
        raise
    except Exception as problem:  # whatever a foreign network raises on what it does not take
        raise not_taken("convert", "its example", example, problem) from problem


def _check_plain(model: nn.Module, stages: Sequence[str] | None) -> None:
    """Raise SchemeError for a network that is scripted, or built by schemes where convert is to work."""
    if isinstance(model, torch.jit.ScriptModule):
        raise UnsupportedError("a scripted network has no Python blocks to rewire; convert it before scripting")
    names = None if stages is None or isinstance(stages, str) else stages
    for name, module in model.named_modules():
        if isinstance(module, Block) and (names is None or any(f"{name}.".startswith(f"{n}.") for n in names)):
            home = name.rpartition(".")[0] or "the network"
            raise SchemeError(
                f"{home} is built by schemes already ({module.written}), and convert rewires plain residual blocks: "
                "build the network with another scheme, models.build(name, scheme) or to_stack(scheme, branches), "
                "convert the network that was converted first, or keep trained weights with retrofit(net, scheme=...)"
            )


def _check_room(chains: Sequence[Chain], scheme: Scheme, size: int, *, history: bool) -> None:
    """Raise SchemeError if a chain has too few blocks for one step of the scheme."""
    for chain in chains:
        longest = max(map(len, chain.runs))
        if longest < size:
            others = [c.name for c in chains if max(map(len, c.runs)) >= size]
            only = f", name only the chains that have room, stages={others}" if others else ""
            raise SchemeError(
                f"{scheme} takes {size} blocks for a step, and {chain.name or 'the network'} has {longest} in turn: "
                f"nothing but Euler steps would be left; use shared=True, which gives each block its own step{only}, "
                "or take a deeper network"
            )
    if history and all(len(run) < 2 for chain in chains for run in chain.runs):
        raise SchemeError(
            f"nothing to rewire: no chain has two blocks in turn, and the first step of {scheme} is its start, "
            "Euler's; take a deeper network"
        )


@torch.no_grad()
def _prove(converted: nn.Module, expected: Sequence[Tensor], example: Any) -> None:
    """Run the converted network on the example, with Euler's steps, which reproduce the output, and as it is."""
    with in_evaluation(converted):
        with plain_steps():
            found = run_on(converted, example)
        for a, b in zip(_tensors(found), expected, strict=True):
            if a.shape != b.shape or not _close(a, b):
                raise SchemeError(
                    "with Euler's steps the converted network does not reproduce the output of the original on the "
                    "example: its blocks are used in another way than one after the other; name only containers whose "
                    "blocks are called in turn, stages=[...]"
                )
        run_on(converted, example)


def _close(a: Tensor, b: Tensor) -> bool:
    if a.dtype == b.dtype and a.device == b.device and torch.equal(a, b):
        return True
    if not a.is_floating_point():
        return False
    eps, size = torch.finfo(b.dtype).eps ** 0.5, b.abs().max() if b.numel() else torch.zeros(())
    if bool(torch.isfinite(size)):
        return not b.numel() or bool((a - b).abs().max() <= eps * max(float(size), 1e-30))
    finite = torch.isfinite(b)
    if not torch.equal(torch.isfinite(a), finite):
        return False
    size = b[finite].abs().max() if finite.any() else torch.zeros(())
    return not finite.any() or bool((a - b)[finite].abs().max() <= eps * max(float(size), 1e-30))


def _tensors(value: Any) -> list[Tensor]:
    """The tensors in an output, through tuples, lists and mappings."""
    if isinstance(value, Tensor):
        return [] if value.is_nested or value.layout != torch.strided else [value.detach()]
    if isinstance(value, dict):
        return [t for v in value.values() for t in _tensors(v)]
    return [t for v in value for t in _tensors(v)] if isinstance(value, (tuple, list)) else []
