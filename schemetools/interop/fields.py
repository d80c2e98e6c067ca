"""The right-hand side as people write it, f(t, u) or f(u), one per field of the scheme."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from schemetools.codegen.owned import copied
from schemetools.errors import SchemeError, came
from schemetools.schemes.base import Scheme
from schemetools.schemes.runge_kutta_nystrom import RungeKuttaNystrom

Timed = Callable[[float, Any], Any]


def timed_fields(f: Any, labels: Sequence[str]) -> dict[str, Timed]:
    """{label: f(t, u)}, from one callable, or from one per field as a mapping or a sequence."""
    if len(labels) == 1 and callable(f):
        return {labels[0]: timed(f)}
    if isinstance(f, Mapping) and set(f) == set(labels):
        return {label: timed(f[label]) for label in labels}
    if isinstance(f, Sequence) and len(f) == len(labels):
        return {label: timed(one) for label, one in zip(labels, f, strict=True)}
    wanted = "one callable" if len(labels) == 1 else f"{{{', '.join(f'{v!r}: ...' for v in labels)}}}"
    raise SchemeError(f"f is {wanted} for this scheme, each f(t, u) or f(u); {f!r} came")


def fields_of(scheme: Scheme, f: Any, labels: Sequence[str]) -> dict[str, Any]:
    """`timed_fields` of a scheme; one for q'' = f(q, q') takes f(t, q, p) or f(q, p)."""
    if isinstance(scheme, RungeKuttaNystrom) and scheme.A_prime is not None:
        if not callable(f):
            raise SchemeError(f"f is a callable, f(q, p) or f(t, q, p), for this scheme; {f!r} came")
        if _required(f) >= 3:
            return {labels[0]: lambda t, q, p: _slope(f(t, copied(q), copied(p)), q)}
        return {labels[0]: lambda t, q, p: _slope(f(copied(q), copied(p)), q)}
    return timed_fields(f, labels)


def timed(f: Any) -> Timed:
    """f(t, u), returning an array; a callable that needs one argument is f(u)."""
    if not callable(f):
        raise SchemeError(f"f is a callable, f(t, u) or f(u); {f!r} came")
    if _required(f) >= 2:
        return lambda t, u: _slope(f(t, copied(u)), u)
    return lambda t, u: _slope(f(copied(u)), u)


def _slope(value: Any, u: Any) -> Any:
    """What a field returned, as an array of its own: the field may return the same one again. SchemeError for others
    than numbers in the state's shape, which broadcasting would take for something."""
    try:
        array = np.array(value)
        fits = array.dtype.kind in "iufcb" and array.shape == np.shape(u)
    except ValueError:  # rows of different lengths
        fits = False
    if not fits:
        is_array = isinstance(value, np.ndarray)
        returned = f"an array of shape {value.shape} and type {value.dtype}" if is_array else came(value)
        raise SchemeError(f"{returned} came from f, which returns numbers in the shape {np.shape(u)} of the state")
    return array if array.dtype.kind in "fc" else array.astype(np.float64)


def _required(f: Callable[..., Any]) -> int:
    """How many arguments by position a call needs; 2 for (*args), 1 where Python cannot tell, as for np.sin."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return 1
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 2
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty for p in parameters)
