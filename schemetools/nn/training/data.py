"""Images to train on: a folder of classes, or CIFAR's own python batches; held in memory as bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from schemetools.errors import FileError, SchemeError
from schemetools.nn.training.cifar import is_cifar, read_cifar

LEVELS_16 = 65535
HELD_OUT = ("test", "val", "valid")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".ppm"})


@dataclass(frozen=True)
class Split:
    """Images (n, channels, height, width) as uint8, or as floats in any scale, and their classes (n,) as int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "Split":
        """The same images on another device."""
        return Split(self.images.to(device), self.labels.to(device))


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


def open_images(folder: str | Path, *, size: int | None = None, limit: int | None = None) -> ImageData:
    """Read a data set from a folder.

    Either `train/<class>/*` and `test/<class>/*` with images (`val` or `valid` in place of `test`, folders in the class
    folders as well), or CIFAR's python batches (`data_batch_1`, ..., or
    `train`, `test`, `meta`). `size` resizes every image to size x size pixels (otherwise all must be equal); `limit`
    keeps the first so many images of each class, of both splits. Raises FileError, which names the folder or image.
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
        splits = [_read_split(folder / part, classes, size, limit) for part in ("train", held_out)]
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


def _read_split(folder: Path, classes: list[str], size: int | None, limit: int | None) -> Split:
    images: list[np.ndarray] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        files = sorted(path for path in (folder / name).rglob("*") if path.suffix.lower() in SUFFIXES)[:limit]
        if not files:
            raise FileError(f"{folder / name} has no images ({', '.join(sorted(SUFFIXES))})")
        for path in files:
            image = _read_image(path, size)
            if images and image.shape != images[0].shape:
                here, first = ("x".join(map(str, shape[:2])) for shape in (image.shape, images[0].shape))
                raise FileError(f"{path} is {here} pixels, the images before it {first}; give a size")
            images.append(image)
            labels.append(label)
    stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()
    return Split(stacked, torch.tensor(labels))


def _read_image(path: Path, size: int | None) -> np.ndarray:
    """One image as (height, width, 3) bytes."""
    try:
        with Image.open(path) as file:
            image = _eight_bits(file, path).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        raise FileError(f"{path} is not a readable image: {problem}") from None
    if size is not None and image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(image)


def _eight_bits(image: Image.Image, path: Path) -> Image.Image:
    """The image with levels 0..255: those of 16 bits, 0..65535, over 257; `convert` would cut them off at 255.

    Raises FileError for other levels than these, as those of floating-point images, whose range nobody tells.
    """
    if not image.mode.startswith(("I", "F")):
        return image
    levels = np.asarray(image)
    if image.mode == "F" or levels.min() < 0 or levels.max() > LEVELS_16:
        raise FileError(
            f"{path} has levels from {levels.min():g} to {levels.max():g} (mode {image.mode}); images have 8 or 16 "
            "bits without a sign: convert it"
        )
    return Image.fromarray(np.rint(levels / (LEVELS_16 / 255)).astype(np.uint8))


def _limited(split: Split, limit: int | None) -> Split:
    """The first `limit` images of each class."""
    if limit is None:
        return split
    kept = torch.cat([torch.nonzero(split.labels == label).flatten()[:limit] for label in split.labels.unique()])
    return Split(split.images[kept], split.labels[kept])


def statistics(images: Tensor, chunk: int = 4096) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation per channel, of bytes / 255 or of floats as they are, a chunk at a time."""
    total = torch.zeros(images.shape[1], dtype=torch.float64)
    squares = torch.zeros_like(total)
    for part in images.split(chunk):
        scaled = part.double() if part.is_floating_point() else part.double() / 255
        total += scaled.sum(dim=(0, 2, 3))
        squares += scaled.square().sum(dim=(0, 2, 3))
    count = images.numel() / images.shape[1]
    mean = total / count
    std = (squares / count - mean.square()).clamp_min(1e-6).sqrt()
    return tuple(mean.tolist()), tuple(std.tolist())
