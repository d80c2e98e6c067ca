"""What identifies the images of a run, so that nothing goes on with others: shapes, statistics, a checksum."""

import math
import zlib
from collections.abc import Mapping
from typing import Any

import torch

from schemetools.nn.training.data import ImageData, Split

SAMPLE = 64  # images of each split whose values are in the checksum
ROUNDING = 1e-9  # sums in another order differ by less, as do a few bytes changed outside the sample


def identity(data: ImageData) -> dict[str, Any]:
    """Class names, shapes of both splits, mean and deviation, and a CRC-32 of all labels and a sample of the images."""
    return {
        "classes": list(data.classes),
        "mean": list(data.mean),
        "std": list(data.std),
        "train": list(data.train.images.shape),
        "test": list(data.test.images.shape),
        "crc": _checksum(data.test, _checksum(data.train, 0)),
    }


def other_images(stored: Mapping[str, Any], own: Mapping[str, Any]) -> list[str]:
    """In what the stored images are others than one's own; what an earlier version did not store is not compared."""
    return [name for name, value in own.items() if name in stored and not _equal(value, stored[name])]


def _checksum(split: Split, before: int) -> int:
    chosen = torch.linspace(0, len(split) - 1, min(SAMPLE, len(split))).long()
    sample = split.images[chosen.to(split.images.device)].cpu().contiguous()
    crc = zlib.crc32(split.labels.cpu().long().numpy().tobytes(), before)
    return zlib.crc32(sample.flatten().view(torch.uint8).numpy().tobytes(), crc)


def _equal(mine: Any, its: Any) -> bool:
    if isinstance(mine, list):
        return isinstance(its, list) and len(mine) == len(its) and all(map(_equal, mine, its))
    if isinstance(mine, float):
        return isinstance(its, (int, float)) and math.isclose(mine, its, rel_tol=ROUNDING, abs_tol=1e-12)
    return mine == its
