"""Training: images in memory, one short loop over accelerate, checkpoints that are whole or absent."""

from .checkpoints import load_checkpoint, load_weights, save_checkpoint
from .config import TrainConfig
from .data import ImageData, Split, open_images
from .loop import Progress, Trained, train
from .restore import load_for_inspection, load_model

__all__ = [
    "ImageData",
    "Progress",
    "Split",
    "TrainConfig",
    "Trained",
    "load_checkpoint",
    "load_for_inspection",
    "load_model",
    "load_weights",
    "open_images",
    "save_checkpoint",
    "train",
]
