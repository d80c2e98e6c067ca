"""What conversion costs: forward and backward of a converted network at lm(k=0) over the original, in one run.

    python benchmarks/bench_convert.py

The bar is 1.02, for a vision transformer and a ResNet.
"""

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


def main() -> None:
    """Print the ratio for both networks and both memory kinds that go with k = 0."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    networks = {
        "ViT, 6 layers of 192": (nn.Sequential(nn.Sequential(*(Layer(192, 3) for _ in range(6)))), (2, 65, 192)),
        "ResNet, 8 blocks of 32": (nn.Sequential(nn.Sequential(*(Basic(32) for _ in range(8)))), (4, 32, 16, 16)),
    }
    for name, (network, shape) in networks.items():
        x = torch.randn(shape)
        made = st.convert(network, st.lm(k=0), ["0"], example=x)
        momentum = st.convert(network, st.lm(k=-0.1), ["0"], example=x)
        cases = {"original": network, "lm(k=0)": made, "lm(k=-0.1)": momentum}
        times = interleaved({n: gradient_of(m, x) for n, m in cases.items()}, rounds=25, budget=0.2)
        for n in ("lm(k=0)", "lm(k=-0.1)"):
            middle, spread = ratio(times, n, "original")
            print(f"{name:24} {n:12} {middle:.3f} +- {spread:.3f} of the original")


if __name__ == "__main__":
    main()
