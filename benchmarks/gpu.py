"""All of it on one GPU in one command: python benchmarks/gpu.py -o results.json (a CPU does it as well, slowly).

Needs torch, sympy, numpy and the package; transformers for two of the networks. Checks against float64 first; then steps
by CUDA events (medians of interleaved runs), peak memory, how near the combination kernels come to the bandwidth of a
plain copy, what reading and converting networks costs in passes, and a stack captured as CUDA graphs. The file is
written after each part, so that what was measured is kept when a later part fails.
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from bench_blocks import ByHand, saved_bytes, step_pairs
from bench_inspect import NETWORKS
from cases import H, convolutional
from gpu_networks import beyond, captured, check_reading, converting, looped, reading
from timing import gradient_of, interleaved, ratio
from torch import nn

import schemetools as st

Results = dict[str, Any]
SCHEMES = ("rk4", "heun2", "dopri5", "verner89", "lm", "adams_bashforth(3)")


def check(device: torch.device) -> Results:
    """Largest relative difference of each step in float32 on the device from float64 on the CPU; raises above 1e-4."""
    torch.manual_seed(0)
    f, x = convolutional(8, 8, 4)
    f.eval()
    found = {}
    for name in SCHEMES:
        exact = step_pairs(f.double(), x.detach().double())[name][1]
        with torch.no_grad():
            reference = exact(x.detach().double())
            f.to(device, torch.float32)
            here = step_pairs(f, x.detach().to(device, torch.float32))[name][1](x.detach().to(device, torch.float32))
            f.cpu()
        found[name] = float((here.cpu().double() - reference).norm() / reference.norm())
        if found[name] > 1e-4:
            raise SystemExit(f"{name} differs from float64 by {found[name]:.2g} on {device}")
    return found


def steps(device: torch.device, size: tuple[int, int, int], rounds: int) -> Results:
    """Forward and backward of one step, ours over hand-written."""
    found: Results = {}
    for kind, shape in (("small", (8, 8, 4)), ("conv", size)):
        f, x = convolutional(*shape)
        f, x = f.to(device), x.detach().to(device).requires_grad_()
        for name, (hand, block) in step_pairs(f, x).items():
            cases = {"hand": gradient_of(hand, x), "ours": gradient_of(block, x)}
            found[f"{name}, {kind}"] = ratio(interleaved(cases, rounds=rounds, device=device), "ours", "hand")
    return found


def roofline(device: torch.device, elements: int, rounds: int) -> Results:
    """Bytes per second of the combinations over those of a copy: 1 is as fast as memory allows."""
    x, k = torch.randn(elements, device=device), torch.randn(elements, device=device)
    weight, target = torch.tensor(-0.05, device=device), torch.empty_like(x)
    cases = {
        "copy": (lambda: target.copy_(x), 2),
        "x + c k": (lambda: torch.add(x, k, alpha=0.3), 3),
        "lerp with trained k": (lambda: torch.lerp(x, k, weight), 3),
        "lm: lerp, then + h f": (lambda: torch.add(torch.lerp(x, k, weight), k, alpha=H), 6),
    }
    with torch.no_grad():
        times = interleaved({n: case for n, (case, _) in cases.items()}, rounds=rounds, device=device)
    medians = {n: sorted(t)[len(t) // 2] for n, t in times.items()}
    rate = {n: cases[n][1] * 4 * elements / medians[n] for n in cases}
    return {"copy, GB/s": rate["copy"] / 1e9} | {n: rate[n] / rate["copy"] for n in cases if n != "copy"}


def peak_bytes(run: Any, stack: nn.Module, x: torch.Tensor) -> int:
    """Peak memory of a forward and backward pass above what was there; on a CPU, what is kept for the backward pass."""
    if x.device.type != "cuda":
        return saved_bytes(stack, x)
    run()
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def branches(channels: int, pixels: int, device: torch.device, *, split: bool) -> Any:
    """The branch of one layer, or two for a state split in two."""
    if split:
        return {v: convolutional(channels // 2, pixels)[0].to(device) for v in "FG"}
    return convolutional(channels, pixels)[0].to(device)


def memory(device: torch.device, size: tuple[int, int, int], depth: int, rounds: int) -> Results:
    """Time over that of storing everything, and peak memory over that of a tenth of the layers stored."""
    channels, pixels, batch = size
    found: Results = {}
    for name in ("lm(k=1)", "lm(k=-1/20)", "revnet"):
        split = name == "revnet"
        fs = [branches(channels, pixels, device, split=split) for _ in range(depth)]
        x = torch.randn(batch, channels, pixels, pixels, device=device, requires_grad=True)
        options: dict[str, Any] = {"h": 0.1, "split": split}
        kinds = {
            "store": {},
            "reversible": {"memory": "reversible"},
            "reversible, last tenth stored": {"memory": "reversible", "every": max(1, depth // 10)},
            "checkpoint": {"memory": "checkpoint", "every": max(1, depth // 10)},
        }
        stacks = {k: st.to_stack(st.get(name), fs, **options, **more) for k, more in kinds.items()}
        runs = {k: gradient_of(s, x) for k, s in stacks.items()}
        times = interleaved(runs, rounds=max(3, rounds // 3), budget=0.0, device=device)
        short = st.to_stack(st.get(name), fs[: max(2, depth // 10)], **options)
        base = peak_bytes(gradient_of(short, x), short, x)
        for kind in kinds:
            found[f"{name} {kind}"] = {
                "time over store": ratio(times, kind, "store"),
                "peak over a tenth of the layers stored": peak_bytes(runs[kind], stacks[kind], x) / base,
            }
    return found


def compiled(device: torch.device, rounds: int) -> Results:
    """A compiled stack of eight RK4 steps over a compiled hand-written one."""
    fs = [convolutional(8, 8, 4)[0].to(device) for _ in range(8)]
    x = torch.randn(4, 8, 8, 8, device=device, requires_grad=True)
    cases = {"hand": torch.compile(ByHand(fs)), "ours": torch.compile(st.to_stack(st.rk4, fs, h=H))}
    times = interleaved({k: gradient_of(c, x) for k, c in cases.items()}, rounds=rounds, device=device)
    return {"stack of 8": ratio(times, "ours", "hand")}


def main() -> None:
    """Run all parts and write one JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--small", action="store_true", help="sizes for a test of the script itself")
    parser.add_argument("--no-compile", action="store_true")
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    size, depth, rounds, elements = ((8, 8, 2), 10, 2, 10**4) if options.small else ((64, 32, 64), 100, 15, 2**26)
    names = ("resnet20",) if options.small else tuple(NETWORKS)
    image = (1, 8) if options.small else (2, 32)
    parts: dict[str, Callable[[], Any]] = {
        "relative error": partial(check, device),
        "relative error of norms that are read": partial(check_reading, device),
        "step, ours over hand-written": partial(steps, device, size, rounds),
        "combination over copy": partial(roofline, device, elements, rounds),
        "memory": partial(memory, device, size, depth, rounds),
        "captured as CUDA graphs": partial(captured, device, depth, rounds),
        "converting": partial(converting, device, rounds, size[2]),
        "inspect": partial(reading, device, names, image, rounds),
        "certificate and retrofit, in passes": partial(beyond, device, image, rounds),
    }
    if not options.no_compile:
        parts["compiled, ours over hand-written"] = partial(compiled, device, rounds)
        parts["compiled as a loop, over the plain stack"] = partial(looped, device, depth, rounds)
    results: Results = {"torch": torch.__version__, "device": _name(device), "seconds": {}}
    for name, part in parts.items():
        start = time.perf_counter()
        results[name] = part()
        results["seconds"][name] = time.perf_counter() - start
        if options.output:
            options.output.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


if __name__ == "__main__":
    main()
