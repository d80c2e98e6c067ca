"""What a block is called with: a pair where the scheme steps a pair, a history of the right length."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from schemetools.codegen.plan import StepPlan
from schemetools.errors import SchemeError, kind_of

EXACT = 2**53  # whole numbers beyond are no exact floats, and torch takes no integer of more than 64 bits


def check_state(x: Any, plan: StepPlan, *, split: bool) -> None:
    """SchemeError if x is no state, or not what a scheme of several parts steps: a tuple of them, or one to split."""
    parts = plan.parts
    if parts == 1:
        if not isinstance(x, (Tensor, tuple, list, dict)):
            raise SchemeError(f"a state is a tensor, or a tuple or dict of tensors; {_shown(x)} came")
        if isinstance(x, Tensor) and not (x.dtype.is_floating_point or x.dtype.is_complex):
            raise SchemeError(f"the state holds {x.dtype}; blocks run on floating point numbers: give x.float()")
        return
    names = ", ".join(plan.inputs[:parts])
    if split:
        if not isinstance(x, Tensor) or x.dim() < 2 or x.shape[1] % parts:
            raise SchemeError(
                f"with split=True the state ({names}) is one tensor whose dimension 1 is cut into {parts} equal parts; "
                f"{_shown(x)} came"
            )
    elif not isinstance(x, (tuple, list)) or len(x) != parts:
        raise SchemeError(
            f"the state of this scheme is the tuple ({names}), or one tensor, cut along dimension 1, with split=True; "
            f"{_shown(x)} came"
        )


def check_history(x: Any, history: Any, plan: StepPlan) -> None:
    """SchemeError if the history is not a tuple of as many values as the scheme carries besides its state x.

    Each is of the kind and shape of the state, since a broadcast would go unnoticed.
    """
    count = len(plan.outputs) - plan.parts
    if history is None:
        return
    if not isinstance(history, (tuple, list)) or len(history) != count:
        raise SchemeError(
            f"the history is a tuple of {count} value{'s' * (count != 1)}, newest first, or None to start; "
            f"{_shown(history)} came"
        )
    if plan.parts > 1:
        return
    for value in history:
        if isinstance(value, Tensor) != isinstance(x, Tensor) or (isinstance(x, Tensor) and value.shape != x.shape):
            raise SchemeError(f"a value of the history is like the state, {_shown(x)}; {_shown(value)} came")


def _shown(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    if value is None:
        return "None"
    return kind_of(value) + (f" of {len(value)}" if isinstance(value, (tuple, list)) else "")


def _unknown_option(cls: Any, name: str, value: Any) -> str:
    if name in cls.symbols():
        return f"{name} is no option of a block; the start of a free symbol is given as init={{{name!r}: {value!r}}}"
    return f"{name} is no option of a block; the options are {', '.join(cls.__signature__.parameters)}"


def checked_limits(tol: Any, max_iterations: Any) -> tuple[float, int]:
    """Tolerance and iteration limit of a solver; SchemeError for what are none."""
    if not isinstance(tol, (int, float)) or not 0 < tol < 1:
        raise SchemeError(f"tol is a number between 0 and 1, relative to the stages; {tol!r} came")
    if not isinstance(max_iterations, int) or max_iterations < 1:
        raise SchemeError(f"max_iterations is a positive integer; {max_iterations!r} came")
    return tol, max_iterations


def step_at_call(h: Any, state: Any) -> Any:
    """A step size given at a call: a finite number, or a tensor that broadcasts against the state, in its precision.

    Raises SchemeError for anything else.
    """
    if not isinstance(h, Tensor):
        return checked_step(h)
    if h.is_complex() or not (torch.compiler.is_compiling() or bool(torch.isfinite(h.detach()).all())):
        raise SchemeError(f"h must be finite and real; {h!r} came")
    first = next(leaf for leaf in tree_leaves(state) if isinstance(leaf, Tensor))
    if h.numel() != 1 and h.dim() != first.dim():
        raise SchemeError(
            f"h is one number, or one per sample, (b, 1, ...) with as many dimensions as the state of shape "
            f"{tuple(first.shape)}, or for a stack a list with one per layer; a tensor of shape {tuple(h.shape)} came"
        )
    return h.to(torch.float32 if first.dtype in (torch.float16, torch.bfloat16) else first.dtype)


def checked_step(h: Any) -> Any:
    """h as the generated code uses it: a finite float or a scalar tensor; SchemeError otherwise."""
    if isinstance(h, Tensor):
        if h.numel() != 1 or h.is_complex() or not bool(torch.isfinite(h.detach()).all()):
            raise SchemeError(f"h must be one finite real number; {h!r} came")
        return h
    try:
        number = float(h)
    except (TypeError, ValueError):
        raise SchemeError(f"h must be a number or a scalar tensor; {h!r} came") from None
    if not math.isfinite(number):
        raise SchemeError(f"h must be finite; {h!r} came")
    return int(number) if number.is_integer() and abs(number) < EXACT else number
