"""The numbers of a difference scheme and what they stand for: nu = c*dt/dx, mu = D*dt/dx^2, a pure parameter."""

import functools
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from sympy import Expr, Integer, Symbol

from schemetools import exact as exact_arithmetic
from schemetools.errors import SchemeError, TableauError

DT = Symbol("dt")
WIDTHS = (Symbol("dx"), Symbol("dy"), Symbol("dz"))
STEPS = (DT, *WIDTHS)
Numbers = tuple[tuple[str, Expr | None], ...]
_NAME = re.compile(r"[A-Za-z_]\w*")


class Scaling(NamedTuple):
    """factor * dt^time * dx^space[0] * dy^space[1] * dz^space[2]."""

    factor: Expr
    time: int
    space: tuple[int, int, int]


def declared(numbers: Any) -> Numbers:
    """{name: what it stands for} as sorted pairs; None for a pure parameter. Raises SchemeError for anything else.

    >>> declared({"nu": "c*dt/dx", "theta": None})
    (('nu', c*dt/dx), ('theta', None))
    """
    if numbers is None:
        return ()
    if not isinstance(numbers, Mapping):
        raise TableauError(f'numbers must map names to texts, such as {{"nu": "c*dt/dx"}}; {numbers!r} came')
    found = []
    for key, meaning in numbers.items():
        name = key.name if isinstance(key, Symbol) else key
        if not isinstance(name, str):
            raise TableauError(f"the name of a number must be a text; {key!r} came")
        exact_arithmetic.check_symbol_name(name)
        if name in {s.name for s in STEPS}:
            raise TableauError(f"{name} is a step of the grid; name the number otherwise, such as nu")
        try:
            value = None if meaning is None else _meaning(meaning)
        except SchemeError as error:
            raise type(error)(f"numbers[{name!r}]: {error}") from None
        found.append((name, value))
    return tuple(sorted(found, key=lambda pair: pair[0]))


def _meaning(text: Any) -> Expr:
    if not isinstance(text, str):
        value = exact_arithmetic.coefficient(text)
    else:
        value = exact_arithmetic.coefficient(exact_arithmetic.parse(text, set(_NAME.findall(text)) - {"sqrt", "root"}))
    scaling(value)
    return value


@functools.lru_cache(maxsize=1024)
def scaling(meaning: Expr) -> Scaling:
    """How a number scales with the steps; TableauError where it is no product of powers of them.

    >>> scaling(Symbol("D") * DT / WIDTHS[0] ** 2)
    Scaling(factor=D, time=1, space=(-2, 0, 0))
    """
    powers = {s: Integer(0) for s in STEPS}
    factor: Any = Integer(1)
    for part in meaning.as_ordered_factors():
        base, exponent = part.as_base_exp()
        if base in powers and exponent.is_Integer:
            powers[base] += exponent  # type: ignore[index]
        elif part.free_symbols & set(STEPS):
            raise TableauError(f"{meaning} is no product of powers of dt, dx, dy, dz; write such as c*dt/dx")
        else:
            factor *= part
    time, *space = (int(powers[s]) for s in STEPS)
    return Scaling(factor, time, (space[0], space[1], space[2]))


def is_rate(meaning: Expr | None) -> bool:
    """Whether a number scales with dt alone, as the rate of a reaction does: sigma*dt."""
    if meaning is None:
        return False
    found = scaling(meaning)
    return found.time > 0 and not any(found.space)
