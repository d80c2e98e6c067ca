"""What a slider moves through: the schemes of one family along its parameter, or along a free symbol."""

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Float, Rational, Symbol, sympify

from schemetools import exact
from schemetools.analysis.stability.base import Stability
from schemetools.analysis.stability.verb import stability
from schemetools.errors import SchemeError, SchemeWarning
from schemetools.present.page.plane import Frame
from schemetools.present.regions import common_window
from schemetools.schemes import registry
from schemetools.schemes.base import Scheme
from schemetools.schemes.naming import split_arguments

VALUES, MOST_STEPS = 30, 6
FREE = "parameter"  # the symbol while the span is looked for: that of the family may be reserved, as t of theta(t)
NEAR = 100  # ends that are no fractions are moved inwards to hundredths


@dataclass(frozen=True)
class Member:
    """One value of the parameter, with the stability of the scheme there."""

    value: Any
    stability: Stability


@dataclass(frozen=True)
class Family:
    """Schemes along a parameter; `start` is the index of the one that was asked for, or the nearest."""

    symbol: str
    members: tuple[Member, ...]
    start: int

    def window(self) -> Any:
        """The window in which every region is seen, or twice that of the start where this is less."""
        own = self.members[self.start].stability.window
        every = common_window([m.stability.window for m in self.members], None, None)
        return tuple(
            (max(low, 2 * min(least, -1e-9)), min(high, 2 * max(most, 1e-9)))
            for (low, high), (least, most) in zip(every, own, strict=True)
        )


def family_of(
    scheme: Scheme, sweep: Mapping[str, Iterable[Any]] | None = None, *, count: int = VALUES
) -> Family | None:
    """The family that a scheme belongs to: by its free symbol, or by its name in the catalog; None for any other.

    `sweep` gives the values of a symbol; without it `count` steps go through where the scheme is zero-stable, or from 0
    to 1. A whole number, such as the steps of bdf(4), goes from 1 to 6.
    """
    names = sorted(s.name for s in scheme.free_symbols)
    if sweep:
        return _swept(scheme, names, sweep)
    if len(names) == 1:
        symbol = names[0]
        return _along(symbol, lambda value: scheme.subs({symbol: value}), _span(scheme, symbol, count), None)
    found = None if names else _parameter(scheme)
    if found is None:
        return None
    symbol, value, is_whole, build = found
    if is_whole:
        whole = sorted({*range(1, MOST_STEPS + 1), int(value)})
        return _along(symbol, build, whole, value)
    return _along(symbol, build, _with(_span(build(Symbol(FREE)), FREE, count), value), value)


def _swept(scheme: Scheme, names: list[str], sweep: Mapping[str, Iterable[Any]]) -> Family | None:
    if len(sweep) != 1:
        raise SchemeError(f"sweep gives the values of one symbol, as in {{'k': [0, 0.5, 1]}}; {len(sweep)} came")
    [(symbol, given)] = sweep.items()
    values = [exact.coefficient(value, parameter=True) for value in given]
    found = _parameter(scheme)
    if symbol in names:
        build: Callable[[Any], Any] = lambda value: scheme.subs({symbol: value})  # noqa: E731
        start = None
    elif found is not None and found[0] == symbol:
        build, start = found[3], found[1]
        values = _with(values, start)
    else:
        return None
    return _along(symbol, build, sorted(values, key=float), start)


def _parameter(scheme: Scheme) -> tuple[str, Any, bool, Callable[[Any], Any]] | None:
    """The one numeric parameter by which the catalog made a scheme: name, value, whether it is whole, and how."""
    entry = registry.entry_of(scheme)
    if entry is None or not scheme.name:
        return None
    numeric = [p for p in entry.signature.parameters.values() if p.annotation in (int, registry.Coefficient)]
    if len(numeric) != 1 or len(entry.signature.parameters) != 1:
        return None
    [parameter] = numeric
    inside = scheme.name.partition("(")[2].removesuffix(")")
    [written] = split_arguments(inside) or [""]
    shown = written.rpartition("=")[2].strip()
    is_whole = parameter.annotation is int
    try:
        value = int(shown) if is_whole else exact.parse(shown)
    except (SchemeError, ValueError):
        return None
    return parameter.name, value, is_whole, lambda v: entry(**{parameter.name: v})


def _span(scheme: Scheme, symbol: str, count: int) -> list[Expr]:
    """Values between which the scheme is zero-stable, where that bounds them; else 0 to 1."""
    low, high, left_out = Rational(0), Rational(1), set()
    try:
        found = sympify(stability(scheme).is_zero_stable).as_set()
        if math.isfinite(float(found.inf)) and math.isfinite(float(found.sup)) and found.inf < found.sup:
            low = found.inf if found.inf.is_Rational else Rational(math.ceil(found.inf * NEAR), NEAR)
            high = found.sup if found.sup.is_Rational else Rational(math.floor(found.sup * NEAR), NEAR)
            left_out = {end for end in (low, high) if end not in found}
    except (SchemeError, AttributeError, NotImplementedError, TypeError, ValueError):
        pass  # what is zero-stable everywhere, nowhere, or on a set without ends
    values = [exact.canonical(low + (high - low) * i / count) for i in range(count + 1)]
    return [value for value in values if value not in left_out]


def _with(values: Iterable[Any], value: Any) -> list[Any]:
    return sorted({*values, value}, key=float)


def _along(symbol: str, build: Callable[[Any], Any], values: Iterable[Any], start: Any) -> Family | None:
    """The members that can be drawn; None where fewer than two can."""
    members = []
    for value in values:
        try:
            with warnings.catch_warnings(action="ignore", category=SchemeWarning):  # a slider leaves what is sensible
                found = stability(build(value))
            found.curves()
            if not all(math.isfinite(end) for side in found.window for end in side):
                continue
        except (SchemeError, ArithmeticError):  # a value at which there is no scheme, or nothing to draw
            continue
        members.append(Member(value, found))
    if len(members) < 2:
        return None
    middle = (
        len(members) // 2
        if start is None
        else min(range(len(members)), key=lambda i: abs(float(members[i].value) - float(start)))
    )
    return Family(symbol, tuple(members), middle)


def value_text(value: Any) -> str:
    """A value as the page shows it: 3/10, or 0.2929 where the exact one is long."""
    shown = exact.text(sympify(value)) if not isinstance(value, Float) else str(value)
    return shown if len(shown) <= 7 else f"{float(value):.4g}"


def outlines(family: Family) -> tuple[Frame, list[dict[str, str]]]:
    """The frame for all members, and for each its label, its filled path and its outline."""
    frame = Frame.around(family.window())
    return frame, [
        {
            "label": f"{family.symbol} = {value_text(member.value)}",
            "fill": frame.filled(member.stability),
            "line": frame.line([c.points[:-1] if c.unbounded else c.points for c in member.stability.curves()]),
        }
        for member in family.members
    ]


def is_parameter(scheme: Scheme, symbol: str) -> bool:
    """Whether a scheme can be moved along a symbol."""
    found = _parameter(scheme)
    return symbol in {s.name for s in scheme.free_symbols} or (found is not None and found[0] == symbol)
