"""What a certificate and a retrofit cost beside an earlier commit, in forward and backward passes of the network.

On resnet20 with lm, 2 images of 32 x 32; `python benchmarks/bench_certificate.py` prints one measurement as JSON: so the
other commit is measured, in a process of its own.
"""

import importlib
import json
import time
from types import ModuleType
from typing import Any

import torch
from bench_inspect import COMMIT, passes, resnet, there
from timing import earlier

import schemetools as st

BARS = {"certificate": 10.0, "retrofit": 5.0}


def part(name: str) -> ModuleType:
    """A module of reading; commit 4cb9aa9 has it in nn itself."""
    try:
        return importlib.import_module(f"schemetools.nn.reading.{name}")
    except ModuleNotFoundError:
        return importlib.import_module(f"schemetools.nn.{name}")


def reading() -> dict[str, Any]:
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
    found = [part("certificate").certify(chain).refined for chain in chains]
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


def test_certificate_and_retrofit_over_an_earlier_commit(measured) -> None:
    """At least 10 and 5 times faster."""
    ours, theirs = reading(), there(earlier(COMMIT), __file__)
    for name, bar in BARS.items():
        what = f"{name} of resnet20 with lm: {COMMIT} over ours, both in passes"
        measured(what, theirs[name] / ours[name], bar=bar, least=True)
    pairs = [(p, q) for a, b in zip(ours["points"], theirs["points"], strict=True) for p, q in zip(a, b, strict=True)]
    off = max(abs(x - y) / max(abs(y), 1e-6) for p, q in pairs for x, y in zip(p[1:], q[1:], strict=True))
    measured(f"certificate of resnet20 with lm: {COMMIT} and ours, errors differ by", off)


if __name__ == "__main__":
    print(json.dumps(reading()))
