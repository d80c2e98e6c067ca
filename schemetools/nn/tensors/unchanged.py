"""Parameters, modes and buffers that must be the same in both passes: noticed when they are not."""

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor, nn

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.tensors.attributes import Attributes
from schemetools.nn.tensors.replay import counts


def trained_parameters(modules: Iterable[nn.Module]) -> list[Tensor]:
    """The parameters of these modules themselves that need gradients, each once."""
    found = [p for m in modules if m._parameters for p in m._parameters.values() if p is not None and p.requires_grad]
    return list({id(p): p for p in found}.values())


class Unchanged:
    """Modules as they are now, for a later run with the same modes, buffers and, unless they are lifted, parameters."""

    def __init__(self, modules: Sequence[nn.Module], *, parameters: bool = True) -> None:
        self.modules, self.with_parameters = modules, parameters
        self.parameters = trained_parameters(modules) if parameters else []
        self._held, self._modes = self._tensors(), self._present_modes()
        self._versions = _versions(self._held)
        self._attributes = Attributes(modules)

    def _tensors(self) -> list[Tensor]:
        # Statistics that are being counted do not change what is computed.
        tables = [m._buffers for m in self.modules if m._buffers and not counts(m)]
        if self.with_parameters:
            tables += [m._parameters for m in self.modules if m._parameters]
        return [t for table in tables for t in table.values() if t is not None]

    def _present_modes(self) -> list[bool]:
        return [m.training for m in self.modules]

    def after_first_run(self) -> None:
        """Raise UnsupportedError if the run wrote into its buffers, as spectral normalisation does."""
        self._attributes.settle()
        if self._versions != _versions(self._tensors()):
            raise UnsupportedError(
                "a branch writes into its parameters or buffers while it is evaluated, so that a second evaluation "
                "would not repeat the first; use memory='store'"
            )

    def check(self) -> None:
        """Raise UnsupportedError if something was replaced, written to, or set to another mode."""
        refuse_other_attributes(self._attributes)
        held = self._tensors()
        same = len(held) == len(self._held) and all(map(operator.is_, held, self._held))
        same = same and self._present_modes() == self._modes and all(p.requires_grad for p in self.parameters)
        if not same or _versions(held) != self._versions:
            raise UnsupportedError(
                "parameters, buffers or training modes changed between the forward and the backward pass (by "
                "functional_call, an optimiser, eval() or freezing, for instance), which evaluates branches again: "
                "change them after the backward pass, or, with explicit stages, use memory='store'"
            )


def _versions(held: Sequence[Tensor]) -> list[int]:
    try:
        if any(map(Tensor.is_inference, held)):  # these have none
            return [0 if t.is_inference() else t._version for t in held]
    except ValueError:
        raise SchemeError("a branch has lazy parameters without a shape yet: call it once, then use memory=") from None
    return [t._version for t in held]


def refuse_other_attributes(attributes: Attributes) -> None:
    """Raise UnsupportedError if an attribute is not what it was in the first run."""
    name = attributes.changed()
    if name is not None:
        raise UnsupportedError(
            f"{name} changed between the forward and the backward pass, which evaluates branches again: give what a "
            "branch depends on with the call, block(x, condition) or stack(x, condition), or, with explicit stages, "
            "use memory='store'"
        )


def refuse_captured(values: Iterable[Tensor], known: Iterable[Tensor]) -> None:
    """Raise UnsupportedError if the values depend on a tensor that needs a gradient and is not known.

    A gradient that reaches such a tensor outside of the graph that is made again would be lost.
    """
    waiting: list[Any] = [v.grad_fn for v in values if v.grad_fn is not None]
    ends = {id(t) for t in known}
    seen: set[Any] = {t.grad_fn for t in known if t.grad_fn is not None}
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        if leaf is not None and id(leaf) not in ends:
            raise UnsupportedError(
                f"a branch uses a tensor of shape {tuple(leaf.shape)} that needs a gradient and is no parameter of the "
                "branch: register it as one, or use memory='store'"
            )
        waiting.extend(n for n, _ in node.next_functions if n is not None)
