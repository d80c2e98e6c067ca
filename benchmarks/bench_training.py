"""The training loop against the bare loop on tensors in memory.

Bare: forward, backward, update on batches that are floats already. Ours: `train`, which draws, crops, flips and scales
every batch, sums losses and accuracies over processes, and writes a checkpoint. Both in turns, medians of the ratios.
"""

import statistics
import tempfile
import time

import pytest
import torch
from torch import nn

from schemetools.nn.blocks.groups import parameter_groups
from schemetools.nn.models import build
from schemetools.nn.training import ImageData, Split, TrainConfig, train

BATCH = 128


def images(steps: int) -> ImageData:
    """Random images of CIFAR's shape, enough for so many steps."""
    random = torch.Generator().manual_seed(0)

    def split(count: int) -> Split:
        pixels = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, generator=random)
        return Split(pixels, torch.randint(0, 10, (count,), generator=random))

    return ImageData(split(BATCH * steps), split(10), tuple("abcdefghij"), (0.5,) * 3, (0.25,) * 3)


def bare(model: str, steps: int) -> tuple[float, float]:
    """Seconds, and processor seconds, of the loop that does nothing else."""
    torch.manual_seed(0)
    net = build(model).to(memory_format=torch.channels_last)
    x = torch.randn(BATCH, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    y = torch.randint(0, 10, (BATCH,))
    optimizer = torch.optim.SGD(parameter_groups(net, weight_decay=1e-4), lr=0.1, momentum=0.9, nesterov=True)
    started = time.perf_counter(), time.process_time()
    for _ in range(steps):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    return time.perf_counter() - started[0], time.process_time() - started[1]


def ours(model: str, data: ImageData) -> tuple[float, float]:
    """The same of `train`, its steps alone, as it measures itself."""
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig("random", folder, model, epochs=1, batch=BATCH, channels_last=True, checkpoint_every=20)
        epoch = train(config, images=data).epochs[0]
    return epoch["seconds"], epoch["cpu_seconds"]


def throughput(model: str = "resnet20", *, steps: int = 4, rounds: int = 5) -> tuple[float, float]:
    """Ours over bare, in images per second and per processor second: medians over the rounds."""
    data = images(steps)
    bare(model, 1)
    pairs = [(bare(model, steps), ours(model, data)) for _ in range(rounds)]
    return tuple(statistics.median(b[clock] / o[clock] for b, o in pairs) for clock in (0, 1))  # type: ignore[return-value]


@pytest.mark.parametrize("model", ["resnet20", "resnet56"])
def test_the_loop_has_nine_tenths_of_the_bare_loops_throughput(model: str, measured) -> None:
    clock, processor = throughput(model)
    measured(f"training {model}, images per processor second over the bare loop", processor, bar=0.9, least=True)
    measured(f"training {model}, images per second over the bare loop", clock)
