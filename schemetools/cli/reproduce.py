"""The command that runs a table of the literature again."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

import schemetools as st
from schemetools.cli.app import app
from schemetools.cli.output import PICTURES, replacing, show_lines, table_lines, working

TableName = Annotated[str, typer.Argument(metavar="[TABLE]", show_default=False, help="Without: lists the tables.")]
BudgetName = Annotated[str, typer.Option("--budget", help="tiny, small, medium or full.")]
Data = Annotated[
    Path | None, typer.Option(show_default=False, help="train/<class>/* and test/<class>/*, or CIFAR's batches.")
]
Store = Annotated[
    Path | None, typer.Option(show_default=False, help="A folder for decoded images, more than fits in memory.")
]
Out = Annotated[Path, typer.Option(help="The folder for the runs and the table; called again, it goes on from there.")]
Seeds = Annotated[int | None, typer.Option(min=1, help="So many seeds, in place of the budget's.")]
Epochs = Annotated[int | None, typer.Option(min=1, help="So many epochs, in place of the budget's.")]
Rows = Annotated[list[str] | None, typer.Option("--row", help="Only this row; may be repeated.")]


@app.command(epilog="Example: schemetools reproduce schemes --budget tiny")
def reproduce(
    table: TableName = "",
    budget: BudgetName = "small",
    data: Data = None,
    out: Out = Path("reproduced"),
    seeds: Seeds = None,
    epochs: Epochs = None,
    row: Rows = None,
    store: Store = None,
) -> None:
    """A table of the literature, run again."""
    tables = st.nn.tables
    if not table:
        found = [tables.table(name) for name in tables.names()]
        show_lines(*table_lines(("table", "what"), [(t.name, f"{t.title} ({t.data})") for t in found]))
        return
    with st.cli.bar.training_bar() as report:

        def progress(told: Any) -> None:
            now = told.training
            done = (now.epoch - 1) * now.steps + now.step
            what = f"run {told.run}/{told.runs}: {told.label}, seed {told.seed}"
            report(done, now.epochs * now.steps, what, now.loss)

        made = tables.reproduce(
            table,
            budget=budget,
            data=data,
            out=out,
            seeds=seeds,
            epochs=epochs,
            rows=row or None,
            store=store,
            progress=progress,
        )
    picture = made.path.with_suffix(".svg")
    os.environ.setdefault("MPLBACKEND", "agg")
    with working("drawing"), replacing(picture, PICTURES) as temporary:
        st.present.save(st.plot_table(made.record), temporary)
    names = f"{made.path}, {made.path.with_suffix('.json').name} and {picture.name}"
    show_lines(made.markdown.rstrip("\n"), "", f"wrote {names}")
