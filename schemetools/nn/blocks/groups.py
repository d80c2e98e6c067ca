"""Parameters in groups for an optimiser: weights decay, coefficients of schemes do not."""

from typing import Any

from torch import nn

from schemetools.nn.blocks.block import Block


def coefficients_of(net: nn.Module) -> list[nn.Parameter]:
    """The trained coefficients and step sizes of the blocks in a network, each once."""
    blocks = [m for m in net.modules() if isinstance(m, Block)]
    held = [p for block in blocks for p in _own(block)]
    return list({id(p): p for p in held}.values())


def _own(block: Block) -> list[nn.Parameter]:
    found = list(block.parameters(recurse=False))  # numbers, and the step size
    for name in block.trained().values():
        bounded = block._modules.get(name)
        found += [] if bounded is None else list(bounded.parameters())
    return found


def parameter_groups(
    net: nn.Module, *, weight_decay: float, coefficient_decay: float = 0.0, **options: Any
) -> list[dict[str, Any]]:
    """The parameters of a network in groups for an optimiser of torch: coefficients of schemes without weight decay.

    A decay is a prior that says weights are small; of k, theta or a step size nobody says that, and 0 may be another
    scheme: who wants it asks for it, as HO-ResNet's decayed factors do. `options` (lr, momentum) go into every group.

    >>> import torch, schemetools as st
    >>> stack = st.to_stack(st.lm(), [torch.nn.Linear(4, 4) for _ in range(3)], init={"k": -0.05})
    >>> [(len(group["params"]), group["weight_decay"]) for group in st.nn.parameter_groups(stack, weight_decay=1e-4)]
    [(6, 0.0001), (2, 0.0)]
    """
    coefficients = coefficients_of(net)
    apart = {id(p) for p in coefficients}
    weights = [p for p in net.parameters() if id(p) not in apart]
    groups = [(weights, weight_decay), (coefficients, coefficient_decay)]
    return [{"params": params, "weight_decay": decay, **options} for params, decay in groups if params]
