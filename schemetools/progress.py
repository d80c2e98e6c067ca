"""How far a long computation is: told to whoever listens, and nothing where nobody does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, int, int | None], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within the block, `listener(what, i, n)` hears of every step: the i-th begins of n, None where that is not known.

    >>> with listening(lambda what, i, n: print(what, i, "of", n)):
    ...     tell("question", 1, 8)
    question 1 of 8
    """
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def tell(what: str, i: int, n: int | None = None) -> None:
    """Say that the i-th step of n begins."""
    listener = _listener.get()
    if listener is not None:
        listener(what, i, n)
