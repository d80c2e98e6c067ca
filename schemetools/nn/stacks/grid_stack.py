"""Steps of a discretisation one after the other, the history kept inside the call."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from schemetools.errors import SchemeError
from schemetools.nn.blocks.grid_block import GridBlock
from schemetools.nn.blocks.make import to_block
from schemetools.schemes.discretisation import Discretisation


class GridStack(nn.Module):
    """n steps of a scheme for a partial differential equation, u -> u; `to_stack` makes it."""

    def __init__(self, layers: Sequence[GridBlock]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, i: int) -> nn.Module:
        return self.layers[i]

    def forward(self, u: Tensor, *, states: bool = False) -> Any:
        """The state after the last step; with states=True all states, the first included."""
        history, seen = None, [u]
        for layer in self.layers:
            found = layer(u) if history is None else layer(u, history)
            u, history = found if isinstance(found, tuple) else (found, None)
            seen.append(u)
        return seen if states else u

    @property
    def schemes(self) -> tuple[Discretisation, ...]:
        """The scheme of each layer."""
        return tuple(layer.scheme for layer in self.layers)  # type: ignore[misc]


def grid_stack(scheme: Discretisation, layers: Any, **options: Any) -> GridStack:
    """n steps of a scheme with parameters of their own. Raises SchemeError unless `layers` is a number of steps."""
    if isinstance(layers, bool) or not isinstance(layers, int) or layers < 1:
        raise SchemeError(f"a stack of {scheme} takes the number of its steps where branches stand; {layers!r} came")
    cls = to_block(scheme)
    return GridStack([cls(**options) for _ in range(layers)])
