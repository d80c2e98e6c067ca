"""What a scheme has worked out about itself: kept with it, since a scheme never changes."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
_KEPT = "_kept"


def kept(method: Callable[[Any], T]) -> Callable[[Any], T]:
    """A method computed once per scheme."""
    name = method.__name__

    @functools.wraps(method)
    def get(self: Any) -> T:
        if _KEPT not in self.__dict__:
            object.__setattr__(self, _KEPT, {})
        found = self.__dict__[_KEPT]
        if name not in found:
            found[name] = method(self)
        return found[name]

    return get


def forget(scheme: Any) -> None:
    """Drop what was kept: results carry the labels of their scheme, which a copy is about to change."""
    scheme.__dict__.pop(_KEPT, None)
