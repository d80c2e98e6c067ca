"""Parameters that FSDP has cut into shards: outside of the module that puts them together nothing can use them."""

from collections.abc import Iterable

from torch import Tensor, nn

WHOLE = (
    "FSDP shards parts of this {what} by themselves, which {why} does not put together: shard the whole, "
    "fully_shard({what}), or use {other}"
)


def is_shard(t: Tensor) -> bool:
    """Whether a tensor is distributed over processes; its type is not imported, which takes long."""
    return type(t).__name__ == "DTensor"


def sharded(modules: Iterable[nn.Module]) -> bool:
    """Whether a parameter of these modules themselves is a shard now."""
    return any(p is not None and is_shard(p) for m in modules if m._parameters for p in m._parameters.values())
