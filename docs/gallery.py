"""The gallery: a card for each scheme of the catalog, asked of the package when the documentation is built.

A card has the tableau, the facts, the modified equation, the region of stability, the program and the publication,
drawn as on a report page; what a scheme does not have is said in its place. A family is shown as its default. Of the
few giants what would take long is left out, and the card says so. The first page has a small drawing of each.
"""

import importlib
import inspect
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pages import written
from stiff_families import figures

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.present.catalog import publications
from schemetools.present.page.family import family_of
from schemetools.present.page.grids import DISC, FRAME, waves
from schemetools.present.page.grids import still as still_waves
from schemetools.present.page.markup import Html, element, joined, lacking
from schemetools.present.page.mathml import math
from schemetools.present.page.overlay import drawable, overlay
from schemetools.present.page.plane import Frame, region
from schemetools.present.page.schemes import answered, facts_table
from schemetools.present.page.schemes import still as still_region
from schemetools.schemes import registry
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.masked import MaskedEuler

FOLDER = Path(__file__).parent / "gallery"
LARGEST_TABLEAU, LARGEST = 10, 15  # stages whose coefficients are shown; stages of which everything is asked
MOST_LINES, LONGEST = 60, 60_000  # of a program; characters of an equation in MathML
SMALL, MEMBERS = 190, 4  # pixels of a drawing on the first page; steps along the symbol of a family
TITLE = re.compile(r".+?(?=[:;.] | u_t|, for u_t|$)")  # a heading ends before what explains it
INDEX = "# Gallery\n\nEvery scheme of the catalog, by kind; each drawing leads to its card."


def pages() -> Iterator[tuple[str, str]]:
    """(file name, text) of every page: one per file of the catalog, the figures of whole families, and the first."""
    families = sorted(map(registry.family, registry.names()), key=lambda family: family.build.__module__)
    index = [INDEX, ""]
    for module, entries in itertools.groupby(families, key=lambda family: family.build.__module__):
        about = (importlib.import_module(module).__doc__ or module).splitlines()[0]
        name, members = module.rpartition(".")[2], list(entries)
        title = TITLE.match(about.rstrip("."))[0]
        index += [f"## [{title}]({name}.md)", "", *_raw(element("div", *map(_thumbnail, members), class_="thumbnails"))]
        yield name, page(title, about, members)
    yield "figures", figures()
    index += ["## [Figures of whole families](figures.md)", "", "Orders and angles of BDF, NDF, EBDF, MEBDF, PECE.", ""]
    yield "index", "\n".join([*index, "```{toctree}", ":hidden:", ":glob:", "", "*", "```", ""])


def page(title: str, about: str, entries: Iterable[registry.Family]) -> str:
    """The cards of one catalog file, in MyST."""
    said = [element("p", about)] if about.rstrip(".") != title else []
    return "\n".join([f"# {title}", "", *_raw(joined(said)), *itertools.chain.from_iterable(map(card, entries))])


def card(entry: registry.Family) -> Iterator[str]:
    """One scheme; a family is shown as its default."""
    scheme = st.get(entry.name)
    yield from (f"## {entry.name}", "", (inspect.getdoc(entry.build) or "").splitlines()[0], "")
    if entry.signature.parameters:
        yield from (f"A family, `{entry.name}{entry.usage}`; below is `{scheme:}`.", "")
    large = _size(scheme) > LARGEST
    left_out = lacking(f"left out for its size; schemetools show {entry.name} has it")
    tableau = left_out if _size(scheme) > LARGEST_TABLEAU else math(scheme._repr_latex_())
    equation = left_out if large else answered(lambda: _equation(scheme, entry.name))
    drawn = left_out if large else _region(scheme, entry.name)
    parts = {"Modified equation": equation, "Stability": drawn}
    said = [element("p", element("strong", title), class_="of") + part for title, part in parts.items()]
    yield from _raw(joined([tableau, facts_table(scheme, entry.name), *map(Html, said)]))
    yield from _folded("Program", "python", lambda: _program(scheme))
    yield from _folded("Publication", "bibtex", lambda: publications(scheme))


def _size(scheme: Any) -> int:
    if isinstance(scheme, st.AdditiveRungeKutta):
        return sum(table.stages for _, table in scheme.tableaux)
    return getattr(scheme, "stages", 1)


def _raw(shown: Html) -> Iterator[str]:
    yield from ("````{raw} html", f'<div class="scheme">{shown}</div>', "````", "")


def _equation(scheme: Any, name: str) -> Html:
    shown = math(st.modified_equation(scheme)._repr_latex_())
    if len(shown) > LONGEST:
        return lacking(f"left out for its length; schemetools modified-equation {name} has it")
    return shown


def _region(scheme: Any, name: str) -> Html:
    """The region; of a scheme with a free symbol those of a few members; of a difference scheme what its waves do."""
    if isinstance(scheme, Discretisation):
        return answered(lambda: still_waves(scheme, name))
    if len(scheme.free_symbols) == 1 and (family := family_of(scheme, count=MEMBERS)) is not None:
        return overlay([member.stability.scheme for member in family.members]) or lacking("no member has a region")
    return answered(lambda: still_region(scheme, name))


def _thumbnail(entry: registry.Family) -> Html:
    """A small drawing, or the name alone, as a link to the card."""
    scheme = st.get(entry.name)
    try:
        drawn = None if _size(scheme) > LARGEST else _small(scheme)
    except SchemeError:
        drawn = None
    address = f"{entry.build.__module__.rpartition('.')[2]}.html#{entry.name.replace('_', '-')}"
    name = element("span", Html(entry.name.replace("_", "_<wbr>")))  # a name breaks behind its underscores
    return element("a", drawn, name, href=address)


def _small(scheme: Any) -> Html | None:
    """The region, or the waves of a difference scheme in the unit disc, without numbers."""
    if isinstance(scheme, Discretisation):
        factors = waves(st.stability(scheme))
        if factors is None:
            return None
        frame, parts = FRAME, [DISC, region("", factors["line"])]
    else:
        found = drawable(scheme)
        frame = Frame.around(found.window, width=SMALL)
        line = frame.line([c.points[:-1] if c.unbounded else c.points for c in found.curves()])
        parts = [region(frame.filled(found), line)]
    left, top, wide, high = frame.inner
    [[x, y]] = frame.place([0])
    axes = element("path", d=f"M{left} {y:.0f}h{wide}M{x:.0f} {top}v{high}", class_="zero")
    return element("svg", axes, *parts, viewBox=f"{left} {top} {wide} {high}", aria_hidden="true")


def _program(scheme: Any) -> str:
    target = "torch" if isinstance(scheme, MaskedEuler) else "numpy"
    source = st.to_source(scheme, target).strip().splitlines()
    more = [f"# ... {len(source) - MOST_LINES} more lines"] if len(source) > MOST_LINES else []
    return "\n".join([*source[:MOST_LINES], *more])


def _folded(title: str, language: str, ask: Callable[[], str]) -> Iterator[str]:
    """A text that opens on a click, where there is one."""
    try:
        shown = ask()
    except SchemeError:
        return
    yield from ("```{raw} html", f"<details><summary>{title}</summary>", "```", "")
    yield from (f"```{language}", *shown.splitlines(), "```", "", "```{raw} html", "</details>", "```", "")


setup = written(FOLDER, pages)
