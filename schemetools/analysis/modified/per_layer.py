"""A list of coefficients, one set per step, as a trained network has them: equations piece by piece, and what they
add up to."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from schemetools.analysis.modified.equation import ModifiedEquation
from schemetools.analysis.modified.text import first_order_lines, momentum_coefficient
from schemetools.errors import SchemeError
from schemetools.exact import to_float
from schemetools.schemes.base import Scheme

ROUGH = 0.5
SMALL = 0.01


@dataclass(frozen=True, eq=False)
class LayerEquations:
    """One modified equation per layer: layer n follows the n-th over the time of its step.

    Together they describe one equation with k = k(t), with further terms in k' (`modified_equation(s,
    k=Function("k"))`), only where k_n varies smoothly: `is_smooth` compares the second differences of k_n with its
    first ones, and lets differences below a hundredth pass; it takes three layers to tell.
    """

    scheme: Scheme
    values: Mapping[str, tuple[float, ...]]
    pieces: tuple["ModifiedEquation", ...]

    def __len__(self) -> int:
        return len(self.pieces)

    def __getitem__(self, layer: int) -> "ModifiedEquation":
        return self.pieces[layer]

    def __iter__(self) -> Iterator["ModifiedEquation"]:
        return iter(self.pieces)

    @functools.cached_property
    def roughness(self) -> float:
        """sum |second differences| / sum |first differences| of k_n, the largest over the symbols: O(1/N) if smooth,
        ~1.7 if random."""
        return max((_roughness(v) for v in self.values.values()), default=0.0)

    @property
    def is_smooth(self) -> bool:
        """Whether one equation with k = k(t) describes the stack: k_n moves little, or along a line in three or more
        layers."""
        return self.jump <= SMALL or (len(self) > 2 and self.roughness < ROUGH)

    @functools.cached_property
    def jump(self) -> float:
        """max |k_(n+1) - k_n|, the largest over the symbols."""
        return max((abs(b - a) for v in self.values.values() for a, b in zip(v, v[1:], strict=False)), default=0.0)

    @functools.cached_property
    def momenta(self) -> tuple[float, ...] | None:
        """The momentum coefficients (-k_n for lm), where every layer has heavy-ball form."""
        found = [momentum_coefficient(piece) for piece in self.pieces]
        return None if any(m is None for m in found) else tuple(to_float(m) for m in found if m is not None)

    @functools.cached_property
    def amplification(self) -> float | None:
        """sup over m <= N of |sum_(n=m..N) prod_(i=m..n) m_i|: a perturbed velocity moves the state by at most 1 +
        this.

        m_i are the momentum coefficients. Bounded as the depth grows exactly when the stack is zero-stable. None for
        schemes of another form. Source: the recursion v_(n+1) = m_n v_n + h f, summed.
        """
        if self.momenta is None:
            return None
        worst, tail = 0.0, 0.0
        for m in reversed(self.momenta):
            tail = m * (1.0 + tail)
            worst = max(worst, abs(tail))
        return worst

    @property
    def statement(self) -> str:
        """What may be said of the whole stack."""
        size = f"largest step {self.jump:.2g}, roughness {self.roughness:.2g}"
        if self.is_smooth:
            return (
                f"k_n is smooth over the layers ({size}): one equation with k = k(t) describes the stack, these pieces "
                "and terms in k'"
            )
        return (
            f"k_n jumps from layer to layer ({size}, smooth is below {SMALL} or {ROUGH}): no differential equation "
            "with a local coefficient is the limit; only the pieces and the exact recursion hold"
        )

    def __str__(self) -> str:
        lines = [f"{self.scheme}: {len(self)} layers", self.statement]
        if self.amplification is not None:
            lines.append(f"a perturbed velocity is carried on with at most {self.amplification:.3g} of its size")
        lines += [f"layer {n}: {'; '.join(first_order_lines(piece))}" for n, piece in enumerate(self)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def _roughness(values: Sequence[float]) -> float:
    first = [b - a for a, b in zip(values, values[1:], strict=False)]
    second = [b - a for a, b in zip(first, first[1:], strict=False)]
    scale = sum(map(abs, first))
    return sum(map(abs, second)) / scale if scale else 0.0


def per_layer(scheme: Scheme, values: Mapping[str, Sequence[object]]) -> list[Scheme]:
    """The scheme of every layer, with the n-th of the values of each symbol.

    Raises SchemeError for lists of different lengths, and for an empty one.
    """
    lengths = {name: len(v) for name, v in values.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise SchemeError(f"lists of {lengths} values came; give one value per layer, as many for every symbol")
    return [scheme.subs(dict(zip(values, row, strict=True))) for row in zip(*values.values(), strict=True)]
