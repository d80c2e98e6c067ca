"""Blocks of Euler's step with a mask per unit: dropout at a placement, generated from the scheme that names it."""

import functools
from typing import Any, ClassVar, cast

from torch import Tensor, nn

from schemetools.codegen.printers.masked import print_masked
from schemetools.codegen.printers.names import base_name, class_name
from schemetools.codegen.source import defined_by
from schemetools.errors import SchemeError
from schemetools.nn.blocks.arguments import checked_step
from schemetools.schemes.masked import MaskedEuler


class MaskedBlock(nn.Module):
    """One step with a mask: `y = block(x)`, random in training, with the mask's mean in evaluation.

    `branch` is one module or function; with the mask on a hidden layer a pair (inner, outer), f(u, m) = outer(m *
    inner(u)). What else the branch takes goes through the call, to the inner one of a pair. `h` is a number or a
    scalar tensor. Raises SchemeError for a branch that does not fit.
    """

    scheme: ClassVar[MaskedEuler]
    source: ClassVar[str]
    masks: ClassVar[str]

    def __init__(self, branch: Any, h: Any = 1) -> None:
        super().__init__()
        pair = self.scheme.placement == "hidden"
        if pair and not (isinstance(branch, (list, tuple, nn.ModuleList, nn.Sequential)) and len(branch) == 2):
            raise SchemeError(
                f"{self.scheme} masks a hidden layer: give the branch as a pair (inner, outer), the mask between them"
            )
        parts: list[Any] = list(branch) if pair else [branch]
        if not all(callable(part) for part in parts):
            raise SchemeError(f"a branch is a module or a function; {branch!r} came")
        modules = all(isinstance(part, nn.Module) for part in parts)
        self.branch = (nn.ModuleList(parts) if modules else tuple(parts)) if pair else branch
        self.h = checked_step(h)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (self.scheme, self.masks), self.__dict__

    def __repr__(self) -> str:
        step = float(self.h.detach() if isinstance(self.h, Tensor) else self.h)
        return f"{type(self).__name__}(h={step:g}, {self.scheme.formula}, one mask entry per {self.masks})"


@functools.cache
def _class(scheme: MaskedEuler, name: str | None, masks: str) -> type[MaskedBlock]:
    # Equal schemes may have different names, and the class bears one: it is part of the key.
    source = print_masked(scheme, masks)
    label = f"{class_name(scheme)}Block"
    generated = defined_by(source, base_name(scheme))[label]
    members = {"forward": generated.forward, "mask": generated.mask, "__doc__": generated.__doc__}
    members |= {"scheme": scheme, "source": source, "masks": masks, "__module__": __name__, "__qualname__": label}
    return cast(type[MaskedBlock], type(label, (MaskedBlock,), members))


def masked_block(scheme: MaskedEuler, masks: str = "unit") -> type[MaskedBlock]:
    """The block class of a scheme with a mask; `masks`: one entry per "unit", or per "channel" of images.

    >>> import torch, schemetools as st
    >>> block = st.to_block(st.get("dropout_output(1/10)"))(torch.nn.Linear(3, 3))
    >>> block
    DropoutOutputBlock(h=1, u + h m * f(u), one mask entry per unit)
    """
    if masks not in ("unit", "channel"):
        raise SchemeError(f"masks={masks!r} came; a mask has one entry per 'unit' or per 'channel'")
    return _class(scheme, scheme.name, masks)


def _rebuild(scheme: MaskedEuler, masks: str) -> MaskedBlock:
    return nn.Module.__new__(masked_block(scheme, masks))
