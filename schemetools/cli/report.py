"""The command `report`: one HTML page about schemes, or about a trained network."""

from pathlib import Path
from typing import Annotated, Any

import typer

import schemetools as st
from schemetools.cli.app import app
from schemetools.cli.output import replacing, show_lines, working
from schemetools.cli.schemes import completed, named
from schemetools.errors import SchemeError

ENDINGS = (".html", ".htm")

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME...|CHECKPOINT", show_default=False, help="Names, TOML files.", autocompletion=completed
    ),
]
Output = Annotated[Path, typer.Option("-o", "--output", help="The page to write: .html.")]
Sweep = Annotated[str | None, typer.Option(metavar="K=LOW:HIGH:N", help="What the slider moves through, k=-0.9:1:20.")]
Data = Annotated[Path | None, typer.Option(help="Images for a CHECKPOINT of schemetools train: the page is about it.")]
Count = Annotated[int, typer.Option(min=1, help="How many test images to look at.")]


@app.command(epilog="Example: schemetools report lm:k=0.3 bdf:4 -o report.html")
def report(
    names: Names = None, output: Output = Path("report.html"), sweep: Sweep = None, data: Data = None, count: Count = 8
) -> None:
    """One HTML page, to read without a network."""
    if not names:
        raise SchemeError("no scheme was named; try: schemetools report lm:k=0.3 bdf:4 -o report.html")
    if data is not None and (len(names) != 1 or sweep is not None):
        raise SchemeError("--data goes with one checkpoint and no --sweep; leave it out for a page about schemes")
    with replacing(output, ENDINGS) as temporary:
        page = _of_schemes(names, sweep) if data is None else _of_network(Path(names[0]), data, count)
        page.save(temporary)
    show_lines(f"wrote {output}")


def _of_schemes(names: list[str], sweep: str | None) -> Any:
    schemes = [named(_no_checkpoint(name)) for name in names]
    values = None
    if sweep is not None:
        symbol, along = st.cli.pictures.swept(sweep)
        values = {symbol: along}
    with working("writing the page"):
        return st.report(schemes, sweep=values)


def _no_checkpoint(name: str) -> str:
    if name.lower().endswith((".pt", ".pth")):
        raise SchemeError(f"{name} is a checkpoint; say where its images are, as in --data cifar10")
    return name


def _of_network(checkpoint: Path, data: Path, count: int) -> Any:
    with working("reading the network"):
        net, images = st.nn.training.load_for_inspection(checkpoint, data, count=count)
    with st.cli.bar.layers_bar() as moved:
        found = st.inspect(net, images, progress=moved)
    with working("following the depth"):
        return st.report(found)
