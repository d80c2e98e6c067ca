"""What a forward pass of a network costs: parameters, multiply-adds, branch evaluations, live states."""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from schemetools.analysis.properties.cost import cost as cost_of_scheme
from schemetools.nn.blocks.block import Block
from schemetools.nn.reading.given import Given, check_network


class ModelCost(NamedTuple):
    """Trained `parameters`, `multiply_adds` of one sample (None where no input is known), `depth` in branch
    evaluations, and the largest number of `live_states` of a step.

    >>> import schemetools as st
    >>> found = st.nn.cost(st.nn.models.build("resnet20"))
    >>> found.parameters, found.depth
    (272378, 9)
    """

    parameters: int
    multiply_adds: int | None
    depth: int
    live_states: int

    @property
    def branch_evaluations(self) -> int:
        """The depth: how often a forward pass evaluates a residual branch."""
        return self.depth


def cost(model: nn.Module, x: Any = None) -> ModelCost:
    """What one forward pass of a network costs; networks of equal `depth` evaluate equally many residual branches.

        depth = sum over the steps of the evaluations of their scheme, those that change the shape among them

    So a step of rk4 is as deep as four steps of Euler, whether its evaluations share a branch or not; an implicit stage
    counts once, however many iterations solve it, and a step that runs several times counts as often as it stands in
    the network. Live states: the most that a step keeps at one time, `st.cost(scheme).live_states`.
    `x`: an input as the network takes it, a batch of which one sample is counted; networks of `models.build` know one.
    Raises SchemeError for what is no network.

    >>> import schemetools as st
    >>> euler, rk4 = (st.nn.models.build("resnet56", scheme) for scheme in ("euler", "rk4"))
    >>> cost(euler).depth, cost(rk4).depth, cost(euler).multiply_adds == cost(rk4).multiply_adds
    (27, 27, True)
    """
    check_network(model, "cost(model)")
    steps = [module for module in model.modules() if isinstance(module, Block)]
    bare = [module for module in model.modules() if hasattr(module, "branches_of_its_own")]
    depth = sum(step.plan.evaluations for step in steps) + sum(m.branches_of_its_own for m in bare)  # type: ignore[misc]
    schemes = dict.fromkeys(step.written for step in steps)
    live = max([cost_of_scheme(scheme).live_states for scheme in schemes] + [2] * bool(bare))
    parameters = sum(p.numel() for p in model.parameters())
    return ModelCost(parameters, _multiply_adds(model, x), depth, live)


def _multiply_adds(model: nn.Module, x: Any) -> int | None:
    """Half the floating-point operations of convolutions, linear maps and attention, per sample."""
    if x is None:
        shape = getattr(model, "image", None)
        if shape is None:
            return None
        some = next(model.parameters())
        x = torch.zeros((1, *shape), dtype=some.dtype, device=some.device)
    given = Given(x, "cost")
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            given.run(model)
    finally:
        for module, mode in modes.items():
            module.training = mode
    first = next(t for t in tree_leaves((given.args, given.kwargs)) if isinstance(t, Tensor))
    return counter.get_total_flops() // 2 // len(first)
