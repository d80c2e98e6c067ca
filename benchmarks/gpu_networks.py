"""Whole networks on a GPU: what reading, converting and retrofitting them costs, and stacks captured as CUDA graphs.

The parts of gpu.py beyond single steps. Where a bar is a ratio of passes, both are timed by the clock with the device
waited for, since what is compared is one long call; a reading is checked against one in float64 on the CPU first.
"""

import copy
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

import torch
from bench_convert import NETWORKS as BLOCKS
from bench_inspect import NETWORKS, resnet
from cases import H, convolutional, tiny
from timing import gradient_of, interleaved, ratio
from torch import Tensor, nn

import schemetools as st

Results = dict[str, Any]


def clock(work: Callable[[], object], device: torch.device) -> float:
    """Seconds until the device is done."""
    start = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def gradient(net: nn.Module, x: Tensor) -> None:
    """A forward and a backward pass, whatever kind of output there is."""
    given = net(x)
    (given if isinstance(given, Tensor) else next(iter(given.values()))).sum().backward()


def one_pass(net: nn.Module, x: Tensor, rounds: int) -> float:
    """Seconds of a forward and backward pass, the median."""
    gradient(net, x)
    return statistics.median(clock(partial(gradient, net, x), x.device) for _ in range(rounds))


def check_reading(device: torch.device) -> float:
    """The largest relative difference of a field's norm in resnet20, read on the device, from float64 on the CPU."""
    torch.manual_seed(0)
    net, x = resnet("resnet20", 1, 8)
    exact = st.inspect(copy.deepcopy(net).double(), x.double())
    here = st.inspect(net.to(device), x.to(device))
    off = max(abs(a.field_norm - b.field_norm) / b.field_norm for a, b in zip(here.layers, exact.layers, strict=True))
    if off > 1e-4:
        raise SystemExit(f"norms of resnet20 differ from float64 by {off:.2g} on {device}")
    return off


def reading(device: torch.device, names: tuple[str, ...], image: tuple[int, int], rounds: int) -> Results:
    """`inspect` in forward and backward passes; `image` is how many samples resnet20 gets, of which width."""
    found: Results = {}
    for name in names:
        if name in ("deit_tiny", "convnext") and find_spec("transformers") is None:
            found[name] = "cannot: transformers is not installed"
            continue
        net, x = resnet(name, *image) if name == "resnet20" else NETWORKS[name]()
        net, x = net.to(device), x.to(device)
        before = one_pass(net, x, rounds)
        seconds = clock(partial(st.inspect, net, x), device)
        found[name] = {"passes": 2 * seconds / (before + one_pass(net, x, rounds)), "seconds": seconds}
    return found


def beyond(device: torch.device, image: tuple[int, int], rounds: int) -> Results:
    """The certificate of resnet20 with lm, and its retrofit, in passes."""
    net, x = resnet("resnet20", *image)
    net, x = net.to(device), x.to(device)
    report = st.inspect(net, x)
    work = {"certificate": report.certificate, "retrofit": partial(st.retrofit, net, scheme=st.lm(k=-0.1), x=x)}
    found = {}
    for name, run in work.items():
        before = one_pass(net, x, rounds)
        seconds = clock(run, device)
        found[name] = 2 * seconds / (before + one_pass(net, x, rounds))
    return found


def converting(device: torch.device, rounds: int, batch: int) -> Results:
    """`convert` over a forward pass of the original, and the converted network over the original with gradients."""
    found: Results = {}
    for name, (blocks, shape) in BLOCKS.items():
        network, x = nn.Sequential(nn.Sequential(*blocks())).to(device), torch.randn(batch, *shape[1:], device=device)
        convert = partial(st.convert, network, st.lm(k=0), ["0"], example=x)
        cases = {"original": gradient_of(network, x), "converted": gradient_of(convert(), x)}
        both = ratio(interleaved(cases, rounds=rounds, device=device), "converted", "original")
        with torch.no_grad():
            pairs = [(clock(convert, device), clock(partial(network, x), device)) for _ in range(max(3, rounds))]
        found[name] = {
            "convert over a forward pass": statistics.median(a / b for a, b in pairs[1:]),
            "lm(k=0) over the original": both,
        }
    return found


def looped(device: torch.device, depth: int, rounds: int) -> Results:
    """A stack compiled as one loop over the plain one, with gradients; the same state first."""
    f, x = tiny()
    f, x = f.to(device), x.detach().to(device).requires_grad_()
    plain, loop = (st.to_stack(st.get("heun2"), [f] * depth, h=H / depth) for _ in range(2))
    loop.compile(loop=True)
    off = float((loop(x) - plain(x)).norm() / plain(x).norm())
    if not off <= 1e-5:
        raise SystemExit(f"compiled as a loop, the state differs by {off:.2g}")
    times = interleaved({"plain": gradient_of(plain, x), "loop": gradient_of(loop, x)}, rounds=rounds, device=device)
    return {f"{depth} steps of heun2": ratio(times, "loop", "plain")}


def stacks(device: torch.device, depth: int) -> Iterator[tuple[str, nn.Module, Tensor]]:
    """Stacks whose launches, one by one, cost more than their arithmetic."""
    f, x = tiny()
    x = x.detach().to(device).requires_grad_()
    yield "heun2, one tiny branch", st.to_stack(st.get("heun2"), [f.to(device)] * depth, h=H), x
    fs = [convolutional(8, 8, 4)[0].to(device).eval() for _ in range(depth)]
    x = torch.randn(4, 8, 8, 8, device=device, requires_grad=True)
    yield "lm, convolutions", st.to_stack(st.lm(), fs, h=H, init={"k": -0.05}).eval(), x


def captured(device: torch.device, depth: int, rounds: int) -> Results:
    """A stack whose two passes are captured as CUDA graphs: the same state and gradients, and its time over the plain one."""
    found: Results = {}
    for name, stack, x in stacks(device, depth):
        if device.type != "cuda":
            found[name] = "cannot: CUDA graphs need a GPU"
            continue
        plain = copy.deepcopy(stack)
        graphed = torch.cuda.make_graphed_callables(stack, (x,))
        off = max(
            float((a - b).norm() / b.norm())
            for a, b in zip(_state_and_gradients(graphed, stack, x), _state_and_gradients(plain, plain, x), strict=True)
        )
        if not off <= 1e-5:
            raise SystemExit(f"{name}: captured, the state or a gradient differs by {off:.2g}")
        cases = {"plain": gradient_of(plain, x), "captured": gradient_of(graphed, x)}
        times = interleaved(cases, rounds=rounds, device=device)
        found[name] = {"captured over plain": ratio(times, "captured", "plain"), "relative difference": off}
    return found


def _state_and_gradients(run: Callable[[Tensor], Tensor], owner: nn.Module, x: Tensor) -> list[Tensor]:
    y = run(x)
    kept = [y.detach().clone()]
    parameters = [p for p in owner.parameters() if p.requires_grad]
    return kept + [g.clone() for g in torch.autograd.grad(y.square().sum(), [x, *parameters])]
