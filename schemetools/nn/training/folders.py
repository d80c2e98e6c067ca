"""Images of a folder of classes, decoded by all cores: into memory, or into a file that stands for it on the disk."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from schemetools.atomic import replacing
from schemetools.errors import FileError

LEVELS_16 = 65535
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".ppm"})
AHEAD = 64  # images that are decoded before they are asked for
MOST_PIXELS = 2**25
MOST_PIXELS_RESIZED = 2**26  # with a size, so that one image at a time is as large


def read_folder(
    folder: Path, classes: list[str], size: int | None, limit: int | None, store: Path | None
) -> tuple[Tensor, Tensor]:
    """Images (n, 3, height, width) as bytes and classes (n,) of a folder with one folder per class.

    With a `store`, the images are a mapped file in it, which is written at the first time and taken as it is as long
    as names, sizes and times of the files are the same. Raises FileError for images that are missing, unreadable, or
    of several shapes without a `size`, of more than 2^25 pixels (2^26 with a `size`), and for a store that cannot be
    written.
    """
    files, labels = _listed(folder, classes, limit)
    if store is None:
        images = np.stack(list(_decoded(files, size)))
        return torch.from_numpy(images), torch.tensor(labels)
    path = store / f"{folder.name}-{_digest(folder, files, size)}.bytes"
    first = next(_decoded(files[:1], size))
    if not path.is_file():
        _write(path, files, size)
    return _mapped(path, (len(files), *first.shape)), torch.tensor(labels)


def _listed(folder: Path, classes: list[str], limit: int | None) -> tuple[list[Path], list[int]]:
    files: list[Path] = []
    labels: list[int] = []
    for label, name in enumerate(classes):
        found = sorted(path for path in (folder / name).rglob("*") if path.suffix.lower() in SUFFIXES)[:limit]
        if not found:
            raise FileError(f"{folder / name} has no images ({', '.join(sorted(SUFFIXES))})")
        files += found
        labels += [label] * len(found)
    return files, labels


def _digest(folder: Path, files: Sequence[Path], size: int | None) -> str:
    """What a stored file stands for: names, lengths and times of the images, and their size."""
    digest = hashlib.sha256(str(size).encode())
    for path in files:
        facts = path.stat()
        digest.update(f"\0{path.relative_to(folder)}\0{facts.st_size}\0{facts.st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _write(path: Path, files: Sequence[Path], size: int | None) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary, temporary.open("wb") as file:
            for image in _decoded(files, size):
                file.write(image.tobytes())
    except OSError as problem:
        raise FileError(f"the store {path.parent} cannot be written: {problem.strerror or problem}") from None


def _mapped(path: Path, shape: tuple[int, ...]) -> Tensor:
    count = int(np.prod(shape))
    if path.stat().st_size != count:
        raise FileError(f"{path} has {path.stat().st_size} bytes and not the {count} of its images; remove it")
    try:
        return torch.from_file(str(path), shared=True, size=count, dtype=torch.uint8).view(shape)
    except RuntimeError as problem:
        raise FileError(f"{path} cannot be mapped: {problem}") from None


def _decoded(files: Sequence[Path], size: int | None) -> Iterator[np.ndarray]:
    """The images in their order as (3, height, width), some of them ahead, on as many threads as there are cores."""
    first: tuple[int, ...] | None = None
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        left = iter(files)
        waiting = [(path, pool.submit(_read_image, path, size)) for path in islice(left, AHEAD)]
        while waiting:
            path, future = waiting.pop(0)
            image = future.result()
            waiting += [(path, pool.submit(_read_image, path, size)) for path in islice(left, 1)]
            if first is not None and image.shape != first:
                here, before = ("x".join(map(str, shape[1:])) for shape in (image.shape, first))
                raise FileError(f"{path} is {here} pixels, the images before it {before}; give a size")
            first = image.shape
            yield image


def _read_image(path: Path, size: int | None) -> np.ndarray:
    """One image as (3, height, width) bytes."""
    most = MOST_PIXELS if size is None else MOST_PIXELS_RESIZED
    try:
        with Image.open(path) as file:
            if file.width * file.height > most:  # before it is decoded: a small file can say that it is a large image
                raise FileError(f"{path} has {file.width} x {file.height} pixels, more than {most}: make it smaller")
            image = _eight_bits(file, path).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as problem:
        raise FileError(f"{path} is not a readable image: {problem}") from None
    if size is not None and image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR)
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))


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
