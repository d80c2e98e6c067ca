"""States on a grid, where adding and subtracting are exact: what makes a step invertible bit by bit."""

import torch
from torch import Tensor

GRID_BITS = 40
"""Integer states are multiples of 2^-40, and stay below 2^20 in size."""

FLOAT_BITS = 30
"""States of single precision or less are sums of multiples of 2^-30, which float64 holds exactly up to 2^22."""

LIMIT = 2.0**20


def to_grid(x: Tensor) -> Tensor:
    """x rounded to integers, multiples of 2^-GRID_BITS; scaling by a power of two is exact in any binary format."""
    x = x.detach()
    x = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x  # 2^40 is more than a float16 holds
    return x.mul(2.0**GRID_BITS).round_().to(torch.int64)


def from_grid(u: Tensor, dtype: torch.dtype) -> Tensor:
    """The floating-point number nearest to the grid value."""
    single = u.to(torch.promote_types(dtype, torch.float32)).mul_(2.0**-GRID_BITS)
    return single.to(dtype)


def _copied(x: Tensor) -> Tensor:
    x = x.detach() if x.requires_grad else x
    return x.clone() if x.dtype == torch.float64 else x.double()


class IntegerGrid:
    """Sums kept as int64 multiples of 2^-GRID_BITS: for states in double precision."""

    enter = staticmethod(to_grid)
    value = staticmethod(from_grid)

    @staticmethod
    def add(u: Tensor, x: Tensor, factor: float, sign: int) -> None:
        """Add the rounded factor x to u, or with sign -1 take the same away."""
        u.add_(to_grid(x if factor == 1 else x.detach() * factor), alpha=sign)


class FloatGrid:
    """Sums kept as float64 multiples of 2^-FLOAT_BITS, exact and free of conversions: for states of lower precision."""

    @staticmethod
    def enter(x: Tensor) -> Tensor:
        """x rounded to the grid."""
        return _copied(x).mul_(2.0**FLOAT_BITS).round_().mul_(2.0**-FLOAT_BITS)

    @staticmethod
    def value(u: Tensor, dtype: torch.dtype) -> Tensor:
        """The floating-point number nearest to the grid value."""
        return u.to(dtype)

    @staticmethod
    def add(u: Tensor, x: Tensor, factor: float, sign: int) -> None:
        """Add the rounded factor x to u, or with sign -1 take the same away."""
        # One conversion, and the rest in its place, costs less than a sum of two dtypes.
        u.add_(_copied(x).mul_(factor * 2.0**FLOAT_BITS).round_(), alpha=sign * 2.0**-FLOAT_BITS)


def grid_of(dtype: torch.dtype) -> type[IntegerGrid] | type[FloatGrid]:
    """The grid on which sums of such states are exact and fine enough."""
    return IntegerGrid if dtype == torch.float64 else FloatGrid
