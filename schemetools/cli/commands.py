"""The commands: each asks the library and prints what it answers.

They reach the library through its lazy names (`st.get`, `st.present.scheme_facts`): a command loads what it uses.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import schemetools as st
from schemetools.cli.app import app
from schemetools.cli.output import PICTURES, replacing, show_lines, table_lines
from schemetools.cli.pictures import drawing, instances, swept
from schemetools.cli.schemes import from_file, named
from schemetools.errors import SchemeError

if TYPE_CHECKING:  # at run time these would load sympy, and `--help` would take five times as long
    from schemetools.schemes.base import Scheme

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="A catalog name, or a TOML file.")]
Word = Annotated[
    str,
    typer.Argument(
        metavar="[WORD]", show_default=False, help="Only schemes with this word, or of this kind, such as difference."
    ),
]
Order = Annotated[int | None, typer.Option(min=1, max=12, help="Terms through h^(ORDER - 1).")]
Target = Annotated[Literal["numpy", "torch", "c", "julia"], typer.Option(help="What the program runs on.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="NAME...", show_default=False, help="Names, TOML files.")]
Picture = Annotated[Path | None, typer.Option("-o", "--output", help="Draw the regions here: .png, .svg or .pdf.")]
Tableaux = Annotated[list[Path] | None, typer.Option("--tableau", help="A TOML file with a scheme; may be repeated.")]
OrderStar = Annotated[bool, typer.Option("--order-star", help="Draw the order star instead, where |R(z)| > |e^z|.")]
Locus = Annotated[bool, typer.Option("--locus", help="Draw the root locus as well, where a root has modulus 1.")]
Sweep = Annotated[str | None, typer.Option(metavar="K=LOW:HIGH:N", help="Draw a family along its symbol, k=-0.9:1:7.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command("list")
def list_schemes(word: Word = "") -> None:
    """Every scheme by name."""
    rows = st.present.catalog_rows(word)
    if not rows:
        raise SchemeError(f"no scheme has {word!r} in its name or description; schemetools list shows all of them")
    show_lines(*table_lines(("name", "scheme"), rows))


@app.command()
def show(name: Name) -> None:
    """A scheme and what is known about it."""
    scheme = named(name)
    facts = table_lines(("", ""), st.present.scheme_facts(scheme))
    show_lines(format(scheme), "", str(scheme), "", *facts)


@app.command()
def cite(name: Name) -> None:
    """Its publications, in BibTeX."""
    show_lines(st.present.publications(named(name)))


@app.command("modified-equation")
def modified_equation(name: Name, order: Order = None) -> None:
    """The equation its numbers follow."""
    show_lines(str(st.modified_equation(named(name), **({} if order is None else {"order": order}))))


@app.command()
def code(name: Name, target: Target = "torch") -> None:
    """The program of one step."""
    show_lines(st.to_source(named(name), target).rstrip("\n"))


@app.command()
def stability(
    names: Names = None,
    output: Picture = None,
    tableau: Tableaux = None,
    as_json: Json = False,
    order_star: OrderStar = False,
    locus: Locus = False,
    sweep: Sweep = None,
) -> None:
    """Verdicts, intervals and a picture."""
    schemes = [*map(named, names or ()), *map(from_file, tableau or ())]
    if not schemes:
        raise SchemeError("no scheme was named; try: schemetools stability rk4 lm:k=0.3 -o region.png")
    draw = drawing(schemes, order_star=order_star, locus=locus, sweep=sweep)
    if sweep is not None:
        schemes = instances(schemes[0], *swept(sweep))
    lines = _as_json(schemes) if as_json else _as_table(schemes)
    if output is not None:
        os.environ.setdefault("MPLBACKEND", "agg")
        with replacing(output, PICTURES) as temporary:
            st.present.save(draw(), temporary)
        lines += [] if as_json else [f"wrote {output}"]
    elif order_star or locus:
        raise SchemeError("that is a picture; say where it goes, as in -o picture.png")
    show_lines(*lines)


def _as_json(schemes: "list[Scheme]") -> list[str]:
    return [json.dumps([st.present.stability_json(scheme) for scheme in schemes], indent=2)]


def _as_table(schemes: "list[Scheme]") -> list[str]:
    rows, notes = st.present.stability_table(schemes)
    return [*table_lines(st.present.HEADER, rows), *notes]
