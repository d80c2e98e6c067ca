"""The stages of an implicit step as a pure function of the unknown and of all tensors in it."""

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from schemetools.errors import UnsupportedError
from schemetools.nn.tensors.attributes import Attributes
from schemetools.nn.tensors.graphs import entered
from schemetools.nn.tensors.inputs import NOTHING, Apart, Call
from schemetools.nn.tensors.replay import Draws, counting
from schemetools.nn.tensors.sharded import WHOLE, sharded
from schemetools.nn.tensors.threads import in_turn
from schemetools.nn.tensors.unchanged import Unchanged, refuse_other_attributes


def scalars_of(fields: Sequence[Any], matrix: Sequence[Sequence[Any]], h: Any) -> list[Any]:
    """h, the times of the stages if they have any, and the matrix row by row: numbers and tensors."""
    times = [f.args[0] for f in fields if isinstance(f, functools.partial)]
    return [h, *times, *itertools.chain.from_iterable(matrix)]


def untimed(fields: Sequence[Any]) -> tuple[Any, ...]:
    """The branches of the fields: f of f(t, .)."""
    return tuple(f.func if isinstance(f, functools.partial) else f for f in fields)


def branches_of(fields: Sequence[Any]) -> list[nn.Module]:
    """The different modules among the branches."""
    return [f for f in dict.fromkeys(fields) if isinstance(f, nn.Module)]


def evaluate(
    fields: Sequence[Any], known: Sequence[Tensor], scalars: Sequence[Any], k: Tensor | None, call: Call = NOTHING
) -> Tensor:
    """All f_i(known_i + h sum_j a_ij k_j) in one vector, as k is; without k, all f_i(known_i).

    `fields` are without times; they are in `scalars`, which is what `scalars_of` gives. `call`: what they take beside.
    """
    s = len(fields)
    times, matrix = scalars[1 : len(scalars) - s * s], scalars[len(scalars) - s * s :]
    arguments = list(known)
    if k is not None:
        parts = [p.reshape(z.shape) for p, z in zip(k.split([z.numel() for z in known]), known, strict=True)]
        arguments = [_argument(z, matrix[i * s : i * s + s], parts, scalars[0]) for i, z in enumerate(known)]
    calls = list(zip(times, arguments, strict=True)) if times else [(u,) for u in arguments]
    args, named = call.both
    return torch.cat([f(*at, *args, **named).reshape(-1) for f, at in zip(fields, calls, strict=True)])


def _argument(known: Tensor, row: Sequence[Any], stages: Sequence[Tensor], h: Any) -> Tensor:
    half = known.dtype in (torch.float16, torch.bfloat16)
    total = known.float() if half else known
    for c, k in zip(row, stages, strict=True):
        if isinstance(c, Tensor) or isinstance(h, Tensor):
            total = total + h * c * k
        elif c != 0:
            total = torch.add(total, k, alpha=c * h)
    return total.to(known.dtype)


def full_precision(like: Tensor) -> AbstractContextManager[Any]:
    """Without autocast, whose rounding is no function that an iteration could solve."""
    kind = like.device.type
    return torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else nullcontext()


class Stages:
    """F(k, *tensors) = (f_i(known_i + h sum_j a_ij k_j))_i in one vector (n,), a pure function.

    `tensors` are what is known, one tensor per stage; those of the scalars that are tensors; those that the branches
    take beside the state; and the weights of the branches, which are put into their places while F is evaluated.
    Running statistics are written into copies.
    `draws`: where the random numbers in F begin, if there are any; each evaluation draws them again.
    `captured`: the branches hold tensors with gradients that are not among `tensors`.
    """

    def __init__(
        self, fields: Sequence[Any], scalars: Sequence[Any], like: Tensor, tol: float, max_iterations: int
    ) -> None:
        """`fields` without times; `scalars` as `scalars_of` gives them, None for a tensor among `tensors`."""
        self.fields, self.scalars, self.max_iterations = fields, scalars, max_iterations
        half = like.dtype in (torch.float16, torch.bfloat16)
        self.goal = max(tol, (4 if half else 100) * torch.finfo(like.dtype).eps)
        self.weights: list[Tensor] = []
        self.draws: Draws | None = None
        self.captured = False
        self._places: list[tuple[dict[str, Any], str, int]] = []
        self._running: list[tuple[dict[str, Any], str]] = []
        self._modules: list[nn.Module] = []
        self._unchanged: Unchanged | None = None
        self._inputs: Apart | None = None
        self._given = 0

    def take(self, call: Call) -> list[Tensor]:
        """Give every evaluation these arguments; their tensors, which are among `tensors` from now on."""
        if not call:
            return []
        self._inputs = Apart([call])
        given, self._inputs.tensors = self._inputs.tensors, []
        self._given = len(given)
        return given

    def lift(self, held: Sequence[Sequence[nn.Module]], *, buffers: bool) -> None:
        """Take the parameters, and the buffers if wanted, of each branch, given as itself and all modules below it."""
        with in_turn(branches_of(self.fields)):  # another thread may have its own weights in their places
            self._lift(held, buffers=buffers)

    def _lift(self, held: Sequence[Sequence[nn.Module]], *, buffers: bool) -> None:
        self._modules = list(dict.fromkeys(itertools.chain.from_iterable(held)))
        if sharded(self._modules):
            raise UnsupportedError(WHOLE.format(what="layer", why="an implicit step", other="an explicit scheme"))
        self._before = Attributes(self._modules)
        for modules in held:
            self._take([(m._parameters, name) for m in modules for name in m._parameters])
        parameters = len(self.weights)
        if buffers:
            for modules in held:
                self._take([(m._buffers, name) for m in modules for name in m._buffers])
        for module in counting(self._modules):
            names = [name for name, buffer in module._buffers.items() if buffer is not None]
            self._running += [(module._buffers, name) for name in names]
        if self._running:  # which are updated in place, and kept for the backward pass as they are now
            self.weights[parameters:] = [b.clone() for b in self.weights[parameters:]]

    def remember(self) -> None:
        """Note the modes and buffers of the branches: a backward pass evaluates them again."""
        self._before.settle()
        with in_turn(branches_of(self.fields)):
            self._unchanged = Unchanged(self._modules, parameters=False)

    def check(self) -> None:
        """Raise UnsupportedError if modes or buffers are not as they were."""
        if self._unchanged is not None:
            refuse_other_attributes(self._before)
            with in_turn(branches_of(self.fields)):
                self._unchanged.check()

    def _take(self, places: Sequence[tuple[dict[str, Any], str]]) -> None:
        index: dict[int, int] = {}
        for place, name in places:
            value = place[name]
            if value is not None:
                if id(value) not in index:
                    index[id(value)] = len(self.weights)
                    self.weights.append(value)
                self._places.append((place, name, index[id(value)]))

    def image(self, k: Tensor | None, *tensors: Tensor, counted: bool = False) -> Tensor:
        """F; with `counted`, running statistics are updated as in any evaluation of the branches."""
        with self.opened(tensors, counted=counted) as image:
            return image(k)

    @contextmanager
    def opened(
        self, tensors: Sequence[Tensor], *, counted: bool = False
    ) -> Iterator[Callable[[Tensor | None], Tensor]]:
        """k -> F(k, *tensors), for several evaluations with the same tensors."""
        s, rest = len(self.fields), iter(tensors[len(self.fields) :])
        scalars = [next(rest) if c is None else c for c in self.scalars]
        given = [entered(t) for t in itertools.islice(rest, self._given)]

        def image(k: Tensor | None) -> Tensor:
            call = NOTHING if self._inputs is None else self._inputs.joined(given)[0]
            with nullcontext() if self.draws is None else self.draws.again():
                return evaluate(self.fields, tensors[:s], scalars, k, call)

        with in_turn(branches_of(self.fields)), self._placed(list(rest), counted=counted), full_precision(tensors[0]):
            yield image

    @contextmanager
    def _placed(self, weights: Sequence[Tensor], *, counted: bool) -> Iterator[None]:
        before = []
        try:
            for place, name, value in self._moves(weights, counted=counted):
                before.append((place, name, place[name]))
                place[name] = value
            yield
        finally:
            for place, name, value in reversed(before):
                place[name] = value

    def floor(self, *tensors: Tensor) -> Tensor:
        """The size of a change of k that changes the state by rounding only."""
        s, numbers = len(self.fields), self.scalars
        h = tensors[s] if numbers[0] is None else torch.as_tensor(numbers[0], dtype=tensors[0].dtype)
        size = sum((z * z).sum() for z in tensors[:s]) ** 0.5
        return 4 * torch.finfo(tensors[0].dtype).eps * size / h.detach().abs().to(size.device).clamp(min=1e-30)

    def _moves(self, weights: Sequence[Tensor], *, counted: bool) -> Iterator[tuple[dict[str, Any], str, Tensor]]:
        running = {id(place) for place, _ in self._running} if counted else ()
        for place, name, n in self._places:
            if id(place) not in running:
                yield place, name, weights[n]
        if not counted:
            for place, name in self._running:
                yield place, name, place[name].clone()

    @property
    def counts(self) -> bool:
        """Whether an evaluation of the branches updates running statistics."""
        return bool(self._running)


def first_value(stages: Stages, tensors: Sequence[Tensor]) -> Tensor:
    """All f_i(known_i), where iterations begin; `stages.draws` is set if random numbers are drawn in it."""
    before = Draws(tensors[0])
    start = stages.image(None, *tensors)
    if not before.same_as(Draws(tensors[0])):
        stages.draws = before
    return start


class Batch:
    """F of a batch of systems at once, as vmap makes it of `Stages` or of another batch.

    k is (systems, n); each tensor has the systems in its first dimension, or is shared by them.
    """

    def __init__(self, stages: "Stages | Batch", batched: Sequence[bool], randomness: str) -> None:
        self.goal, self.max_iterations, self.captured = stages.goal, stages.max_iterations, stages.captured
        dims = [0 if b else None for b in batched]
        self.image: Callable[..., Tensor] = torch.vmap(stages.image, in_dims=(0, *dims), randomness=randomness)
        self.floor = torch.vmap(stages.floor, in_dims=tuple(dims)) if any(batched) else stages.floor

    def check(self) -> None:
        """Nothing: transforms are given the buffers."""

    @contextmanager
    def opened(self, tensors: Sequence[Tensor]) -> Iterator[Callable[[Tensor], Tensor]]:
        """k -> F(k, *tensors)."""
        yield lambda k: self.image(k, *tensors)
