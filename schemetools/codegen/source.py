"""From a scheme to source text, and from source text to a NumPy stepper."""

import functools
import inspect
import linecache
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from schemetools.codegen.exponential import exponential_source, exponential_stepper
from schemetools.codegen.lower import lower
from schemetools.codegen.owned import owned
from schemetools.codegen.printers.c import print_c
from schemetools.codegen.printers.julia import print_julia
from schemetools.codegen.printers.masked import print_masked
from schemetools.codegen.printers.names import base_name
from schemetools.codegen.printers.numpy import print_numpy
from schemetools.codegen.printers.torch import print_torch
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.masked import MaskedEuler

PRINTERS: dict[str, Callable[[Scheme], str]] = {
    "numpy": print_numpy,
    "torch": print_torch,
    "c": print_c,
    "julia": print_julia,
}


def to_source(scheme: Scheme, target: str = "torch") -> str:
    """One step of a scheme as readable source text: `target` is "numpy", "torch", "c" or "julia".

    The text needs NumPy, torch, or the language's own library only, but for implicit stages in torch: these are
    solved, and differentiated, by `schemetools.nn.implicit`, so that such a text needs schemetools to run, as its first
    lines say.

    >>> import schemetools as st
    >>> print(st.to_source(st.euler, "numpy").splitlines()[-3].strip())
    k1 = f(x)
    """
    if not isinstance(target, str) or target not in PRINTERS:
        raise SchemeError(f"there is no printer for {target!r}; the targets are {', '.join(PRINTERS)}")
    given = as_scheme(scheme)
    if isinstance(given, MaskedEuler):
        if target != "torch":
            raise UnsupportedError(f"{given} draws a mask per unit; it is printed for torch, not for {target}")
        return print_masked(given)
    if isinstance(given, Exponential):
        return exponential_source(given, target)
    return PRINTERS[target](given)


def defined_by(source: str, label: str) -> dict[str, Any]:
    """The names that generated source defines, registered with linecache so that tracebacks show its lines.

    The only place that runs source text. The text is printed from exact data and every name in it is made by the
    printers, never taken from what a user typed, so that running it is safe.
    """
    filename = f"<schemetools {label} {abs(hash(source)):x}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    names: dict[str, Any] = {}
    exec(compile(source, filename, "exec"), names)  # noqa: S102  (see above)
    return names


def to_stepper(scheme: Scheme) -> Callable[..., Any]:
    """The generated NumPy function step(f, history, h) of a scheme.

    `history` is the normal form's vector: the state, then earlier states or earlier h f, newest first; the same is
    returned one step later. A bare array is the state alone, and a one-step scheme then returns a bare array; a
    multistep scheme given the state alone starts by repeating it. `f` is a callable f(u), or {field: callable} for
    additive schemes. Free symbols are keyword arguments. A pair takes `error=True`, and returns what it returns without
    and an estimate of the step's error. `jac`, of Rosenbrock methods, is
    the Jacobian jac(u). `step.source` is the text. A call raises SchemeError for arguments that do not
    fit the scheme, and where implicit stages are not solved.

    >>> import numpy as np, schemetools as st
    >>> float(st.to_stepper(st.midpoint)(lambda u: -u, np.array(1.0), 0.1))
    0.905
    """
    return _stepper(as_scheme(scheme))


def _stepper(scheme: Scheme) -> Callable[..., Any]:
    # The text must run without schemetools, so that it checks nothing. Whatever a caller can get wrong is therefore
    # refused in the function around it, and the error that an unsolved stage raises, which the text defines for itself,
    # is known here by name alone.
    source = to_source(scheme, "numpy")
    names = defined_by(source, f"{base_name(scheme)} numpy")
    if isinstance(scheme, Exponential):
        return exponential_stepper(scheme, names, source)
    generated = names["step"]
    plan = lower(scheme)
    needed = set(inspect.signature(generated).parameters) - {"f", "history", "h", "error", "jac"}
    unsolved: Any = names.get("NotSolved", ())
    spare = getattr(scheme, "storage", None) is not None

    @functools.wraps(generated)
    def step(
        f: Callable[[Any], Any] | Mapping[str, Callable[[Any], Any]],
        history: Any,
        h: float,
        *,
        error: bool = False,
        jac: Callable[[Any], Any] | None = None,
        **symbols: Any,
    ) -> Any:
        _check_step(h)
        bare = not isinstance(history, (tuple, list))
        given = (np.asarray(history),) if bare else tuple(map(np.asarray, history))
        _check(given, len(plan.inputs), plan.parts)
        if len(plan.fields) > 1:
            f = _fields(f, plan.fields)
        f = owned(f, spare=spare)
        if error and plan.error is None:
            raise SchemeError(f"{scheme} has no embedded result, so there is no error estimate")
        if set(symbols) != needed:
            raise SchemeError(
                f"values for the symbols {sorted(symbols)} came; this scheme needs {sorted(needed) or 'none'}"
            )
        more = {"error": True} if error else {}
        if jac is not None:
            if "jac" not in inspect.signature(generated).parameters:
                raise SchemeError(f"{scheme} solves with no Jacobian of its own, so that jac has no use")
            more["jac"] = jac  # type: ignore[assignment]
        try:
            result = generated(f, given, h, **symbols, **more)
        except unsolved as problem:
            raise SchemeError(f"{scheme}: {problem}") from None
        values, *estimate = result if error else (result,)
        values = values[0] if bare and len(plan.inputs) == 1 else values
        return (values, *estimate) if error else values

    step.source = source  # type: ignore[attr-defined]
    return step


def _check_step(h: Any) -> None:
    given = np.asarray(h)
    if given.dtype.kind not in "iufc" or not np.isfinite(given).all():
        raise SchemeError(f"h is a finite number; {h!r} came")


def _check(history: Sequence[Any], values: int, parts: int) -> None:
    if len(history) != values and not (len(history) == 1 and parts == 1):
        raise SchemeError(
            f"the history has {len(history)} values; this scheme carries {values} (or give the state alone)"
        )


def _fields(f: Any, labels: tuple[str, ...]) -> dict[str, Any]:
    if isinstance(f, Mapping):
        if set(f) != set(labels):
            raise SchemeError(f"fields {sorted(f)} came; this scheme has the fields {', '.join(labels)}")
        return dict(f)
    if isinstance(f, Sequence) and len(f) == len(labels):
        return dict(zip(labels, f, strict=True))
    raise SchemeError(f"this scheme has {len(labels)} fields: give {{{', '.join(f'{v!r}: ...' for v in labels)}}}")
