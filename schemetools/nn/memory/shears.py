"""Reversible partitioned stacks (RevNet, symplectic schemes): sums on the grid, so that nothing has to be stored."""

import functools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from sympy import Expr
from torch import Tensor, nn

from schemetools.codegen.plan import Combine, Eval
from schemetools.nn.blocks.block import Block
from schemetools.nn.memory.grid import IntegerGrid, grid_of
from schemetools.nn.memory.reversible import Engine, increment

Shear = tuple[Any, Expr, int, int]
Evaluation = Callable[[Tensor], tuple[Tensor, float]]


@functools.cache
def shears(kind: type[Block]) -> list[Shear] | None:
    """(field, coefficient, part evaluated at, part added to) for each evaluation in order; None for another plan.

    The plan has to evaluate and add in turn, each addition going to the other part as it stands.
    """
    plan, current, found = kind.plan, list(kind.plan.inputs), []
    steps = list(plan.steps)
    if plan.parts < 2 or len(plan.inputs) > plan.parts:
        return None
    if _drawn_twice(kind):
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


def _drawn_twice(kind: type[Block]) -> bool:
    """Whether a random symbol, which is drawn once per step, is in several coefficients."""
    found = [s for c in kind.plan.coefficients() for s in c.free_symbols & kind.written.random_symbols]
    return len(found) > len(set(found))


def branches_in_turn(layer: Block) -> dict[str, Iterator[Any]]:
    """The branches of each field in the order of their evaluations."""
    fields = layer.plan.fields
    held = {fields[0]: layer.branch} if len(fields) == 1 else {v: layer.branch[v] for v in fields}
    return {v: iter(b) if isinstance(b, nn.ModuleList) else _repeated(b) for v, b in held.items()}


def _repeated(branch: Any) -> Iterator[Any]:
    while True:
        yield branch


Move = tuple[int, Evaluation, int, int]
"""(layer, what is evaluated, the part it is evaluated at, the part it is added to)."""


TOGETHER, SMALL = 4, 2**17
"""Evaluations whose gradients follow together, and the most bytes of a state for which they do; of larger ones, one.

Going back and forth between an evaluation and a gradient, the code of each has left the processor's caches by the time
it comes again, which costs layers of such a size 4 %; what four of them hold is little.
"""


class ShearEngine(Engine):
    """Sums of h c f(other part), undone in reverse order."""

    def run(self, parts: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """The last state; its grid values are all that is kept."""
        passed, grid, dtypes = self.passed, grid_of(parts[0].dtype), [x.dtype for x in parts]
        state = [grid.enter(passed.watch(x)) for x in parts]
        values = [passed.watch(grid.value(u, dtype)) for u, dtype in zip(state, dtypes, strict=True)]
        for n, evaluate, source, target in self.moves():
            with passed.first(n, parts[0]):
                added, factor = evaluate(values[source].requires_grad_())
            grid.add(state[target], added, factor, 1)
            if grid is IntegerGrid:  # there a conversion could hide what is not finite
                passed.watch(added)
            values[target] = passed.watch(grid.value(state[target], dtypes[target]))
        return [x.detach() for x in values], state

    def reverse(self, saved: Sequence[Tensor], grads: Sequence[Tensor]) -> tuple[list[Tensor], dict[int, Tensor]]:
        """Gradients, the states recomputed by subtraction."""
        state, found, gradients = [u.clone() for u in saved], {}, [g.contiguous() for g in grads]
        moves, dtypes = list(self.moves()), [g.dtype for g in grads]
        together = TOGETHER if grads[0].numel() * grads[0].element_size() <= SMALL else 1
        for end in range(len(moves), 0, -together):
            made = deque(self._undone(n, moves[n], state, dtypes) for n in reversed(range(max(0, end - together), end)))
            while made:
                (n, _, source, target), leaf, added, factor = made.popleft()
                if not added.requires_grad:  # a branch may be constant
                    continue
                pulled = gradients[target] if factor == 1 else gradients[target] * factor
                # The state goes on into the next one beside the branch: its two gradients are added on the way.
                gradients[source] = self.pull([added, leaf], [pulled, gradients[source]], leaf, n, found)
                del added  # its graph goes before the next one is made
        return gradients, found

    def _undone(
        self, evaluation: int, move: Move, state: list[Tensor], dtypes: Sequence[Any]
    ) -> tuple[Move, Tensor, Tensor, float]:
        """The move, where and what it evaluated, with a graph; its sum is taken back from the state."""
        grid, (_, evaluate, source, target) = grid_of(dtypes[0]), move
        leaf = grid.value(state[source], dtypes[source]).requires_grad_()
        with self.passed.again(evaluation):
            added, factor = evaluate(leaf)
        grid.add(state[target], added, factor, -1)
        return move, leaf, added, factor

    def moves(self) -> Iterator[Move]:
        """The evaluations in order."""
        for n, layer in enumerate(self.layers):
            branches = branches_in_turn(layer)
            for field, c, source, target in shears(type(layer)) or ():
                yield n, partial(increment, layer, c, next(branches[field]), self.inputs.of(n)), source, target
