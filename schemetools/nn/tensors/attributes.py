"""What modules keep in plain attributes: a condition put there between two passes is noticed.

An attribute that an evaluation itself changes (a counter, the last attention map) decides nothing and is left out.
"""

from collections.abc import Iterable
from types import FunctionType
from typing import Any
from weakref import ref

from torch import Tensor, nn

_TORCHS_OWN = frozenset(nn.Module().__dict__) | {"_compiled_call_impl", "_is_fsdp_managed_module"}


class Attributes:
    """The attributes of modules as they are now, those of torch's own layers left out."""

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        self._modules = [m for m in modules if not type(m).__module__.startswith("torch.nn.modules.")]
        self._noted = self._present()

    def _present(self) -> list[dict[str, Any]]:
        return [_attributes(m) for m in self._modules]

    def settle(self) -> None:
        """Leave out what has changed since: call it after the first run."""
        now = self._present()
        self._noted = [
            {name: value for name, value in before.items() if name in after and after[name] == value}
            for before, after in zip(self._noted, now, strict=True)
        ]

    def changed(self) -> str | None:
        """The name of an attribute that is not as it was, with its module's; None if there is none."""
        for module, noted in zip(self._modules, self._noted, strict=True):
            now = _attributes(module)
            for name, value in noted.items():
                if name not in now or now[name] != value:
                    return f"{type(module).__name__}.{name}"
        return None


def _attributes(module: nn.Module) -> dict[str, Any]:
    found = {name: _note(value) for name, value in module.__dict__.items() if name not in _TORCHS_OWN}
    function = found and module.__dict__.get("function")
    if isinstance(function, FunctionType) and function.__closure__:
        names = function.__code__.co_freevars
        found |= {name: _cell(cell) for name, cell in zip(names, function.__closure__, strict=True)}
    return found


def _cell(cell: Any) -> Any:
    try:
        return _note(cell.cell_contents)
    except ValueError:  # not set yet
        return None


def _note(value: Any) -> Any:
    """What a value is compared by: numbers and text by what they are, containers by their items, others by identity."""
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        return type(value), value
    if isinstance(value, Tensor):
        return _Same(value), 0 if value.is_inference() else value._version
    if isinstance(value, (tuple, list)):
        return type(value), tuple(map(_note, value))
    if type(value) is dict:
        return dict, tuple((key, _note(item)) for key, item in value.items() if isinstance(key, (str, int)))
    return _Same(value)


class _Same:
    """Equal for the same object alone, which is not kept alive."""

    __slots__ = ("held",)

    def __init__(self, value: Any) -> None:
        try:
            self.held = ref(value)
        except TypeError:  # of a kind without weak references
            self.held = id(value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Same):
            return False
        if isinstance(self.held, ref) and isinstance(other.held, ref):
            mine, its = self.held(), other.held()
            return mine is not None and mine is its
        return self.held == other.held

    __hash__ = None  # type: ignore[assignment]
