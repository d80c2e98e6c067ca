"""Trainable coefficients: a free symbol as a parameter, its start value, its bounds, and the exact value read back."""

import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy
import torch
from sympy import Expr, Rational
from torch import Tensor, nn

from schemetools import exact
from schemetools.codegen.printers.names import base_name
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.schemes.base import Scheme, labelled
from schemetools.schemes.naming import renamed

LM_START = {"k": (-0.1, 0.0)}
"""Where LM-ResNet starts its k: drawn from U(-0.1, 0), a little memory that damps (Lu et al. 2018, section 3)."""

USUAL = {
    "lm": LM_START,
    "lm_stochastic_depth": LM_START,
    "theta": {"theta": 0.5},
    "two_stage": {"w1": 0.5, "w2": 0.5, "a": 1.0},
    "rk22": {"a": 0.5},
    "rk33": {"a": 0.5, "b": 1.0},
    "rk44": {"w": "1/3"},
    "lmm2": {"a": 0.0, "b": 0.0},
    "heavy_ball": {"c": 1.0},
}
"""Starts of the catalog's free symbols, for messages: the published one, else a member of the family with a name."""


def usual_start(scheme: Scheme, init: Any) -> Any:
    """The starts of the free symbols: those given, else U(-0.1, 0) for a scheme whose only symbol is k."""
    return LM_START if init is None and {str(s) for s in scheme.free_symbols} == set(LM_START) else init


class Bounded(nn.Module):
    """A coefficient that stays strictly between its bounds, whatever the optimiser does.

    value = low + (high - low) (1 + r / (1 + |r|)) / 2 with r = origin + free: a rational map, so that the value read
    back from a float r is an exact rational inside the bounds. The parameter `free` starts at 0, so that weight decay
    pulls the value to its start.
    """

    origin: Tensor

    def __init__(self, low: Expr, high: Expr, start: Tensor) -> None:
        super().__init__()
        self.low, self.high = low, high
        self.middle, self.half_width = exact.to_float((low + high) / 2), exact.to_float((high - low) / 2)
        position = (start - self.middle) / self.half_width
        if not (start.is_meta or bool((position.abs() < 1).all())):
            raise SchemeError(f"a start value of {start.tolist()} is not strictly between the bounds {low} and {high}")
        self.register_buffer("origin", position / (1 - position.abs()))
        self.free = nn.Parameter(torch.zeros_like(position))

    def forward(self) -> Tensor:
        """The value, differentiable in the free parameter."""
        r = self.origin + self.free
        return self.middle + self.half_width * (r / (1 + r.abs()))

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        name = f"{prefix}origin"
        if f"{prefix}free" in state_dict:
            state_dict.setdefault(name, torch.zeros_like(self.origin))  # as weights of earlier versions mean it
        super()._load_from_state_dict(state_dict, prefix, *args)

    def exact_value(self, channel: int | None = None) -> Expr:
        """The value as the exact rational function of the stored float."""
        free = dyadic(self.origin + self.free, channel)
        return (self.low + self.high) / 2 + (self.high - self.low) / 2 * free / (1 + abs(free))

    def extra_repr(self) -> str:
        """The bounds."""
        return (
            f"{self.low} < {float(self().detach()):.6g} < {self.high}"
            if self.free.numel() == 1
            else f"{self.low}..{self.high}"
        )


def dyadic(value: Tensor, channel: int | None = None) -> Expr:
    """The exact binary value of a tensor with one element, or of that of one channel.

    Raises UnsupportedError for a coefficient per channel, SchemeError for a value that is not finite.
    """
    if value.numel() != 1 and channel is None:
        raise UnsupportedError(
            f"a coefficient of shape {tuple(value.shape)} is one scheme per channel, not one scheme: block.schemes"
        )
    flat = value.detach().reshape(-1)
    number = float(flat[channel or 0] if len(flat) > 1 else flat[0])
    if not math.isfinite(number):
        raise SchemeError(f"a learned coefficient has become {number}; the training diverged")
    return Rational(*number.as_integer_ratio())


def parameter(symbol: str, init: Any, bounds: tuple[Any, Any] | None) -> nn.Parameter | Bounded:
    """The parameter of a free symbol.

    `init` is a number, a tensor (one value per channel, say (C, 1, 1)), a pair (low, high) for a uniform draw, or a
    torch distribution. `bounds` is (low, high). Raises SchemeError for anything else.
    """
    start = _start(symbol, init)
    if start.is_complex() or not (start.is_meta or torch.isfinite(start).all()):
        raise SchemeError(f"the start value of {symbol} must be finite and real; {init!r} came")
    start = start.reshape(1) if start.dim() == 0 else start  # sharding takes no tensors without a dimension
    if bounds is None:
        return nn.Parameter(start)
    if not isinstance(bounds, Sequence) or len(bounds) != 2:
        raise SchemeError(f"bounds of {symbol} are a pair (low, high); {bounds!r} came")
    low, high = (exact.coefficient(b, parameter=True) for b in bounds)
    if not (low.is_number and high.is_number and (high - low).is_positive):
        raise SchemeError(f"bounds of {symbol} need low < high; ({low}, {high}) came")
    return Bounded(low, high, start)


def _start(symbol: str, init: Any) -> Tensor:
    dtype = torch.get_default_dtype()
    if isinstance(init, torch.distributions.Distribution):
        return init.sample().to(dtype)
    if isinstance(init, Tensor):
        return init.detach().clone() if init.is_complex() else init.detach().clone().to(dtype)
    if isinstance(init, (tuple, list)):
        if len(init) != 2 or not all(isinstance(v, numbers.Real) and math.isfinite(v) for v in init):
            raise SchemeError(f"init of {symbol} is a number, a pair (low, high) or a distribution; {init!r} came")
        if init[0] > init[1]:
            raise SchemeError(f"init of {symbol} is drawn from (low, high) with low <= high; {init!r} came")
        return torch.empty((), dtype=dtype).uniform_(float(init[0]), float(init[1]))
    if isinstance(init, (str, int, float, Expr)) and not isinstance(init, bool):
        return torch.tensor(exact.to_float(exact.coefficient(init, parameter=True)), dtype=dtype)
    raise SchemeError(f"init of {symbol} is a number, a pair (low, high) or a distribution; {init!r} came")


def as_one_value(block: Any, state_dict: dict[str, Any], prefix: str) -> None:
    """Give coefficients of shape (), as weights of earlier versions have them, the shape (1,) of the block's own."""
    for name in block.trained().values():
        for key in (f"{prefix}{name}", f"{prefix}{name}.free", f"{prefix}{name}.origin"):
            if isinstance(state_dict.get(key), Tensor) and state_dict[key].dim() == 0:
                state_dict[key] = state_dict[key].reshape(1)


def per_symbol(
    option: Mapping[Any, Any] | Any, symbols: Sequence[str], what: str, scheme: Any = "the scheme"
) -> dict[str, Any]:
    """An option given as {symbol: value}, or as one value where there is one symbol, checked."""
    if option is None:
        return {}
    if not isinstance(option, Mapping):
        if len(symbols) != 1:
            raise SchemeError(
                f"{what}={option!r}: the symbols are {', '.join(symbols) or '(none)'}; give {{symbol: value}}"
            )
        return {symbols[0]: option}
    named = {str(key): value for key, value in option.items()}
    unknown = sorted(set(named) - set(symbols))
    if unknown:
        raise SchemeError(
            f"{what} names {', '.join(unknown)}; the free symbols of {scheme} are {', '.join(symbols) or '(none)'}"
        )
    return named


def suggested(scheme: Scheme, symbols: Sequence[str]) -> str:
    """The option `init` for these symbols as a person types it: the usual starts, else what they may be."""
    usual = USUAL.get(base_name(scheme), {})
    if not set(symbols) <= set(usual):
        return f"init={{{symbols[0]!r}: ...}} with a number, a pair (low, high) or a distribution"
    return f"init={ {s: usual[s] for s in symbols} }"


def channels(values: Mapping[Any, nn.Parameter | Bounded]) -> int:
    """How many values the coefficients have, one per channel; 1 where all are numbers."""
    return max((v.free.numel() if isinstance(v, Bounded) else v.numel() for v in values.values()), default=1)


def check_finite(scheme: Scheme, denominators: Iterable[Expr], values: Mapping[str, nn.Parameter | Bounded]) -> None:
    """Raise SchemeError if the start values make a coefficient of the scheme infinite."""
    for denominator in denominators:
        held = {s: values[str(s)] for s in denominator.free_symbols if str(s) in values}
        numbers = {s: v() if isinstance(v, Bounded) else v for s, v in held.items()}
        if all(v.numel() == 1 and not v.is_meta for v in numbers.values()):
            at = {s: v.item() for s, v in numbers.items()}
            if abs(complex(denominator.subs(at))) < 1e-12:
                starts = ", ".join(f"{s}={v:g}" for s, v in at.items())
                raise SchemeError(f"a coefficient of {scheme} is infinite at {starts}, where {denominator} = 0")


def read_back(scheme: Scheme, values: Mapping[Any, nn.Parameter | Bounded], channel: int | None = None) -> Scheme:
    """The scheme with learned values in place, each the exact number that the parameter holds, marked `exact=False`.

    With coefficients per channel, the scheme of that channel.
    """
    if not values:
        return scheme
    found = {s: v.exact_value(channel) if isinstance(v, Bounded) else dyadic(v, channel) for s, v in values.items()}
    learned = scheme.subs(found)
    symbols = {sympy.Symbol(str(s)): v for s, v in found.items()}
    return labelled(learned, name=renamed(scheme.name, symbols, False), exact=False)
