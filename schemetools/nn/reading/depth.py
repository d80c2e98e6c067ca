"""A chain of layers as functions of a continuous depth t: its field f(t, u), its coefficients, its limit equations."""

import contextlib
import copy
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from schemetools.codegen.execute import execute
from schemetools.codegen.lower import lower
from schemetools.errors import UnsupportedError
from schemetools.nn.blocks.branches import Function
from schemetools.nn.reading.chains import Chain
from schemetools.nn.reading.frozen import single_parts
from schemetools.nn.reading.terms import Terms, Values, combined, numeric_plan, numeric_terms
from schemetools.nn.tensors.copies import copied, tensors_of
from schemetools.nn.tensors.filled import Filled
from schemetools.nn.tensors.products import Linearised
from schemetools.nn.tensors.replay import modules_of

Weights = dict[str, Tensor]

# By precision: how far a difference moves the state, over its size, and what it may be off by, over what it could be.
SHIFT = {torch.float64: 2.0**-26, torch.float32: 2.0**-13}
AGREE = {torch.float64: 1e-6, torch.float32: 0.05}  # a move so long passes some kinks
HELD = ("_parameters", "_buffers", "_modules")  # where modules hold weights
NEAR = 1e-3  # what the branches may differ by in single precision


@dataclass(frozen=True)
class Place:
    """A depth: `part` of the way from layer `index` to the next one."""

    index: int
    part: float


class Depth:
    """The branches and coefficients of a chain between its layers, by linear interpolation, layer n at t = n h.

    Beyond the last layer its weights are kept. Works in the dtype of the chain's weights, on one input's states.
    Raises UnsupportedError where layers cannot be joined: branches of different structure, several fields,
    implicit stages.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain, self.h, self.count = chain, chain.h, len(chain.layers)
        self.scheme = chain.scheme
        self.plan = lower(self.scheme)
        if not self.plan.is_explicit or len(self.plan.fields) != 1:
            raise UnsupportedError(f"{self.scheme} is implicit or has several fields; depth is read for neither")
        full = next((layer for layer in chain.layers if not layer.is_start), None)
        separate = chain.layers[-1].block.options.separate
        self.stages = tuple(chain.layers[-1].stages) if separate else None
        self.branches = [layer.branches if separate else layer.branches[:1] for layer in chain.layers]
        self.values = [layer.values or (full.values if full else {}) for layer in chain.layers]
        if full is None and self.scheme.free_symbols:
            raise UnsupportedError(
                f"{chain.title}: every layer is a start layer; {self.scheme} never takes a step of its own"
            )
        self.layout: torch.memory_format | None = None
        self._agreed: dict[tuple[int, int], bool] = {}
        self._filled: dict[tuple[int, int], Filled] = {}
        self._lends: dict[int, Filled | None] = {}
        self.weights = [[_weights(branch) for branch in row] for row in self.branches]
        for row in self.weights:
            _check_alike(chain.title, self.weights[0], row)
        bare = [[_bare(branch) for branch in row] for row in self.branches]
        if any(row != bare[0] for row in bare):
            raise UnsupportedError(
                f"{chain.title}: its branches are different functions without weights, so nothing lies between them"
            )

    def coefficients(self, place: Place) -> tuple[Values, Values]:
        """The values of the free symbols at a depth, and their rates of change in t."""
        here, there = self._ends(self.values, place)
        now = {s: v + place.part * (there[s] - v) for s, v in here.items()}
        return now, {s: (there[s] - v) / self.h for s, v in here.items()}

    def _ends(self, rows: Sequence[Any], place: Place) -> tuple[Any, Any]:
        return rows[place.index], rows[min(place.index + 1, self.count - 1)]

    def _joined(self, place: Place, j: int) -> Weights:
        """The weights of branch j at a depth."""
        here, there = (row[j] for row in self._ends(self.weights, place))
        if _same(here, there):
            return here
        return {name: _between(w, there[name], place.part) for name, w in here.items()}

    def field(self, place: Place, u: Tensor, j: int = 0) -> Tensor:
        """Branch j at a depth, f_j(t, u)."""
        return self._call(place, j, self._joined(place, j), u)

    def _call(self, place: Place, j: int, weights: Weights, u: Tensor) -> Tensor:
        branch = self.branches[place.index][j]
        if not weights:
            return branch(u)
        filled = self._filled.get((place.index, j))
        if filled is None:
            filled = self._filled[place.index, j] = Filled(branch)  # type: ignore[arg-type]
        return filled(weights, u)

    def derivative(self, place: Place, u: Tensor, direction: Tensor, rate: float, value: Tensor, j: int = 0) -> Tensor:
        """f_j'(t, u) direction + rate * df_j/dt, where `value` is f_j(t, u).

        A difference, one more evaluation of f_j, in a layer where the exact product agreed once.
        """
        key = place.index, j
        if u.dtype not in SHIFT or self._agreed.get(key) is False:
            return self._product(place, u, direction, rate, j)
        size = float(u.norm()) or 1.0
        speed = max(float(direction.norm()) / size, abs(rate) / self.h)
        if speed == 0 or not math.isfinite(speed):
            return self._product(place, u, direction, rate, j)
        step = SHIFT[u.dtype] / speed
        moved = Place(place.index, place.part + step * rate / self.h)
        difference = (self.field(moved, torch.add(u, direction, alpha=step), j) - value) / step
        if key in self._agreed:
            return difference
        exact = self._product(place, u, direction, rate, j)
        allowed = AGREE[u.dtype] * (float(exact.norm()) + speed * float(value.norm()))
        self._agreed[key] = float((difference - exact).norm()) <= allowed
        return exact

    def _product(self, place: Place, u: Tensor, direction: Tensor, rate: float, j: int) -> Tensor:
        """The derivative of branch j, to rounding: that of a function of one number, the way along the direction."""
        here, there = (row[j] for row in self._ends(self.weights, place))
        weights = self._joined(place, j)
        names = [] if _same(here, there) else [name for name, w in here.items() if w.is_floating_point()]
        slopes = {name: (rate / self.h) * (there[name] - here[name]) for name in names}

        def f(way: Tensor) -> Tensor:
            moved = {name: weights[name] + way * slope for name, slope in slopes.items()}
            return self._call(place, j, {**weights, **moved}, u + way * direction)

        return Linearised(f, u.new_zeros(())).ahead(u.new_ones(()))

    def branch(self, place: Place) -> nn.Module:
        """The branch at a depth as a module of its own, its weights trainable like the layers' own."""
        template: nn.Module = self.branches[place.index][0]  # type: ignore[assignment]
        weights = self._joined(place, 0)
        own = {id(t): _own(t, weights[name]) for name, t in (*template.named_parameters(), *template.named_buffers())}
        return copied(template, own)

    def lent(self, place: Place) -> nn.Module:
        """The same branch to be evaluated alone: at a layer its own module, between layers one copy, filled anew."""
        template: nn.Module = self.branches[place.index][0]  # type: ignore[assignment]
        here, there = (row[0] for row in self._ends(self.weights, place))
        if not place.part or _same(here, there):
            return template
        if place.index not in self._lends:
            self._lends[place.index] = _to_be_filled(template)
        filled = self._lends[place.index]
        return self.branch(place) if filled is None else Lent(filled, self._joined(place, 0))

    def place(self, t: float) -> Place:
        """Where a time is among the layers; before the first and after the last it is theirs."""
        position = min(max(t / self.h, 0.0), float(self.count))
        index = min(int(position + 1e-9), self.count - 1)
        return Place(index, min(max(position - index, 0.0), 1.0))

    def terms(self, values: Values) -> Terms:
        """The O(h) equation of the scheme with these values of its free symbols."""
        return numeric_terms(self.scheme, self.stages)(values)

    def limit(self, place: Place, u: Tensor) -> Tensor:
        """The limit field: sum_j b_j f_j(t, u)."""
        terms = self.terms(self.coefficients(place)[0])
        return combined(terms.limit, [self.field(place, u, j) for j in range(len(terms.limit))])

    def correction(self, place: Place, u: Tensor, terms: Terms, fields: Sequence[Tensor], rates: Values) -> Tensor:
        """The O(h) term of the modified field without its factor h: f'f, df/dt, and the change of the coefficients."""
        return terms.correction(fields, lambda i, v, rate: self.derivative(place, u, v, rate, fields[i], i), rates)

    def modified(self, place: Place, u: Tensor, h: float) -> Tensor:
        """The field that the layers follow through O(h), for steps of size h."""
        values, rates = self.coefficients(place)
        terms = self.terms(values)
        fields = [self.field(place, u, j) for j in range(len(terms.limit))]
        return torch.add(combined(terms.limit, fields), self.correction(place, u, terms, fields, rates), alpha=h)

    def effective_start(self, vector: Sequence[Tensor], h: float) -> Tensor:
        """The value at t = 0 of the smooth solution that the layers follow from the vector x: u_0 + O(h)."""
        place = Place(0, 0.0)
        terms = self.terms(self.coefficients(place)[0])
        u = vector[0]
        start = combined(terms.start, vector)
        if np.any(terms.shift):
            start = start + h * combined(terms.shift, [self.field(place, u, j) for j in range(len(terms.shift))])
        return start

    def vector(self, refine: int = 1) -> tuple[Tensor, ...]:
        """The vector x at the chain's first layer; a start by repetition has u_0 and h f(u_0) for what is missing.

        With `refine` the history is the one that belongs to steps of size h / refine.
        """
        first = self.chain.layers[0]
        form = self.scheme.normal_form()
        u = first.state
        if form.values == 1:
            return (u,)
        if first.is_start:
            increment = (self.h / refine) * self.field(Place(0, 0.0), u)
            return (u, *(u if kind == 1 else increment for kind in form.q[1:]))
        if refine == 1:
            return first.vector
        return (
            u,
            *(
                u + (old - u) / refine if kind == 1 else old / refine
                for kind, old in zip(form.q[1:], first.vector[1:], strict=True)
            ),
        )

    def run(self, refine: int) -> Tensor:
        """The last state of the same network with `refine` times as many layers of step h / refine."""
        x, h = self.vector(refine), self.h / refine
        for step in range(self.count * refine):
            place = Place(step // refine, (step % refine) / refine)
            values, _ = self.coefficients(place)
            numbers = numeric_plan(self.plan)(values)
            x = execute(self.plan, _InTurn(self, place), x, h, number=numbers.__getitem__)
        return x[0]

    @functools.cached_property
    def single(self) -> "Depth | None":
        """The same in single precision; None where a branch does not work in it, leaves it, or is another one there."""
        states = [layer.state for layer in self.chain.layers]
        if any(u.dtype != torch.float64 for u in states):
            return None
        # Convolutions are fastest with the channels of a pixel beside each other; not every block takes a state so.
        for layout in ([torch.channels_last] if states[0].dim() == 4 else []) + [torch.contiguous_format]:
            made = copy.copy(self)
            made.layout, made._agreed, made._filled = layout, {}, {}
            parts = [[single_parts(b) if isinstance(b, nn.Module) else (b, {}) for b in row] for row in self.branches]
            made.branches = [[branch for branch, _ in row] for row in parts]
            made.weights = [[weights for _, weights in row] for row in parts]
            with contextlib.suppress(RuntimeError, TypeError):  # tensors of another precision or layout inside
                if all(self._is_near(made, n, u) for n, u in enumerate(states)):
                    return made
        return None

    def _is_near(self, single: "Depth", index: int, u: Tensor) -> bool:
        """Whether the branches of a layer are in single precision what they are in double, at one state."""
        for j in range(len(self.branches[index])):
            exact = self.field(Place(index, 0.0), u, j)
            found = single.field(Place(index, 0.0), single.laid(u), j)
            if found.dtype != torch.float32 or not float((found - exact).norm()) <= NEAR * float(exact.norm()):
                return False
        return True

    def laid(self, u: Tensor) -> Tensor:
        """A state in this precision."""
        return u if self.layout is None else u.float().contiguous(memory_format=self.layout)


class Lent(nn.Module):
    """A branch that others use as well, called with weights of this one."""

    def __init__(self, filled: Filled, weights: Weights) -> None:
        super().__init__()
        self.branch, self.weights, self.filled = filled.module, weights, filled

    def forward(self, u: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """The branch at the state u, and what else the layers are called with."""
        return self.filled(self.weights, u, *args, **kwargs)


class _InTurn:
    """f at a depth, the branches of the step's evaluations in their order."""

    def __init__(self, depth: Depth, place: Place) -> None:
        self.depth, self.place, self.turn = depth, place, 0

    def __call__(self, u: Tensor) -> Tensor:
        j = self.turn if self.depth.stages else 0
        self.turn += 1
        return self.depth.field(self.place, u, j)


def _bare(branch: Any) -> list[Any]:
    """What a branch without weights computes: plain functions, and the kinds of its modules."""
    if _weights(branch):
        return []
    return [m.function if isinstance(m, Function) else type(m) for m in branch.modules()]


def _weights(branch: Any) -> Weights:
    tensors = {**dict(branch.named_parameters()), **dict(branch.named_buffers())}
    return {name: tensor.detach() for name, tensor in tensors.items()}


def _to_be_filled(branch: nn.Module) -> Filled | None:
    """A copy to be given other weights; None where they are not plain, or held a second time elsewhere."""
    weights = tensors_of(branch)
    besides = [v for m in modules_of(branch) for key, v in vars(m).items() if key not in HELD and _may_hold(v)]
    plain = all(type(w) in (Tensor, nn.Parameter) for w in weights.values())
    if not plain or any(id(v) in weights for v in tree_leaves(besides)):
        return None
    return Filled(copied(branch, weights))


def _may_hold(value: Any) -> bool:
    return bool(value) if isinstance(value, (list, tuple, dict)) else isinstance(value, Tensor)


def _own(tensor: Tensor, value: Tensor) -> Tensor:
    """A tensor of this kind with a value of its own."""
    if type(tensor) is nn.Parameter:
        return nn.Parameter(value.detach().clone(), requires_grad=tensor.requires_grad)
    if type(tensor) is Tensor:
        return value.detach().clone()
    made = copy.deepcopy(tensor)
    with torch.no_grad():
        return made.copy_(value)


def _same(here: Weights, there: Weights) -> bool:
    return here is there or all(w.data_ptr() == there[name].data_ptr() for name, w in here.items())


def _between(here: Tensor, there: Tensor, part: float) -> Tensor:
    return torch.lerp(here, there, part) if part and here.is_floating_point() else here


def _check_alike(name: str, first: Sequence[Weights], row: Sequence[Weights]) -> None:
    shapes = [[{key: w.shape for key, w in weights.items()} for weights in r] for r in (first, row)]
    if shapes[0] != shapes[1]:
        raise UnsupportedError(f"{name}: its branches have different weights, so nothing lies between them in depth")
