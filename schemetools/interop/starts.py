"""Earlier values for a scheme with a history, computed by a one-step scheme that spoils no order."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from schemetools.errors import SchemeError, UnsupportedError
from schemetools.interop.fields import Timed
from schemetools.interop.stepper import Jac, Stepper
from schemetools.schemes.base import GeneralLinear, Scheme, as_scheme
from schemetools.schemes.runge_kutta import RungeKutta

EXPLICIT, IMPLICIT = "dopri8", "radau_iia(3)"


@dataclass(frozen=True)
class Kept:
    """What one carried value is: the state so many steps ago, or h times a field at it."""

    ago: int
    field: str | None


def kept_values(form: GeneralLinear) -> tuple[Kept, ...]:
    """What every carried value is. Raises UnsupportedError where one is neither a state nor h f of one."""
    found: list[Kept] = [Kept(0, None)]
    for m in range(1, form.values):
        states = [j for j, v in enumerate(form.V[m]) if v != 0]
        stages = [j for j, b in enumerate(form.B[m]) if b != 0]
        if len(states) == 1 and not stages and states[0] < m and form.V[m][states[0]] == 1:
            before = found[states[0]]
            found.append(Kept(before.ago + 1, before.field))
        elif len(stages) == 1 and not states and form.B[m][stages[0]] == 1 and form.parts == 1:
            stage = stages[0]
            is_old = not any(form.A[stage]) and form.U[stage][0] == 1 and not any(form.U[stage][1:])
            found.append(Kept(int(is_old), form.colours[stage]))
        else:
            raise UnsupportedError(
                "this scheme carries values that are neither earlier states nor h f at them; solve has no start for it"
            )
    return tuple(found)


def steps_to_start(form: GeneralLinear) -> int:
    """How many steps of a one-step scheme come before the first step of this one."""
    return max(kept.ago for kept in kept_values(form)) if form.values > form.parts else 0


@functools.lru_cache(maxsize=64)
def starter(scheme: Scheme, start: Any = None) -> Stepper:
    """The stepper of the start: `start`, or the order-8 pair of Prince and Dormand, Radau IIA of order 5 for implicit
    schemes.
    """
    first = as_scheme(start if start is not None else EXPLICIT if scheme.is_explicit else IMPLICIT)
    form = first.frame()
    if form.values != 1:
        raise SchemeError(f"a start is a one-step scheme, such as rk4; {first} carries {form.values} values")
    if isinstance(first, RungeKutta) and first.b_hat is not None:
        first = RungeKutta(first.A, first.b, first.c, name=first.name, exact=first.exact)
    return Stepper(first)


def first_values(
    scheme: Scheme,
    fields: Mapping[str, Timed],
    t: float,
    u: Any,
    h: float,
    *,
    start: Any = None,
    jac: Jac | None = None,
) -> list[tuple[Any, ...]]:
    """The carried values after 0, 1, ... steps of the start: the state alone, and in the end with its history."""
    form = scheme.frame()
    history = kept_values(form)
    step = starter(scheme, start)
    whole = _whole(fields, step)
    states = [u]
    for n in range(max(kept.ago for kept in history)):
        states.append(step(whole, t + n * h, (states[-1],), h, jac=jac)[0])
    last = len(states) - 1

    def value(kept: Kept) -> Any:
        state = states[last - kept.ago]
        return state if kept.field is None else h * fields[kept.field](t + (last - kept.ago) * h, state)

    return [(state,) for state in states[:-1]] + [tuple(map(value, history))]


def _whole(fields: Mapping[str, Timed], step: Stepper) -> Mapping[str, Timed]:
    """The fields as the start takes them: its own labels, or all of them at once."""
    if set(step.form.fields) == set(fields):
        return fields
    if len(step.form.fields) > 1:
        raise SchemeError(
            f"a start for the fields {', '.join(fields)} has one field, or these; {step.scheme} has others"
        )

    def together(t: float, u: Any) -> Any:
        return np.asarray(sum(f(t, u) for f in fields.values()))

    return dict.fromkeys(step.form.fields, together)
