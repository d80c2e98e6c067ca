"""What `show` says about a scheme."""

import tomllib
from collections.abc import Callable
from typing import Any

from schemetools.analysis.properties.order import order
from schemetools.analysis.properties.stiff_order import stiff_order
from schemetools.analysis.stability.questions import QUESTIONS
from schemetools.analysis.stability.verb import stability
from schemetools.analysis.stability.words import answer, length
from schemetools.errors import CoefficientError, SchemeError, UnsupportedError
from schemetools.present.grids import discretisation_facts
from schemetools.present.kind import kind_text, order_report, order_text
from schemetools.present.results import result_facts
from schemetools.present.verdicts import meaning
from schemetools.progress import tell
from schemetools.schemes import registry
from schemetools.schemes.additive import AdditiveRungeKutta
from schemetools.schemes.base import Scheme
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.files import to_toml
from schemetools.schemes.references import citation
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom
from schemetools.schemes.text import number


def scheme_facts(scheme: Scheme | Discretisation) -> list[tuple[str, str]]:
    """What `show` says about a scheme: kind, order, stability, symbols, source, as (label, text)."""
    if isinstance(scheme, Discretisation):
        return discretisation_facts(scheme)
    found = [("kind", kind_text(scheme))]
    if scheme.free_symbols:
        found.append(("free symbols", ", ".join(sorted(s.name for s in scheme.free_symbols))))
    if scheme.random_symbols:
        found.append(("random symbols", ", ".join(sorted(map(str, scheme.random_symbols)))))
    if scheme.is_complex and (ends := scheme.real_parts) is not None:
        shown = " to ".join(length(x, is_exact=scheme.exact) for x in dict.fromkeys(ends))
        found.append(("weights", f"complex, of real part {shown}"))
    if not scheme.exact:
        known = f"approximate, known to {scheme.digits} decimals"
        found.append(("coefficients", f"{known}; what follows is said of the scheme meant"))
    found.append(("order", _or_reason(lambda: _order(scheme))))
    if isinstance(scheme, AdditiveRungeKutta) and scheme.partitioned and not scheme.is_complex:
        found.append(("for T = p^2/2", _or_reason(lambda: f"order {order(scheme, kinetic='quadratic')}")))
    if isinstance(scheme, RungeKuttaNystrom):
        found.append(("periodicity", _or_reason(lambda: _periodicity(scheme))))
    found += [*_given(lambda: list(result_facts(scheme))), *_stability_facts(scheme)]
    found.append(("source", citation(scheme.reference) or "none given"))
    return [*found, *_catalog_facts(scheme)]


def scheme_json(scheme: Scheme | Discretisation) -> dict[str, Any]:
    """The facts as text, the order as a number where there is one, and, under "data", what a TOML file of it holds.

    Coefficients are text that `exact.parse` reads back; `{"reason": ...}` where a fraction is too long to be written.

    >>> import schemetools as st
    >>> found = scheme_json(st.midpoint)
    >>> found["order_number"], found["data"]["A"]
    (2, [['0', '0'], ['1/2', '0']])
    """
    told = {"name": format(scheme), "scheme": str(scheme), **dict(scheme_facts(scheme))}
    try:
        number_of_it = order(scheme)
    except SchemeError:
        number_of_it = None
    try:
        data = tomllib.loads(to_toml(scheme))
    except CoefficientError as error:
        data = {"reason": str(error)}
    return {**told, "order_number": number_of_it, "data": data}


def _catalog_facts(scheme: Scheme) -> list[tuple[str, str]]:
    """What the catalog adds: other names, and the note of the entry."""
    entry = registry.entry_of(scheme)
    if entry is None:
        return []
    others = ", ".join(alias for alias, name in registry.aliases().items() if name == entry.name)
    return [(label, text) for label, text in (("also called", others), ("note", entry.note)) if text]


def _given(ask: Callable[[], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """Facts that a scheme without a limit of first order does not have."""
    try:
        return ask()
    except SchemeError:
        return []


def _periodicity(scheme: Scheme) -> str:
    """Where q'' = -w^2 q neither gains nor loses energy."""
    found = stability(scheme).periodicity_interval  # type: ignore[attr-defined]
    return f"h w < {number(found)}" if found != 0 else "none"


def _order(scheme: Scheme) -> str:
    if not scheme.exact and not scheme.free_symbols:
        return order_report(scheme).removeprefix("order ")
    shown, note = order_text(scheme)
    return f"{shown.rstrip('*')} {note}".rstrip()


def _stability_facts(scheme: Scheme) -> list[tuple[str, str]]:
    if isinstance(scheme, Exponential):
        shown = "|R(x, y)| <= 1 with x = h lambda exact, y = h mu"
        return [("stiff order", str(stiff_order(scheme))), ("stability", shown)]
    try:
        known = stability(scheme)
    except UnsupportedError as error:
        return [("stability", str(error))]
    asked = [q for q in QUESTIONS if q.label]
    found = [("test equation", what)] if (what := meaning(known)) else []
    for i, q in enumerate(asked, 1):
        tell("question", i, len(asked))
        found.append((q.label, _or_reason(lambda q=q: answer(known, q))))
    return found


def _or_reason(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except SchemeError as error:
        return f"not known: {error}"
