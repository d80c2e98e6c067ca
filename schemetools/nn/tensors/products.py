"""Directional derivatives by forward mode, for every kind of layer."""

import contextlib
import functools
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn.attention import SDPBackend, sdpa_kernel

from schemetools.nn.tensors.operations import Linear, TapeError
from schemetools.nn.tensors.tapes import Tape
from schemetools.nn.tensors.transforms import forward_mode
from schemetools.nn.tensors.transposed import Transposed


@functools.cache
def load_forward_mode() -> None:
    """Forward mode once: torch builds its rules on first use by a function that it deprecates, and warns of itself.

    No user can act on that warning, and where warnings are errors it would end the first training step.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with forward_mode() as mine:
            if mine:
                forward_ad.make_dual(torch.zeros(1), torch.zeros(1))


def push(f: Callable[..., Tensor], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Tensor:
    """The derivative of f at `primals` in the direction `tangents`; fused attention, which has none, runs as plain one.

    >>> import torch
    >>> push(lambda u: u**2, (torch.tensor(3.0),), (torch.tensor(1.0),))
    tensor(6.)
    """
    load_forward_mode()
    with sdpa_kernel(SDPBackend.MATH):
        return torch.func.jvp(f, primals, tangents)[1]


def pullback(f: Callable[[Tensor], Tensor], u: Tensor) -> Callable[[Tensor], tuple[Tensor, ...]]:
    """v -> (f'(u)^T v,) by reverse mode; fused attention runs as plain one."""
    with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
        return torch.func.vjp(f, u)[1]


class Linearised:
    """f'(u) v is `ahead(v)`, f'(u)^T v is `back(v)`, f evaluated once.

    `back` is a reverse pass; `ahead` a reverse pass through that one, which is linear in its argument: both cost about
    what f costs, where forward mode evaluates f again. A branch that cannot be passed through twice has `push`. Taped,
    `ahead` is the transpose of `back` operation by operation, or those second passes where an operation has none.
    """

    def __init__(self, f: Callable[[Tensor], Tensor], u: Tensor) -> None:
        self.f, self.u = f, u.detach().clone().requires_grad_()
        # What is kept are constants of the products: with graphs of their own a second pass would pass through those.
        kept = torch.autograd.graph.saved_tensors_hooks(Tensor.detach, lambda t: t)
        with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH), kept:
            self.value = f(self.u.clone())
        self._pulled: tuple[Tensor, Tensor] | None = None
        self._twice: bool | None = None
        self.back: Linear = self._back
        self.ahead: Linear = self._ahead

    def tape(self) -> None:
        """From now on products by the operations alone, where these can be had: for many products."""
        with contextlib.suppress(TapeError):
            self.back = back = Tape(self._back, self.u)
            transposed = Transposed(back)
            if self._is_transpose(transposed):
                self.ahead = transposed
                return
        with contextlib.suppress(RuntimeError):  # what cannot be passed through twice, or not run again
            self._pull()
            made = Tape(lambda v: _pulled(*self._pulled, v), self.u, check=False)  # type: ignore[misc]
            if self._is_transpose(made):
                self._twice, self.ahead = True, made
                return
        if self._twice is None:
            self._twice = self._passes_twice()
        with contextlib.suppress(TapeError):
            self.ahead = Tape(self._ahead, self.u)

    def _back(self, v: Tensor) -> Tensor:
        """f'(u)^T v."""
        return _pulled(self.value, self.u, v)

    def _ahead(self, v: Tensor) -> Tensor:
        """f'(u) v."""
        if self._twice is None:
            self._twice = self._passes_twice()
        if self._twice:
            return _pulled(*self._pulled, v)  # type: ignore[misc]
        with torch.no_grad():
            return push(self.f, (self.u.detach(),), (v,))

    def _passes_twice(self) -> bool:
        """Whether a second reverse pass gives the derivative: somebody else's function may be differentiable once.

        Torch then raises, or leaves that function's part out: <w, f' v> is no longer <f'^T w, v>.
        """
        try:
            self._pull()
            return self._is_transpose(lambda v: _pulled(*self._pulled, v))  # type: ignore[misc]
        except RuntimeError:
            return False

    def _pull(self) -> None:
        seed = torch.zeros_like(self.value, requires_grad=True)
        self._pulled = self._pulled or (_pulled(self.value, self.u, seed, again=True), seed)

    def _is_transpose(self, ahead: Linear) -> bool:
        """Whether <w, ahead v> = <back w, v> but for rounding."""
        random = torch.Generator().manual_seed(0)
        v, w = (torch.randn(t.shape, generator=random, dtype=t.dtype) for t in (self.u, self.value))
        found, back = ahead(v), self.back(w)
        allowed = torch.finfo(v.dtype).eps ** 0.5 * max(float(back.norm() * v.norm()), float(found.norm() * w.norm()))
        return abs(float((w * found).sum() - (back * v).sum())) <= allowed


def _pulled(value: Tensor, at: Tensor, v: Tensor, *, again: bool = False) -> Tensor:
    """The product of v with the transpose of d value / d at; zero where there is no dependence."""
    if not value.requires_grad:
        return torch.zeros_like(at)
    [found] = torch.autograd.grad(
        value, at, v, retain_graph=True, create_graph=again, allow_unused=True, materialize_grads=True
    )
    return found
