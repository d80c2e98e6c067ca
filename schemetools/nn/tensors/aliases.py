"""Tensors that a module holds under several names: its state dict has each once, under the first name."""

import itertools
from typing import Any

from torch import nn


def aliases(module: nn.Module) -> dict[str, str]:
    """{later name of a parameter or buffer: its first name}."""
    first: dict[int, str] = {}
    found: dict[str, str] = {}
    held = itertools.chain(
        module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False)
    )
    for name, tensor in held:
        if first.setdefault(id(tensor), name) != name:
            found[name] = first[id(tensor)]
    return found


class StoredOnce(nn.Module):
    """A module whose state dict names each tensor once, as formats without shared memory need it."""

    def state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """The state dict, without later names; weights that have them load as well."""
        found = super().state_dict(*args, **kwargs)
        prefix = kwargs.get("prefix", args[1] if len(args) > 1 else "")
        for name in aliases(self):
            found.pop(f"{prefix}{name}", None)
        return found

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        for name, first in aliases(self).items():
            if f"{prefix}{name}" not in state_dict and f"{prefix}{first}" in state_dict:
                state_dict[f"{prefix}{name}"] = state_dict[f"{prefix}{first}"]
        super()._load_from_state_dict(state_dict, prefix, *args)
