"""Difference schemes and methods of lines in plain text: the new values by the old ones, or the operators."""

from collections.abc import Iterable
from typing import Any

import sympy

from schemetools import exact
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.semidiscrete import MethodOfLines

INDICES = ("i", "j", "k")


def discretisation_text(scheme: Discretisation) -> str:
    """A discretisation in plain text.

    >>> import schemetools as st
    >>> print(discretisation_text(st.upwind))
    u_i^(n+1) = nu u_(i-1)^n + (1 - nu) u_i^n
    """
    if isinstance(scheme, DifferenceScheme):
        time, newest = scheme.levels[-1]
        right = [(m, place, c) for m, row in reversed(scheme.levels[:-1]) for place, c in row]
        left = _sum((c, _value(time, place)) for place, c in newest)
        return f"{left} = {_sum((_minus(c), _value(m, place)) for m, place, c in right)}"
    if isinstance(scheme, MethodOfLines):
        fields = [" + ".join(f"{coefficient_text(c)} {s}" for c, s in op.terms) for op in scheme.operators]
        return f"u_t = {' + '.join(fields)}, stepped by {scheme.time}"
    return repr(scheme)


def _index(place: Iterable[Any]) -> str:
    parts = []
    for letter, step in zip(INDICES, place, strict=False):
        parts.append(f"{letter}{'+' if step > 0 else ''}{step}" if step else letter)
    return parts[0] if parts == ["i"] else f"({','.join(parts)})"


def _value(time: int, place: Iterable[Any]) -> str:
    return f"u_{_index(place)}^{f'(n{time:+d})' if time else 'n'}"


def _minus(c: Any) -> Any:
    return tuple(tuple(-e for e in row) for row in c) if isinstance(c, tuple) else sympy.expand(-c)


def coefficient_text(c: Any) -> str:
    """A coefficient of a grid in plain text, a matrix in brackets."""
    if isinstance(c, tuple):
        return "[" + ", ".join("[" + ", ".join(coefficient_text(e) for e in row) + "]" for row in c) + "]"
    return exact.text(c).replace("**", "^").replace("*", " ")


def _sum(terms: Iterable[tuple[Any, str]]) -> str:
    result = ""
    for c, value in terms:
        negative = not isinstance(c, tuple) and not c.is_Add and c.could_extract_minus_sign()
        size: Any = -c if negative else c  # pyright: ignore[reportOperatorIssue]
        body = (
            ""
            if size == 1
            else f"({coefficient_text(size)}) "
            if getattr(size, "is_Add", False)
            else f"{coefficient_text(size)} "
        )
        sign = ("-" if negative else "") if not result else (" - " if negative else " + ")
        result += f"{sign}{body}{value}"
    return result or "0"
