"""Where a block stands among the steps of a scheme: its run, which step, which of the step's evaluations."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from schemetools.errors import UnsupportedError
from schemetools.exact import coefficient
from schemetools.nn.blocks.forms import STEP_SIZE, Program, program
from schemetools.schemes.base import Scheme

Written = tuple[Scheme, tuple[str, ...] | None]
"""A scheme, and which of the values that its step carries are equal."""

Called = tuple[int | str, tuple[Any, ...], dict[str, Any]]
"""What a block is called with, and where its state is in that."""


@dataclass(eq=False)
class Run:
    """Blocks in turn whose steps belong together: the container, the schemes of the first steps, that of others."""

    name: str
    scheme: Scheme
    starts: list[Written]
    full: Written


@dataclass(eq=False)
class Place:
    """What a block is in its run: which step, and which of the step's evaluations; `whole`: all of them.

    `slot` is where its state is among what it is called with, `clones` whether it writes into it, `mark` why it is no
    x + F(x); `opens`, `closes`: the first and the last module of a block whose sums are outside of it; `holder` the
    name of the step among the block's modules, None where an earlier block of the group has it.
    """

    run: Run
    name: str
    index: int
    evaluation: int
    evaluations: int
    written: Written
    slot: int | str = 0
    whole: bool = False
    clones: bool = False
    mark: str = ""
    opens: bool = False
    closes: bool = False
    holder: str | None = None
    memory: Any = None
    programs: dict[Any, Program] = field(default_factory=dict)
    blocks: dict[Any, bool] = field(default_factory=dict)

    def written_at(self, age: int) -> Written:
        """The step that is the `age`-th since the start of the history: another than usual where one was left out."""
        run, last = self.run, len(self.run.starts)
        return self.written if age == min(self.index, last) else run.starts[age] if age < last else run.full

    def program(self, age: int, h: Any) -> Program:
        """What the step does that is the `age`-th since the start of the history."""
        number = None if isinstance(h, Tensor) else h
        found = self.programs.get((age, number))
        return self._made(age, number) if found is None else found

    def is_block(self, h: Any) -> bool:
        """Whether every step of the run is the block itself with this h, as Euler's is with h = 1."""
        number = None if isinstance(h, Tensor) else h
        found = self.blocks.get(number)
        return self._found_block(number) if found is None else found

    @torch.compiler.disable()
    def _found_block(self, number: Any) -> bool:
        ages = range(len(self.run.starts) + 1)
        try:
            found = number is not None and all(self.program(age, number).is_block for age in ages)
        except UnsupportedError:  # implicit
            found = False
        self.blocks[number] = found
        return found

    @torch.compiler.disable()
    def _made(self, age: int, number: Any) -> Program:
        made = program(*self.written_at(age), STEP_SIZE if number is None else coefficient(number, parameter=True))
        self.programs[age, number] = made
        return made
