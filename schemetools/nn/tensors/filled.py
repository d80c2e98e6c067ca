"""A module evaluated with other weights than its own, many times."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


class Filled:
    """What `torch.func.functional_call` computes; where the module's weights are held is found once.

    >>> import torch
    >>> Filled(torch.nn.Linear(1, 1))({"weight": torch.eye(1), "bias": torch.ones(1)}, torch.ones(1, 1))
    tensor([[2.]])
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        names: dict[int, str] = {}
        self.slots: list[tuple[dict[str, Any], str, str, Any]] = []  # those of a tied weight have one name
        for path, part in module.named_modules():
            for held in (part._parameters, part._buffers):
                for key, tensor in held.items():
                    if tensor is not None:
                        name = names.setdefault(id(tensor), f"{path}.{key}" if path else key)
                        self.slots.append((held, key, name, tensor))  # type: ignore[arg-type]

    def __call__(self, weights: Mapping[str, Tensor], *args: Any, **kwargs: Any) -> Any:
        """The module with these weights, by the names of `named_parameters` and `named_buffers`."""
        for held, key, name, _ in self.slots:
            held[key] = weights[name]
        try:
            return self.module(*args, **kwargs)
        finally:
            for held, key, _, tensor in self.slots:
                held[key] = tensor
