"""One step of a method of lines or a difference scheme as an nn.Module: convolutions, an FFT where it is implicit."""

import functools
import operator
from collections.abc import Mapping
from typing import Any, ClassVar, cast

import torch
from sympy import Expr
from torch import Tensor, nn

from schemetools import exact
from schemetools.analysis.stability.grid_symbols import symbol_of_grid
from schemetools.analysis.stability.torus import TorusSymbol
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.blocks.stencil_branch import StencilBranch
from schemetools.schemes.difference import DifferenceScheme
from schemetools.schemes.discretisation import Discretisation
from schemetools.schemes.semidiscrete import MethodOfLines


class GridBlock(nn.Module):
    """One step of a scheme for a partial differential equation on a periodic grid; `to_block` makes the subclasses.

        y = block(u)      y, history = block(u, history)  (more than two levels)

    States have the shape (batch, channels, x), (batch, channels, y, x) or (batch, channels, z, y, x), every channel
    treated alike; `history` holds the earlier states, newest first, and starts as copies of u. Numbers are given by
    name, Block(nu=0.5); those left out are parameters that start at `init`. `trainable="numbers"` makes all of them
    parameters, `trainable="moments"` the moments of the kernel. Implicit steps are solved by FFT, with fixed numbers.
    """

    written: ClassVar[Discretisation]
    time_block: ClassVar[Any]

    def __init__(
        self,
        numbers: Mapping[str, Any] | None = None,
        *,
        init: Any = None,
        trainable: str | None = None,
        **values: Any,
    ) -> None:
        super().__init__()
        given = {**(numbers or {}), **values}
        known = [name for name, _ in self.written.numbers]  # type: ignore[attr-defined]
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise SchemeError(f"{self.written} has no number {unknown[0]}; its numbers: {', '.join(known) or 'none'}")
        self.setup(given, init, trainable)

    def setup(self, numbers: Mapping[str, Any], init: Any, trainable: str | None) -> None:
        """Make the parts of the step."""
        raise NotImplementedError

    @property
    def scheme(self) -> Discretisation:
        """The scheme as written."""
        return self.written

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (self.written, self.time_block), self.__dict__

    def __repr__(self) -> str:
        trained = ", ".join(name for name, _ in self.named_parameters()) or "none"
        return f"{type(self).__name__}({self.written}, trainable: {trained})"


class LevelsBlock(GridBlock):
    """A difference scheme level by level: explicit where the newest level stands at one point."""

    def setup(self, numbers: Mapping[str, Any], init: Any, trainable: str | None) -> None:
        """One branch per old level, its kernel divided by the newest coefficient."""
        scheme = cast(DifferenceScheme, self.written)
        if scheme.components > 1:
            raise UnsupportedError(f"{scheme} is a system; blocks are made of schemes with one unknown at a point")
        [(place, newest)] = scheme.levels[-1][1]
        first, last = scheme.levels[0][0], scheme.levels[-1][0]
        rows = dict(scheme.levels[:-1])
        options: Any = {"init": init, "trainable": trainable}
        self.old = nn.ModuleList()
        self.times = []
        for time in range(last - 1, first - 1, -1):
            if time in rows:
                table = {_moved(e, place): exact.canonical(-c / newest) for e, c in rows[time]}
                self.old.append(StencilBranch(table, numbers, **options))
                self.times.append(last - 1 - time)
        self.steps = last - first

    def forward(self, u: Tensor, history: tuple[Tensor, ...] | None = None) -> Any:
        """The next state, and with more than two levels the history."""
        return _advance(u, history, self.steps, self._next)

    def _next(self, states: tuple[Tensor, ...]) -> Tensor:
        parts = [branch(states[i]) for i, branch in zip(self.times, self.old, strict=True)]
        return functools.reduce(operator.add, parts)


class SpectralBlock(GridBlock):
    """An implicit or compact scheme: every level times its symbol on the grid, by FFT; its numbers are fixed."""

    def setup(self, numbers: Mapping[str, Any], init: Any, trainable: str | None) -> None:
        """The coefficients of the symbol in double precision."""
        symbol = symbol_of_grid(self.written)
        if getattr(self.written, "components", 1) > 1:
            raise UnsupportedError(
                f"{self.written} is a system; blocks are made of schemes with one unknown at a point"
            )
        missing = [n for n in symbol.names if n not in numbers]
        if missing or trainable is not None:
            wrong = f"{missing[0]} has no value" if missing else f"trainable={trainable!r} came"
            raise SchemeError(f"{self.written} is solved by FFT with fixed numbers; {wrong}")
        self.values = {n: exact.to_float(exact.coefficient(numbers[n], parameter=True)) for n in symbol.names}
        self.rows = [_floats(row, symbol, self.values) for row in symbol.a]
        self.dimension, self.steps = symbol.dimension, len(symbol.a) - 1

    def forward(self, u: Tensor, history: tuple[Tensor, ...] | None = None) -> Any:
        """The next state, and with more than two levels the history."""
        return _advance(u, history, self.steps, self._next)

    def _next(self, states: tuple[Tensor, ...]) -> Tensor:
        axes = tuple(range(-self.dimension, 0))
        factors = [self._symbol(row, states[0]) for row in self.rows]
        if bool((factors[-1].abs() < 1e-14 * sum(map(abs, self.rows[-1].values()))).any()):
            raise SchemeError(f"the implicit operator of {self.written} is singular on this grid with {self.values}")
        total = sum(
            (
                factor * torch.fft.fftn(state, dim=axes)
                for factor, state in zip(factors, reversed(states), strict=False)
            ),
            torch.zeros((), dtype=factors[0].dtype),
        )
        found = torch.fft.ifftn(-total / factors[-1], dim=axes)
        return found if states[0].is_complex() else found.real

    def _symbol(self, row: Mapping[tuple[int, ...], float], u: Tensor) -> Tensor:
        sizes = u.shape[-self.dimension :]
        kind = torch.complex128 if u.dtype in (torch.float64, torch.complex128) else torch.complex64
        angles = [2 * torch.pi * torch.fft.fftfreq(n, dtype=torch.float64, device=u.device) for n in sizes]
        mesh = torch.meshgrid(*angles, indexing="ij")
        total = torch.zeros(sizes, dtype=torch.complex128, device=u.device)
        for e, c in row.items():
            phase = sum((n * a for n, a in zip(reversed(e), mesh, strict=True)), torch.zeros_like(mesh[0]))
            total = total + c * torch.exp(1j * phase)
        return total.to(kind)


class LinesBlock(GridBlock):
    """An explicit method of lines: the block of the scheme in time around the convolution of the stencils."""

    def setup(self, numbers: Mapping[str, Any], init: Any, trainable: str | None) -> None:
        """The block of the scheme in time; `step.branch` is the convolution."""
        scheme = cast(MethodOfLines, self.written)
        free = {str(s): numbers[str(s)] for s in scheme.time.free_symbols if str(s) in numbers}
        time = scheme.time.subs(free) if free else scheme.time
        rest = {n: v for n, v in numbers.items() if n not in free}
        branches = [StencilBranch(table_of(part), rest, init=init, trainable=trainable) for part in scheme.terms]
        fields = time.normal_form().fields
        branch: Any = branches[0] if len(branches) == 1 else dict(zip(fields, branches, strict=True))
        own = {s: init[s] for s in map(str, time.free_symbols)} if isinstance(init, Mapping) else init
        self.step = type(self).time_block(time)(branch, h=1, **({"init": own} if time.free_symbols else {}))

    def forward(self, u: Tensor, history: Any = None) -> Any:
        """The step of the block in time."""
        return self.step(u, history) if self.step.takes_history else self.step(u)


def table_of(terms: Any) -> dict[tuple[int, ...], Expr]:
    """The stencil of a sum of explicit terms: {offset: formula in the numbers}."""
    table: dict[tuple[int, ...], Any] = {}
    for weight, stencil in terms:
        [(place, scale)] = stencil.denominator
        for e, c in stencil.numerator:
            key = _moved(e, place)
            table[key] = table.get(key, 0) + weight * c / scale
    return {e: exact.canonical(c) for e, c in table.items() if c != 0}


def _moved(e: tuple[Any, ...], place: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(int(i - j) for i, j in zip(e, place, strict=True))


def _floats(row: Any, symbol: TorusSymbol, values: Mapping[str, float]) -> dict[tuple[int, ...], float]:
    convert = symbol.ring.domain.to_sympy
    found = {}
    for e, c in row.items():
        total = 0.0
        for m, v in c.items():
            term = exact.to_float(convert(v))
            for name, n in zip(symbol.names, m, strict=True):
                term *= values[name] ** n
            total += term
        found[e] = total
    return found


def _advance(u: Tensor, history: Any, steps: int, following: Any) -> Any:
    if steps == 1:
        return following((u,))
    old = (u,) * (steps - 1) if history is None else tuple(history)
    if len(old) != steps - 1:
        raise SchemeError(f"the history holds {steps - 1} earlier states, newest first; {len(old)} came")
    return following((u, *old)), (u, *old[: steps - 2])


def grid_block(scheme: Discretisation, time_block: Any) -> type[GridBlock]:
    """The class of the blocks of a discretisation; `time_block` makes the class of a scheme in time."""
    return _grid_block(_Labelled(scheme, (scheme.name, scheme.reference)), time_block)


class _Labelled:
    """A scheme with its labels, which do not count when schemes are compared."""

    def __init__(self, scheme: Discretisation, labels: Any) -> None:
        self.scheme, self.key = scheme, (scheme, labels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Labelled) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@functools.cache
def _grid_block(labelled: _Labelled, time_block: Any) -> type[GridBlock]:
    scheme = labelled.scheme
    members: dict[str, Any] = {"written": scheme, "__module__": __name__, "__doc__": f"One step of {scheme}."}
    members["time_block"] = staticmethod(time_block)
    if isinstance(scheme, MethodOfLines):
        base = LinesBlock if scheme.is_explicit else SpectralBlock
    elif isinstance(scheme, DifferenceScheme):
        base = LevelsBlock if scheme.is_explicit and scheme.components == 1 else SpectralBlock
    else:
        raise UnsupportedError(f"{scheme} is no scheme in time; a block takes st.method_of_lines(scheme, operator)")
    title = "".join(part.capitalize() for part in str(scheme.name or "grid").split("_") if part.isalnum())
    return cast(type[GridBlock], type(f"{title or 'Grid'}Block", (base,), members))


def _rebuild(scheme: Discretisation, time_block: Any) -> GridBlock:
    cls = grid_block(scheme, time_block)
    return cls.__new__(cls)
