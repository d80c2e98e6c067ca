"""Threads that share modules, where an evaluation has to change a module for a while: one after another."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Lock, RLock
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

_locks: WeakKeyDictionary[nn.Module, Any] = WeakKeyDictionary()
_making = Lock()


@contextmanager
def in_turn(modules: Sequence[nn.Module]) -> Iterator[None]:
    """No other thread is inside with one of these modules; a thread that is may enter again."""
    if torch.compiler.is_compiling():
        yield
        return
    with _making:
        locks = [_locks.setdefault(m, RLock()) for m in sorted(modules, key=id)]
    with ExitStack() as held:
        for lock in locks:
            held.enter_context(lock)
        yield
