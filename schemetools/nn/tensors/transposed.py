"""The transpose of a linear program: the transposes of its operations from the last to the first."""

from collections.abc import Callable
from typing import Any

import torch

from schemetools.nn.tensors.operations import SLOPES, Operation, Program, TapeError, needed

aten = torch.ops.aten
Call = tuple[Any, tuple[Any, ...]]  # an operation and its arguments, None where the value goes
ADD: Call = (aten.add.Tensor, (None, None))
# Each is its own transpose: what it multiplies by is symmetric.
SYMMETRIC = SLOPES | {aten.neg.default, aten.mul.Scalar, aten.div.Scalar, aten._softmax_backward_data.default}
SAME = {  # but for the layout in memory
    aten.clone.default,
    aten.detach.default,
    aten.alias.default,
}
SHAPED = {aten.view.default, aten._unsafe_view.default}


class Transposed(Program):
    """The transpose of a program, from its result back to what was given.

    Known are the operations of linear layers, convolutions, attention, layer normalisation and functions of single
    entries; raises TapeError for any other one.
    """

    def __init__(self, program: Program) -> None:
        self._steps: list[Operation] = []
        self._count = 1
        found: dict[int, int] = {program.result: 0}  # where the transposed value of a place is
        for step in reversed(program.steps):
            if len(found.keys() & set(step.targets)) != 1 or step.target not in found:
                raise TapeError(f"{step.func} has several results that are read")
            value = found.pop(step.target)
            for source, calls in _transposes(step):
                made = value
                for call in calls:
                    made = self._add(call, made)
                found[source] = self._add(ADD, found[source], made) if source in found else made
        if set(found) != {0}:
            raise TapeError("some values come from nowhere")
        super().__init__(needed(self._steps, found[0]), self._count, found[0])

    def _add(self, call: Call, *sources: int) -> int:
        """Record an operation on the values at these places; the place of its result."""
        (func, args), target = call, self._count
        places = [i for i, a in enumerate(args) if a is None][: len(sources)]
        several = len(func._schema.returns) > 1
        targets: list[int | None] = [target, None, None] if several else [target]
        given = list(zip(places, sources, strict=True))
        self._steps.append(Operation(func, list(args), {}, given, [], targets, several, {}))
        self._count += 1
        return target


def _transposes(step: Operation) -> list[tuple[int, list[Call]]]:
    """For each place that an operation reads the transposed operations, one after another."""
    if step.lists or step.writes or (step.kwargs and step.func not in SAME):
        raise TapeError(f"no transpose of {step.func} is known")
    if step.func in (aten.add.Tensor, aten.sub.Tensor):
        return _of_sum(step)
    [(place, source)] = step.sources if len(step.sources) == 1 else [(-1, -1)]
    rule = RULES.get(step.func, _of_symmetric if step.func in SYMMETRIC else None)
    if rule is None or place < 0:
        raise TapeError(f"no transpose of {step.func} is known")
    return [(source, rule(step, place, source))]


def _of_sum(step: Operation) -> list[tuple[int, list[Call]]]:
    if len({step.shapes[place] for place in (*step.read, step.target)}) > 1 or len(step.args) != len(step.sources):
        raise TapeError("a sum of tensors of different shapes")
    minus = [(aten.neg.default, (None,))]
    return [(source, minus if i == 1 and step.func is aten.sub.Tensor else []) for i, source in step.sources]


def _of_symmetric(step: Operation, place: int, source: int) -> list[Call]:
    if place != 0 or step.shapes[source] != step.shapes[step.target]:
        raise TapeError(f"{step.func} changes the shape of what it takes")
    return [(step.func, tuple(step.args))]


def _of_product(step: Operation, place: int, source: int) -> list[Call]:
    if step.shapes[source] != step.shapes[step.target]:
        raise TapeError("a product that repeats what it takes")
    if step.func is aten.div.Tensor and place == 1:
        raise TapeError("a quotient that is not linear in what it takes")
    return [(step.func, (None, step.args[1 - place]))]


def _of_matrix_product(step: Operation, place: int, source: int) -> list[Call]:
    other = step.args[1 - place].transpose(-1, -2)
    return [(step.func, (None, other) if place == 0 else (other, None))]


def _of_shape(step: Operation, place: int, source: int) -> list[Call]:
    return [(aten.reshape.default, (None, list(step.shapes[source])))]


def _of_permutation(step: Operation, place: int, source: int) -> list[Call]:
    order = [axis % len(step.args[1]) for axis in step.args[1]]
    return [(aten.permute.default, (None, [order.index(i) for i in range(len(order))]))]


def _of_swap(step: Operation, place: int, source: int) -> list[Call]:
    return [(step.func, tuple(step.args))]


def _of_copy(step: Operation, place: int, source: int) -> list[Call]:
    return []


def _of_convolution(step: Operation, place: int, source: int) -> list[Call]:
    _, _, weight, _, *how, mask = step.args
    if place != 0 or mask[1:] != [False, False]:
        raise TapeError("a convolution's weights have gradients as well")
    return [(aten.convolution.default, (None, weight, None, *how))]


def _of_layer_norm(step: Operation, place: int, source: int) -> list[Call]:
    """S diag(w) with a symmetric S: its transpose is diag(w) S."""
    _, x, shape, mean, scale, weight = step.args[:6]
    if place != 0:
        raise TapeError("a layer normalisation at a state that depends on the given tensor")
    inner = (aten.native_layer_norm_backward.default, (None, x, shape, mean, scale, None, None, [True, False, False]))
    return [inner] if weight is None else [inner, (aten.mul.Tensor, (None, weight))]


RULES: dict[Any, Callable[[Operation, int, int], list[Call]]] = {
    aten.mul.Tensor: _of_product,
    aten.div.Tensor: _of_product,
    aten.mm.default: _of_matrix_product,
    aten.bmm.default: _of_matrix_product,
    aten.permute.default: _of_permutation,
    aten.transpose.int: _of_swap,
    aten.t.default: _of_swap,
    aten.convolution_backward.default: _of_convolution,
    aten.native_layer_norm_backward.default: _of_layer_norm,
    **dict.fromkeys(SAME, _of_copy),
    **dict.fromkeys(SHAPED, _of_shape),
}
