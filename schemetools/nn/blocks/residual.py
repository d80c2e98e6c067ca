"""The branch inside a residual block of somebody else's: F(x) = B(x) - x."""

from typing import Any

from torch import Tensor, nn

from schemetools.errors import SchemeError

POST_ACTIVATION = "post-activation, relu(x + F(x)): not steps of the scheme"


class Residual(nn.Module):
    """The branch inside a residual block B: F(x) = B(x) - x, whatever B is made of; B's weights are used as they are.

    With `post_activation` the block is relu(x + F(x)): this F is then not the block's own branch, and the step not the
    step of the scheme that was meant.
    """

    def __init__(self, block: nn.Module, *, post_activation: bool = False, writes_input: bool = False) -> None:
        super().__init__()
        self.block, self.post_activation, self.writes_input = block, post_activation, writes_input
        self.extras: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def forward(self, x: Tensor) -> Tensor:
        """B(x) - x."""
        args, kwargs = self.extras
        y = first_of(self.block(x.clone() if self.writes_input else x, *args, **kwargs))
        if y.shape != x.shape:
            raise SchemeError(
                f"a {type(self.block).__name__} changes the shape {tuple(x.shape)} to {tuple(y.shape)} inside a chain; "
                "give convert an example input, example=x, so that it sees where shapes change"
            )
        return y - x


def first_of(value: Any) -> Any:
    """The hidden state in what a block returns: the value, or the first of a tuple."""
    return value[0] if isinstance(value, tuple) else value
