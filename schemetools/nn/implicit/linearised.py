"""The Jacobian of a branch at the state, which the stages of a Rosenbrock step solve with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from schemetools.errors import UnsupportedError
from schemetools.nn.implicit.stages import full_precision
from schemetools.nn.tensors.products import push
from schemetools.nn.tensors.replay import Draws, counting

MOST = 4096


class Linearised:
    """J = f'(x), as a matrix on the entries of x, one column per product J v by forward mode; and f_t of f(t, u).

    States in half precision are solved for in single precision.
    """

    def __init__(
        self, f: Callable[..., Tensor], x: Tensor, inputs: Sequence[Any], named: Mapping[str, Any], t: Any = None
    ) -> None:
        n = x.numel()
        if n > MOST:
            raise UnsupportedError(
                f"a state of {n} numbers came; a Rosenbrock step solves directly with its Jacobian, for at most {MOST} "
                "numbers in all samples together: give smaller batches, or an implicit scheme such as sdirk2"
            )
        if counting(f.modules() if isinstance(f, torch.nn.Module) else ()):
            raise UnsupportedError(
                "a branch with running statistics in training has no Jacobian of its own; call .eval() on these layers"
            )
        self.like, kind = x, torch.float32 if x.dtype in (torch.float16, torch.bfloat16) else x.dtype
        self._time = None if t is None else torch.as_tensor(t, dtype=x.dtype, device=x.device)
        self._factors: list[tuple[Any, Any]] = []
        before = Draws(x)
        with full_precision(x):
            self._at = (
                (lambda time, u: f(u, *inputs, **named))
                if t is None
                else (lambda time, u: f(time, u, *inputs, **named))
            )
            basis = torch.eye(n, dtype=x.dtype, device=x.device).reshape(n, *x.shape)
            columns = torch.vmap(lambda v: push(lambda u: self._at(self._time, u), (x,), (v,)), randomness="same")(
                basis
            )
            self.in_time = None
            if self._time is not None:
                self.in_time = push(lambda time: self._at(time, x), (self._time,), (torch.ones_like(self._time),)).to(
                    kind
                )
        if not before.same_as(Draws(x)):
            raise UnsupportedError("a branch that draws random numbers has no Jacobian of its own; call .eval() on it")
        self.matrix = columns.reshape(n, n).T.to(kind)

    def solve(
        self, h: Any, diagonal: Any, slope: Tensor, products: Sequence[tuple[Any, Tensor]], weight: Any
    ) -> Tensor:
        """k with (I - h diagonal J) k = slope + h J (sum of c * k_j over `products`) + h weight f_t."""
        right = slope.to(self.matrix.dtype)
        if products:
            total: Tensor = sum((c * k for c, k in products[1:]), products[0][0] * products[0][1])  # type: ignore[assignment]
            right = right + h * (self.matrix @ total.to(right.dtype).reshape(-1)).reshape(right.shape)
        if self.in_time is not None:
            right = right + h * weight * self.in_time
        if isinstance(diagonal, Tensor) or diagonal != 0:
            right = torch.linalg.lu_solve(*self._factored(h, diagonal), right.reshape(-1, 1)).reshape(right.shape)
        return right.to(self.like.dtype)

    def _factored(self, h: Any, diagonal: Any) -> Any:
        """The factors of I - h diagonal J, kept: most methods have one diagonal entry."""
        known = next(
            (found for d, found in self._factors if d is diagonal or (not isinstance(d, Tensor) and d == diagonal)),
            None,
        )
        if known is None:
            scale = h * diagonal
            if isinstance(scale, Tensor):
                scale = scale.to(self.matrix.dtype).expand(self.like.shape).reshape(-1, 1)
            identity = torch.eye(len(self.matrix), dtype=self.matrix.dtype, device=self.matrix.device)
            known = torch.linalg.lu_factor(identity - scale * self.matrix)
            self._factors.append((diagonal, known))
        return known


def linearised(
    f: Callable[..., Tensor], x: Tensor, inputs: Sequence[Any], named: Mapping[str, Any], t: Any = None
) -> Linearised:
    """The Jacobian of f(u, *inputs, **named) at x, or of f(t, u, *inputs, **named) at (t, x)."""
    return Linearised(f, x, inputs, named, t)
