"""The chains of a network: containers whose blocks are called in turn, each on what the one before returned."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from torch import nn

from schemetools.errors import SchemeError
from schemetools.nn.rewiring.paths import NO_PATH
from schemetools.nn.rewiring.trial import Call, Trial, follows, tried_on_noise, turns_of

# Where the models that are known keep their residual blocks, by the path of the container.
KNOWN = (
    r"(.*\.)?encoder\.stages\.\d+\.layers",  # transformers: ResNet, RegNet
    r"(.*\.)?(encoder|decoder)\.(layer|layers|block)",  # transformers; torchvision: ViT
    r"(.*\.)?layer[1-4]",  # torchvision and timm: ResNet
    r"(.*\.)?stages\.\d+(\.blocks)?",  # timm: ConvNeXt, RegNet
    r"(.*\.)?blocks",  # timm: ViT
    r"(.*\.)?layers",  # transformers: ViT, Llama
    r"(.*\.)?h",  # GPT-2
)
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


class NotInTurnError(SchemeError):
    """Blocks that could be steps are not called in turn."""


@dataclass
class Chain:
    """A container of blocks: the keys of its blocks, how each was called, and the runs of those that can be steps."""

    name: str
    container: nn.Module
    keys: list[str]
    calls: list[Call]
    runs: list[list[int]] = field(default_factory=list)
    turns: list[list[Call]] = field(default_factory=list)

    def path(self, i: int) -> str:
        """The name of a block in the network."""
        return f"{self.name}.{self.keys[i]}" if self.name else self.keys[i]


def containers_of(model: nn.Module) -> dict[str, nn.Module]:
    """The containers of a network by their paths, the network itself if it is one."""
    return {name: m for name, m in model.named_modules(remove_duplicate=False) if isinstance(m, CONTAINERS)}


def named_chains(model: nn.Module, stages: Sequence[str], trial: Trial | None) -> list[Chain]:
    """The chains of the containers that were named. Raises SchemeError where one is none."""
    containers = containers_of(model)
    if isinstance(stages, str) or not stages:
        raise SchemeError(f"stages is a list of paths such as ['layer1', 'layer2']; {stages!r} came")
    modules = dict(model.named_modules(remove_duplicate=False))
    for name in stages:
        if name not in containers and (name not in modules or not list(modules[name].children())):
            known = ", ".join(n for n in containers if n)
            raise SchemeError(f"the model has no container {name!r}; it has {known or 'none'}")
        if len(list(modules[name].children())) == 0:
            raise SchemeError(f"the container {name!r} has no blocks in it")
    found = []
    for name in dict.fromkeys(stages):
        inner = next(
            (other for other in stages if name != other and name.startswith(f"{other}." if other else "")), None
        )
        if inner is not None:
            raise SchemeError(f"{name} lies inside {inner}, whose blocks are steps as a whole: name one of the two")
        try:
            chain = _chain(name, modules[name], trial)
        except NotInTurnError as problem:
            raise SchemeError(str(problem)) from None
        if not chain.runs:
            raise SchemeError(f"nothing to rewire in {name!r}: {_why_none(chain)}")
        found.append(chain)
    return found


def found_chains(model: nn.Module, trial: Trial | None, least: int) -> tuple[list[Chain], list[str]]:
    """The outermost containers that are chains of `least` blocks in turn or more, and why others are left alone.

    Raises SchemeError if there is none at all.
    """
    containers = containers_of(model)
    if trial is None:
        known = {n: m for n, m in containers.items() if any(re.fullmatch(pattern, n) for pattern in KNOWN)}
        if not known:
            raise SchemeError(
                f"a {type(model).__name__} is no model whose residual blocks are known here; give an input of it, "
                "example=x, on which they are found, or name the containers of its blocks, stages=[...]: "
                f"{', '.join(n for n in containers if n) or 'it has no Sequential or ModuleList'}"
            )
        containers = known
    found: list[Chain] = []
    reasons: list[str] = []
    refused: list[str] = []
    inside: set[nn.Module] = set()
    for name, container in containers.items():
        if container in inside or not len(container):  # type: ignore[arg-type]
            continue
        try:
            chain = _chain(name, container, trial)
        except NotInTurnError as problem:
            reasons.append(str(problem))
            refused.append(f"{name}: left as it is, since {problem}")
            continue
        except SchemeError as problem:
            if trial is None:
                raise
            reasons.append(str(problem))
            continue
        if not chain.runs or max(map(len, chain.runs)) < least:
            reasons.append(f"{name}: {_why_none(chain)}")
            continue
        found.append(chain)
        calls = [c for turn in chain.turns for c in turn] or [chain.calls[i] for run in chain.runs for i in run]
        inside |= {m for call in calls for m in call.block.modules()} | set(container.children() if chain.turns else ())
    if not found:
        raise SchemeError(
            f"nothing to rewire in this {type(model).__name__}: no container has blocks x + F(x) in turn that make a "
            f"step of the scheme ({'; '.join(reasons[:4]) or 'it has no containers'})"
        )
    return found, refused


def _chain(name: str, container: nn.Module, trial: Trial | None) -> Chain:
    keys = [key for key, m in container._modules.items() if m is not None]
    blocks = [container._modules[key] for key in keys]
    if trial is not None and (turns := turns_of(blocks, trial)):  # type: ignore[arg-type]
        for call in (c for turn in turns for c in turn):
            call.mark = ""  # x + f(x), by the sums that the loop makes
        return Chain(name, container, keys, [turn[0] for turn in turns], [list(range(len(turns)))], turns)
    tried = (tried_on_noise(block) for block in blocks) if trial is None else _calls(name, keys, blocks, trial)  # type: ignore[arg-type]
    calls = list(tried)
    chain = Chain(name, container, keys, calls)
    run: list[int] = []
    for i, call in enumerate(calls):
        if call.changes or call.mark == NO_PATH:
            run = []
            continue
        if run and trial is not None and not follows(calls[i - 1], call):
            raise NotInTurnError(
                f"{chain.path(i)} is not called on what {chain.path(i - 1)} returns: something works on the state "
                "between these blocks (a skip, a sum, another block), which a scheme knows nothing of; name only "
                "containers whose blocks are called in turn, stages=[...]"
            )
        if not run:
            chain.runs.append(run)
        run.append(i)
    return chain


def _calls(name: str, keys: Sequence[str], blocks: Sequence[nn.Module], trial: Trial) -> Iterator[Call]:
    """The call of each block; each place of one block that stands in several has a call of its own."""
    used: dict[nn.Module, int] = {}
    order = {id(call): n for n, call in enumerate(trial.calls)}
    last = -1
    for key, block in zip(keys, blocks, strict=True):
        path = f"{name}.{key}" if name else key
        calls = trial.by_block.get(block, [])
        n = used.get(block, 0)
        if n >= len(calls) and block in trial.on_complex:
            raise SchemeError(
                f"{path}, a {type(block).__name__}, is called with complex numbers, and complex networks are not "
                "converted: stack the real and the imaginary part in a tensor of floats"
            )
        if n >= len(calls):
            raise SchemeError(
                f"running the model on the example did not reach {path}, a {type(block).__name__}, with a state "
                "(a tensor of floats as its first argument)"
            )
        places = sum(other is block for other in blocks)
        if len(calls) != places:
            raise NotInTurnError(
                f"{path}, a {type(block).__name__}, is called {len(calls)} times in one run of the network; a block "
                "is one step, called once: put it into the container as often as it is called"
            )
        used[block] = n + 1
        if order[id(calls[n])] < last:
            raise NotInTurnError(
                f"{path} is called before the block in front of it: the blocks of {name or 'the network'} do not run "
                "in their order; put them into a container in the order in which they run"
            )
        last = order[id(calls[n])]
        yield calls[n]


def _why_none(chain: Chain) -> str:
    kept = [call for call in chain.calls if not call.changes]
    if not kept:
        return "every block changes the shape of the state"
    if all(call.mark == NO_PATH for call in kept):
        return "its blocks have no identity path, they are not x + F(x)"
    return "its blocks do not make a step of the scheme"
