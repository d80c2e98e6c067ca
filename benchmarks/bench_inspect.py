"""What reading a network costs, over one forward and backward pass of it, and over an earlier commit on resnet20.

Norms and leading eigenvalues of both are compared as well. `python benchmarks/bench_inspect.py resnet20` prints one
reading as JSON: so the other commit is measured, in a process of its own. Garbage is collected before the clock starts:
what imports and networks have left of objects costs a collection a quarter of a second, whoever it happens to.
"""

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from timing import earlier
from torch import nn

import schemetools as st
from schemetools.nn.models import build

BARS = {"resnet50": 60.0, "deit_tiny": 60.0, "convnext": 60.0}
COMMIT, FASTER = "4cb9aa9", 20.0


def resnet(name: str, images: int, size: int) -> tuple[nn.Module, torch.Tensor]:
    """A network of the literature with lm, its running statistics those of one batch."""
    x = torch.randn(images, 3, size, size)
    net = build(name, "lm")
    net(x.repeat(max(1, 2 // images), 1, 1, 1))
    return net.eval(), x


def deit_tiny() -> tuple[nn.Module, torch.Tensor]:
    """DeiT-Tiny of 12 layers, converted."""
    from transformers import DeiTConfig, DeiTModel  # noqa: PLC0415  (an extra)

    config = DeiTConfig(hidden_size=192, num_attention_heads=3, intermediate_size=768, num_hidden_layers=12)
    net, x = DeiTModel(config, add_pooling_layer=False).eval(), torch.randn(1, 3, 224, 224)
    return st.convert(net, st.lm(), example=x), x


def convnext() -> tuple[nn.Module, torch.Tensor]:
    """A ConvNeXt of transformers, narrow, converted."""
    from transformers import ConvNextConfig, ConvNextModel  # noqa: PLC0415  (an extra)

    net = ConvNextModel(ConvNextConfig(depths=[2, 2, 4, 2], hidden_sizes=[32, 64, 128, 256])).eval()
    x = torch.randn(1, 3, 64, 64)
    return st.convert(net, st.lm(), example=x), x


NETWORKS: dict[str, Callable[[], tuple[nn.Module, torch.Tensor]]] = {
    "resnet20": lambda: resnet("resnet20", 2, 32),
    "resnet50": lambda: resnet("resnet50", 1, 64),
    "deit_tiny": deit_tiny,
    "convnext": convnext,
}


def passes(net: nn.Module, x: torch.Tensor, rounds: int) -> float:
    """Seconds of a forward and backward pass, the median."""
    found = []
    for _ in range(rounds):
        start = time.process_time()
        given = net(x)
        (given if isinstance(given, torch.Tensor) else next(iter(given.values()))).sum().backward()
        found.append(time.process_time() - start)
    return float(np.median(found))


def reading(name: str) -> dict[str, Any]:
    """The cost of `inspect` in passes, and what it found."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    net, x = NETWORKS[name]()
    before = passes(net, x, 7)
    st.inspect(
        st.to_stack(st.lm(), [nn.Linear(4, 4) for _ in range(3)], init={"k": -0.1}), torch.randn(1, 4)
    )  # what is loaded once
    gc.collect()
    start = time.process_time()
    report = st.inspect(net, x)
    seconds = time.process_time() - start
    one = (before + passes(net, x, 7)) / 2
    layers = [(layer.field_norm, [[z.real, z.imag] for z in layer.eigenvalues.tolist()]) for layer in report.layers]
    return {"passes": seconds / one, "seconds": seconds, "one pass": one, "layers": layers}


def there(folder: object, script: str, *options: str) -> dict[str, Any]:
    """A reading by another checkout, in a process of its own."""
    command, paths = [sys.executable, script, *options], os.pathsep.join([str(folder), os.path.dirname(script)])
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> tuple[float, float]:
    """The largest relative differences of norms, and of the first eigenvalue, a pair counted as one."""
    norms, values = [], []
    for (a, p), (b, q) in zip(ours["layers"], theirs["layers"], strict=True):
        norms.append(abs(a - b) / b)
        z, w = (complex(v[0][0], abs(v[0][1])) for v in (p, q))
        values.append(abs(z - w) / abs(w))
    return max(norms), max(values)


@pytest.mark.parametrize("name", BARS)
def test_passes_of_a_reading(name: str, measured) -> None:
    """At most 60 forward and backward passes."""
    if name in ("deit_tiny", "convnext"):
        pytest.importorskip("transformers")
    measured(f"inspect of {name}, over one forward and backward pass", reading(name)["passes"], bar=BARS[name])


def test_reading_a_resnet_over_an_earlier_commit(measured) -> None:
    """At least 20 times faster, the same norms to 1e-4 and leading eigenvalues to 1e-3."""
    ours, theirs = reading("resnet20"), there(earlier(COMMIT), __file__, "resnet20")
    norm, value = differences(ours, theirs)
    what = f"inspect of resnet20 with lm: {COMMIT}"
    measured(f"{what} over ours, both in passes", theirs["passes"] / ours["passes"], bar=FASTER, least=True)
    measured(f"{what} and ours, norms differ by", norm, bar=1e-4)
    measured(f"{what} and ours, leading eigenvalues differ by", value, bar=1e-3)


if __name__ == "__main__":
    print(json.dumps(reading(sys.argv[1])))
