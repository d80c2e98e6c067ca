"""Images to train on, as bytes: a folder of classes, CIFAR's own python batches, tensors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from schemetools.errors import FileError, SchemeError
from schemetools.nn.training.cifar import is_cifar, read_cifar
from schemetools.nn.training.folders import read_folder

HELD_OUT = ("test", "val", "valid")
CHUNK = 2**25  # values of images that are looked at together


@dataclass(frozen=True)
class Split:
    """Images (n, channels, height, width) as uint8, or as floats in any scale, and their classes (n,) as int64."""

    images: Tensor
    labels: Tensor
    mapped: bool = False
    """Whether the images are a file on the disk, which is not moved to a device as a whole."""

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "Split":
        """The same images on another device; of mapped ones only the classes."""
        return Split(self.images if self.mapped else self.images.to(device), self.labels.to(device), self.mapped)


@dataclass(frozen=True)
class ImageData:
    """Training and test images, class names, and the training images' mean and deviation per channel.

    Mean and deviation are of x / 255 where images are bytes.
    """

    train: Split
    test: Split
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]


def images_of(
    train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], *, classes: Sequence[str] | None = None
) -> ImageData:
    """Images in memory as `train` takes them: pairs of images (n, channels, height, width) and classes (n,).

    Images are bytes, or floats in any scale; they are normalised by the mean and deviation of the training ones.
    `classes` names the classes 0, 1, ...; without it they are called by their numbers.
    Raises SchemeError for other shapes or types, a class without a name, values that are not finite.

    >>> x, y = torch.rand(6, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1, 2])
    >>> images_of((x, y), (x, y)).classes
    ('0', '1', '2')
    """
    splits = [_checked(part, name) for part, name in ((train, "train"), (test, "test"))]
    shapes = [tuple(split.images.shape[1:]) for split in splits]
    if shapes[0] != shapes[1]:
        raise SchemeError(f"training images are {shapes[0]} and test images {shapes[1]}; they must be of one shape")
    count = 1 + max(int(split.labels.max()) for split in splits)
    names = tuple(map(str, range(count) if classes is None else classes))
    if len(names) < count:
        raise SchemeError(f"{len(names)} classes are named and {count} occur, 0 to {count - 1}")
    return ImageData(splits[0], splits[1], names, *statistics(splits[0].images))


def _checked(part: Any, name: str) -> Split:
    images, labels = part if isinstance(part, (tuple, list)) and len(part) == 2 else (None, None)
    if not isinstance(images, Tensor) or not isinstance(labels, Tensor):
        raise SchemeError(f"{name} is a pair of tensors, images and classes; {type(part).__name__} came")
    is_float = images.is_floating_point()
    if images.dim() != 4 or not len(images) or not (is_float or images.dtype == torch.uint8):
        raise SchemeError(
            f"{name}: images are (n, channels, height, width), bytes or floats; {tuple(images.shape)} of "
            f"{images.dtype} came"
        )
    whole = labels.dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
    if labels.shape != (len(images),) or not whole or int(labels.min()) < 0:
        raise SchemeError(
            f"{name}: classes are integers 0, 1, ..., one per image; {labels.dtype} {tuple(labels.shape)} came"
        )
    if is_float and not bool(torch.isfinite(images).all()):
        raise SchemeError(f"{name}: some images have nan or inf in them")
    return Split(images, labels.long())


def open_images(
    folder: str | Path, *, size: int | None = None, limit: int | None = None, store: str | Path | None = None
) -> ImageData:
    """Read a data set from a folder.

    Either `train/<class>/*` and `test/<class>/*` with images (`val` or `valid` in place of `test`, folders in the class
    folders as well), or CIFAR's python batches (`data_batch_1`, ..., or
    `train`, `test`, `meta`). `size` resizes every image to size x size pixels (otherwise all must be equal); `limit`
    keeps the first so many images of each class, of both splits. Images are held in memory; with a `store`, a folder
    for files of decoded bytes, those of class folders are mapped from there and may be more than fits in memory.
    Raises FileError, which names the folder or image.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise FileError(
            f"there is no data folder {folder}; expected train/<class>/ and test/<class>/ with images in it"
        )
    if limit is not None and limit < 1:
        raise FileError(f"limit is the number of images per class and must be at least 1; {limit} came")
    if is_cifar(folder):
        (train, test), classes = read_cifar(folder)
        splits = [_limited(Split(torch.from_numpy(x), torch.from_numpy(y)), limit) for x, y in (train, test)]
    else:
        classes = _classes(folder / "train")
        held_out = next((name for name in HELD_OUT if (folder / name).is_dir()), HELD_OUT[0])
        if (found := _classes(folder / held_out)) != classes:
            odd = sorted(set(found) ^ set(classes))
            raise FileError(
                f"{folder}: train and {held_out} have different classes; only in one of them: {', '.join(odd)}"
            )
        place = None if store is None else Path(store).expanduser()
        splits = [
            Split(*read_folder(folder / part, classes, size, limit, place), mapped=place is not None)
            for part in ("train", held_out)
        ]
    if splits[0].images.shape[1:] != splits[1].images.shape[1:]:
        shapes = " and ".join("x".join(map(str, s.images.shape[1:])) for s in splits)
        raise FileError(f"{folder}: training and test images have different shapes ({shapes}); give a size")
    mean, std = statistics(splits[0].images)
    return ImageData(splits[0], splits[1], tuple(classes), mean, std)


def _classes(folder: Path) -> list[str]:
    if not folder.is_dir():
        raise FileError(f"there is no folder {folder}; expected train/<class>/ and test/<class>/ with images in it")
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not classes:
        raise FileError(f"{folder} has no class folders; expected one folder per class with images in it")
    return classes


def _limited(split: Split, limit: int | None) -> Split:
    """The first `limit` images of each class."""
    if limit is None:
        return split
    kept = torch.cat([torch.nonzero(split.labels == label).flatten()[:limit] for label in split.labels.unique()])
    return Split(split.images[kept], split.labels[kept])


def statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel, of bytes / 255 or of floats as they are, a chunk at a time."""
    total = torch.zeros(images.shape[1], dtype=torch.float64)
    squares = torch.zeros_like(total)
    for part in images.split(max(1, min(4096, CHUNK // images[0].numel()))):
        scaled = part.double() if part.is_floating_point() else part.double() / 255
        total += scaled.sum(dim=(0, 2, 3))
        squares += scaled.square().sum(dim=(0, 2, 3))
    count = images.numel() / images.shape[1]
    mean = total / count
    std = (squares / count - mean.square()).clamp_min(1e-6).sqrt()
    return tuple(mean.tolist()), tuple(std.tolist())
