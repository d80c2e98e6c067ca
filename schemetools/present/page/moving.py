"""What moves with a slider beside the picture: the verdicts of the scheme at each value, and its modified equation."""

from collections.abc import Sequence

from schemetools.analysis.modified.derive import modified_equation
from schemetools.analysis.stability.questions import QUESTIONS
from schemetools.analysis.stability.words import answer
from schemetools.errors import SchemeError
from schemetools.present.kind import order_text
from schemetools.present.page.family import Member
from schemetools.present.page.markup import Html, joined, lacking, table
from schemetools.present.page.mathml import math

ASKED = tuple(question for question in QUESTIONS if question.label)


def said(members: Sequence[Member], *, of: str) -> list[Html]:
    """For each value the verdicts, a row each, and the equation below."""
    return [joined([table((), _verdicts(m), label=f"Verdicts: {of}", class_="facts"), _equation(m)]) for m in members]


def _verdicts(member: Member) -> list[tuple[str, str]]:
    rows = []
    try:
        shown, note = order_text(member.stability.scheme)
        rows.append(("order", f"{shown.rstrip('*')} {note}".rstrip()))
    except SchemeError as error:
        rows.append(("order", f"none: {error}"))
    for question in ASKED:
        try:
            rows.append((question.label, answer(member.stability, question)))
        except SchemeError as error:
            rows.append((question.label, f"not known: {error}"))
    return rows


def _equation(member: Member) -> Html:
    try:
        return math(modified_equation(member.stability.scheme)._repr_latex_())
    except SchemeError as error:
        return lacking(error)
