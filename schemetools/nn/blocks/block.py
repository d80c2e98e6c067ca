"""A scheme as an nn.Module class: generated forward, checked construction, learned values read back."""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, cast

import torch
from sympy import Expr
from torch import Tensor, nn
from torch.autograd import profiler
from torch.compiler import is_compiling
from torch.fx import Proxy

from schemetools.analysis.properties.order import order
from schemetools.codegen.plan import StepPlan
from schemetools.codegen.printers.torch_options import TorchOptions, symbol_attributes
from schemetools.codegen.starting import pattern_scheme
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.arguments import (
    _unknown_option,
    check_history,
    check_state,
    checked_limits,
    checked_step,
    step_at_call,
)
from schemetools.nn.blocks.branches import arranged, guard, is_separate
from schemetools.nn.blocks.coefficients import (
    as_one_value,
    channels,
    check_finite,
    parameter,
    per_symbol,
    read_back,
    suggested,
)
from schemetools.nn.blocks.probe import watched_call
from schemetools.nn.tensors.aliases import StoredOnce
from schemetools.nn.tensors.graphs import NO_SCRIPT, one_node, traced
from schemetools.nn.tensors.handles import new_handle
from schemetools.nn.tensors.structured import flat_call, structured_call
from schemetools.nn.tensors.transforms import transformed
from schemetools.schemes.base import Scheme

_record = torch.profiler.record_function


class _SchemeOf:
    """`Block.scheme` is the scheme as written; `block.scheme` has the learned values in place."""

    def __get__(self, block: "Block | None", owner: "type[Block]") -> Scheme:
        return owner.written if block is None else block.learned()


class _Options:
    """`inspect.signature` of a block's class: what it is made with. An instance has the signature of its call."""

    def __get__(self, block: "Block | None", owner: "type[Block]") -> inspect.Signature:
        if block is not None:
            raise AttributeError("__signature__")
        return _made_with()


@functools.cache
def _made_with() -> inspect.Signature:
    found = inspect.signature(Block.__init__)
    return found.replace(parameters=list(found.parameters.values())[1:])


class Block(StoredOnce):
    """One step of a scheme around a branch f; `to_block` makes the subclasses, whose `forward` is the generated code.

        y = block(x)      y, history = block(x, history)  (multistep)      y, error = block(x, error=True)  (pairs)

    What else is given, `block(x, mask, scale=2)` or `block(x, history, mask, scale=2)`, goes to every evaluation of a
    branch, f(u, mask, scale=2): tensors (gradients go to them), numbers, None, containers. A time comes before them,
    block(x, t, mask) with f(t, u, mask).

    `branch` is one module (or function) for all evaluations, a list with one per evaluation, or for several fields a
    mapping {field: one of these}. `h` is a finite number, or a scalar tensor (an nn.Parameter is trained). A state is a
    tensor, or a tuple or dict of tensors.
    `init` gives each free symbol its start: a number, (low, high) for a uniform draw, a distribution, or a tensor with
    one value per channel; `bounds` keeps it strictly inside (low, high). `tol`, `max_iterations`: for implicit stages.
    Raises SchemeError for what does not fit the scheme.

    >>> import torch, schemetools as st
    >>> block = st.to_block("rk4")(torch.nn.Linear(4, 4), h=0.1)
    >>> block
    RK4Block(h=0.1, evaluations=4, order=4: shared branch, trainable: none)
    >>> block(torch.ones(2, 4)).shape
    torch.Size([2, 4])
    """

    written: ClassVar[Scheme]
    plan: ClassVar[StepPlan]
    options: ClassVar[TorchOptions]
    source: ClassVar[str]
    key: ClassVar[Any]
    maker: ClassVar[Callable[[Any, TorchOptions], "type[Block]"]]
    takes_history: ClassVar[bool]
    draws: ClassVar[dict[str, Callable[..., Any]]]
    takes_one: ClassVar[bool]  # a state that is one tensor, and no history
    scheme = _SchemeOf()
    __signature__ = _Options()

    def __new__(cls, branch: Any = None, h: Any = 1, *, bounds: Any = None, **others: Any) -> "Block":
        """An instance of the class whose code fits the branches, h and bounds given."""
        if cls is Block:
            raise SchemeError("Block is made by to_block(scheme): Block = to_block(rk4); block = Block(branch)")
        unknown = set(others) - set(cls.__signature__.parameters)
        if unknown:
            raise SchemeError(_unknown_option(cls, min(unknown), others[min(unknown)]))
        options = replace(
            cls.options,
            separate=cls.options.separate or is_separate(branch, cls.plan),
            tensor_h=cls.options.tensor_h or isinstance(h, Tensor),
            called=frozenset(cls._limits(bounds)) & frozenset(cls.trained()),
        )
        fitting: Any = cls if options == cls.options else cls.maker(cls.key, options)
        return super().__new__(fitting)

    def __init__(
        self,
        branch: Any,
        h: Any = 1,
        *,
        init: Mapping[str, Any] | Any = None,
        bounds: Mapping[str, Any] | Any = None,
        tol: float = 1e-10,
        max_iterations: int = 50,
    ) -> None:
        super().__init__()
        self.register_module("branch", arranged(branch, self.plan, separate=self.options.separate))
        self.h = checked_step(h)
        self.unseen = True
        for each in self._branches():
            guard(each, timed=self.options.timed)
        if not self.plan.is_explicit:
            self.tol, self.max_iterations = checked_limits(tol, max_iterations)
            self.handle = new_handle(self)
        inits, limits = per_symbol(init, self.symbols(), "init", self.written), self._limits(bounds)
        missing = [symbol for symbol in self.trained() if symbol not in inits]
        if missing:
            raise SchemeError(
                f"{self.written} has the free symbol{'s' * (len(missing) > 1)} {', '.join(missing)}: give a start, "
                f"{suggested(self.written, missing)}, or a value, .subs({{{missing[0]!r}: ...}})"
            )
        for symbol, name in self.trained().items():
            setattr(self, name, parameter(symbol, inits[symbol], limits.get(symbol)))
        check_finite(self.written, _denominators(type(self)), {s: getattr(self, n) for s, n in self.trained().items()})

    @classmethod
    def build(cls, factory: Callable[[], Any], h: Any = 1, **options: Any) -> "Block":
        """A block with a branch of its own for each evaluation, made by calling `factory` once per evaluation."""
        made = {v: [factory() for _ in range(cls.plan.evaluations_of(v))] for v in cls.plan.fields}
        return cls(made[cls.plan.fields[0]] if len(made) == 1 else made, h, **options)

    @classmethod
    def symbols(cls) -> list[str]:
        """The names of the free symbols of the scheme, sorted."""
        return sorted(map(str, cls.written.free_symbols))

    @classmethod
    def trained(cls) -> dict[str, str]:
        """{free symbol that the step uses: attribute that holds its parameter}."""
        return dict(_trained(cls))

    @classmethod
    def _limits(cls, bounds: Any) -> dict[str, Any]:
        """The bounds of each symbol: those given, else those that belong to the class."""
        return {**cls.key.bounds, **per_symbol(bounds, cls.symbols(), "bounds", cls.written)}

    def learned(self, channel: int | None = None) -> Scheme:
        """The scheme with the parameters' present values in place, exact binary numbers marked as approximations."""
        scheme = self.written if self.options.pattern is None else pattern_scheme(self.written, self.options.pattern)
        return read_back(scheme, {symbol: getattr(self, name) for symbol, name in self.trained().items()}, channel)

    @property
    def schemes(self) -> tuple[Scheme, ...]:
        """The scheme of each channel, where coefficients have a value per channel; otherwise `scheme` alone."""
        values: Any = {symbol: getattr(self, name) for symbol, name in self.trained().items()}
        return tuple(self.learned(channel) for channel in range(channels(values)))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The step: its first call is watched for faulty branches; while a profiler runs it has a scope of its own."""
        if kwargs and "error" in kwargs and self.plan.error is None:
            raise SchemeError(f"{self.written} has no embedded result, so there is no error estimate")
        state = args[0] if args else None
        # Of a step that is all overhead every look at an argument is felt: one tensor of floats needs no further one.
        if args and not (self.takes_one and isinstance(state, Tensor) and state.is_floating_point()):
            if isinstance(state, Proxy):
                return one_node(self, args, kwargs)
            check_state(state, self.plan, split=self.options.split)
            if self.takes_history and not traced():
                check_history(state, args[1] if len(args) > 1 else kwargs.get("history"), self.plan)
            if isinstance(state, (tuple, list, dict)) and self.plan.parts == 1:
                return self._structured(*args, **kwargs)
        if is_compiling():  # what a compiled call reads from a block it checks every time: not more, then
            return self._call_impl(*args, **kwargs)
        if self.unseen or profiler._is_profiler_enabled:
            if self.unseen and self._compiled_call_impl is None and not transformed() and not traced():
                self.unseen = False
                run = functools.partial(self, *args, **kwargs)
                return watched_call(self._branches(), run, state, place=self.state_place)
            with _record(f"schemetools.{self.written}"):
                return super().__call__(*args, **kwargs)
        if self._compiled_call_impl is None:  # the call of a module less one call of a function
            return self._call_impl(*args, **kwargs)
        return super().__call__(*args, **kwargs)

    def with_step(self, h: Any, args: Any, named: Any) -> Any:
        """The step with the step size of this call: a number, or a tensor with one value, or one per sample."""
        if isinstance(args, Proxy):
            raise UnsupportedError(
                "torch.fx cannot trace a step by itself: trace a module that contains it, in which it stays one node, "
                "or use torch.export.export"
            )
        sized: Any = self.forward_sized
        return sized(*args, h=step_at_call(h, args[0]), **named)

    def _structured(self, *args: Any, **kwargs: Any) -> Any:
        if not self.plan.is_explicit or self.plan.linearises:
            if self.written.random_symbols:
                raise UnsupportedError("implicit steps with random coefficients take one tensor as a state")
            return flat_call(self, super().__call__, *args, **kwargs)
        return structured_call(self, super().__call__, *args, **kwargs)

    @property
    def branch(self) -> Any:
        """The branch, or the branches; found at once, where torch looks for a module last of all."""
        try:
            return self._modules["branch"]
        except KeyError:
            raise AttributeError("branch") from None  # torch says so in its words

    @property
    def state_place(self) -> int:
        """Where a branch has the state among its arguments: behind the time, if there is one."""
        return int(self.options.timed)

    def _branches(self) -> Iterator[nn.Module]:
        held = list(self.branch.values()) if isinstance(self.branch, nn.ModuleDict) else [self.branch]
        for branch in held:
            yield from branch if isinstance(branch, nn.ModuleList) else (branch,)

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        if not self.plan.is_explicit:
            self.handle = new_handle(self)  # a copy is found by a handle of its own

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (type(self).maker, self.key, self.options), self.__getstate__()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "h":
            self._take_step(value)
        else:
            super().__setattr__(name, value)

    def _take_step(self, h: Any) -> None:
        """Set the step size; the code is that for numbers or that for tensors, whichever it is."""
        h, options = checked_step(h), replace(self.options, tensor_h=isinstance(h, Tensor))
        if options.tensor_h != self.options.tensor_h and "h" in (self.__dict__.keys() | self._parameters.keys()):
            fitting = type(self).maker(self.key, options)
            if type(self).__name__ != fitting.__name__:
                raise UnsupportedError(
                    "h of a block that FSDP has taken over cannot become a tensor, or a number, any more"
                )
            self.__class__ = cast(Any, fitting)
        if not isinstance(h, nn.Parameter):
            self._parameters.pop("h", None)
        super().__setattr__("h", h)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        as_one_value(self, state_dict, prefix)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def __prepare_scriptable__(self) -> Any:
        raise UnsupportedError(NO_SCRIPT)

    def __repr__(self) -> str:
        names = ", ".join(self.trained()) or "none"
        step = f"{float(self.h.detach() if isinstance(self.h, Tensor) else self.h):g}"
        if isinstance(self.h, nn.Parameter):
            names, step = ", ".join(["h", *self.trained()]), f"{step} (trained)"
        return (
            f"{type(self).__name__}(h={step}, evaluations={self.plan.evaluations}, {self._claim()}, trainable: {names})"
        )

    def _claim(self) -> str:
        if self.options.separate:
            return "order: void, branches differ between stages"
        shared = "shared branch" if len(self.plan.fields) == 1 else "one branch per field"
        if self.written.random_symbols:
            return f"random coefficients: {shared}"
        try:
            return f"order={order(self.scheme)}: {shared}"
        except SchemeError:  # coefficients per channel, or values at which there is no order
            return f"no order: {shared}"


@functools.cache
def _denominators(cls: type[Block]) -> frozenset[Expr]:
    """What stands below a stroke in the coefficients of the step, where it has symbols in it."""
    found = (c.as_numer_denom()[1] for c in cls.plan.coefficients())
    return frozenset(d for d in found if d.free_symbols)


@functools.cache
def _trained(cls: type[Block]) -> dict[str, str]:
    used = {s for c in cls.plan.coefficients() for s in c.free_symbols}
    attributes = symbol_attributes(cls.written)
    return {str(s): attributes[s] for s in sorted(used & cls.written.free_symbols, key=str)}


def _rebuild(maker: Callable[[Any, TorchOptions], type[Block]], key: Any, options: TorchOptions) -> Block:
    return nn.Module.__new__(maker(key, options))
