"""What is computed once per scheme, since a scheme never changes."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def kept(method: Callable[[Any], T]) -> Callable[[Any], T]:
    """A method computed once per scheme."""
    name = f"_{method.__name__}"

    @functools.wraps(method)
    def get(self: Any) -> T:
        if name not in self.__dict__:
            object.__setattr__(self, name, method(self))
        return self.__dict__[name]

    return get
