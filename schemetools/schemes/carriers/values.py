"""What hangs on other people's objects, as plain numbers and lists."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import sympy
from sympy import Expr
from sympy.functions.elementary.trigonometric import TrigonometricFunction

DIGITS = 50
MISSING: Any = object()
NOTHING = (MISSING, None, NotImplemented)


def attribute(value: Any, *names: str) -> Any:
    """The first of these attributes that is there and holds data, or None; a property that raises is not there."""
    for name in names:
        try:
            found = getattr(value, name, MISSING)
        except Exception:  # what other people's properties raise, any kind of it
            continue
        if not any(found is nothing for nothing in NOTHING) and not isinstance(found, property) and not callable(found):
            return found
    return None


def has(value: Any, *names: str) -> bool:
    """Whether all these attributes are there and hold data."""
    return all(attribute(value, name) is not None for name in names)


def listed(values: Any) -> list[Any]:
    """An array, a tensor or nested sequences as nested lists of numbers."""
    values = values.tolist() if hasattr(values, "tolist") else values
    return [listed(v) if isinstance(v, Iterable) and not isinstance(v, str) else plain(v) for v in values]


def plain(value: Any) -> Any:
    """A NumPy scalar or a tensor without dimensions as the Python number that it is; cosines to 50 digits."""
    if isinstance(value, Expr):
        return sympy.N(value, DIGITS) if value.is_number and value.has(TrigonometricFunction) else value
    return value.item() if hasattr(value, "item") else value


def square(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows of a lower triangle, filled up with zeros to a square."""
    return [[*row[: len(rows)], *[0] * (len(rows) - len(row))] for row in rows]


def below(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """The rows of an explicit tableau given from the second stage on, as a square with its empty first row."""
    return square([[], *map(list, rows)])


@dataclasses.dataclass(frozen=True)
class Table:
    """A tableau as an object of another library holds it, and what that library says of it."""

    A: list[list[Any]]
    b: list[Any]
    c: list[Any] | None = None
    b_hat: list[Any] | None = None
    order: int | None = None
    name: str | None = None


def named(value: Any) -> str:
    """What to call a scheme that came as this object: its own name, or that of its class."""
    own = attribute(value, "shortname", "name")
    kind = value if isinstance(value, type) else type(value)
    return own if isinstance(own, str) and own.isprintable() and own else kind.__name__


def method_order(value: Any) -> int | None:
    """The order that a solver states by a method, order(terms), as diffrax's do."""
    try:
        order = value.order(value, None) if isinstance(value, type) else value.order(None)
    except Exception:  # no such method, or one that asks for more
        return None
    return order if isinstance(order, int) else None


def stated_order(value: Any) -> int | None:
    """The order that the object states, where it states one."""
    order = plain(attribute(value, "order", "__order__", "_order"))
    return (
        int(order) if isinstance(order, (int, float)) and not isinstance(order, bool) and order == order // 1 else None
    )
