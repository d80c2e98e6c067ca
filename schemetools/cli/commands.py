"""The commands: each asks the library and prints what it answers.

They reach the library through its lazy names (`st.get`, `st.present.scheme_facts`): a command loads what it uses.
"""

from typing import Annotated, Literal

import typer

import schemetools as st
from schemetools.cli.app import app
from schemetools.cli.output import show_json, show_lines, table_lines, working
from schemetools.cli.schemes import completed, named
from schemetools.cli.screen import fitted
from schemetools.errors import SchemeError

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", show_default=False, help="A catalog name, or a TOML file.", autocompletion=completed
    ),
]
Word = Annotated[
    str,
    typer.Argument(
        metavar="[WORD]", show_default=False, help="Only schemes with this word, or of this kind, such as difference."
    ),
]
OfKind = Annotated[str, typer.Option("--kind", metavar="TEXT", help="Of this kind, as `show` calls it: implicit.")]
OfOrder = Annotated[int | None, typer.Option("--order", min=1, help="Of this order.")]
Stable = Annotated[str, typer.Option("--stability", metavar="WORD", help="zero, A, L or algebraic.")]
Order = Annotated[int | None, typer.Option(min=1, max=12, help="Terms through h^(ORDER - 1).")]
Target = Annotated[
    Literal["numpy", "torch", "c", "julia"], typer.Option(case_sensitive=False, help="What the program runs on.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Latex = Annotated[bool, typer.Option("--latex", help="Print LaTeX instead of text.")]


@app.command("list", epilog="Example: schemetools list adams")
def list_schemes(
    word: Word = "", kind: OfKind = "", order: OfOrder = None, stability: Stable = "", as_json: Json = False
) -> None:
    """The schemes: all, or by kind, order, stability."""
    asked = bool(kind or stability or order is not None)
    with working("asking the catalog"):
        rows = st.present.catalog_rows(word, st.present.names_of(kind, order, stability) if asked else None)
    if not rows and asked:
        given = {"kind": kind, "order": order, "stability": stability, "word": word}
        said = ", ".join(f"{what} {value}" for what, value in given.items() if value)
        raise SchemeError(f"no scheme fits {said}; ask for less, schemetools list shows all of them")
    if not rows:
        raise SchemeError(f"no scheme has {word!r} in its name or description; schemetools list shows all of them")
    if as_json:
        show_json([{"name": name, "description": description} for name, description in rows])
        return
    show_lines(*table_lines(("name", "scheme"), rows))


@app.command(epilog="Example: schemetools show lm:k=0.3")
def show(name: Name, as_json: Json = False, latex: Latex = False) -> None:
    """A scheme and what is known about it."""
    scheme = named(name)
    if latex:
        show_lines(st.latex(scheme))
        return
    with working(format(scheme)):
        record = st.present.scheme_json(scheme) if as_json else {}
        facts = [] if as_json else st.present.scheme_facts(scheme)
    if as_json:
        show_json(record)
        return
    show_lines(format(scheme), "", *fitted(str(scheme)), "", *table_lines(("", ""), facts))


@app.command(epilog="Example: schemetools cite rk4")
def cite(name: Name, as_json: Json = False) -> None:
    """Its publications, in BibTeX."""
    scheme = named(name)
    found = st.present.publications(scheme)
    if as_json:
        show_json({"name": format(scheme), "reference": scheme.reference, "bibtex": found})
        return
    show_lines(found)


@app.command("modified-equation", epilog="Example: schemetools modified-equation rk4 --order 5 --latex")
def modified_equation(name: Name, order: Order = None, as_json: Json = False, latex: Latex = False) -> None:
    """The equation its numbers follow."""
    scheme = named(name)
    with working(f"{format(scheme)}: modified equation"):
        equation = st.modified_equation(scheme, **({} if order is None else {"order": order}))
    if as_json:
        coefficients = {str(tree): st.exact.text(v) for tree, v in getattr(equation, "coefficients", {}).items()}
        show_json({"name": format(equation.scheme), "text": str(equation), "coefficients": coefficients})
        return
    show_lines(*([st.latex(equation)] if latex else fitted(str(equation))))


@app.command("order-conditions", epilog="Example: schemetools order-conditions midpoint --order 3 --latex")
def order_conditions(
    name: Name,
    order: Annotated[int, typer.Option(min=1, max=8, help="Trees with up to so many nodes.")] = 4,
    as_json: Json = False,
    latex: Latex = False,
) -> None:
    """How far it misses the order condition of each tree."""
    scheme = named(name)
    with working(f"{format(scheme)}: order conditions"):
        found = st.order_conditions(scheme, order)
    if latex:
        show_lines(st.latex(found))
        return
    if as_json:
        show_json({str(tree): st.exact.text(value) for tree, value in found.items()})
        return
    rows = [(str(tree), st.exact.text(value, exact=scheme.exact)) for tree, value in found.items()]
    show_lines(*table_lines(("tree", "residual"), rows))


@app.command(epilog="Example: schemetools code bdf:2 --target julia")
def code(name: Name, target: Target = "torch", as_json: Json = False) -> None:
    """The program of one step."""
    scheme = named(name)
    source = st.to_source(scheme, target).rstrip("\n")
    if as_json:
        show_json({"name": format(scheme), "target": target, "source": source})
        return
    show_lines(source)
