"""Operators as text: "-c*upwind(1, 3) + D*laplacian()"."""

from schemetools.errors import SchemeError
from schemetools.exact.parser import shorten
from schemetools.schemes.catalog import stencils
from schemetools.schemes.discretisation import formula
from schemetools.schemes.semidiscrete import Operator

LONGEST = 4000


def operator(text: str) -> Operator:
    """The operator of a text: a sum of coefficient * stencil, the stencil last in each term.

    Raises SchemeError for anything else.

    >>> operator("-c*upwind(1, 3) + D*laplacian()")
    Operator(-c * upwind(1, order=3) + D * laplacian(dimension=1, order=2))
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise SchemeError(
            f'an operator is a text such as "-c*upwind(1, 3) + D*laplacian()"; {shorten(repr(text))} came'
        )
    return Operator([_term(sign, body) for sign, body in _signed(text)], name=" ".join(text.split()))


def _split(text: str, marks: str) -> list[str]:
    """The text cut at the marks outside parentheses, each mark at the head of what follows it."""
    parts, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character in marks and depth == 0:
            parts.append(text[start:i])
            start = i
    return [*parts, text[start:]]


def _signed(text: str) -> list[tuple[str, str]]:
    parts = [part.strip() for part in _split(text, "+-")]
    parts = parts if parts[0] else parts[1:]
    return [(part[0], part[1:].strip()) if part[0] in "+-" else ("+", part) for part in parts if part]


def _term(sign: str, body: str) -> tuple[object, object]:
    *factors, last = _split(body, "*")
    try:
        stencil = stencils.get(last.lstrip("*").strip())
        coefficient = formula("".join(factors).strip() or "1")
    except SchemeError as error:
        raise type(error)(f"the term {shorten(body)!r} of the operator: {error}") from None
    return (-coefficient if sign == "-" else coefficient), stencil
