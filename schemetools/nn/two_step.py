"""Reversible two-step stacks (LM-ResNet, leapfrog): velocities on the grid, the contraction's remainders kept.

With v_n = u_n - u_(n-1), the step u_(n+1) = (1 - k) u_n + k u_(n-1) + h c f(u_n) is v_(n+1) = -k v_n + h c f(u_n).
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import torch
from sympy import Expr
from torch import Tensor

from schemetools import exact
from schemetools.errors import UnsupportedError

from .block import Block
from .information import InformationBuffer
from .reversible import Engine, Stored, from_grid, to_grid, weight_of

FINEST = 4096
"""A trained k runs as the nearest fraction with at most this denominator, and never as 0."""

LARGEST = 2**20


def two_step(layer: Block) -> tuple[Expr, Expr] | None:
    """(k, c) of a layer u' = (1 - k) u + k u_before + h c f(u), or None for any other."""
    form = layer.written.normal_form()
    if form.values != 2 or form.stages != 1 or form.parts != 1 or form.q != (1, 1):
        return None
    plain = form.A == ((0,),) and form.U == ((1, 0),) and form.V[1] == (1, 0) and form.B[1] == (0,)
    return (form.V[0][1], form.B[0][0]) if plain else None


def fraction_of(layer: Block, k: Expr) -> Fraction:
    """The fraction as which a layer's k runs on the grid."""
    if k.is_Rational and k.q <= LARGEST:  # type: ignore[attr-defined]
        found = exact.to_fraction(k)
    else:
        value = float(weight_of(layer, k, torch.zeros((), dtype=torch.float64)))
        found = Fraction(value).limit_denominator(FINEST) or Fraction(1, FINEST)
    if found == 0:
        raise UnsupportedError("k = 0 forgets the state before, so no step can be undone; use memory='checkpoint'")
    return found


class TwoStepEngine(Engine):
    """States u and velocities v as integers; the first layer may be any step from the first state."""

    def run(self, parts: Sequence[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """The last state; kept are its integers, the velocity's, and the packed remainders."""
        passed = self.passed
        u = to_grid(parts[0], passed.bad)
        with passed.first(0, parts[0]):
            value = passed.value(u)
            v = to_grid(self._state(self.layers[0](value)).double() - value.double(), passed.bad)
        u, self.kept, self.fractions = u + v, InformationBuffer(u), []
        for n in range(1, len(self.layers)):
            with passed.first(n, parts[0]):
                added, k, _ = self._added(n, passed.value(u))
            self.fractions.append(fraction_of(self.layers[n], k))
            v = self._contracted(v, n) + to_grid(added, passed.bad)
            u = u + v
            passed.watch(u)
            passed.watch(v)
        packs = self.kept.stored()
        data = [t for p in packs for t in (p.low, p.words)]
        self.layouts = [p.holding(p.low[:0], p.words[:0]) for p in packs]
        self._report(data, u.numel())
        self.kept = self.kept.emptied()
        return [from_grid(u, parts[0].dtype)], [u, v, *data]

    def reverse(self, saved: Sequence[Tensor], grads: Sequence[Tensor]) -> tuple[list[Tensor], dict[int, Tensor]]:
        """Gradients, the states recomputed by exact inversion."""
        passed, found = self.passed, {}
        u, v, *data = saved
        pairs = zip(data[::2], data[1::2], strict=True)
        kept = self.kept.restored([p.holding(*pair) for p, pair in zip(self.layouts, pairs, strict=True)], u)
        newest, before = grads[0], torch.zeros_like(grads[0])
        for n in range(len(self.layers) - 1, 0, -1):
            u = u - v
            leaf = passed.value(u)
            with passed.again(n, n):
                added, k, _ = self._added(n, leaf)
                v = self._expanded(v - to_grid(added, passed.bad), n, kept)
                earlier = passed.value(u - v)
                weight = weight_of(self.layers[n], k, leaf)
                step = torch.lerp(leaf, earlier, weight) + added
                pulled = self.pull(step, newest, [leaf, earlier], n, found)
            newest, before = before + pulled[0], pulled[1]
        leaf = passed.value(u - v)
        with passed.again(0, 0):
            [pulled] = self.pull(self._state(self.layers[0](leaf)), newest, [leaf], 0, found)
        return [before + pulled], found

    @staticmethod
    def _state(result: Any) -> Tensor:
        return result if isinstance(result, Tensor) else result[0]

    def _added(self, n: int, value: Tensor) -> tuple[Tensor, Expr, Expr]:
        layer = self.layers[n]
        k, c = two_step(layer) or (None, None)
        return layer.h * (weight_of(layer, c, value) * layer.branch(value)), k, c  # type: ignore[arg-type,return-value]

    def _contracted(self, v: Tensor, n: int) -> Tensor:
        k = self.fractions[n - 1]
        return self.kept.multiply(v if k < 0 else -v, abs(k.numerator), k.denominator)

    def _expanded(self, v: Tensor, n: int, kept: InformationBuffer) -> Tensor:
        k = self.fractions[n - 1]
        back = kept.divide(v, abs(k.numerator), k.denominator)
        return back if k < 0 else -back

    def _report(self, data: Sequence[Tensor], elements: int) -> None:
        bits = sum(8 * d.numel() * d.element_size() for d in data)
        floor = sum(max(0.0, -math.log2(abs(k))) for k in self.fractions)
        layers = max(1, len(self.layers))
        self.stored = Stored(bits / (elements * layers), floor / layers)
