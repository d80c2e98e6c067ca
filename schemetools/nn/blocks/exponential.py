"""Blocks of exponential methods: a branch N beside a linear part L that is treated exactly."""

import functools
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from schemetools.codegen.printers.exponential import print_exponential
from schemetools.codegen.printers.names import base_name, class_name
from schemetools.codegen.source import defined_by
from schemetools.errors import SchemeError, came
from schemetools.nn.blocks.arguments import checked_step
from schemetools.schemes.exponential import Exponential


class ExponentialBlock(nn.Module):
    """One step of an exponential method for u' = L u + N(u): `y = block(x)`, `(y, error) = block(x, error=True)`.

    `branch` is N, one module or function for all stages; `linear` is L, which acts on the last dimension of the state:
    a number, a diagonal (n,) or a matrix (n, n), as a tensor, or as an nn.Parameter that is trained (gradients go
    through the phi functions). `h` is a number or a scalar tensor. What else the branch takes goes through the call;
    with `timed=True` a time comes first, block(x, t). Raises SchemeError for what does not fit.
    """

    scheme: ClassVar[Exponential]
    source: ClassVar[str]
    timed: ClassVar[bool]

    def __init__(self, branch: Any, linear: Any = None, h: Any = 1) -> None:
        super().__init__()
        if not callable(branch):
            raise SchemeError(
                f"the branch N of {self.scheme} is one module or function for all stages; {branch!r} came"
            )
        self.branch, self.h = branch, checked_step(h)
        L = _as_tensor(linear)
        square = L is not None and (L.dim() < 2 or (L.dim() == 2 and L.shape[0] == L.shape[1]))
        if L is None or not square or not bool(torch.isfinite(L.detach()).all()):
            shape = "" if L is None else f"a tensor of shape {tuple(L.shape)}"
            what = "nothing" if linear is None else shape or came(linear)
            raise SchemeError(
                f"{self.scheme} is for u' = L u + N(u): give L as linear=, finite numbers in the shape "
                f"of a number, a diagonal (n,) or a matrix (n, n); {what} came"
            )
        if isinstance(L, nn.Parameter):
            self.linear = L
        else:
            self.register_buffer(
                "linear", L if L.is_floating_point() or L.is_complex() else L.to(torch.get_default_dtype())
            )

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The step; SchemeError for a state on which L does not act."""
        if named.get("error") and self.scheme.b_hat is None:
            raise SchemeError(f"{self.scheme} has no embedded result, so there is no error estimate")
        x = args[0] if args else named.get("x")
        if not isinstance(x, Tensor) or x.dim() == 0:
            raise SchemeError(f"the state of {self.scheme} is one tensor with a last dimension on which L acts")
        size, L = x.shape[-1], cast(Tensor, self.linear)
        if L.dim() and L.shape[-1] not in ((size,) if L.dim() == 2 else (1, size)):
            raise SchemeError(f"L of shape {tuple(L.shape)} does not act on a state of shape {tuple(x.shape)}")
        if L.is_complex() and not x.is_complex():
            raise SchemeError("L is complex and the state is real; give the state in complex numbers")
        return super().__call__(*args, **named)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (self.scheme, self.timed), self.__dict__

    def __repr__(self) -> str:
        step = float(self.h.detach() if isinstance(self.h, Tensor) else self.h)
        shape = {0: "a number", 1: "diagonal"}.get(cast(Tensor, self.linear).dim(), "a matrix")
        return f"{type(self).__name__}(h={step:g}, L {shape}, N shared by {self.scheme.stages} stages)"


def _as_tensor(linear: Any) -> Tensor | None:
    """L as a tensor, None for what is no array of numbers."""
    if linear is None or isinstance(linear, Tensor):
        return linear
    try:
        return torch.as_tensor(linear)
    except (TypeError, ValueError, RuntimeError):
        return None


@functools.cache
def _class(scheme: Exponential, name: str | None, timed: bool) -> type[ExponentialBlock]:
    # Equal schemes may have different names, and the class bears one: it is part of the key.
    source = print_exponential(scheme, "torch", timed=timed)
    label = f"{class_name(scheme)}Block"
    generated = defined_by(source, base_name(scheme))[label]
    members = {"forward": generated.forward, "__doc__": generated.__doc__, "scheme": scheme, "source": source}
    members |= {"timed": timed, "__module__": __name__, "__qualname__": label}
    return cast(type[ExponentialBlock], type(label, (ExponentialBlock,), members))


def exponential_block(scheme: Exponential, *, timed: bool = False) -> type[ExponentialBlock]:
    """The block class of an exponential method.

    >>> import torch, schemetools as st
    >>> block = st.to_block("etdrk4")(torch.tanh, linear=torch.tensor([-1.0, -100.0]), h=0.5)
    >>> block
    Etdrk4Block(h=0.5, L diagonal, N shared by 4 stages)
    >>> block(torch.ones(3, 2)).shape
    torch.Size([3, 2])
    """
    return _class(scheme, scheme.name, timed)


def _rebuild(scheme: Exponential, timed: bool) -> ExponentialBlock:
    return nn.Module.__new__(exponential_block(scheme, timed=timed))
