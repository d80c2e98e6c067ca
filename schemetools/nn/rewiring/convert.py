"""An existing residual network rewired by a scheme: its blocks become branches, its weights stay where they are."""

import copy
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from torch import Tensor, nn

from schemetools.codegen.lower import lower
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.residual import POST_ACTIVATION, Residual, first_of
from schemetools.nn.reading.given import check_network
from schemetools.nn.rewiring.observe import Seen, observe
from schemetools.nn.stacks.continued import EULER, TakesHistory, without_estimate
from schemetools.nn.stacks.stack import Stack, to_stack
from schemetools.schemes.base import Scheme, as_scheme

# Where the models that are known keep their residual blocks, by the path of the container.
KNOWN = (
    r"(.*\.)?encoder\.stages\.\d+\.layers",  # transformers: ResNet, RegNet
    r"(.*\.)?encoder\.layer",  # transformers: ViT before version 5
    r"(.*\.)?layer[1-4]",  # torchvision and timm: ResNet
    r"(.*\.)?encoder\.layers",  # torchvision: ViT
    r"(.*\.)?stages\.\d+(\.blocks)?",  # timm: ConvNeXt, RegNet
    r"(.*\.)?blocks",  # timm: ViT
    r"(.*\.)?layers",  # transformers: ViT
)


class Converted(nn.Module):
    """What stands in the place of a container's blocks: single blocks that change shape, and stacks between them.

    A block that changes shape, relu aside, is a projected Euler step and stays as it is; the history starts behind it.
    """

    def __init__(self, parts: Sequence[nn.Module], *, returns_tuple: bool = False) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.returns_tuple = returns_tuple

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Any:
        """The state after the last block; what else the blocks were called with is handed to each of them."""
        held = [m for m in self.modules() if isinstance(m, Residual)] if args or kwargs else []
        for branch in held:
            branch.extras = (args, kwargs)
        try:
            for part in self.parts:
                x = part(x) if isinstance(part, (Stack, TakesHistory)) else first_of(part(x, *args, **kwargs))
        finally:
            for branch in held:
                branch.extras = ((), {})
        return (x,) if self.returns_tuple else x

    def extra_repr(self) -> str:
        """Where the steps are not those of the scheme."""
        branches = [m for m in self.modules() if isinstance(m, Residual)]
        marked = sum(branch.post_activation for branch in branches)
        return f"{marked} of {len(branches)} blocks are {POST_ACTIVATION}" if marked else ""


def convert(
    model: nn.Module,
    s: Any,
    stages: Sequence[str] | None = None,
    *,
    example: Any = None,
    **options: Any,
) -> nn.Module:
    """A copy of a residual network whose chains of residual blocks are wired by a scheme; the weights are its own.

    `stages` names the containers (Sequential or ModuleList) of residual blocks by their path, ["layer1", "layer2"]; for
    models of transformers, torchvision and timm it may be left out. `example`: an input with which the model is run
    once, so that every block is seen at work; without it a block is tried on noise of the size of its weights.
    `options` are those of `to_stack` (h, init, bounds, start); a scheme with the symbol k alone starts it in U(-0.1,
    0). Blocks are anything with y = block(x); one that changes shape stays, and the history starts again behind it.
    A scheme with several evaluations takes blocks in groups, what is left over are Euler steps.
    Raises SchemeError for a path that is not there, a container without blocks, a block that cannot be tried, or
    blocks that a scheme wires already.
    """
    check_network(model, "convert(model, scheme)")
    scheme = as_scheme(s)
    if len(scheme.normal_form().fields) != 1 or scheme.normal_form().parts != 1:
        raise UnsupportedError(f"{scheme} has several fields; a residual block is one field")
    if {str(symbol) for symbol in scheme.free_symbols} == {"k"}:
        options.setdefault("init", {"k": (-0.1, 0.0)})
    names = _stages(model, stages)
    _check_unwired(model, names)
    shared: dict[int, Any] = {id(t): t for t in (*model.parameters(), *model.buffers())}
    converted = copy.deepcopy(model, shared)
    containers = {name: converted.get_submodule(name) for name in names}
    seen = observe(converted, [block for container in containers.values() for block in container.children()], example)
    for name, container in containers.items():
        parent, _, last = name.rpartition(".")
        kind = nn.Sequential if isinstance(container, nn.Sequential) else lambda part: nn.ModuleList([part])
        setattr(
            converted.get_submodule(parent), last, kind(_rewired(list(container.children()), scheme, seen, options))
        )
    return converted


def _check_unwired(model: nn.Module, names: Sequence[str]) -> None:
    for name in names:
        wired = next((m for m in model.get_submodule(name).modules() if isinstance(m, Block)), None)
        if wired is not None:
            raise SchemeError(
                f"{name} is built by schemes already ({wired.written}), and convert rewires plain residual blocks: "
                "build the network with another scheme, models.build(name, scheme) or to_stack(scheme, branches), "
                "convert the network that was converted first, or keep trained weights with retrofit(net, scheme=...)"
            )


def _rewired(
    blocks: Sequence[nn.Module], scheme: Scheme, seen: dict[nn.Module, Seen], options: dict[str, Any]
) -> Converted:
    """Blocks that change shape as they are, runs of the others as stacks."""
    parts: list[nn.Module] = []
    for changes, run in groupby(blocks, key=lambda block: seen[block].changes_shape):
        members = list(run)
        parts += members if changes else _stacks([_residual(block, seen[block]) for block in members], scheme, options)
    return Converted(parts, returns_tuple=seen[blocks[-1]].returns_tuple)


def _residual(block: nn.Module, found: Seen) -> Residual:
    return Residual(block, post_activation=found.post_activation, writes_input=found.writes_input)


def _stacks(branches: list[Residual], scheme: Scheme, options: dict[str, Any]) -> Iterator[Stack]:
    """Branches in groups of one step's evaluations, and Euler steps for what is left over."""
    scheme = without_estimate(scheme)
    size = lower(scheme).evaluations
    steps = len(branches) // size
    groups = [branches[i * size : (i + 1) * size] for i in range(steps)]
    if groups:
        yield to_stack(scheme, [group[0] if size == 1 else group for group in groups], **options)
    if left := branches[steps * size :]:
        yield to_stack(EULER, left, h=options.get("h", 1))


def _stages(model: nn.Module, stages: Sequence[str] | None) -> list[str]:
    containers = {
        name: m for name, m in model.named_modules() if isinstance(m, (nn.Sequential, nn.ModuleList)) and name
    }
    if stages is None:
        for pattern in KNOWN:
            found = [name for name in containers if re.fullmatch(pattern, name)]
            if found:
                return found
        raise SchemeError(
            f"a {type(model).__name__} is no model whose residual blocks are known here; name the containers of its "
            f"blocks, stages=[...]: {', '.join(containers) or 'it has no Sequential or ModuleList'}"
        )
    if isinstance(stages, str) or not stages:
        raise SchemeError(f"stages is a list of paths such as ['layer1', 'layer2']; {stages!r} came")
    for name in stages:
        if name not in containers:
            raise SchemeError(f"the model has no container {name!r}; it has {', '.join(containers) or 'none'}")
        if len(containers[name]) == 0:  # type: ignore[arg-type]
            raise SchemeError(f"the container {name!r} has no blocks in it")
    return list(stages)
