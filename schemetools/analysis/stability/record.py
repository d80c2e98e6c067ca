"""Everything that `stability` knows about a scheme, as plain data for tables and machines."""

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import CRootOf, Expr

from schemetools import exact
from schemetools.analysis.algebra.root_number import PolynomialRoot
from schemetools.analysis.stability.questions import QUESTIONS, Kind
from schemetools.analysis.stability.verb import stability
from schemetools.errors import SchemeError

VERDICTS = tuple(question.name for question in QUESTIONS if question.kind is Kind.VERDICT)
NUMBERS = tuple(question.name for question in QUESTIONS if question.kind is Kind.NUMBER)
HIGHEST_DEGREE = 8


def stability_record(
    scheme: Any, *, normalized: bool = False, shares: Mapping[str, Any] | None = None
) -> dict[str, dict[str, Any]]:
    """Verdicts and numbers by name, each {"value", "exact", "how"}, JSON's types throughout; options as in `stability`.

    A verdict's value is true or false, or null where `exact` is a condition on a symbol; a number's value is a float,
    null where it is infinite or a formula, and `exact` its text, null for a float. What is not defined for the scheme,
    or not decided, has null for both and says why in `how`.
    """
    found = stability(scheme, normalized=normalized, shares=shares)
    record: dict[str, dict[str, Any]] = {}
    for name in (*VERDICTS, *NUMBERS):
        try:
            value = getattr(found, name)
            how = found.how(name)
        except SchemeError as error:
            record[name] = {"value": None, "exact": None, "how": str(error)}
            continue
        described = _verdict(value) if name in VERDICTS else _number(value)
        record[name] = {**described, "how": how}
    return record


def _verdict(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"value": value, "exact": "yes" if value else "no"}
    return {"value": None, "exact": str(value)}


def _number(value: Expr | None) -> dict[str, Any]:
    if value is None:
        return {"value": None, "exact": "none"}
    if value == sympy.oo:
        return {"value": None, "exact": "oo"}
    if value.free_symbols:
        return {"value": None, "exact": str(value)}
    if value.is_Float:
        return {"value": float(value), "exact": None}
    too_long = value.has(PolynomialRoot) or any(root.poly.degree() > HIGHEST_DEGREE for root in value.atoms(CRootOf))
    return {"value": float(value), "exact": None if too_long else _text(value)}


def _text(value: Expr) -> str:
    return exact.text(value) if not value.has(sympy.Function, sympy.pi) else str(value)
