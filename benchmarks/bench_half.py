"""Errors of steps in half precision against double precision: python benchmarks/bench_half.py

Ours, written by hand with Python's numbers, and torchdiffeq's fixed-grid step where it is installed. Root mean square
over many states and seeds, a branch in the same half precision everywhere; ratios are to the smallest of the others.
"""

import copy
import importlib
import importlib.util
from collections.abc import Callable

import torch
from cases import H, adams_bashforth_3, by_hand, heun2, lm, ours, rk4
from torch import Tensor, nn

import schemetools as st

PEERS = {"euler": "euler", "midpoint": "midpoint", "heun2": "heun2", "heun3": "heun3", "rk4": "rk4"}
SEEDS = 8


def others(name: str, f: nn.Module, x: Tensor) -> dict[str, Callable[[], Tensor]]:
    """The other ways to take the same step."""
    before = x + 0.1 * x.sign()
    hand: dict[str, Callable[[], Tensor]] = {
        "rk4": lambda: rk4(f, x),
        "heun2": lambda: heun2(f, x),
        "lm": lambda: lm(f, x, before, torch.tensor(-0.05)),
        "adams_bashforth(3)": lambda: adams_bashforth_3(f, x, before / 8, before / 8)[0],
    }
    found = {"hand": hand[name] if name in hand else lambda: by_hand(st.get(name))(f, x)}
    if name in PEERS and importlib.util.find_spec("torchdiffeq"):
        odeint, t = importlib.import_module("torchdiffeq").odeint, torch.tensor([0.0, H])
        method = PEERS[name]
        found["torchdiffeq"] = lambda: odeint(lambda _, u: f(u), x, t, method=method, options={"step_size": H})[-1]
    return found


def our_step(name: str, f: nn.Module, x: Tensor) -> Tensor:
    """The generated step."""
    block, before = ours(name, f), x + 0.1 * x.sign()
    if name == "lm":
        return block(x, (before,))[0]
    if name == "adams_bashforth(3)":
        return block(x, (before / 8, before / 8))[0]
    return block(x)


def errors(name: str, dtype: torch.dtype) -> dict[str, float]:
    """Root mean square errors of one scheme."""
    total: dict[str, float] = {}
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        f = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 64)).to(dtype)
        x = torch.randn(256, 64).to(dtype)
        exact = our_step(name, copy.deepcopy(f).double(), x.double())
        made = {"ours": lambda f=f, x=x: our_step(name, f, x), **others(name, f, x)}
        for way, step in made.items():
            total[way] = total.get(way, 0.0) + float((step().double() - exact).square().mean()) / SEEDS
    return {way: value**0.5 for way, value in total.items()}


def main() -> None:
    """The table."""
    names = ("euler", "midpoint", "heun2", "rk4", "dopri5", "verner89", "lm", "adams_bashforth(3)")
    with torch.no_grad():
        for dtype in (torch.bfloat16, torch.float16):
            for name in names:
                found = errors(name, dtype)
                least = min(value for way, value in found.items() if way != "ours")
                shown = ", ".join(f"{way} {value:.3e}" for way, value in found.items())
                print(f"{str(dtype)[6:]:9} {name:20} {found['ours'] / least:.3f}   ({shown})")


if __name__ == "__main__":
    main()
