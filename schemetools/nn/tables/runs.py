"""One run of a table: a row, a seed, a budget; trained, tested under noise, and read as mathematics."""

import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

import schemetools
from schemetools.errors import SchemeError
from schemetools.nn.models import build
from schemetools.nn.reading.chains import learned_coefficients
from schemetools.nn.reading.cost import cost
from schemetools.nn.tables.budgets import Budget
from schemetools.nn.tables.images import source
from schemetools.nn.tables.results import read_result
from schemetools.nn.tables.table import Row, Table
from schemetools.nn.tables.theory import theory
from schemetools.nn.training import ImageData, Progress, TrainConfig, train
from schemetools.nn.training.augment import seed_for, to_floats
from schemetools.nn.training.identity import identity
from schemetools.nn.training.logs import write_text

RESULT = "result.json"


def settings(table: Table, row: Row, seed: int, budget: Budget, images: ImageData, folder: Path) -> TrainConfig:
    """Everything that decides a run. Raises SchemeError for a network that cannot be built."""
    options = {**row.options, **(table.tiny if budget.name == "tiny" else {})}
    if images.train.images.shape[1] != 3:
        options["channels"] = images.train.images.shape[1]
    chosen = {"epochs": budget.epochs, **budget.settings, **row.settings}
    out = folder / row.folder / f"seed-{seed}"
    return TrainConfig(source(table, budget), str(out), row.model, row.scheme, options, seed=seed, **chosen)


def built(config: TrainConfig, classes: int, label: str) -> nn.Module:
    """The network of a run, untrained. Raises SchemeError, which names the row, where it has no room for its scheme."""
    try:
        return build(config.model, config.scheme, classes, **config.options)
    except SchemeError as problem:
        raise SchemeError(f"the row {label} cannot be built: {problem}") from None


def run(
    table: Table,
    row: Row,
    config: TrainConfig,
    budget: Budget,
    images: ImageData,
    progress: Callable[[Progress], None] | None = None,
) -> dict[str, Any]:
    """The record of a run, from its folder if it is finished, else trained from its last checkpoint on."""
    path = Path(config.out) / RESULT
    shown = identity(images)
    if path.is_file():
        return read_result(path, table, config, shown)
    trained = train(config, images=images, resume=True, progress=progress)
    last = trained.epochs[-1]
    record = {
        "config": config.record(),
        "images": shown,
        "versions": versions(),
        "cost": measured_cost(trained.model, images),
        "error": 100 * (1 - last["test_accuracy"]),
        "epochs": trained.epochs,
        "seconds": sum(epoch["seconds"] for epoch in trained.epochs),
        "cpu_seconds": sum(epoch["cpu_seconds"] for epoch in trained.epochs),
        "coefficients": learned_coefficients(trained.model),
        "noise": {f"{level:g}": noisy_error(trained.model, images, level, config) for level in table.noise},
        "theory": theory(trained.model, images, budget, first=config.seed == 0) if budget.theory else None,
    }
    write_text(path, json.dumps(record, indent=1) + "\n")
    return record


def versions() -> dict[str, Any]:
    """What ran it: versions, processor, threads."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine()
    return {
        "schemetools": schemetools.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": device,
        "threads": torch.get_num_threads(),
    }


def measured_cost(model: nn.Module, images: ImageData) -> dict[str, Any]:
    """`st.nn.cost` of a network at one of the images."""
    return cost(model, to_floats(images.test.images[:1], images.mean, images.std).to(_device(model)))._asdict()


@torch.no_grad()
def noisy_error(model: nn.Module, images: ImageData, level: float, config: TrainConfig) -> float:
    """The test error in % with Gaussian noise of deviation `level` (pixels in 0..1) on the images, the same for all."""
    model.eval()
    generator = torch.Generator().manual_seed(seed_for(config.seed, round(1e6 * level)))
    spread = level / torch.tensor(images.std).view(1, -1, 1, 1)
    wrong = 0
    for batch, labels in zip(
        images.test.images.split(config.batch), images.test.labels.split(config.batch), strict=True
    ):
        x = to_floats(batch, images.mean, images.std)
        x = x + spread * torch.randn(x.shape, generator=generator)
        wrong += int((model(x.to(_device(model))).argmax(1).cpu() != labels).sum())
    return 100 * wrong / len(images.test)


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device
