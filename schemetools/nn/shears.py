"""Reversible partitioned stacks (RevNet, symplectic schemes): sums on the grid, so that nothing has to be stored."""

import functools
from collections.abc import Iterator, Sequence
from typing import Any

from sympy import Expr
from torch import Tensor, nn

from schemetools.codegen.plan import Combine, Eval

from .block import Block
from .reversible import Engine, from_grid, increment, to_grid

Shear = tuple[Any, Expr, int, int]


@functools.cache
def shears(kind: type[Block]) -> list[Shear] | None:
    """(field, coefficient, part evaluated at, part added to) for each evaluation in order; None for another plan.

    The plan has to evaluate and add in turn, each addition going to the other part as it stands.
    """
    plan, current, found = kind.plan, list(kind.plan.inputs), []
    steps = list(plan.steps)
    if plan.parts < 2 or len(plan.inputs) > plan.parts:
        return None
    while steps:
        match steps[:2]:
            case [Eval(k, field, argument), Combine(out, ((one, part),), ((c, added),))] if (
                one == 1 and added == k and argument in current and part in current and part != argument
            ):
                found.append((field, c, current.index(argument), current.index(part)))
                current[current.index(part)] = out
                steps = steps[2:]
            case _:
                return None
    return found if tuple(current) == plan.outputs else None


def branches_in_turn(layer: Block) -> dict[str, Iterator[Any]]:
    """The branches of each field in the order of their evaluations."""
    fields = layer.plan.fields
    held = {fields[0]: layer.branch} if len(fields) == 1 else {v: layer.branch[v] for v in fields}
    return {v: iter(b) if isinstance(b, nn.ModuleList) else _repeated(b) for v, b in held.items()}


def _repeated(branch: Any) -> Iterator[Any]:
    while True:
        yield branch


class ShearEngine(Engine):
    """Sums of h c f(other part), undone in reverse order."""

    def run(self, parts: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """The last state; its integers are all that is kept."""
        passed = self.passed
        state = [to_grid(passed.watch(x)) for x in parts]
        for n, shear in self._shears():
            with passed.first(parts[0]):
                added = self._added(n, shear, passed.watch(passed.value(state[shear[2]])))
            state[shear[3]] += to_grid(passed.watch(added))
        return [passed.watch(from_grid(u, x.dtype)) for u, x in zip(state, parts, strict=True)], state

    def reverse(self, saved: Sequence[Tensor], grads: Sequence[Tensor]) -> tuple[list[Tensor], dict[int, Tensor]]:
        """Gradients, the states recomputed by subtraction."""
        state, found, gradients = [u.clone() for u in saved], {}, list(grads)
        shears = list(self._shears())
        for evaluation in reversed(range(len(shears))):
            n, shear = shears[evaluation]
            _, _, source, target = shear
            leaf = self.passed.value(state[source])
            with self.passed.again(n, evaluation):
                added = self._added(n, shear, leaf)
            state[target] -= to_grid(added)
            gradients[source] = gradients[source] + self.pull([added], [gradients[target]], leaf, n, found)
        return gradients, found

    def _shears(self) -> Iterator[tuple[int, Shear]]:
        for n, layer in enumerate(self.layers):
            branches = branches_in_turn(layer)
            for field, c, source, target in shears(type(layer)) or ():
                yield n, (next(branches[field]), c, source, target)

    def _added(self, n: int, shear: Shear, value: Tensor) -> Tensor:
        branch, c, _, _ = shear
        return increment(self.layers[n], c, branch, value)
