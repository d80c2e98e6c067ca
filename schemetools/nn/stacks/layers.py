"""The layers of a stack: one block per branch, those that start the history among them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor

from schemetools.codegen.lower import lower
from schemetools.codegen.printers.torch_options import TorchOptions
from schemetools.codegen.starting import input_names, next_pattern, start_pattern, with_history
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.constraints import Bounds, constrained
from schemetools.nn.blocks.make import block_class
from schemetools.nn.tensors.inputs import NOTHING, Call
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.variable import VariableMultistep


def restricted_schemes(scheme: Any, depth: int, conditions: Sequence[str]) -> tuple[list[Scheme], Bounds]:
    """One scheme per layer, with the same carried values, restricted to the conditions; and bounds on their symbols."""
    given = list(scheme) if isinstance(scheme, (list, tuple)) else [scheme] * depth
    if len(given) != depth:
        raise SchemeError(f"{len(given)} schemes came for {depth} layers; give one for all, or one per layer")
    bounds: Bounds = {}
    made: dict[int, Scheme] = {}
    for one in given:
        if id(one) not in made:
            made[id(one)], more = constrained(as_scheme(one), conditions)
            bounds |= more
    found = [made[id(one)] for one in given]
    if changing := [s for s in found if isinstance(s, VariableMultistep)]:
        raise UnsupportedError(
            f"{changing[0]} is for steps that grow by a ratio, and layers carry none: take its blocks one by one with "
            "their own h, or bdf(2), adams_bashforth(2) for equal steps"
        )
    if len({_carried(s) for s in dict.fromkeys(found)}) > 1:
        raise SchemeError(
            "the schemes of a stack carry different values from layer to layer; their histories must be alike"
        )
    return found, bounds


def _carried(scheme: Scheme) -> tuple[Any, ...]:
    """What a step takes and gives back: the parts of the state, the kinds of earlier values, the fields."""
    plan = lower(scheme)
    return plan.parts, scheme.normal_form().q if plan.carries else plan.inputs, plan.fields


def layer_classes(
    schemes: Sequence[Scheme], start: str | Scheme, options: TorchOptions, bounds: Bounds
) -> tuple[list[type[Block]], list[Scheme | None]]:
    """The class of each layer, and the start scheme where a layer is a step of that and not of the scheme itself."""
    if not lower(schemes[0]).carries:
        return [block_class(s, options, bounds) for s in schemes], [None] * len(schemes)
    form = schemes[0].normal_form()
    full, pattern = input_names(form), start_pattern(form)
    starter = None if start == "repeat" else _starter(start)
    classes: list[type[Block]] = []
    written: list[Scheme | None] = []
    made: dict[Any, tuple[type[Block], tuple[str, ...]]] = {}
    for scheme in schemes:
        key = id(scheme), pattern
        if key not in made:
            used = scheme if starter is None or pattern == full else with_history(starter.frame(), form)
            block = block_class(used, replace(options, pattern=pattern), bounds)
            made[key] = block, next_pattern(used.frame(), pattern)
        written.append(None if pattern == full else starter)
        block, pattern = made[key]
        classes.append(block)
    return classes, written


def _starter(start: Any) -> Scheme:
    if isinstance(start, str):
        raise SchemeError(f"start={start!r}: 'repeat', or a one-step scheme such as st.rk4")
    found = as_scheme(start)
    if found.free_symbols:
        raise SchemeError(f"the start scheme {found} has free symbols: give them values, as in st.get('rk22(a=1/2)')")
    return found


def step_sizes(h: Any | Sequence[Any] | Callable[[int], Any], depth: int) -> list[Any]:
    """One step size per layer, from one for all, a sequence, or a function of the layer's index."""
    if isinstance(h, np.ndarray):
        h = h.tolist()
    if callable(h) and not isinstance(h, Tensor):
        return [h(n) for n in range(depth)]
    if isinstance(h, (list, tuple)) or (isinstance(h, Tensor) and h.dim() == 1 and not h.requires_grad):
        found = list(h.tolist() if isinstance(h, Tensor) else h)
        if len(found) != depth:
            raise SchemeError(f"{len(found)} step sizes came for {depth} layers; give one for all, or one per layer")
        return found
    return [h] * depth


def calls_of(depth: int, inputs: Sequence[Any], named: Mapping[str, Any]) -> list[Call] | None:
    """What each layer is called with beside its state: a list has one value per layer, all else goes to every layer.

    None where there is nothing. Raises SchemeError for a list of another length.
    """
    if not inputs and not named:
        return None
    if isinstance(named.get("h"), np.ndarray):
        named = {**named, "h": named["h"].tolist()}
    for value in (*inputs, *named.values()):
        if isinstance(value, list) and len(value) != depth:
            raise SchemeError(
                f"an argument given as a list has one value per layer; {len(value)} came for {depth} layers: give a "
                "tuple where every layer shall get all of it"
            )
    if not any(isinstance(value, list) for value in (*inputs, *named.values())):
        return [Call(tuple(inputs), dict(named))] * depth
    return [
        Call(tuple(_of_layer(v, n) for v in inputs), {key: _of_layer(v, n) for key, v in named.items()})
        for n in range(depth)
    ]


def timed_calls(layers: Sequence[Block], calls: list[Call] | None) -> list[Call] | None:
    """The calls with the time at which each layer begins, where branches are f(t, u, ...)."""
    if not layers[0].options.timed:
        return calls
    time: Any = 0.0
    found = []
    for layer, call in zip(layers, [NOTHING] * len(layers) if calls is None else calls, strict=True):
        args, named = call.both
        found.append(Call((time, *args), named))
        h = named.get("h")
        time = time + (layer.h if h is None else h)
    return found


def _of_layer(value: Any, n: int) -> Any:
    return value[n] if isinstance(value, list) else value


def share_coefficients(layers: Sequence[Block]) -> None:
    """Let all layers hold the parameter that the first one with the same free symbol holds."""
    held: dict[str, Any] = {}
    for layer in layers:
        for symbol, name in layer.trained().items():
            setattr(layer, name, held.setdefault(symbol, getattr(layer, name)))
