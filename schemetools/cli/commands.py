"""The commands: each asks the library and prints what it answers."""

import inspect
import json
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.present.text import scheme_text
from schemetools.schemes import registry

from .app import app
from .output import replacing, show_lines, show_table
from .schemes import from_file, named

PICTURES = (".png", ".svg", ".pdf")

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="A catalog name, or a TOML file.")]


@app.command("list")
def list_schemes(
    word: Annotated[str, typer.Argument(metavar="[WORD]", show_default=False, help="Only schemes with this word.")] = "",
) -> None:
    """The catalog: every name, with its parameters and their defaults."""
    found = [registry.family(name) for name in st.names()]
    rows = [(f.name + (f.usage if f.signature.parameters else ""), _description(f)) for f in found]
    others = {alias: f"the same as {name}" for alias, name in registry.aliases().items()}
    rows = [row for row in sorted([*rows, *others.items()]) if word.lower() in " ".join(row).lower()]
    if not rows:
        raise SchemeError(f"no scheme has {word!r} in its name or description; schemetools list shows all of them")
    show_table(("name", "scheme"), rows)


def _description(family: registry.Family) -> str:
    return " ".join((inspect.getdoc(family.build) or "").split("\n\n")[0].split())


@app.command()
def show(name: Name) -> None:
    """A scheme as people write it, what is known about it, and where it was published."""
    scheme = named(name)
    show_lines(str(scheme), "", scheme_text(scheme), "")
    show_table(("", ""), [*st.present.report.facts(scheme), ("source", scheme.reference or "none given")])


@app.command("modified-equation")
def modified_equation(
    name: Name,
    order: Annotated[int, typer.Option(min=1, max=12, help="Terms through h^(order - 1).")] = 4,
) -> None:
    """The differential equation that the scheme's numbers follow."""
    show_lines(str(st.modified_equation(named(name), order)))


@app.command()
def code(name: Name, target: Annotated[Literal["numpy", "torch"], typer.Option(help="What it runs on.")] = "torch") -> None:
    """The program of one step, as it runs."""
    show_lines(st.to_source(named(name), target).rstrip("\n"))


@app.command()
def stability(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", show_default=False, help="Catalog names, or TOML files.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Draw the regions to this file: .png, .svg, .pdf.")] = None,
    tableau: Annotated[list[Path] | None, typer.Option(help="A TOML file with a scheme of your own; may be repeated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Stability: verdicts and intervals in a table, the regions in a picture."""
    schemes = [*map(named, names or ()), *map(from_file, tableau or ())]
    if not schemes:
        raise SchemeError("no scheme was named; try: schemetools stability rk4 lm:k=0.3 -o region.png")
    if output is not None:
        os.environ.setdefault("MPLBACKEND", "agg")
        with replacing(output, PICTURES) as temporary:
            st.plot_stability(schemes).figure.savefig(temporary)
    report = st.present.report
    if as_json:
        show_lines(json.dumps([report.stability_record(scheme) for scheme in schemes], indent=2))
        return
    rows, notes = report.stability_table(schemes)
    show_table(report.HEADER, rows)
    show_lines(*notes, *([f"wrote {output}"] if output is not None else []))
