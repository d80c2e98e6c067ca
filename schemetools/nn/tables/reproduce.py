"""The verb: the rows of a table at a budget over seeds, resumable at any step, written as Markdown and JSON."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemetools.errors import SchemeError, UnknownNameError, came
from schemetools.nn.tables.budgets import Budget, budget
from schemetools.nn.tables.images import images_for
from schemetools.nn.tables.markdown import markdown
from schemetools.nn.tables.published import TABLES
from schemetools.nn.tables.record import table_record
from schemetools.nn.tables.runs import built, run, settings
from schemetools.nn.tables.table import Row, Table
from schemetools.nn.training import Progress
from schemetools.nn.training.arguments import callback, path_name
from schemetools.nn.training.logs import write_text


@dataclass(frozen=True)
class Told:
    """What a progress callback is told after every step: which run of how many, and where it is."""

    run: int
    runs: int
    label: str
    seed: int
    training: Progress


@dataclass(frozen=True)
class Reproduced:
    """A table as measured: the `record` (plain values, as in the JSON file), its Markdown, and where both are."""

    record: dict[str, Any]
    markdown: str
    path: Path


def names() -> tuple[str, ...]:
    """The names of the tables."""
    return tuple(TABLES)


def table(name: str) -> Table:
    """A table of the literature by its name. Raises UnknownNameError.

    >>> [row.label for row in table("schemes").rows][:2]
    ['ResNet-20', 'LM-ResNet-20']
    """
    if not isinstance(name, str) or name not in TABLES:
        raise UnknownNameError(f"there is no table {name!r}; the tables are {', '.join(TABLES)}")
    return TABLES[name]


def reproduce(
    name: str,
    *,
    budget: str = "small",
    data: str | Path | None = None,
    out: str | Path = "reproduced",
    seeds: int | None = None,
    epochs: int | None = None,
    rows: str | Iterable[str] | None = None,
    store: str | Path | None = None,
    progress: Callable[[Told], None] | None = None,
) -> Reproduced:
    """Run a table of the literature again, at a budget, and say what came out.

    Seed by seed, in each all rows (`rows` chooses some by label, each once), so that what is there early is complete
    and paired. Every run has a folder in `out`/TABLE-BUDGET with a checkpoint; called again, finished runs are taken as
    they are and a broken one goes on from its last checkpoint, to the same bits. After each run `table.md` and
    `table.json` in that folder say what is there. `seeds` and `epochs` change those of the budget. `data` is a folder
    as `train` takes it, `store` a folder for decoded images that are more than fits in memory (ImageNet); "tiny" needs
    neither, it runs on scikit-learn's digits.
    Raises SchemeError for an unknown table, budget or row, no row, unusable data, a row whose network has no room,
    finished or broken runs of other settings or images; FileError for a damaged result or checkpoint.
    """
    chosen, spent = table(name), _budget(budget, epochs, seeds)
    wanted, progress = _rows(chosen, rows), callback("progress", progress)
    folder = Path(path_name("out", out)) / f"{chosen.name}-{spent.name}"
    images = images_for(chosen, spent, data, store)
    plan = [(seed, row) for seed in range(spent.seeds) for row in wanted]
    for row in wanted:
        built(settings(chosen, row, 0, spent, images, folder), len(images.classes), row.label)
    found: dict[str, list[dict[str, Any]]] = {row.label: [] for row in wanted}
    made = _written(chosen, spent, wanted, found, folder)
    for number, (seed, row) in enumerate(plan, 1):
        config = settings(chosen, row, seed, spent, images, folder)
        tell = _teller(progress, number, len(plan), row, seed)
        found[row.label].append(run(chosen, row, config, spent, images, tell))
        made = _written(chosen, spent, wanted, found, folder)
    return made


def _rows(table: Table, rows: Any) -> list[Row]:
    """The rows by their labels, each once: a row that counted twice would make differences look certain."""
    if rows is None:
        return list(table.rows)
    labels = [rows] if isinstance(rows, str) else list(rows) if isinstance(rows, Iterable) else []
    if not labels:
        raise SchemeError(
            f"rows is a list of the labels of rows, at least one, or None for all of them; {came(rows)} came"
        )
    return list({row.label: row for row in map(table.row, labels)}.values())


def _budget(name: str, epochs: int | None, seeds: int | None) -> Budget:
    return budget(name).changed(epochs=epochs, seeds=seeds)


def _teller(
    progress: Callable[[Told], None] | None, number: int, runs: int, row: Row, seed: int
) -> Callable[[Progress], None] | None:
    if progress is None:
        return None
    return lambda training: progress(Told(number, runs, row.label, seed, training))


def _written(
    table: Table, budget: Budget, rows: list[Row], found: dict[str, list[dict[str, Any]]], folder: Path
) -> Reproduced:
    """The table so far, in its two files."""
    record = table_record(table, budget, rows, found)
    text = markdown(record)
    write_text(folder / "table.json", json.dumps(record, indent=1) + "\n")
    write_text(folder / "table.md", text)
    return Reproduced(record, text, folder / "table.md")
