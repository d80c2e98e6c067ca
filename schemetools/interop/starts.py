"""Earlier values for a multistep scheme, computed by a one-step scheme that spoils no order."""

import functools
from collections.abc import Mapping
from typing import Any

from schemetools.codegen.starting import with_history
from schemetools.errors import SchemeError
from schemetools.interop.fields import Timed
from schemetools.interop.stepper import Jac, Stepper
from schemetools.schemes.base import GeneralLinear, Scheme, as_scheme
from schemetools.schemes.runge_kutta import RungeKutta

EXPLICIT, IMPLICIT = "dopri8", "radau_iia(3)"


def steps_to_start(form: GeneralLinear) -> int:
    """How many steps of a one-step scheme fill the history: the longest chain of shifts in it."""
    depth = [0] * form.values
    for m in range(form.parts, form.values):
        source = [j for j, v in enumerate(form.V[m]) if v != 0]
        chained = len(source) == 1 and form.parts <= source[0] < m and not any(form.B[m])
        depth[m] = depth[source[0]] + 1 if chained else 1
    return max(depth)


@functools.lru_cache(maxsize=64)
def starter(scheme: Scheme, start: Any = None) -> Stepper:
    """The stepper of the start: `start`, or the order-8 pair of Prince and Dormand, Radau IIA of order 5 for implicit
    schemes, carrying the history of `scheme`.
    """
    first = as_scheme(start if start is not None else EXPLICIT if scheme.is_explicit else IMPLICIT)
    if isinstance(first, RungeKutta) and first.b_hat is not None:
        first = RungeKutta(first.A, first.b, first.c, name=first.name)
    one = first.normal_form()
    form = scheme.normal_form()
    if one.fields != form.fields and len(form.fields) == 1:
        one = GeneralLinear(one.A, one.U, one.B, one.V, form.fields * one.stages, name=first.name)
    if len(form.fields) > 1 and one.fields != form.fields:
        raise SchemeError(f"a start for {scheme} needs its fields {', '.join(form.fields)}; {first} has none of them")
    return Stepper(with_history(one, form))


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
    """The carried values after 0, 1, ... steps of the start; the last has a full history."""
    form = scheme.normal_form()
    values = [tuple([u] * form.values)]
    step = starter(scheme, start)
    for n in range(steps_to_start(form)):
        values.append(step(fields, t + n * h, values[-1], h, jac=jac))
    return values
