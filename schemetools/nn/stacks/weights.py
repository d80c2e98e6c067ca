"""Weights of a network trained with one scheme, in the same network with another."""

import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from schemetools.errors import SchemeError
from schemetools.nn.blocks.block import Block

_COEFFICIENT = re.compile(r"(.*\.)?layers\.\d+\.(?!branch\.)\w+(\.free|\.origin)?")


def load_branches(net: nn.Module, weights: nn.Module | Mapping[str, Any], *, drop: bool = False) -> tuple[str, ...]:
    """Load weights trained with another scheme; the coefficients that they lack keep their start, and are returned.

    `weights`: a state dict, or the module itself. Tensors are taken by name, or where a scheme groups branches in
    another way (four to a step of rk4), in the order of evaluation, if all names behind the branch and shapes agree.
    Euler's weights in lm with init={"k": 0.0} are then the same network. With `drop`, trained coefficients that the
    network has no place for are left out. Nothing is loaded unless all fits; raises SchemeError for what does not.

    >>> import torch, schemetools as st
    >>> euler = st.to_stack(st.euler, [torch.nn.Linear(4, 4) for _ in range(4)])
    >>> rk4 = st.to_stack(st.rk4, [[torch.nn.Linear(4, 4) for _ in range(4)]])
    >>> st.nn.load_branches(rk4, euler)
    ()
    >>> bool((rk4.layers[0].branch[3].weight == euler.layers[3].branch.weight).all())
    True
    """
    given = dict(weights.state_dict() if isinstance(weights, nn.Module) else weights)
    own = net.state_dict()
    coefficients = _coefficients(net)
    lost = [key for key in given if key not in own and _COEFFICIENT.fullmatch(key)]
    if lost and not drop:
        raise SchemeError(
            f"the weights have trained coefficients ({lost[0]}, ...) that this network has no place for: "
            "retrofit(net, scheme=...) keeps what they do, drop=True leaves them out"
        )
    pairs = _paired(
        [key for key in own if key not in coefficients],
        [key for key in given if key not in lost and key not in coefficients],
        given,
        own,
    )
    shared = {key: key for key in coefficients if key in given}
    for key in shared:
        if given[key].numel() != own[key].numel():
            raise SchemeError(_unlike(key, key, given, own))
    with torch.no_grad():
        for key, source in (pairs | shared).items():
            own[key].copy_(given[source].reshape(own[key].shape))
    return tuple(key for key in coefficients if key not in given)


def _coefficients(net: nn.Module) -> list[str]:
    """The names of coefficients and trained step sizes."""
    found = []
    for name, block in net.named_modules():
        if isinstance(block, Block):
            prefix = f"{name}." if name else ""
            found += [f"{prefix}{key}" for key in block.state_dict() if not key.startswith("branch.")]
    known = net.state_dict()
    return [key for key in dict.fromkeys(found) if key in known]


def _paired(
    own_keys: list[str], given_keys: list[str], given: Mapping[str, Tensor], own: Mapping[str, Tensor]
) -> dict[str, str]:
    """{name in the network: name in the weights}."""
    if set(own_keys) == set(given_keys):
        pairs = {key: key for key in own_keys}
    elif len(own_keys) != len(given_keys):
        raise SchemeError(
            f"the weights have {len(given_keys)} tensors beside coefficients, the network {len(own_keys)}: they are of "
            "another network"
        )
    else:
        pairs = dict(zip(own_keys, given_keys, strict=True))
    for key, source in pairs.items():
        if given[source].shape != own[key].shape or not _alike(key, source):
            raise SchemeError(_unlike(key, source, given, own))
    return pairs


def _alike(a: str, b: str) -> bool:
    """Whether two names agree behind the branch, a number of the evaluation aside."""
    a, b = (name.rpartition("branch.")[2] for name in (a, b))
    return a == b or a.endswith(f".{b}") or b.endswith(f".{a}")


def _unlike(key: str, source: str, given: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> str:
    return (
        f"the weights are of another network: {source} of shape {tuple(given[source].shape)} came for {key} of shape "
        f"{tuple(own[key].shape)}"
    )
