"""A trained model back from its checkpoint, with the images it should be looked at with."""

from pathlib import Path

import torch
from torch import Tensor, nn

from schemetools.errors import FileError
from schemetools.nn.models import build
from schemetools.nn.training.augment import to_floats
from schemetools.nn.training.checkpoints import load_weights
from schemetools.nn.training.config import TrainConfig
from schemetools.nn.training.data import open_images
from schemetools.nn.training.resume import open_checkpoint


def load_model(path: str | Path) -> nn.Module:
    """The model of a checkpoint of `train`, in evaluation mode.

    Raises FileError for a file that is missing, truncated, or of another model.
    """
    return _restored(path)[0]


def load_for_inspection(path: str | Path, data: str | Path, *, count: int = 8) -> tuple[nn.Module, Tensor]:
    """The model of a checkpoint and `count` test images (count, channels, height, width), one class after another.

    The images are normalised as in the training. Raises FileError for an unusable checkpoint or data folder.
    """
    model, stored, config = _restored(path)
    images = open_images(data, size=config.size, limit=max(1, -(-count // len(stored["classes"]))))
    if list(images.classes) != list(stored["classes"]):
        raise FileError(
            f"{data} has the classes {', '.join(images.classes)}; the checkpoint knows {', '.join(stored['classes'])}"
        )
    split = images.test
    rank_in_class = torch.stack([(split.labels[:i] == label).sum() for i, label in enumerate(split.labels)])
    chosen = torch.argsort(rank_in_class, stable=True)[:count]
    return model, to_floats(split.images[chosen], stored["mean"], stored["std"])


def _restored(path: str | Path) -> tuple[nn.Module, dict, TrainConfig]:
    stored, config = open_checkpoint(path)
    model = build(config.model, config.scheme, len(stored["classes"]), **config.options)
    load_weights(model, stored["model"], path)
    return model.eval(), stored, config
