"""What a scheme has worked out about itself: kept with it, since a scheme never changes."""

import copy
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


def copied(scheme: T, **labels: Any) -> T:
    """The scheme under other labels, without what was kept: results carry labels too.

    It is not built anew: checking the sums of long fractions takes as long as making them.
    """
    fresh = copy.copy(scheme)
    fresh.__dict__.pop(_KEPT, None)
    for key, value in labels.items():
        object.__setattr__(fresh, key, value)
    return fresh
