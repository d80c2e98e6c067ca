"""From a scheme to the class of its blocks: generated source, compiled once, one class per scheme and options."""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from schemetools.codegen.lower import lower
from schemetools.codegen.printers.names import base_name, class_name
from schemetools.codegen.printers.torch import print_torch
from schemetools.codegen.printers.torch_options import NO_START, TorchOptions, symbol_attributes
from schemetools.codegen.source import defined_by
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.block import Block
from schemetools.nn.blocks.constraints import Bounds, constrained
from schemetools.nn.blocks.exponential import exponential_block
from schemetools.nn.blocks.grid_block import grid_block
from schemetools.nn.blocks.masked import masked_block
from schemetools.schemes.base import Scheme, as_scheme
from schemetools.schemes.discretisation import discretisation_of
from schemetools.schemes.exponential import Exponential
from schemetools.schemes.masked import MaskedEuler
from schemetools.schemes.runge_kutta import RungeKutta

GATES = ("sample", "batch")


def to_block(
    scheme: Any,
    *,
    timed: bool = False,
    split: bool = False,
    gates: str = "sample",
    shaken: bool = False,
    constrain: Sequence[str] = (),
    masks: str = "unit",
) -> Any:
    """The nn.Module class of one step of a scheme; see `Block` for its construction and call.

    A method of lines or a difference scheme gives a `GridBlock`: convolutions with circular padding, FFT if implicit.

    `timed`: branches are f(t, u) and the block takes `t`. `split`: a partitioned state is one tensor, split along
    dimension 1, instead of a pair. `gates`: a random coefficient is drawn per "sample" or per "batch" in training, its
    mean is used in evaluation; `shaken` draws it again for the backward pass (Shake-Shake). `constrain`: conditions
    that the trained coefficients satisfy exactly at all times, as in `constraints.constrained`. `masks`: a scheme with
    a mask draws one entry per "unit" or per "channel"; its class is a MaskedBlock.

    >>> import torch, schemetools as st
    >>> block = st.to_block(st.rk4)(torch.nn.Linear(3, 3))
    >>> block
    RK4Block(h=1, evaluations=4, order=4: shared branch, trainable: none)
    >>> block(torch.ones(2, 3)).shape
    torch.Size([2, 3])
    """
    grid = discretisation_of(scheme)
    if grid is not None:
        if timed or split or gates != "sample" or shaken or constrain:
            raise SchemeError(f"{grid} is one of a partial equation; its block takes numbers, init and trainable only")
        return grid_block(grid, to_block)
    if not isinstance(gates, str) or gates not in GATES:
        raise UnsupportedError(f"gates={gates!r} came; a random coefficient is drawn per {' or per '.join(GATES)}")
    given = as_scheme(scheme)
    if isinstance(given, MaskedEuler):
        return masked_block(given, masks)
    if isinstance(given, Exponential):
        if split or gates != "sample" or shaken or constrain:
            raise SchemeError(f"{given} has exact coefficients and one state; its block takes timed only")
        return exponential_block(given, timed=timed)
    options = TorchOptions(timed=bool(timed), split=bool(split), gates=gates, shaken=bool(shaken))
    restricted, bounds = constrained(given, constrain)
    return block_class(restricted, options, bounds)


def block_class(scheme: Scheme, options: TorchOptions, bounds: Bounds | None = None) -> type[Block]:
    """The class for a scheme and the options of its code, with bounds that its symbols always have."""
    return _block_class(Key(scheme, bounds or {}), options)


class Key:
    """A scheme with its labels: schemes that differ in name only are equal, but their classes are not the same.

    A class carries its scheme's name, reference and exactness, which equality of schemes leaves out: cached by the
    scheme alone, a block of a renamed rk4 would call itself rk4.
    """

    def __init__(self, scheme: Scheme, bounds: Bounds) -> None:
        self.scheme, self.bounds = scheme, bounds
        self._labels = (
            scheme,
            scheme.name,
            scheme.reference,
            scheme.exact,
            scheme.digits,
            _storage(scheme),
            tuple(sorted(bounds.items())),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self._labels == other._labels

    def __hash__(self) -> int:
        return hash(self._labels)

    def __deepcopy__(self, memo: Any) -> "Key":
        return self


def _starts_itself(scheme: Scheme) -> bool:
    """Whether a first step can fill its history."""
    return scheme.starts_itself and all(kind in (0, 1) for kind in scheme.normal_form().q)


def _storage(scheme: Scheme) -> str | None:
    """How many registers its programs keep, which equality leaves out as well."""
    return scheme.storage if isinstance(scheme, RungeKutta) else None


@functools.cache
def _block_class(key: Key, options: TorchOptions) -> type[Block]:
    # Of the generated class only its methods are taken: its constructor believes everything, `Block`'s checks, draws
    # starts and keeps bounds. Variants of the code (a branch per stage, a trained h) are children of the plain class,
    # so that `isinstance(layer, to_block(scheme))` holds whichever a block turned out to need; a block finds the
    # variant through `maker`, since block.py cannot import this file, which imports it.
    scheme, name = key.scheme, f"{class_name(key.scheme)}Block"
    source, generated = _generated(scheme, name, options)
    _, sized = _generated(scheme, name, replace(options, sized=True, tensor_h=True))
    methods = {m: f for made in (generated, sized) for m, f in vars(made).items() if m.startswith(("forward", "start"))}
    plan = lower(scheme, options.pattern)
    if options.pattern is None and plan.carries and not _starts_itself(scheme):
        methods |= {"start": _no_start, "start_sized": _no_start}
    methods["forward"] = _with_optional_step(generated.forward)
    members = {**methods, "written": scheme, "plan": plan, "options": options, "source": source, "key": key}
    members["maker"] = staticmethod(_block_class)  # handed down, since a block asks for its siblings
    members["takes_history"] = "history" in inspect.signature(generated.forward).parameters
    members["draws"] = _draws(scheme, generated)
    members["takes_one"] = plan.parts == 1 and not members["takes_history"]
    plain = replace(options, separate=False, tensor_h=False, called=frozenset())
    base = Block if plain == options else _block_class(key, plain)
    members |= {"__doc__": generated.__doc__, "__module__": __name__, "__qualname__": name}
    return cast(type[Block], type(name, (base,), members))


def _generated(scheme: Scheme, name: str, options: TorchOptions) -> tuple[str, type[Any]]:
    """The source of a step, and the class that it defines."""
    source = print_torch(scheme, options)
    return source, defined_by(source, base_name(scheme))[name]


def _draws(scheme: Scheme, generated: type[Any]) -> dict[str, Callable[..., Any]]:
    """{random symbol: the function of the source that draws it}, for those that the step uses."""
    names, defined = symbol_attributes(scheme), generated.forward.__globals__
    found = {str(symbol): defined.get(f"draw_{names[symbol]}") for symbol in scheme.random_symbols}
    return {symbol: draw for symbol, draw in found.items() if draw is not None}


def _with_optional_step(plain: Callable[..., Any]) -> Callable[..., Any]:
    """The generated forward; where the call gives a step size, that one that takes it."""

    @functools.wraps(plain)
    def forward(self: Block, *args: Any, h: Any = None, **named: Any) -> Any:
        return plain(self, *args, **named) if h is None else self.with_step(h, args, named)

    return forward


def _no_start(self: Block, x: Any, *_: Any, **__: Any) -> Any:
    raise SchemeError(NO_START)
