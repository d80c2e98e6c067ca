"""What conversion costs: forward and backward of a converted network at lm(k=0) over the original, in one run, and
`convert` itself over a forward pass of the original on the example.

    python benchmarks/bench_convert.py

The bars are 1.02 and 4 passes, for a vision transformer and a ResNet.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from timing import gradient_of, interleaved, ratio
from torch import Tensor, nn

import schemetools as st


class Layer(nn.Module):
    """A layer of a vision transformer, norm first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.n1, self.n2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """(b, tokens, width) to the same."""
        n = self.n1(x)
        x = x + self.attention(n, n, n, need_weights=False)[0]
        return x + self.mlp(self.n2(x))


class Basic(nn.Module):
    """A block of a ResNet, relu(x + F(x))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        parts = [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
        more = [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
        self.f = nn.Sequential(*parts, nn.ReLU(), *more)

    def forward(self, x: Tensor) -> Tensor:
        """(b, width, height, width) to the same."""
        return torch.relu(x + self.f(x))


NETWORKS = {
    "ViT, 6 layers of 192": (lambda: [Layer(192, 3) for _ in range(6)], (2, 65, 192)),
    "ResNet, 8 blocks of 32": (lambda: [Basic(32) for _ in range(8)], (4, 32, 16, 16)),
}
BARS = {"lm(k=0)": 1.02, "lm(k=-0.1)": None, "convert": 4.0}


def ratios(rounds: int = 60) -> Iterator[tuple[str, str, float, float]]:
    """(network, what, ratio, half the distance of its quartiles)."""
    for name, (blocks, shape) in NETWORKS.items():
        network, x = nn.Sequential(nn.Sequential(*blocks())), torch.randn(shape)
        schemes = {"lm(k=0)": st.lm(k=0), "lm(k=-0.1)": st.lm(k=-0.1)}
        made = {n: st.convert(network, s, ["0"], example=x) for n, s in schemes.items()}
        cases = {n: gradient_of(m, x) for n, m in ({"original": network} | made).items()}
        times = interleaved(cases, rounds=rounds, budget=0.05)
        for n in schemes:
            yield (name, n, *ratio(times, n, "original"))
        # The example of a user who pays for it: a batch of a training step, where a pass is more than bookkeeping.
        x = torch.randn(32, *shape[1:])
        convert = partial(st.convert, network, schemes["lm(k=-0.1)"], ["0"], example=x)
        with torch.no_grad():
            times = interleaved({"pass": partial(network, x), "convert": convert}, rounds=rounds // 5, budget=0.2)
        yield (name, "convert", *ratio(times, "convert", "pass"))


def test_convert(measured: Any) -> None:
    """Converted networks over the original, and converting over its forward pass."""
    for name, what, middle, spread in ratios():
        said = "convert(example=...) over a forward pass" if what == "convert" else f"converted to {what} over original"
        measured(f"{name}: {said}", middle, spread=spread, bar=BARS[what])


def main() -> None:
    """One line per network and ratio."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    for name, what, middle, spread in ratios():
        bar = BARS[what]
        verdict = "" if bar is None else f", bar {bar:g}: {'holds' if middle <= bar else 'MISSED'}"
        print(f"{name:24} {what:12} {middle:.3f} +- {spread:.3f} of the original{verdict}", flush=True)


if __name__ == "__main__":
    main()
