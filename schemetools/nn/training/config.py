"""Everything that decides a training run, in one frozen record that is written into its logs and checkpoints."""

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from schemetools.errors import SchemeError, came
from schemetools.nn.training.arguments import path_name, whole
from schemetools.plain import misfit

SCHEDULES = ("cosine", "step", "constant")
PRECISIONS = ("no", "bf16")
SWITCHES = ("nesterov", "augment", "channels_last", "compile")
SHAPE = {"model": str, "scheme": (str, None), "options": {str: object}} | dict.fromkeys(SWITCHES, bool)


@dataclass(frozen=True)
class TrainConfig:
    """The settings of a run; two runs with equal settings give bit-identical weights on one CPU process.

    `data` and `out` are folders, or `data` is only what images given as tensors are called; `batch` is the number of
    images per process and step; `limit` the number of images per class (None: all); `options` go to `models.build`.
    `schedule` is "cosine" to 0, "step" (a tenth at 1/2 and 3/4 of the steps) or "constant"; `weight_decay` is that of
    the weights, `coefficient_decay` that of schemes' coefficients, which are no weights; `checkpoint_every` counts
    steps, and every epoch ends with a checkpoint anyway; `store` is a folder for decoded images that are more than fits
    in memory. `nesterov` is of the momentum: where `momentum` is 0, training is plain gradient descent.
    Raises SchemeError for a value of another kind or out of range.

    >>> TrainConfig(data="images", out="run", scheme="lm").scheme
    'lm'
    """

    data: str
    out: str
    model: str = "resnet20"
    scheme: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    epochs: int = 10
    batch: int = 128
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-4
    coefficient_decay: float = 0.0
    nesterov: bool = True
    schedule: str = "cosine"
    seed: int = 0
    precision: str = "no"
    augment: bool = True
    padding: int = 4
    channels_last: bool = False
    compile: bool = False
    size: int | None = None
    limit: int | None = None
    checkpoint_every: int = 200
    store: str | None = None

    def __post_init__(self) -> None:
        for name in ("data", "out", *(["store"] if self.store is not None else [])):
            object.__setattr__(self, name, path_name(name, getattr(self, name)))
        for name, least in (("epochs", 1), ("batch", 1), ("padding", 0), ("checkpoint_every", 1), ("seed", 0)):
            whole(name, getattr(self, name), least)
        for name in ("size", "limit"):
            if getattr(self, name) is not None:
                whole(name, getattr(self, name))
        if wrong := misfit(vars(self), SHAPE):
            raise SchemeError(f"these are no training settings: {wrong}")
        try:
            json.dumps(dict(self.options))
        except (TypeError, ValueError) as problem:
            raise SchemeError(
                f"options are written to logs: numbers, text, lists and mappings of these; {problem}"
            ) from None
        for name in ("lr", "momentum", "weight_decay", "coefficient_decay"):
            value = getattr(self, name)
            if misfit(value, float) or value < 0:
                raise SchemeError(f"{name} must be a finite number that is not negative; {came(value)} came")
        for name, choices in (("schedule", SCHEDULES), ("precision", PRECISIONS)):
            if getattr(self, name) not in choices:
                raise SchemeError(f"{name} is one of {', '.join(choices)}; {getattr(self, name)!r} came")

    def record(self) -> dict[str, Any]:
        """The settings as plain values, for JSON."""
        return {**dataclasses.asdict(self), "options": dict(self.options)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The settings of a stored record; SchemeError for a record of another version."""
        if wrong := misfit(record, {str: object}):
            raise SchemeError(f"these are no training settings: {wrong}")
        unknown = set(record) - {f.name for f in dataclasses.fields(cls)}
        if unknown or "data" not in record or "out" not in record:
            wrong = ", ".join(sorted(unknown)) or "data and out are missing"
            raise SchemeError(f"these training settings are of another version: {wrong}")
        return cls(**record)

    def same_run(self, other: "TrainConfig") -> list[str]:
        """The settings in which another run would take other steps; the folders and how often to save do not count."""
        free = {"data", "out", "checkpoint_every", "store"}
        mine, its = self.record(), other.record()
        return [name for name in mine if name not in free and mine[name] != its[name]]

    def learning_rate(self, step: int, steps: int) -> float:
        """The learning rate of step 0..steps-1."""
        done = step / steps
        if self.schedule == "cosine":
            return self.lr * 0.5 * (1 + math.cos(math.pi * done))
        if self.schedule == "step":
            return self.lr * (1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01)
        return self.lr
