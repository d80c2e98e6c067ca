"""NumPy steppers of exponential methods."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from schemetools.codegen.owned import owned
from schemetools.codegen.printers.exponential import print_exponential
from schemetools.errors import SchemeError
from schemetools.schemes.exponential import Exponential


def checked_linear(scheme: Exponential, linear: Any, size: int) -> Any:
    """L as an array: a number, a diagonal (n,) or a matrix (n, n), n being the length of the state's last dimension."""
    if linear is None:
        raise SchemeError(f"{scheme} is for u' = L u + N(u): give L as linear=, a number, a diagonal or a matrix")
    found = np.asarray(linear)
    if found.dtype.kind not in "iufc" or found.shape not in ((), (1,), (size,), (size, size)):
        raise SchemeError(
            f"linear is a number, a diagonal ({size},) or a matrix ({size}, {size}) for this state; an array of shape "
            f"{found.shape} and kind {found.dtype} came"
        )
    if not np.all(np.isfinite(found)):
        bad = found[~np.isfinite(found)]
        raise SchemeError(f"linear has {bad.size} of {found.size} entries that are not finite, the first {bad[0]}")
    return found.astype(np.result_type(found, float))


def exponential_stepper(scheme: Exponential, names: dict[str, Any], source: str) -> Callable[..., Any]:
    """The generated function of `names`, its arguments checked."""
    generated = names["step"]

    @functools.wraps(generated)
    def step(f: Callable[[Any], Any], history: Any, h: float, *, linear: Any = None, error: bool = False) -> Any:
        bare = not isinstance(history, (tuple, list))
        given = (np.asarray(history),) if bare else tuple(map(np.asarray, history))
        if len(given) != 1 or not callable(f):
            raise SchemeError(f"{scheme} carries one value, the state, and f is N, one callable")
        if error and scheme.b_hat is None:
            raise SchemeError(f"{scheme} has no embedded result, so there is no error estimate")
        size = given[0].shape[-1] if given[0].ndim else 1
        L = checked_linear(scheme, linear, size)
        result = generated(owned(f), given, h, L, **({"error": True} if error else {}))
        values, *estimate = result if error else (result,)
        values = values[0] if bare else values
        return (values, *estimate) if error else values

    step.source = source  # type: ignore[attr-defined]
    return step


def exponential_source(scheme: Exponential, target: str) -> str:
    """The text for a target; SchemeError for others than numpy and torch."""
    if target not in ("numpy", "torch"):
        raise SchemeError(f"{scheme} is an exponential method; it is printed for numpy and torch, not for {target}")
    return print_exponential(scheme, target)
