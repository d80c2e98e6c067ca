"""One call of the module that runs a chain: inside it, every state that reaches a step comes from a step, or starts."""

import threading
from typing import Any

import torch
from torch import nn
from torch.compiler import is_compiling
from torch.utils.weak import TensorWeakRef

from schemetools.errors import SchemeError
from schemetools.nn.blocks.travel import Record, forget


class _Open(threading.local):
    def __init__(self) -> None:
        self.scopes: list[Scope] = []


class Scope:
    """What the steps of some runs handed out during one call: the last state of each, earlier ones while they live."""

    def __init__(self, runs: list[Any]) -> None:
        self.runs = runs
        self.given: dict[int, tuple[Any, Record]] = {}
        self.earlier: list[TensorWeakRef] = []
        self.opened: dict[int, tuple[Any, Record | None]] = {}
        self.waiting: dict[int, Record] = {}


_open = _Open()


class Scopes:
    """The calls that are under way in this thread."""

    @staticmethod
    def of(run: Any) -> Scope | None:
        """The innermost call that runs this run."""
        for scope in reversed(_open.scopes):
            if any(run is other for other in scope.runs):
                return scope
        return None

    @staticmethod
    def handed_out(run: Any, state: Any, record: Record) -> None:
        """Note what a step gave to the next."""
        scope = Scopes.of(run)
        if scope is not None:
            given = scope.given.get(id(run))
            # A gradient may evaluate blocks again, on states with their histories: only the last one is forgotten.
            if given is not None and not torch.is_grad_enabled():
                scope.earlier.append(TensorWeakRef(given[0]))
            scope.given[id(run)] = (state, record)

    @staticmethod
    def check_start(place: Any) -> None:
        """Raise SchemeError if a state without a history reaches a block although steps before it handed some out."""
        scope = Scopes.of(place.run)
        if scope is not None and id(place.run) in scope.given:
            raise SchemeError(
                f"{place.name} was given a state that no step of {place.run.name or 'the network'} handed out: "
                "something works on the state between the blocks there, which is then no step of the scheme"
            )
        if scope is None and place.index and torch._C._current_graph_task_id() != -1:  # type: ignore[attr-defined]
            raise SchemeError(
                f"{place.name} is evaluated again for its gradient without the state before: use gradient "
                "checkpointing with use_reentrant=False"
            )


class Enter:
    """The hook before the call of a module that runs chains."""

    def __init__(self, runs: list[Any]) -> None:
        self.runs = runs

    def __call__(self, module: nn.Module, args: Any) -> None:
        """Begin a scope."""
        if not is_compiling():
            _open.scopes.append(Scope(self.runs))


class Leave:
    """The hook after it, also where it fails: a step that was left half done is named."""

    def __init__(self, runs: list[Any]) -> None:
        self.runs = runs

    def __call__(self, module: nn.Module, args: Any, output: Any) -> None:
        """End the scope. Raises SchemeError for a step left half done."""
        if is_compiling() or not _open.scopes:
            return
        scope = _open.scopes.pop()
        left = [*(record for _, record in scope.given.values()), *scope.waiting.values()]
        for state in (*(state for state, _ in scope.given.values()), *(ref() for ref in scope.earlier)):
            forget(state)
        for record in left:
            if record.evaluation and output is not None:  # None where the call failed, which is said elsewhere
                raise SchemeError(
                    f"a step of {record.run.scheme} in {record.run.name or 'the network'} ended after "
                    f"{record.evaluation} evaluations: a block was left out (LayerDrop?); convert with shared=True, "
                    "which gives each block a step of its own"
                )
