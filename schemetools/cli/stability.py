"""The command `stability`: verdicts, intervals and pictures."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import schemetools as st
from schemetools.cli.app import app
from schemetools.cli.output import PICTURES, replacing, show_json, show_lines, table_lines, working
from schemetools.cli.schemes import completed, from_file, named
from schemetools.cli.screen import fitted
from schemetools.errors import SchemeError

if TYPE_CHECKING:  # at run time these would load sympy, and `--help` would take five times as long
    from schemetools.schemes.base import Scheme

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME...", show_default=False, help="Names, TOML files.", autocompletion=completed),
]
Picture = Annotated[Path | None, typer.Option("-o", "--output", help="Draw the regions here: .png, .svg or .pdf.")]
Tableaux = Annotated[list[Path] | None, typer.Option("--tableau", help="A TOML file with a scheme; may be repeated.")]
OrderStar = Annotated[bool, typer.Option("--order-star", help="Draw the order star instead, where |R(z)| > |e^z|.")]
Locus = Annotated[bool, typer.Option("--locus", help="Draw the root locus as well, where a root has modulus 1.")]
Relative = Annotated[bool, typer.Option("--relative", help="Draw the region of relative stability instead.")]
Imex = Annotated[bool, typer.Option("--imex", help="Draw the explicit field imaginary, the implicit one real.")]
Sweep = Annotated[str | None, typer.Option(metavar="K=LOW:HIGH:N", help="Draw a family along its symbol, k=-0.9:1:7.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Latex = Annotated[bool, typer.Option("--latex", help="Print the stability function R(z) or Phi(w, z) in LaTeX.")]
Limits = Annotated[str | None, typer.Option(metavar="LOW:HIGH", help="The ends of that axis, as in -4:1.")]
Labels = Annotated[str | None, typer.Option(metavar="A,B,...", help="Names in the legend, one per scheme.")]
Points = Annotated[
    str | None, typer.Option(metavar="Z,Z,...|FILE", help="Points h lambda over the regions: -1,-2+3j, or a text file.")
]
Normalized = Annotated[bool, typer.Option("--normalized", help="Rescale z by the limit of each scheme.")]
Shares = Annotated[
    str | None, typer.Option(metavar="F=0,G=1", help="What each field has of lambda u; equal shares without.")
]
Dpi = Annotated[int | None, typer.Option(min=10, max=2400, help="Dots per inch of a PNG; 150 without.")]


@app.command(epilog="Example: schemetools stability rk4 lm:k=0.3 --xlim -4:1 --eigenvalues -1,-2+1j -o region.png")
def stability(
    names: Names = None,
    output: Picture = None,
    tableau: Tableaux = None,
    as_json: Json = False,
    latex: Latex = False,
    order_star: OrderStar = False,
    locus: Locus = False,
    relative: Relative = False,
    imex: Imex = False,
    sweep: Sweep = None,
    xlim: Limits = None,
    ylim: Limits = None,
    normalized: Normalized = False,
    shares: Shares = None,
    labels: Labels = None,
    eigenvalues: Points = None,
    dpi: Dpi = None,
) -> None:
    """Verdicts, intervals and a picture."""
    if xlim or ylim:
        st.cli.pictures.check_ends(names or (), xlim=xlim, ylim=ylim)
    schemes = [*map(named, names or ()), *map(from_file, tableau or ())]
    if not schemes:
        raise SchemeError("no scheme was named; try: schemetools stability rk4 lm:k=0.3 -o region.png")
    if any(map(st.cli.waves.is_grid, schemes)):
        regions = (order_star, locus, relative, imex, sweep, xlim, ylim, normalized, shares, labels, eigenvalues, dpi)
        st.cli.waves.stable_sets(schemes, output, as_json=as_json, latex=latex, others=any(regions))
        return
    given = st.cli.pictures.shares_of(shares)
    if latex:
        show_lines(*(st.latex(st.stability(scheme, normalized=normalized, shares=given)) for scheme in schemes))
        return
    view = st.cli.pictures.View.of(xlim, ylim, labels, eigenvalues, normalized=normalized, shares=given)
    special = {"--order-star": order_star, "--locus": locus, "--relative": relative, "--imex": imex}
    draw = st.cli.pictures.drawing(schemes, special, sweep, view)
    if output is None and (any(special.values()) or view.asked or dpi):
        raise SchemeError("that is a picture; say where it goes, as in -o picture.png")
    if sweep is not None:
        schemes = st.cli.pictures.instances(schemes[0], *st.cli.pictures.swept(sweep))
    with working("deciding stability"):
        lines = [] if as_json else _as_table(schemes, given)
        records = [st.present.stability_json(scheme, given) for scheme in schemes] if as_json else []
    if output is not None:
        os.environ.setdefault("MPLBACKEND", "agg")
        with working("drawing"), replacing(output, PICTURES) as temporary:
            st.present.save(draw(), temporary, dpi=dpi)
        lines += [f"wrote {output}"]
    if as_json:
        show_json(records)
        return
    show_lines(*lines)


def _as_table(schemes: "list[Scheme]", shares: dict[str, str] | None) -> list[str]:
    rows, notes = st.present.stability_table(schemes, shares)
    table = table_lines(st.present.HEADER, rows)
    apart = [""] if notes and "" in table else []  # where each row is a paragraph
    return [*table, *apart, *fitted("\n".join(notes))]
