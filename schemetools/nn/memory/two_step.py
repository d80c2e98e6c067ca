"""Reversible two-step stacks (LM-ResNet, leapfrog): velocities on the grid, the contraction's remainders kept.

With v_n = u_n - u_(n-1), the step u_(n+1) = (1 - k) u_n + k u_(n-1) + h c f(u_n) is v_(n+1) = -k v_n + h c f(u_n).
"""

import functools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import torch
from sympy import Expr
from torch import Tensor

from schemetools import exact
from schemetools.errors import UnsupportedError
from schemetools.nn.blocks.block import Block
from schemetools.nn.memory.grid import from_grid, to_grid
from schemetools.nn.memory.information import InformationBuffer
from schemetools.nn.memory.reversible import Engine, Stored, increment, weight_of
from schemetools.nn.memory.shears import Move, ShearEngine

FINEST = 4096
"""A trained k runs as the nearest fraction with at most this denominator; below 1/FINEST, as the nearest 1/d."""

LARGEST = 2**20


@functools.cache
def two_step(kind: type[Block]) -> tuple[Expr, Expr] | None:
    """(k, c) of a layer u' = (1 - k) u + k u_before + h c f(u), or None for any other."""
    form = kind.written.normal_form()
    if form.values != 2 or form.stages != 1 or form.parts != 1 or form.q != (1, 1):
        return None
    if form.V[0][1].free_symbols & kind.written.random_symbols:
        return None
    plain = form.A == ((0,),) and form.U == ((1, 0),) and form.V[1] == (1, 0) and form.B[1] == (0,)
    return (form.V[0][1], form.B[0][0]) if plain else None


def fraction_of(layer: Block, k: Expr) -> Fraction:
    """The fraction as which a layer's k runs on the grid."""
    if k.is_Rational and k.q <= LARGEST:  # type: ignore[attr-defined]
        found = exact.to_fraction(k)
    else:
        value = float(torch.as_tensor(weight_of(layer, k, torch.zeros((), dtype=torch.float64))).detach())
        found = Fraction(value).limit_denominator(FINEST) or _small_fraction(value)
    if found == 0:
        raise UnsupportedError("k = 0 forgets the state before, so no step can be undone; use memory='checkpoint'")
    return found


def _small_fraction(value: float) -> Fraction:
    """The fraction +-1/d nearest to a small value, d at most LARGEST; 0 runs as 1/LARGEST."""
    d = min(LARGEST, round(1 / abs(value))) if value else LARGEST
    return Fraction(-1 if value < 0 else 1, d)


class LeapfrogEngine(ShearEngine):
    """k = 1, u_(n+1) = u_(n-1) + h c f(u_n): each state is added to the one before, in its place.

    The first layer, any step from the first state, adds its difference to a copy of that state.

    u_(n+1) overwrites u_(n-1), so that two places are enough: part 0 holds the states of even number, part 1 those of
    odd number, and layer n reads part n % 2 and adds to the other. These are the moves of a shear on a pair, with both
    parts beginning as u_0. After an odd number of layers the newest state lies in part 1: outputs and gradients are
    swapped there, and nowhere else.
    """

    def run(self, parts: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """The last state and the one before; these are kept."""
        outputs, saved = super().run([parts[0], parts[0]])
        return outputs if len(self.layers) % 2 == 0 else outputs[::-1], saved

    def reverse(self, saved: Sequence[Tensor], grads: Sequence[Tensor]) -> tuple[list[Tensor], dict[int, Tensor]]:
        """Gradients, the states recomputed by subtraction."""
        (even, odd), found = super().reverse(saved, grads[::-1] if len(self.layers) % 2 else grads)
        return [even + odd], found  # both parts began as the one first state

    def moves(self) -> Iterator[Move]:
        """The evaluations in order, at the even and the odd states in turn."""
        yield 0, lambda value: (self.first_state(value) - value, 1.0), 0, 1
        for n, layer in enumerate(self.layers[1:], start=1):
            _, c = two_step(type(layer)) or (None, None)
            yield n, partial(increment, layer, c, layer.branch, self.inputs.of(n)), n % 2, 1 - n % 2  # type: ignore[arg-type]


class TwoStepEngine(Engine):
    """States u and velocities v as integers; the first layer may be any step from the first state."""

    def run(self, parts: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """The last state and the one before; kept are its integers, the velocity's, and the packed remainders."""
        passed = self.passed
        u = to_grid(passed.watch(parts[0]))
        with passed.first(0, parts[0]):
            value = passed.value(u)
            first = self.first_state(value).double() - value.double()
        v = to_grid(passed.watch(first))
        u, self.kept, self.fractions = u.add_(v), InformationBuffer(u), []
        for n in range(1, len(self.layers)):
            value = passed.watch(passed.value(u))
            with passed.first(n, parts[0]):
                added, k = self._added(n, value)
            self.fractions.append(fraction_of(self.layers[n], k))
            v = self.kept.multiply(v, *self._ratio(n))
            new = to_grid(passed.watch(added))
            v = new.sub_(v) if self.fractions[-1] > 0 else new.add_(v)
            u = u.add_(v)
        packs = self.kept.stored()
        data = [t for p in packs for t in (p.low, p.words)]
        self.layouts = [p.holding(p.low[:0], p.words[:0]) for p in packs]
        self._report(data, u.numel())
        self.kept = self.kept.emptied()
        return [passed.watch(from_grid(u, parts[0].dtype)), from_grid(u - v, parts[0].dtype)], [u, v, *data]

    def reverse(self, saved: Sequence[Tensor], grads: Sequence[Tensor]) -> tuple[list[Tensor], dict[int, Tensor]]:
        """Gradients, the states recomputed by exact inversion."""
        passed, found = self.passed, {}
        u, v, *data = (t.clone() for t in saved)
        pairs = zip(data[::2], data[1::2], strict=True)
        kept = self.kept.restored([p.holding(*pair) for p, pair in zip(self.layouts, pairs, strict=True)], u)
        newest, before = grads[0], grads[1].clone()
        for n in range(len(self.layers) - 1, 0, -1):
            u = u.sub_(v)
            leaf = passed.value(u)
            with passed.again(n):
                added, k = self._added(n, leaf)
                weight = weight_of(self.layers[n], k, leaf)
            v = to_grid(added).sub_(v) if self.fractions[n - 1] > 0 else v.sub_(to_grid(added))
            v = kept.divide(v, *self._ratio(n))
            values, pulled = [added], [newest]
            if isinstance(weight, Tensor) and weight.requires_grad:
                values.append(weight)
                pulled.append((newest * (from_grid(u - v, leaf.dtype) - leaf.detach())).sum_to_size(weight.shape))
            from_leaf = self.pull(values, pulled, leaf, n, found)
            newest, before = self._passed_on(newest, before.add_(from_leaf), weight)
        leaf = passed.value(u.sub_(v))
        with passed.again(0):
            value = self.first_state(leaf)
        return [before.add(self.pull([value], [newest], leaf, 0, found))], found

    @staticmethod
    def _passed_on(newest: Tensor, before: Tensor, weight: Any) -> tuple[Tensor, Tensor]:
        """Gradients of (1 - weight) u + weight u_before, added to that of u."""
        if isinstance(weight, Tensor):
            weight = weight.detach()
            return before + (1 - weight) * newest, weight * newest
        if weight == 1:
            return before, newest.clone()
        return before.add_(newest, alpha=1 - weight), weight * newest

    def _added(self, n: int, value: Tensor) -> tuple[Tensor, Expr]:
        layer = self.layers[n]
        k, c = two_step(type(layer)) or (None, None)
        y, factor = increment(layer, c, layer.branch, self.inputs.of(n), value)  # type: ignore[arg-type]
        return y if factor == 1 else factor * y, k  # type: ignore[return-value]

    def _ratio(self, n: int) -> tuple[int, int]:
        k = self.fractions[n - 1]
        return abs(k.numerator), k.denominator

    def _report(self, data: Sequence[Tensor], elements: int) -> None:
        bits = sum(8 * d.numel() * d.element_size() for d in data)
        floor = sum(max(0.0, -math.log2(abs(k))) for k in self.fractions)
        layers = max(1, len(self.layers))
        self.stored = Stored(bits / max(1, elements * layers), floor / layers)
