"""The names of schemes: `rk4`, `bdf(4)`, `lm(k=3/10)`, and what becomes of them when a symbol gets a value."""

from collections.abc import Mapping

from sympy import Expr, Symbol

from schemetools import exact


def argument(key: str, value: object, *, is_exact: bool = True) -> str:
    """One argument as a name shows it: integers bare, a symbol of the parameter's own name bare, the rest
    `key=value`.
    """
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Symbol) and str(value) == key:
        return key
    shown = exact.text(value, exact=is_exact) if isinstance(value, Expr) else format(value)
    return f"{key}={shown.replace(' ', '')}"


def renamed(name: str | None, values: Mapping[Symbol, Expr], is_exact: bool) -> str | None:
    """The name after a substitution: `lm(k)` with k = 3/10 is `lm(k=3/10)`; `mine` is `mine[k=3/10]`."""
    if name is None:
        return None
    head, opening, inside = name.partition("(")
    if not opening or not inside.endswith(")"):
        return f"{name}[{', '.join(argument(s.name, v, is_exact=is_exact) for s, v in values.items())}]"
    by_name = {symbol.name: value for symbol, value in values.items()}
    parts = [_changed(part.strip(), by_name, is_exact) for part in split_arguments(inside[:-1])]
    return f"{head}({', '.join(parts)})"


def _changed(part: str, values: Mapping[str, Expr], is_exact: bool) -> str:
    key, equals, shown = part.rpartition("=")
    if shown in values:
        return argument(key if equals else shown, values[shown], is_exact=is_exact)
    return part


def split_arguments(text: str) -> list[str]:
    """The comma-separated arguments of a name, commas inside parentheses left alone."""
    parts, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return [part for part in (*parts, text[start:]) if part.strip()]
