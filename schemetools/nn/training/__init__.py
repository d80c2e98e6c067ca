"""Training: images in memory, one short loop over accelerate, whole checkpoints. Knows no rewiring."""

from schemetools.nn.training.checkpoints import load_checkpoint, load_weights, save_checkpoint
from schemetools.nn.training.config import TrainConfig
from schemetools.nn.training.data import ImageData, Split, images_of, open_images
from schemetools.nn.training.loop import Progress, Trained, train
from schemetools.nn.training.restore import load_for_inspection, load_model

__all__ = [
    "ImageData",
    "Progress",
    "Split",
    "TrainConfig",
    "Trained",
    "images_of",
    "load_checkpoint",
    "load_for_inspection",
    "load_model",
    "load_weights",
    "open_images",
    "save_checkpoint",
    "train",
]
