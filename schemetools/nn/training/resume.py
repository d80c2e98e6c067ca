"""Where a run is, and a checkpoint to go on from: whole, of the same settings and images, at a step that is one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from schemetools.errors import FileError, SchemeError
from schemetools.nn.training.checkpoints import load_checkpoint
from schemetools.nn.training.config import TrainConfig
from schemetools.nn.training.identity import other_images
from schemetools.plain import misfit

MODEL = {"config": {str: object}, "classes": [str], "mean": [float], "std": [float], "model": {str: Tensor}}
EPOCH = dict.fromkeys(("epoch", "train_loss", "train_accuracy", "test_accuracy"), float) | {
    "coefficients": {str: object}
}
STATE = {
    "optimizer": {"state": dict, "param_groups": [{"params": [int]}]},
    "step": int,
    "sums": [float],
    "seconds": float,
    "cpu_seconds": float,
    "epochs": [EPOCH],
}


@dataclass
class Run:
    """The state of a run that is not in the model or the optimiser: where it is, and what it has measured."""

    step: int = 0
    sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    epochs: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Run":
        """The state in a checkpoint."""
        lists = {"sums": list(stored["sums"]), "epochs": list(stored["epochs"])}
        return cls(stored["step"], seconds=stored["seconds"], cpu_seconds=stored["cpu_seconds"], **lists)

    def disagreement(self, steps_per_epoch: int, epochs: int, batch: int) -> str | None:
        """What in these numbers contradicts what else is known of the run; None where nothing does."""
        if not 0 < self.step <= steps_per_epoch * epochs:
            return f"step {self.step} is none of the {steps_per_epoch * epochs} of the run"
        done, inside = divmod(self.step, steps_per_epoch)
        if [epoch["epoch"] for epoch in self.epochs] != list(range(1, done + 1)):
            return (
                f"it has records of {len(self.epochs)} epochs at step {self.step}, of which {steps_per_epoch} are one"
            )
        if len(self.sums) != 3 or self.sums[2] != inside * batch:
            return f"its sums are {self.sums}, {inside} steps of {batch} images into an epoch"
        return None


def open_checkpoint(path: str | Path, shape: Mapping[str, Any] = MODEL) -> tuple[dict[str, Any], TrainConfig]:
    """The content of a checkpoint that has these parts, and its settings. Raises FileError for another one."""
    clocks = dict.fromkeys(("seconds", "cpu_seconds"), 0.0)  # earlier versions did not write them
    stored: dict[str, Any] = clocks | load_checkpoint(path)
    if wrong := misfit(stored, shape):
        raise FileError(f"{path} is no checkpoint of `schemetools train`, or is damaged: {wrong}")
    try:
        return stored, TrainConfig.from_record(stored["config"])
    except SchemeError as problem:
        raise FileError(f"{path} is no checkpoint of `schemetools train`, or is damaged: {problem}") from None


def stored_run(path: Path, config: TrainConfig, resume: bool) -> dict[str, Any] | None:
    """The checkpoint to go on from, None where there is none. Raises SchemeError for one of other settings."""
    if not path.exists():
        return None
    if not resume:
        raise SchemeError(f"{path} holds a checkpoint already; resume it, or choose another folder")
    stored, settings = open_checkpoint(path, MODEL | STATE)
    if different := settings.same_run(config):
        raise SchemeError(
            f"{path} was trained with other settings ({', '.join(different)}); repeat them, or choose another folder"
        )
    return stored


def check_images(path: Path, stored: Mapping[str, Any], own: Mapping[str, Any]) -> None:
    """Raises SchemeError where a checkpoint was trained on images of another identity."""
    if other := other_images(stored, own):
        raise SchemeError(
            f"{path} was trained on other images (their {', '.join(other)}); give the same, or choose another folder"
        )
