"""Images to train on, as bytes: a folder of classes, CIFAR's own python batches, tensors."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from schemetools.errors import FileError, SchemeError, came
from schemetools.nn.training.arguments import path_name, whole
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
    train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], *, classes: Iterable[str] | None = None
) -> ImageData:
    """Images in memory as `train` takes them: pairs of images (n, channels, height, width) and classes (n,).

    Images are bytes, or floats in any scale, kept in single precision; they are normalised by the mean and deviation
    of the training ones. `classes` names the classes 0, 1, ...; without it they are called by their numbers.
    Raises SchemeError for other shapes or types, bytes beside floats, a class without a name, more classes without
    names than images, values that are not finite.

    >>> x, y = torch.rand(6, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1, 2])
    >>> images_of((x, y), (x, y)).classes
    ('0', '1', '2')
    """
    splits = [_checked(part, name) for part, name in ((train, "train"), (test, "test"))]
    shapes = [tuple(split.images.shape[1:]) for split in splits]
    if shapes[0] != shapes[1]:
        raise SchemeError(f"training images are {shapes[0]} and test images {shapes[1]}; they must be of one shape")
    if splits[0].images.dtype != splits[1].images.dtype:
        raise SchemeError(
            "training and test images are bytes both or floats both, in one scale; bytes of one and floats of the "
            "other came: convert one of them, as by images.float() / 255"
        )
    count = 1 + max(int(split.labels.max()) for split in splits)
    names = _names(classes, count, sum(map(len, splits)))
    return ImageData(splits[0], splits[1], names, *statistics(splits[0].images))


def _names(classes: Any, count: int, images: int) -> tuple[str, ...]:
    """The names of so many classes; without names there are no more of them than images."""
    if classes is None:
        if count > images:
            raise SchemeError(
                f"class {count - 1} occurs among {images} images, and classes are numbered 0, 1, ... without gaps; "
                "renumber them, or name all by classes=[...]"
            )
        return tuple(map(str, range(count)))
    if not isinstance(classes, Iterable) or isinstance(classes, str):
        raise SchemeError(f"classes is a list of names, one per class; {came(classes)} came")
    names = tuple(map(str, classes))
    if len(names) < count:
        raise SchemeError(f"{len(names)} classes are named and {count} occur, 0 to {count - 1}")
    return names


def _checked(part: Any, name: str) -> Split:
    images, labels = part if isinstance(part, (tuple, list)) and len(part) == 2 else (None, None)
    if not isinstance(images, Tensor) or not isinstance(labels, Tensor):
        raise SchemeError(f"{name} is a pair of tensors, images and classes; {type(part).__name__} came")
    if any(t.is_meta or t.layout != torch.strided for t in (images, labels)):
        raise SchemeError(f"{name}: images and classes are dense tensors with values; meta or sparse ones came")
    is_float = images.is_floating_point()
    if images.dim() != 4 or not images.numel() or not (is_float or images.dtype == torch.uint8):
        raise SchemeError(
            f"{name}: images are (n, channels, height, width), bytes or floats, at least one pixel; "
            f"{tuple(images.shape)} of {images.dtype} came"
        )
    whole = labels.dtype in (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
    if labels.shape != (len(images),) or not whole or int(labels.min()) < 0:
        raise SchemeError(
            f"{name}: classes are integers 0, 1, ..., one per image; {labels.dtype} {tuple(labels.shape)} came"
        )
    images = images.detach().float() if is_float else images
    if is_float and not bool(torch.isfinite(images).all()):
        raise SchemeError(f"{name}: some images have nan or inf in them, or values beyond single precision")
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
    Raises FileError, which names the folder or image, and SchemeError for other arguments.
    """
    folder = Path(path_name("data", folder)).expanduser()
    for name, value in (("size", size), ("limit", limit)):
        if value is not None:
            whole(name, value)
    if not folder.is_dir():
        raise FileError(
            f"there is no data folder {folder}; expected train/<class>/ and test/<class>/ with images in it"
        )
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
        place = None if store is None else Path(path_name("store", store)).expanduser()
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
    """Mean and standard deviation per channel, of bytes / 255 or of floats as they are, a chunk at a time.

    The deviation of a channel that is constant is called 1, by which it is normalised to 0. Chunks are joined by their
    means and centred squares, so that no deviation is lost beside a large mean.
    Source: T. Chan, G. Golub, R. LeVeque (1983), The American Statistician 37, doi:10.1080/00031305.1983.10483115.
    """
    dims, unit = (0, 2, 3), 1 if images.is_floating_point() else 255
    first = images[:1, :, :1, :1].double()  # without it a constant channel is 0, and has no deviation from rounding
    mean = torch.zeros(images.shape[1], dtype=torch.float64, device=images.device)
    squares, count = torch.zeros_like(mean), 0
    for part in images.split(max(1, min(4096, CHUNK // images[0].numel()))):
        x, size = part.double() - first, part.numel() // part.shape[1]
        own = x.mean(dims)
        spread = x.sub_(own.view(1, -1, 1, 1)).square_().mean(dims)
        apart, count = own - mean, count + size
        mean += apart * (size / count)
        squares += size * (spread + apart.square() * ((count - size) / count))
    std = torch.where(squares == 0, 1.0, (squares / count).sqrt() / unit)
    return tuple(((mean + first.flatten()) / unit).tolist()), tuple(std.tolist())
