"""States that are tuples or dictionaries of tensors: the generated code runs on all their tensors at once."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import TreeSpec, tree_flatten, tree_map, tree_unflatten

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.tensors.threads import in_turn
from schemetools.nn.tensors.transforms import transformed


class Flat:
    """States of one structure as vectors: what the solver of implicit stages works on."""

    def __init__(self, state: Any) -> None:
        leaves = Leaves.of(state)
        self.spec, self.shapes = leaves.spec, [leaf.shape for leaf in leaves.leaves]
        kinds = sorted({str(leaf.dtype).removeprefix("torch.") for leaf in leaves.leaves})
        if len(kinds) > 1:
            raise SchemeError(f"the tensors of a state of an implicit block have one dtype; {', '.join(kinds)} came")

    def vector(self, state: Any) -> Tensor:
        """All entries of a state; SchemeError if it has another structure."""
        leaves = Leaves.of(state)
        shapes = [leaf.shape for leaf in leaves.leaves]
        if leaves.spec != self.spec or shapes != self.shapes:
            came, wanted = (
                f"{spec} of {[tuple(s) for s in found]}"
                for spec, found in ((leaves.spec, shapes), (self.spec, self.shapes))
            )
            raise SchemeError(f"a branch returns a state of another structure: {came} for {wanted}")
        return torch.cat([leaf.reshape(-1) for leaf in leaves.leaves])

    def state(self, vector: Tensor) -> Any:
        """The state of these entries."""
        parts = vector.split([shape.numel() for shape in self.shapes])
        return tree_unflatten([p.reshape(s) for p, s in zip(parts, self.shapes, strict=True)], self.spec)


class OnVectors(nn.Module):
    """A branch on the vectors of states."""

    def __init__(self, branch: nn.Module, flat: Flat, place: int) -> None:
        super().__init__()
        self.branch, self.flat, self.place = branch, flat, place
        self.training = branch.training

    def forward(self, *args: Any, **named: Any) -> Tensor:
        """The branch's value; a time may come before the state, and what else it takes behind."""
        n = self.place
        return self.flat.vector(self.branch(*args[:n], self.flat.state(args[n]), *args[n + 1 :], **named))


def flat_call(block: Any, call: Callable[..., Any], state: Any, *rest: Any, **named: Any) -> Any:
    """call(state, *rest) on vectors, the branches of the block being given and returning states as the user's."""
    with in_turn([block]):  # which is changed while it steps a state of several tensors
        return _flat_call(block, call, state, *rest, **named)


def _flat_call(block: Any, call: Callable[..., Any], state: Any, *rest: Any, **named: Any) -> Any:
    flat = Flat(state)

    def on_vectors(branch: nn.Module) -> nn.Module:
        if isinstance(branch, nn.ModuleDict):
            return nn.ModuleDict({label: on_vectors(b) for label, b in branch.items()})
        if isinstance(branch, nn.ModuleList):
            made = {b: OnVectors(b, flat, block.state_place) for b in branch}
            return nn.ModuleList(made[b] for b in branch)
        return OnVectors(branch, flat, block.state_place)

    def vectors(history: Any) -> Any:
        return tuple(flat.vector(value) for value in history) if isinstance(history, (tuple, list)) else history

    branch = block.branch
    block._modules["branch"] = on_vectors(branch)
    try:
        rest, named = with_history(block, rest, named, vectors)
        result = call(flat.vector(state), *rest, **named)
    finally:
        block._modules["branch"] = branch
    return tree_map(lambda v: flat.state(v) if isinstance(v, Tensor) else v, result)


def with_history(block: Any, rest: tuple[Any, ...], named: dict[str, Any], change: Callable[[Any], Any]) -> Any:
    """The arguments of a call behind the state, the history in them changed."""
    if not block.takes_history:
        return rest, named
    if rest:
        return (change(rest[0]), *rest[1:]), named
    return rest, {key: change(value) if key == "history" else value for key, value in named.items()}


class Leaves:
    """The tensors of a state; a torch function of it is the function of each of them."""

    def __init__(self, leaves: Sequence[Tensor], spec: TreeSpec) -> None:
        self.leaves, self.spec = list(leaves), spec

    @classmethod
    def of(cls, state: Any) -> "Leaves":
        """The leaves of a tuple, list or dictionary of tensors; SchemeError if there is anything else in it."""
        leaves, spec = tree_flatten(state)
        wrong = [type(leaf).__name__ for leaf in leaves if not isinstance(leaf, Tensor)]
        if wrong or not leaves:
            raise SchemeError(
                f"a state is a tensor, or a tuple or dict of tensors; a {(wrong or ['empty state'])[0]} came"
            )
        return cls(leaves, spec)

    def like(self, other: "Leaves") -> "Leaves":
        """Itself, its keys in the order of the other. SchemeError for another structure or other shapes."""
        mine, others = self.tree(), other.tree()
        if isinstance(mine, dict) and isinstance(others, dict) and mine.keys() == others.keys():
            return Leaves.of({key: mine[key] for key in others})._fitting(other)
        return self._fitting(other)

    def _fitting(self, other: "Leaves") -> "Leaves":
        shapes, wanted = ([tuple(t.shape) for t in each.leaves] for each in (self, other))
        if self.spec != other.spec or shapes != wanted:
            raise SchemeError(
                f"a branch returns a state of another structure: {self.spec} of {shapes} for {other.spec} of {wanted}"
            )
        return self

    def new_empty(self, shape: Any) -> Tensor:
        """A tensor beside the first one: a random coefficient, drawn once for all of them."""
        return self.leaves[0].new_empty(shape)

    @property
    def shape(self) -> torch.Size:
        """The shape of the first tensor, for a coefficient drawn per sample."""
        if len({(t.dim(), t.shape[:1]) for t in self.leaves}) > 1:
            raise UnsupportedError(
                "a coefficient drawn per sample needs tensors with as many samples and dimensions; use gates='batch'"
            )
        return self.leaves[0].shape

    def dim(self) -> int:
        """The dimensions of the first tensor."""
        return self.leaves[0].dim()

    def tree(self) -> Any:
        """The state as it was given."""
        return tree_unflatten(self.leaves, self.spec)

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> "Leaves":
        found = [a for a in args if isinstance(a, cls)]
        if any(a.spec != found[0].spec for a in found):
            raise SchemeError(f"a branch returns a state of another structure: {found[-1].spec} for {found[0].spec}")
        leaves = [
            func(*(a.leaves[i] if isinstance(a, cls) else a for a in args), **(kwargs or {}))
            for i in range(len(found[0].leaves))
        ]
        return cls(leaves, found[0].spec)

    def __mul__(self, factor: Any) -> "Leaves":
        return torch.mul(self, factor)  # type: ignore[arg-type,return-value]

    __rmul__ = __mul__

    def __neg__(self) -> "Leaves":
        return torch.neg(self)  # type: ignore[arg-type,return-value]

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the tensors, of several the widest."""
        return functools.reduce(torch.promote_types, (t.dtype for t in self.leaves))

    def float(self) -> "Leaves":
        """In single precision."""
        return Leaves([t.float() for t in self.leaves], self.spec)

    def to(self, dtype: torch.dtype) -> "Leaves":
        """In another precision."""
        return Leaves([t.to(dtype) for t in self.leaves], self.spec)


class Opened:
    """A block as its generated code sees it, with branches that are given and return states of the user's structure."""

    def __init__(self, block: Any) -> None:
        self._block, self.branch = block, _opened(block.branch, block.state_place)

    def __getattr__(self, name: str) -> Any:
        found = getattr(type(self._block), name, None)
        return functools.partial(found, self) if callable(found) else getattr(self._block, name)


def _opened(branch: Any, place: int) -> Any:
    if isinstance(branch, nn.ModuleDict):
        return {label: _opened(b, place) for label, b in branch.items()}
    if isinstance(branch, nn.ModuleList):
        return [_opened(b, place) for b in branch]

    def on_leaves(*args: Any, **named: Any) -> Leaves:
        given = args[place]
        watched = not transformed() and not torch.compiler.is_compiling()
        before = [t._version for t in given.leaves] if watched else []
        found = Leaves.of(branch(*args[:place], given.tree(), *args[place + 1 :], **named)).like(given)
        if watched and before != [t._version for t in given.leaves]:
            raise SchemeError(f"{type(branch).__name__} overwrites its argument; use inplace=False in it")
        return found

    return on_leaves


def structured_call(block: Any, call: Callable[..., Any], state: Any, *rest: Any, **named: Any) -> Any:
    """call(state, *rest), which calls the block's `forward`, on all tensors of the state at once."""
    with in_turn([block]):  # which is changed while it steps a state of several tensors
        return _structured_call(block, call, state, *rest, **named)


def _structured_call(block: Any, call: Callable[..., Any], state: Any, *rest: Any, **named: Any) -> Any:

    def wrapped(value: Any) -> Any:
        return value if isinstance(value, (Tensor, float, int)) or value is None else Leaves.of(value)

    def histories(value: Any) -> Any:
        return tuple(wrapped(v) for v in value) if isinstance(value, (tuple, list)) else value

    block.forward = functools.partial(type(block).forward, Opened(block))
    try:
        rest, named = with_history(block, rest, named, histories)
        result = call(Leaves.of(state), *rest, **named)
    finally:
        del block.__dict__["forward"]  # as a compiler can follow it
    return tree_map(lambda v: v.tree() if isinstance(v, Leaves) else v, result)
