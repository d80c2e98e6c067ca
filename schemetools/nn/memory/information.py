"""The information that a contraction loses: exact integer multiplication by n/d, its remainders kept and packed.

Maclaurin, Duvenaud, Adams, Gradient-based hyperparameter optimization through reversible learning (2015), section 3.2.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

WORD = 2**62


@dataclass(frozen=True)
class Packed:
    """`size` integers in [0, bound): their low bytes as they are, the rest `count` to a 64-bit word by mixed radix."""

    low: Tensor
    words: Tensor
    bound: int
    count: int
    size: int

    def holding(self, low: Tensor, words: Tensor) -> "Packed":
        """The same layout with other tensors."""
        return replace(self, low=low, words=words)

    def unpacked(self) -> Tensor:
        """The integers, flat."""
        width = self.low.shape[1]
        planes = torch.zeros(self.size, 8, dtype=torch.uint8, device=self.low.device)
        planes[:, :width] = self.low
        values = planes.view(torch.int64)[:, 0]
        radix = -(-self.bound // 256**width)
        digits, rest = [], self.words
        for _ in range(self.count):
            digits.append(rest.remainder(radix))
            rest = rest.div(radix, rounding_mode="floor")
        return values + torch.stack(digits).reshape(-1)[: self.size] * 256**width if digits else values


def packed(values: Tensor, bound: int) -> Packed:
    """Integers in [0, bound), bound < 2^62, packed in the layout that needs the fewest bits."""
    flat = values.reshape(-1)
    _, width, count = min(_layouts(bound))
    low = flat[:, None].contiguous().view(torch.uint8)[:, :width].contiguous()
    word = flat[:0]
    if count:
        radix = -(-bound // 256**width)
        digits = torch.nn.functional.pad(flat.div(256**width, rounding_mode="floor"), (0, -flat.numel() % count))
        word = torch.zeros_like(digits[: digits.numel() // count])
        for digit in reversed(digits.reshape(count, -1)):
            word = word * radix + digit
    return Packed(low, word, bound, count, flat.numel())


def _layouts(bound: int) -> Iterator[tuple[float, int, int]]:
    """(bits per integer, bytes kept as they are, integers to a word) of every layout."""
    for width in range(8):
        radix = -(-bound // 256**width)
        if radix == 1:
            yield 8.0 * width, width, 0
            return
        count = int(62 / math.log2(radix))
        if count:
            yield 8 * width + 64 / count, width, count


def divided(v: Tensor, d: int) -> tuple[Tensor, Tensor]:
    """Quotient, rounded down, and remainder in [0, d): shifts for a power of two, else one division."""
    if d & (d - 1) == 0:
        return v >> (d.bit_length() - 1), v & (d - 1)
    quotient = v.div(d, rounding_mode="floor")
    return quotient, torch.sub(v, quotient, alpha=d)


class InformationBuffer:
    """What multiplications by fractions n/d have rounded away, one growing integer per element.

    A multiplication adds log2(d/n) bits per element. Full words are packed and put aside.
    """

    def __init__(self, like: Tensor) -> None:
        self.low = torch.zeros_like(like)
        self.bound = 1
        self.words: list[Packed] = []
        self.trail: list[tuple[int, bool]] = []

    def multiply(self, v: Tensor, n: int, d: int) -> Tensor:
        """v n/d, rounded, in a way that `divide` undoes; n, d positive and coprime."""
        full = self.bound * d >= WORD
        self.trail.append((self.bound, full))
        if n == d:
            return v
        if full:
            self.words.append(packed(self.low, self.bound))
            self.low, self.bound = torch.zeros_like(self.low), 1
        v, lost = divided(v, d)
        low = lost.add_(self.low, alpha=d)
        if n > 1:
            low, back = divided(low, n)
            v = back.add_(v, alpha=n)
        self.low, self.bound = low, -(-self.bound * d // n)
        return v

    def divide(self, v: Tensor, n: int, d: int) -> Tensor:
        """The v that `multiply` was given last."""
        self.bound, full = self.trail.pop()
        if n == d:
            return v
        low = self.low
        if n > 1:
            v, lost = divided(v, n)
            low = lost.add_(low, alpha=n)
        self.low, back = divided(low, d)
        v = back.add_(v, alpha=d)
        if full:
            self.low = self.words.pop().unpacked().reshape(v.shape)
        return v

    def stored(self) -> list[Packed]:
        """All of it, packed, the part in use last."""
        return [*self.words, packed(self.low, self.bound)]

    def emptied(self) -> "InformationBuffer":
        """The trail alone, without contents."""
        fresh = InformationBuffer(self.low[:0])
        fresh.bound, fresh.trail = self.bound, list(self.trail)
        return fresh

    def restored(self, stored: Sequence[Packed], like: Tensor) -> "InformationBuffer":
        """A buffer with this trail and the given packed contents."""
        fresh = self.emptied()
        fresh.words, fresh.low = list(stored[:-1]), stored[-1].unpacked().reshape(like.shape)
        return fresh
