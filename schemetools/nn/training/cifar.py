"""CIFAR-10 and CIFAR-100 as their authors publish them: pickled python batches, read without running them."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from schemetools.errors import FileError

Arrays = tuple[np.ndarray, np.ndarray]

TEN = ([f"data_batch_{i}" for i in range(1, 6)], ["test_batch"], "batches.meta", b"labels", b"label_names")
HUNDRED = (["train"], ["test"], "meta", b"fine_labels", b"fine_label_names")

# What a pickled array of bytes needs, under the names that old and new versions of NumPy gave it.
_ALLOWED = {("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}
_ALLOWED |= {(f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")}


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that builds NumPy arrays and plain containers, and refuses everything else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is no part of a CIFAR batch")
        return super().find_class(module, name)


def is_cifar(folder: Path) -> bool:
    """Whether a folder holds CIFAR's python batches."""
    return (folder / "data_batch_1").is_file() or ((folder / "train").is_file() and (folder / "meta").is_file())


def read_cifar(folder: Path) -> tuple[tuple[Arrays, Arrays], list[str]]:
    """Training and test arrays (n, 3, 32, 32) uint8 with labels (n,) int64, and the class names. Raises FileError."""
    train, test, meta, labels, names = TEN if (folder / "data_batch_1").is_file() else HUNDRED
    described = _load(folder / meta)
    if names not in described:
        raise FileError(f"{folder / meta} has no {names.decode()}")
    classes = [name.decode() for name in described[names]]
    splits = [_join([_batch(folder / name, labels, len(classes)) for name in part]) for part in (train, test)]
    return (splits[0], splits[1]), classes


def _join(batches: list[Arrays]) -> Arrays:
    return np.concatenate([x for x, _ in batches]), np.concatenate([y for _, y in batches])


def _batch(path: Path, labels: bytes, classes: int) -> Arrays:
    batch = _load(path)
    if b"data" not in batch or labels not in batch:
        raise FileError(f"{path} is not a CIFAR batch: it needs 'data' and '{labels.decode()}'")
    data, target = np.asarray(batch[b"data"]), np.asarray(batch[labels], dtype=np.int64)
    if data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != 3 * 32 * 32 or target.shape != (len(data),):
        raise FileError(f"{path} is not a CIFAR batch: data is {data.dtype} {data.shape}, labels {target.shape}")
    if len(target) and not 0 <= target.min() <= target.max() < classes:
        raise FileError(f"{path} has a label outside 0..{classes - 1}")
    return data.reshape(-1, 3, 32, 32).copy(), target


def _load(path: Path) -> dict[bytes, Any]:
    try:
        content = _ArraysOnly(io.BytesIO(path.read_bytes()), encoding="bytes").load()
    except OSError as problem:
        raise FileError(f"{path} cannot be read: {problem.strerror}") from None
    except Exception as problem:  # a damaged pickle raises nearly anything
        raise FileError(f"{path} is not a CIFAR batch: {problem}") from None
    if not isinstance(content, dict):
        raise FileError(f"{path} is not a CIFAR batch: it holds a {type(content).__name__}")
    return content
