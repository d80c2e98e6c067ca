"""What a page says of a scheme: tableau, facts, equation, region, trees, programs, publications."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from schemetools import exact
from schemetools.analysis.modified.derive import modified_equation
from schemetools.analysis.modified.equation import ModifiedEquation
from schemetools.codegen.source import to_source
from schemetools.errors import SchemeError
from schemetools.present.catalog import publications
from schemetools.present.facts import scheme_facts
from schemetools.present.page.family import family_of, outlines
from schemetools.present.page.markup import Html, element, joined, lacking, section, table
from schemetools.present.page.mathml import inline, math
from schemetools.present.page.moving import said
from schemetools.present.page.overlay import drawable
from schemetools.present.page.plane import Frame, picture, region
from schemetools.present.page.slider import slider
from schemetools.present.verdicts import meaning
from schemetools.schemes.base import Scheme
from schemetools.schemes.discretisation import Discretisation

TARGETS = {"numpy": "NumPy", "torch": "PyTorch", "c": "C", "julia": "Julia"}
MOST_TREES = 40

Sweep = Mapping[str, Iterable[Any]] | None


def scheme_parts(scheme: Scheme, name: str, sweep: Sweep = None, *, alone: bool = True) -> list[Html]:
    """The sections of a scheme, the facts too where it is `alone` on the page; each says what is lacking."""
    equation = answered(lambda: modified_equation(scheme))
    return sections(
        {
            "Scheme": math(scheme._repr_latex_()),
            "Facts": facts_table(scheme, name) if alone else None,
            "Modified equation": _equation(equation),
            "Stability region": _region(scheme, name, sweep),
            "Trees": _trees(equation),
            **programs(scheme, name),
        },
        alone=alone,
    )


def answered(ask: Callable[[], Any]) -> Any:
    """The answer, or the sentence that says why there is none, as the page shows it."""
    try:
        return ask()
    except SchemeError as error:
        return lacking(error)


def sections(found: Mapping[str, Html | None], *, alone: bool) -> list[Html]:
    """Sections by their headings, which are those of the page where a scheme is `alone` on it."""
    return [section(title, shown, level=2 if alone else 3) for title, shown in found.items() if shown is not None]


def facts_table(scheme: Scheme | Discretisation, name: str) -> Html:
    """What `show` says of a scheme, one fact per row."""
    return table((), scheme_facts(scheme), label=f"Facts: {name}", class_="facts")


def _equation(equation: Any) -> Html:
    return equation if isinstance(equation, Html) else math(equation._repr_latex_())


def _region(scheme: Scheme, name: str, sweep: Sweep) -> Html:
    """The region; where the scheme has a parameter with a slider, which moves verdicts and equation as well."""
    family = family_of(scheme, sweep)
    if family is not None:
        frame, frames = outlines(family)
        now = frames[family.start]
        drawn = picture(frame, region(now["fill"], now["line"]), title=f"Stability region of {name}")
        beside = said(family.members, of=name)
        frames = [{**frame, "beside": shown} for frame, shown in zip(frames, beside, strict=True)]
        moved = slider(family.symbol, frames, family.start, of=name)
        return joined([drawn, moved, _meaning(family.members[0].stability)])
    return answered(lambda: still(scheme, name))


def still(scheme: Scheme, name: str) -> Html:
    """The region as it is. Raises UnsupportedError where it is no picture."""
    found = drawable(scheme)
    curves = found.curves()
    frame = Frame.around(found.window)
    line = frame.line([c.points[:-1] if c.unbounded else c.points for c in curves])
    drawn = picture(frame, region(frame.filled(found), line), title=f"Stability region of {name}")
    return joined([drawn, _meaning(found)])


def _meaning(found: Any) -> Html | None:
    said = meaning(found)
    return element("p", said, class_="note") if said else None


def _trees(equation: Any) -> Html:
    """The trees of the equation with what each has for a coefficient."""
    if isinstance(equation, Html):
        return lacking("without a modified equation there are no trees to show")
    if not isinstance(equation, ModifiedEquation):
        return lacking("trees belong to the modified equation of a scheme for u' = f whose coefficients are not random")
    found = list(equation.coefficients.items())
    rows = [
        (Html(tree._repr_svg_()), str(tree), str(tree.order), str(tree.symmetry), str(tree.density), _number(value))
        for tree, value in found[:MOST_TREES]
    ]
    head = ("tree", "brackets", "order", "symmetry σ", "density γ", "coefficient b")
    shown = table(head, rows, label=f"Trees: {equation.scheme:}", class_="trees")
    if len(found) > MOST_TREES:
        more = f"The first {MOST_TREES} of {len(found)}; st.modified_equation(s).coefficients has all of them."
        return joined([shown, element("p", more, class_="note")])
    return shown


def _number(value: Any) -> Html:
    return inline(exact.latex(value))


def programs(scheme: Any, name: str) -> dict[str, Html]:
    """The programs and the publications by heading, each text with a button that copies it."""
    sources = {title: answered(lambda target=target: to_source(scheme, target)) for target, title in TARGETS.items()}
    if len(set(sources.values())) == 1:  # no program in any language, for one reason
        shown = next(iter(sources.values()))
    else:
        shown = joined(
            element(
                "details",
                element("summary", title),
                _copied(source, f"{title} program of {name}"),
                open=title == "NumPy",
            )
            for title, source in sources.items()
        )
    cited = answered(lambda: publications(scheme))
    return {"Programs": shown, "Publication": _copied(cited, f"BibTeX of {name}")}


def _copied(source: str, what: str) -> Html:
    """The text with its button; where there is none, why."""
    if isinstance(source, Html):
        return source
    button = element("button", "Copy", type="button", class_="copy", aria_label=f"Copy the {what}", hidden=True)
    shown = element("pre", element("code", source), tabindex="0", role="region", aria_label=what)
    return element("div", button, shown, class_="code")
