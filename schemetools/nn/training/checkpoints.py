"""Checkpoints that are whole or absent: written beside, flushed, renamed; loaded without running code in them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from schemetools.atomic import replacing
from schemetools.errors import FileError

FORMAT = "schemetools-checkpoint-1"


def write_atomically(path: str | Path, write: Any) -> None:
    """Call write(temporary path), then rename: a crash at any moment leaves the earlier file or the new one, whole."""
    path = Path(path)
    make_folder(path.parent)
    try:
        with replacing(path) as temporary:
            write(temporary)
    except OSError as problem:
        raise FileError(f"{path} cannot be written: {problem.strerror or problem}") from None


def make_folder(folder: Path) -> None:
    """Make a folder and those above it. Raises FileError where that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise FileError(f"the folder {folder} cannot be made: {problem.strerror}") from None


def save_checkpoint(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write tensors and plain values to a checkpoint, atomically. Raises FileError where the path cannot be written."""
    payload = {"format": FORMAT, **content}
    write_atomically(path, lambda temporary: torch.save(payload, temporary))


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """The content of a checkpoint; nothing in it is executed (weights_only). Raises FileError if it is not whole."""
    path = Path(path)
    if not path.is_file():
        raise FileError(f"there is no checkpoint {path}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # a foreign or damaged file raises nearly anything
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise FileError(f"{path} is not a checkpoint, or is truncated: {reason}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FileError(f"{path} is not a checkpoint of `schemetools train`; expected one with format {FORMAT!r}")
    return content


def load_weights(model: nn.Module, weights: Mapping[str, Any], source: str | Path) -> None:
    """Copy a checkpoint's weights into a model; FileError names the first tensor that does not fit.

    Nothing is copied unless everything fits.
    """
    own = model.state_dict()
    missing, extra = sorted(own.keys() - weights.keys()), sorted(weights.keys() - own.keys())
    if missing or extra:
        first = f"it lacks {missing[0]}" if missing else f"it has {extra[0]}, which the model lacks"
        raise FileError(
            f"{source} is a checkpoint of another model: {first}; build the model with which it was trained"
        )
    for name, value in weights.items():
        if value.shape != own[name].shape:
            shapes = f"{tuple(value.shape)} in the checkpoint, {tuple(own[name].shape)} in the model"
            raise FileError(f"{source} is a checkpoint of another model: {name} is {shapes}")
    model.load_state_dict(dict(weights))
