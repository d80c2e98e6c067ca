"""What a certificate and a retrofit cost beside an earlier commit, in forward and backward passes of the network.

On resnet20 with lm, 2 images of 32 x 32; `python benchmarks/bench_certificate.py` prints one measurement as JSON: so the
other commit is measured, in a process of its own.
"""

import gc
import importlib
import json
import statistics
import time
from types import ModuleType
from typing import Any

import torch
from bench_inspect import COMMIT, passes, resnet, there
from timing import ROOT, earlier, in_turns, processor
from torch import nn

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
    one = (before + passes(net, x, 7)) / 2
    return {"certificate": certificate / one, "one pass": one, "points": found, **retrofitting(net, x)}


def retrofitting(net: nn.Module, x: torch.Tensor) -> dict[str, float]:
    """What the first retrofit of a process costs, later ones, and the networks alone that it compares, in passes.

    These are the new and the old one, once as they are and once at twice the depth.
    """
    retrofit, scheme = st.retrofit, st.lm(k=-0.1)  # names are loaded when they are first asked for
    gc.collect()  # what imports have left costs a collection more than a retrofit, whoever it happens to
    first = processor(lambda: retrofit(net, scheme=scheme, x=x))
    made = retrofit(net, scheme=scheme, x=x)
    cases = {
        "retrofit": lambda: processor(lambda: retrofit(net, scheme=scheme, x=x)),
        "new": lambda: processor(torch.no_grad()(lambda: made(x))),
        "old": lambda: processor(torch.no_grad()(lambda: net(x))),
        "pass": lambda: passes(net, x, 1),
    }
    later = {name: statistics.median(times) for name, times in in_turns(cases, 9).items()}
    one = later["pass"]
    return {
        "retrofit": first / one,
        "later retrofit": later["retrofit"] / one,
        "compared": 3 * (later["new"] + later["old"]) / one,
        "drift": made.predicted_drift,
    }


def test_certificate_and_retrofit_over_an_earlier_commit(measured) -> None:
    """At least 10 and 5 times faster."""
    ours, theirs = there(ROOT, __file__), there(earlier(COMMIT), __file__)
    for name, bar in BARS.items():
        what = f"{name} of resnet20 with lm: {COMMIT} over ours, both in passes"
        measured(what, theirs[name] / ours[name], bar=bar, least=True)
    what = f"retrofit of resnet20 with lm: {COMMIT}"
    later = theirs["later retrofit"] / ours["later retrofit"]
    measured(f"{what} over ours, both in passes, later in a process", later, bar=BARS["retrofit"], least=True)
    measured(
        f"{what} over the passes of the compared networks alone, later", theirs["later retrofit"] / ours["compared"]
    )
    pairs = [(p, q) for a, b in zip(ours["points"], theirs["points"], strict=True) for p, q in zip(a, b, strict=True)]
    off = max(abs(x - y) / max(abs(y), 1e-6) for p, q in pairs for x, y in zip(p[1:], q[1:], strict=True))
    measured(f"certificate of resnet20 with lm: {COMMIT} and ours, errors differ by", off)


if __name__ == "__main__":
    print(json.dumps(reading()))
