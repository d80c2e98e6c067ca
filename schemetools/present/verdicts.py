"""Stability as a table for people, as a record for machines."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemetools.analysis.properties.order import order
from schemetools.analysis.stability.base import Stability
from schemetools.analysis.stability.exponential import ExponentialStability
from schemetools.analysis.stability.mean_square import MeanSquareStability
from schemetools.analysis.stability.questions import QUESTIONS, Question
from schemetools.analysis.stability.record import stability_record
from schemetools.analysis.stability.verb import stability
from schemetools.analysis.stability.words import answer
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.present.kind import order_text
from schemetools.progress import tell
from schemetools.schemes.base import Scheme
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom

SHOWN = tuple(question for question in QUESTIONS if question.column)
HEADER = ("scheme", "order", *(question.column for question in SHOWN))
NO_ORDER, UNKNOWN = "none*", "not known*"


def meaning(s: Stability | ExponentialStability) -> str:
    """What stability is about where that is not u' = lambda u: several fields and their shares, or the mean square."""
    if isinstance(s, MeanSquareStability):
        return "where E|u_n|^2 stays bounded"
    if isinstance(s, ExponentialStability):
        return ""  # each question says it
    if isinstance(s.scheme, RungeKuttaNystrom):
        return "q'' = λ^2 q"
    fields = s.scheme.frame().fields
    if len(fields) == 1:
        return ""
    if getattr(s.scheme, "partitioned", False):
        return "p' = λ q, q' = λ p"
    given = dict(s.shares) if s.shares is not None else {}
    shares = [f"{given.get(field, 0) if given else f'1/{len(fields)}'} λu in {field}" for field in fields]
    return f"u' = λu with {', '.join(shares)}"


def stability_table(
    schemes: Sequence[Scheme], shares: Mapping[str, Any] | None = None
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The rows under `HEADER`, one per scheme, and the footnotes that they need; `shares` as in `stability`."""
    rows, notes = [], []
    for i, scheme in enumerate(schemes, 1):
        tell("scheme", i, len(schemes))
        known = stability(scheme, shares=shares)
        shown, note = _order_or_none(scheme)
        said = [note] if note else []
        if scheme.random_symbols:
            said.append("stability is that of the mean square")
        elif what := meaning(known):
            said.append(f"stability is that on {what}")
        cells = [_cell(known, question, said) for question in SHOWN]
        if said:
            notes.append(f"* {scheme}: {'; '.join(dict.fromkeys(said))}")
        rows.append((format(scheme), shown, *cells))
    return rows, notes


def _cell(known: Stability, question: Question, said: list[str]) -> str:
    """The answer, or that there is none, with the reason among the notes."""
    try:
        return answer(known, question)
    except SchemeError as error:
        said.append(str(error).removeprefix(f"{known.scheme} has no {question.name}: "))  # which many may share
        return UNKNOWN


def _order_or_none(scheme: Scheme) -> tuple[str, str]:
    """`order_text`; for a scheme without a limit of first order the reason."""
    try:
        return order_text(scheme)
    except UnsupportedError as error:
        return NO_ORDER, str(error)


def stability_json(scheme: Scheme, shares: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Name, order, and every verdict and number of `stability_record`, in JSON's types; `shares` as in `stability`."""
    shown, _ = _order_or_none(scheme)
    known = order(scheme) if shown != NO_ORDER else None
    return {"scheme": format(scheme), "order": known, **stability_record(scheme, shares=shares)}
