"""How much of a published training is done: four budgets, the same code."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schemetools.errors import UnknownNameError
from schemetools.nn.training.arguments import whole


@dataclass(frozen=True)
class Budget:
    """Epochs, training images (None: all of them), seeds, and the settings of `TrainConfig` that go with them.

    `theory` is the number of test images at which a trained network is read as mathematics, 0 for none; `certificate`
    says whether its depth is refined as well, which takes minutes.
    """

    name: str
    epochs: int
    images: int | None
    seeds: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    theory: int = 2
    certificate: bool = True

    def changed(self, *, epochs: int | None, seeds: int | None) -> "Budget":
        """The budget with another number of epochs or seeds. Raises SchemeError for less than one."""
        changes = {name: value for name, value in (("epochs", epochs), ("seeds", seeds)) if value is not None}
        for name, value in changes.items():
            whole(name, value)
        return dataclasses.replace(self, **changes)


_SGD = {"batch": 128, "lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4, "channels_last": True}
_FEW = _SGD | {"batch": 64, "schedule": "cosine", "checkpoint_every": 20}
_DIGITS = _FEW | {"lr": 0.05, "augment": False, "channels_last": False}

BUDGETS = {
    budget.name: budget
    for budget in (
        Budget("tiny", 3, None, 2, _DIGITS, theory=1, certificate=False),
        Budget("small", 5, 10_000, 3, _FEW),
        Budget("medium", 10, None, 3, _SGD | {"schedule": "cosine"}),
        Budget("full", 160, None, 5, _SGD | {"schedule": "step"}),
    )
}


def budget(name: str) -> Budget:
    """A budget by its name. Raises UnknownNameError."""
    if not isinstance(name, str) or name not in BUDGETS:
        raise UnknownNameError(f"there is no budget {name!r}; the budgets are {', '.join(BUDGETS)}")
    return BUDGETS[name]
