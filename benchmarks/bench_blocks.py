"""Generated blocks against hand-written code, and what memory and compilation cost."""

import time
from functools import partial
from typing import Any

import pytest
import torch
import torch._inductor.config
from cases import H, adams_bashforth_3, by_hand, convolutional, heun2, lm, ours, rk4, tiny
from timing import gradient_of, interleaved, ratio
from torch import nn

import schemetools as st

BRANCHES = {"tiny": (tiny, 0.95), "conv": (convolutional, 1.00)}
"""{kind: (branch and input, the most that a step may cost over the step by hand)}."""


@pytest.mark.parametrize("kind", BRANCHES)
def test_a_step_costs_no_more_than_by_hand(kind: str, measured) -> None:
    """Forward and backward of one step."""
    make, bar = BRANCHES[kind]
    f, x = make()
    for name, (hand, block) in step_pairs(f, x).items():
        with torch.no_grad():
            assert torch.allclose(hand(x), block(x), atol=1e-4), name
        times = interleaved({"hand": gradient_of(hand, x), "ours": gradient_of(block, x)})
        middle, spread = ratio(times, "ours", "hand")
        measured(f"step of {name}, {kind} branch, over the step by hand", middle, spread=spread, bar=bar)


def step_pairs(f: nn.Module, x: torch.Tensor) -> dict[str, tuple[Any, Any]]:
    """{scheme: (hand-written step, generated block)} around one branch."""
    before, k = x.detach() + 0.1, nn.Parameter(torch.tensor(-0.05))
    learned, adams = ours("lm", f), ours("adams_bashforth(3)", f)
    return {
        "rk4": (lambda x: rk4(f, x), ours("rk4", f)),
        "heun2": (lambda x: heun2(f, x), ours("heun2", f)),
        "dopri5": (partial(by_hand(st.get("dopri5")), f), ours("dopri5", f)),
        "verner89": (partial(by_hand(st.get("verner89")), f), ours("verner89", f)),
        "lm": (lambda x: lm(f, x, before, k), lambda x: learned(x, (before,))[0]),
        "adams_bashforth(3)": (
            lambda x: adams_bashforth_3(f, x, before, before)[0],
            lambda x: adams(x, (before, before))[0],
        ),
    }


def conv_layers(depth: int, channels: int = 8, size: int = 16) -> tuple[list[nn.Module], torch.Tensor]:
    """Branches and a batch of images for a deep stack."""
    made = [convolutional(channels, size)[0] for _ in range(depth)]
    return made, torch.randn(8, channels, size, size, requires_grad=True)


def partitioned_layers(depth: int) -> tuple[list[dict[str, nn.Module]], torch.Tensor]:
    """Two branches per layer, each on half of the channels."""
    made = [{v: convolutional(8, 16)[0] for v in "FG"} for _ in range(depth)]
    return made, torch.randn(8, 16, 16, 16, requires_grad=True)


def saved_bytes(stack: nn.Module, x: torch.Tensor) -> int:
    """Bytes kept for the backward pass."""
    alive: dict[int, int] = {}

    def keep(t: torch.Tensor) -> torch.Tensor:
        alive[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
        return t

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        stack(x)
    return sum(alive.values())


def evaluated_twice(stack: nn.Module, x: torch.Tensor) -> None:
    """A pass without a graph before the forward and the backward pass."""
    with torch.no_grad():
        stack(x)
    gradient_of(stack, x)()


@pytest.mark.parametrize(("name", "make"), [("lm(k=1)", conv_layers), ("revnet", partitioned_layers)])
def test_memory(name: str, make: Any, measured) -> None:
    """Time of memory-saving stacks over that of storing everything, and bytes over those of a tenth of the layers."""
    depth = 100
    fs, x = make(depth)
    options: dict[str, Any] = {"h": 0.1, "split": name == "revnet"}
    kinds: dict[str, dict[str, Any]] = {
        "store": {},
        "reversible": {"memory": "reversible"},
        "reversible, last tenth stored": {"memory": "reversible", "every": depth // 10},
        "checkpoint": {"memory": "checkpoint", "every": depth // 10},
    }
    stacks = {k: st.to_stack(st.get(name), fs, **options, **more) for k, more in kinds.items()}
    cases = {k: gradient_of(s, x) for k, s in stacks.items()}
    # The least that any way of computing states again can cost: storing, and one more pass without a graph.
    cases["floor"] = partial(evaluated_twice, stacks["store"], x)
    times = interleaved(cases, rounds=5, budget=0.0)
    for kind in [k for k in cases if k != "store"]:
        middle, spread = ratio(times, kind, "store")
        measured(f"{name}, {depth} layers, {kind}: time over store", middle, spread=spread)
    base = saved_bytes(st.to_stack(st.get(name), fs[: depth // 10], **options), x)
    # While small layers run backwards, four evaluations at a time, their tensors are alive besides what was kept; a stored
    # last tenth holds more, and is gone by then.
    alive = saved_bytes(st.to_stack(st.get(name), fs[: 2 if name == "revnet" else 4], **options), x)
    for kind, stack in stacks.items():
        peak = saved_bytes(stack, x) + (alive if kind == "reversible" else 0)
        measured(f"{name}, {depth} layers, {kind}: bytes over {depth // 10} layers stored", peak / base)


class ByHand(nn.Module):
    """RK4 steps with a branch each, as people write a network."""

    def __init__(self, branches: list[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The state after the last step."""
        for f in self.branches:
            x = rk4(f, x)
        return x


def test_compiled(measured) -> None:
    """A compiled stack of eight steps against compiled hand-written ones; compile time of 50 layers over 10."""
    fs, (f, x) = [tiny()[0] for _ in range(8)], tiny()

    def bare(x: torch.Tensor) -> torch.Tensor:
        for _ in range(8):
            x = rk4(f, x)
        return x

    # A function that closes over one branch has less to check before a call than any module with eight layers.
    for name, hand, branches in (("module", ByHand(fs), fs), ("function of one shared branch", bare, [f] * 8)):
        torch.compiler.reset()  # a second stack would first be held against what was compiled for the first
        stack = st.to_stack(st.rk4, branches, h=H)
        cases = {"hand": torch.compile(hand, fullgraph=True), "ours": torch.compile(stack, fullgraph=True)}
        times = interleaved({k: gradient_of(c, x) for k, c in cases.items()})
        middle, spread = ratio(times, "ours", "hand")
        measured(f"compiled stack of 8 over a compiled {name}", middle, spread=spread)
    seconds = {depth: compile_seconds(depth) for depth in (2, 10, 50)}  # the first warms the compiler up
    measured("time to compile 50 layers over 10", seconds[50] / seconds[10])


def compile_seconds(depth: int) -> float:
    """Time until a stack compiled layer by layer has run forward and backward once, no cache on disk used."""
    torch.compiler.reset()
    f = [nn.Sequential(nn.Linear(8 + depth, 8 + depth), nn.Tanh()) for _ in range(depth)]
    stack = st.to_stack(st.rk4, f, h=H)
    with torch._inductor.config.patch(force_disable_caches=True):
        stack.compile(fullgraph=True)
        start = time.perf_counter()
        gradient_of(stack, torch.randn(4, 8 + depth, requires_grad=True))()
    return time.perf_counter() - start
