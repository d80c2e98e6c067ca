"""Errors of steps in half precision against double precision.

Ours, written by hand with Python's numbers, and torchdiffeq's fixed-grid step. Root mean square over many states and
seeds, a branch in the same half precision everywhere; ratios are to the smallest of the others.
"""

import copy
from collections.abc import Callable

import pytest
import torch
from cases import H, adams_bashforth_3, by_hand, heun2, lm, ours, rk4
from torch import Tensor, nn
from torchdiffeq import odeint

import schemetools as st

NAMES = ("euler", "midpoint", "heun2", "rk4", "dopri5", "verner89", "lm", "adams_bashforth(3)")
PEERS = ("euler", "midpoint", "heun2", "heun3", "rk4")
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
    if name in PEERS:
        t, method = torch.tensor([0.0, H]), name
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


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_the_error_is_not_larger_than_that_of_others(name: str, dtype: torch.dtype, measured) -> None:
    with torch.no_grad():
        found = errors(name, dtype)
    least = min(value for way, value in found.items() if way != "ours")
    measured(
        f"{str(dtype)[6:]}: error of a step of {name} over the least of the others", found["ours"] / least, bar=1.05
    )
