"""What a certificate and a retrofit cost, over one forward and backward pass: python benchmarks/bench_certificate.py

    python benchmarks/bench_certificate.py [--beside FOLDER]

On resnet20 with lm, 2 images of 32 x 32. `--beside` is a checkout of another version, run in turns; the bars: 10 times
faster than commit 4cb9aa9 (the certificate), 5 times (retrofit).
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from types import ModuleType
from typing import Any

import torch
from bench_inspect import passes, resnet

import schemetools as st

BARS = {"certificate": 10.0, "retrofit": 5.0}


def part(name: str) -> ModuleType:
    """A module of reading; commit 4cb9aa9 has it in nn itself."""
    try:
        return importlib.import_module(f"schemetools.nn.reading.{name}")
    except ModuleNotFoundError:
        return importlib.import_module(f"schemetools.nn.{name}")


def measured(only: int | None) -> dict[str, Any]:
    """Both costs in passes, and the certificate's points."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    net, x = resnet("resnet20", 2, 32)
    try:
        exact = part("given").Given(x, "inspect").exact()
    except AttributeError:  # commit 4cb9aa9 takes a tensor alone
        exact = x.double()
    chains = [c for c in part("chains").read_chains(part("frozen").frozen(net), exact) if len(c.layers) > 1]
    before = passes(net, x, 7)
    start = time.process_time()
    found = [part("certificate").certify(chain).refined for chain in (chains if only is None else chains[only:][:1])]
    certificate = time.process_time() - start
    start = time.process_time()
    drift = st.retrofit(net, scheme=st.lm(k=-0.1), x=x).predicted_drift
    retrofit = time.process_time() - start
    one = (before + passes(net, x, 7)) / 2
    return {
        "certificate": certificate / one,
        "retrofit": retrofit / one,
        "one pass": one,
        "points": found,
        "drift": drift,
    }


def main() -> None:
    """One line per verb."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beside")
    parser.add_argument("--chain", type=int, help="the certificate of one chain only")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measured(options.chain)
    if options.json:
        print(json.dumps(found))
        return
    other: dict[str, Any] = {}
    if options.beside:
        command = [sys.executable, __file__, "--json", *(["--chain", str(options.chain)] if options.chain else [])]
        paths = os.pathsep.join([options.beside, os.path.dirname(__file__)])
        done = subprocess.run(
            command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=True
        )
        other = json.loads(done.stdout.splitlines()[-1])
    for name, bar in BARS.items():
        line = f"{name:12} {found[name]:7.1f} passes"
        if other:
            faster = other[name] / found[name]
            line += f"; {other[name]:.0f} there, {faster:.1f} times faster, bar {bar:.0f}: "
            line += "holds" if faster >= bar else "MISSED"
        print(line, flush=True)
    if other:
        pairs = [
            (p, q) for a, b in zip(found["points"], other["points"], strict=True) for p, q in zip(a, b, strict=True)
        ]
        off = max(abs(x - y) / max(abs(y), 1e-6) for p, q in pairs for x, y in zip(p[1:], q[1:], strict=True))
        print(f"errors of the certificate differ by {off:.1e} relatively")


if __name__ == "__main__":
    main()
