"""The page as one file: `report`."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemetools.atomic import replacing
from schemetools.errors import FileError, SchemeError
from schemetools.present.facts import scheme_facts
from schemetools.present.page.family import is_parameter
from schemetools.present.page.grids import grid_parts
from schemetools.present.page.markup import Html, element, table
from schemetools.present.page.networks import is_network, network_parts
from schemetools.present.page.overlay import overlay
from schemetools.present.page.schemes import Sweep, scheme_parts
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.discretisation import Discretisation, discretisation_of

STYLE = Path(__file__).with_name("page.css")
SCRIPT = Path(__file__).with_name("page.js")
ENDINGS = (".html", ".htm")
MOST = 12
LAST = ("source", "also called", "note")  # of the facts side by side: what one scheme alone has comes before


@dataclass(frozen=True, repr=False)
class Page:
    """A report: `html` is the document, `save` writes it, a notebook shows it in a frame.

    >>> import schemetools as st
    >>> page = st.report("euler")
    >>> page.title, page.html.splitlines()[0]
    ('euler', '<!DOCTYPE html>')
    """

    title: str
    body: Html

    @property
    def html(self) -> str:
        """The document, with its style, its script and a policy that lets a browser load nothing else."""
        style, script = (path.read_text(encoding="utf-8") for path in (STYLE, SCRIPT))
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        allowed = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
        head = element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=allowed),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("title", self.title),
            Html(f"<style>{style}</style>"),
        )
        body = element("body", self.body, Html(f"<script>{script}</script>"))
        return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"

    def __repr__(self) -> str:
        return f"<page {self.title!r}>"

    def _repr_html_(self) -> str:
        size = "width:100%;height:80vh;border:0"
        return element("iframe", srcdoc=self.html, title=self.title, style=size, sandbox="allow-scripts")

    def save(self, path: str | Path) -> Path:
        """Write the page to a .html file, whole or not at all. Raises FileError where that cannot be written."""
        path = Path(path)
        if path.suffix.lower() not in ENDINGS:
            raise FileError(f"{path} is no name of a page; end it with .html")
        try:
            with replacing(path) as temporary:
                temporary.write_text(self.html, encoding="utf-8")
        except OSError as error:
            raise FileError(f"{path} cannot be written: {error.strerror or error}") from None
        return path


def report(schemes: Any, *, sweep: Sweep = None) -> Page:
    """Everything that is known about a scheme, or about several side by side, as one HTML page without a network.

    For each scheme: tableau, facts, modified equation, stability region, trees, programs, publication; a section says
    what it lacks where a scheme has no such thing. Region, verdicts and equation move with a slider where the
    scheme has one parameter: a free symbol, or that of its family in the catalog. `sweep` gives the values, as in
    {"k": [0, 0.5, 1]}.

    `schemes` is what every verb takes (a scheme, a name, an object with a scheme), a difference scheme or method of
    lines, or a list of them; or what `inspect` returns: then the page has a table of the layers, their spectra over the
    regions of their own schemes, and the certificate, which is found now.
    Raises SchemeError for an empty list, for more than 12, and for a sweep along a symbol that none of them has.

    >>> import schemetools as st
    >>> st.report(["lm(k=0.3)", "bdf(4)"])
    <page 'lm(k=3/10), bdf(4)'>
    """
    if is_network(schemes):
        return _of_network(schemes, sweep)
    found = _listed(schemes)
    names = [format(scheme) for scheme in found]
    _check_sweep(found, sweep)
    body = [_header(names)]
    if len(found) > 1:
        body.append(_compared(found, names))
    alone = len(found) == 1
    articles = [_article(i, scheme, sweep, alone=alone) for i, scheme in enumerate(found)]
    body.append(element("div", *articles, class_="single" if alone else "side"))
    return Page(", ".join(names), element("main", *body, _footer()))


def _of_network(found: Any, sweep: Sweep) -> Page:
    if sweep:
        raise SchemeError("a sweep came with a network; it belongs to a page about schemes, so leave it out")
    count = len(found.layers)
    title = f"A trained network of {count} layer{'' if count == 1 else 's'}"
    return Page(title, element("main", element("header", element("h1", title)), *network_parts(found), _footer()))


def _listed(schemes: Any) -> list[Scheme | Discretisation]:
    several = isinstance(schemes, Iterable) and not isinstance(schemes, (str, bytes, Mapping))
    given = list(schemes) if several and discretisation_of(schemes) is None else [schemes]
    if not given:
        raise SchemeError("there is no scheme to report on: give one, or a list such as [rk4, lm(k=0.3)]")
    if len(given) > MOST:
        raise SchemeError(f"{len(given)} schemes came; a page holds at most {MOST}, so make several pages")
    return [d if (d := discretisation_of(s)) is not None else as_scheme(s) for s in given]


def _check_sweep(found: Sequence[Any], sweep: Sweep) -> None:
    if not sweep:
        return
    for symbol in sweep:
        if not any(isinstance(s, Scheme) and is_parameter(s, symbol) for s in found):
            names = ", ".join(map(format, found))
            raise SchemeError(f"a sweep along {symbol!r} came; {names} has no such symbol or parameter")


def _header(names: Sequence[str]) -> Html:
    heading = element("h1", *_between([element("bdi", name) for name in names], ", "))
    return element("header", heading)


def _between(parts: Sequence[Html], gap: str) -> list[Any]:
    return [piece for part in parts for piece in (gap, part)][1:]


def _article(i: int, scheme: Scheme | Discretisation, sweep: Sweep, *, alone: bool) -> Html:
    """One scheme; alone it has the name of the page."""
    name = format(scheme)
    if isinstance(scheme, Discretisation):
        parts = grid_parts(scheme, name, alone=alone)
    else:
        parts = scheme_parts(scheme, name, sweep, alone=alone)
    heading = None if alone else element("h2", element("bdi", name), id=f"scheme-{i}")
    return element("article", heading, *parts, aria_label=name)


def _compared(found: Sequence[Scheme | Discretisation], names: Sequence[str]) -> Html:
    """The facts of all of them in one table, and their regions in one picture."""
    facts = [dict(scheme_facts(scheme)) for scheme in found]
    labels = sorted(dict.fromkeys(label for known in facts for label in known), key=LAST.count)
    rows = [(label, *(known.get(label, "–") for known in facts)) for label in labels]
    head = ("", *(element("a", element("bdi", name), href=f"#scheme-{i}") for i, name in enumerate(names)))
    return element(
        "section",
        element("h2", "Side by side"),
        table(head, rows, label="Facts side by side", class_="facts"),
        overlay([s for s in found if isinstance(s, Scheme)]),
    )


def _footer() -> Html:
    said = "Made by schemetools. What it says of a scheme is exact unless it says how far it holds."
    return element("footer", element("p", said))
