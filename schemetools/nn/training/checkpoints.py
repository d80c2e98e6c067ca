"""Checkpoints that are whole or absent: written beside, flushed, renamed; loaded without running code in them."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from schemetools.atomic import replacing
from schemetools.errors import FileError
from schemetools.nn.tensors.aliases import aliases
from schemetools.nn.training.arguments import path_name

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
    write_atomically(path, lambda temporary: _save(payload, temporary))


def _save(payload: Mapping[str, Any], path: Path) -> None:
    # torch's own writer reports a full disk as RuntimeError("iostream error"), and to a Python file as one without the
    # cause; a byte written by Python names it.
    try:
        torch.save(payload, path)
    except RuntimeError:
        with path.open("ab", buffering=0) as file:
            file.write(bytes(2**16))
        raise


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """The content of a checkpoint; nothing in it is executed (weights_only). Raises FileError if it is not whole."""
    path = Path(path_name("a checkpoint", path, "file"))
    if not path.is_file():
        raise FileError(f"there is no checkpoint {path}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:  # torch's words advise to execute what is in the file
        raise FileError(
            f"{path} is not a checkpoint, or is truncated: something in it is neither a tensor nor a plain value"
        ) from None
    except Exception as problem:  # a foreign or damaged file raises nearly anything
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise FileError(f"{path} is not a checkpoint, or is truncated: {reason}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FileError(f"{path} is not a checkpoint of `schemetools train`; expected one with format {FORMAT!r}")
    return content


def load_optimizer(
    optimizer: torch.optim.Optimizer, stored: Mapping[str, Any], model: nn.Module, source: str | Path
) -> None:
    """The state of an optimiser of `parameter_groups(model)`, also where an earlier version stored a single group.

    The settings of the groups are those of the run. Raises FileError for the state of other parameters.
    """
    own = optimizer.state_dict()
    state, numbers = dict(stored["state"]), [n for group in stored["param_groups"] for n in group["params"]]
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    if numbers != list(range(len(parameters))):
        raise FileError(f"{source}: its optimizer has {len(numbers)} parameters, the model {len(parameters)}")
    if own["param_groups"][0]["momentum"] and not state:
        raise FileError(f"{source}: its optimizer has no momentum, and every step leaves one")
    if len(stored["param_groups"]) == 1 and len(own["param_groups"]) > 1:
        order = {id(p): n for n, p in enumerate(model.parameters())}
        state = {new: state[order[id(p)]] for new, p in enumerate(parameters) if order[id(p)] in state}
    for n, p in enumerate(parameters):
        kept = state.get(n, {})
        if p.shape == (1,) and isinstance(kept, Mapping):
            kept = state[n] = {k: v.reshape(1) if k != "step" and _is_scalar(v) else v for k, v in kept.items()}
        momentum = kept.get("momentum_buffer") if isinstance(kept, Mapping) else kept
        if momentum is not None and getattr(momentum, "shape", None) != p.shape:
            raise FileError(f"{source}: its optimizer has no momentum of the shape {tuple(p.shape)} for parameter {n}")
    optimizer.load_state_dict({"state": state, "param_groups": own["param_groups"]})


def _is_scalar(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dim() == 0


def load_weights(model: nn.Module, weights: Mapping[str, Any], source: str | Path) -> None:
    """Copy a checkpoint's weights into a model; FileError names the first tensor that does not fit.

    Nothing is copied unless everything fits.
    """
    own = model.state_dict()
    weights = dict(weights)
    for name in aliases(model):
        weights.pop(name, None)  # of an earlier version, which stored tensors under all of their names
    for name, value in own.items():
        if name not in weights and name.endswith(".origin") and name.removesuffix("origin") + "free" in weights:
            weights[name] = torch.zeros_like(value)
        if name in weights and weights[name].dim() == 0 and value.shape == (1,):
            weights[name] = weights[name].reshape(1)
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
