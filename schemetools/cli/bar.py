"""Progress bars: of verdicts, of a training, and of layers that are read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from schemetools.progress import listening

Report = Callable[[int, int, str, float], None]
LayerReport = Callable[[int, int, str], None]


@contextmanager
def steps_bar(what: str) -> Iterator[None]:
    """A bar on a terminal's stderr with what `progress.tell` says within the block; before, it moves to and fro."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def hear(step: str, i: int, n: int | None) -> None:
            place = f"{step} {i}" if n is None else f"{step} {i} of {n}"
            bar.update(task, description=f"{what}: {place}", completed=i - 1, total=n)

        with listening(hear):
            yield


@contextmanager
def layers_bar() -> Iterator[LayerReport]:
    """A bar on the terminal (stderr; nothing elsewhere), moved by report(layers done, layers in all, the next one)."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("reading")

        def report(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=f"reading {name}".rstrip())

        yield report


@contextmanager
def training_bar(*, shown: bool = True) -> Iterator[Report]:
    """A bar on the terminal (stderr; nothing elsewhere), moved by report(steps done, steps in all, what, loss)."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[loss]}"))
    disabled = not shown or not console.is_terminal
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=disabled) as bar:
        task = bar.add_task("training", loss="")

        def report(done: int, total: int, what: str, loss: float) -> None:
            bar.update(task, completed=done, total=total, description=what, loss=f"loss {loss:.3f}")

        yield report
