"""The result of a finished run, back from its file: whole, of the same settings, of the same images."""

import json
from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from typing import Any

from schemetools.errors import FileError, SchemeError
from schemetools.nn.tables.table import Table
from schemetools.nn.training import TrainConfig
from schemetools.nn.training.identity import other_images
from schemetools.plain import misfit

INSIDE = (bool, None)
LAYER = {"field_norm": Real, "remainder": Real, "coefficients": dict, "eigenvalues": [[Real, Real]], "inside": INSIDE}
READ, REFUSED = {"layers": [LAYER], "outside": [str]}, {"refused": str}
RESULT = {
    "config": {str: object},
    "versions": {str: object},
    "cost": dict.fromkeys(("parameters", "multiply_adds", "depth", "live_states"), int),
    "error": float,
    "epochs": [{"train_loss": float}],
    "seconds": float,
    "cpu_seconds": float,
    "coefficients": {str: (float, [float])},
    "theory": (READ, REFUSED, None),
}


def read_result(path: Path, table: Table, config: TrainConfig, images: Mapping[str, Any]) -> dict[str, Any]:
    """A run's `result.json`, compared with the settings and with the identity of the images that it should be of.

    A result without the identity of its images is taken as it is: versions before this one did not write it, and the
    tables that are kept were made by them. Raises FileError for a damaged file, SchemeError for one of another run.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as problem:  # it may not be read, is no UTF-8, no JSON
        raise _damaged(path, str(problem)) from None
    shape = {**RESULT, "noise": {f"{level:g}": float for level in table.noise}}
    if wrong := misfit(record, shape) or misfit(record.get("images"), ({str: object}, None), "images"):
        raise _damaged(path, wrong)
    try:
        settings = TrainConfig.from_record(record["config"])
    except SchemeError as problem:
        raise _damaged(path, str(problem)) from None
    if settings.same_run(config):
        raise SchemeError(f"{path} is of other settings; repeat them, or choose another folder with out")
    if len(record["epochs"]) != config.epochs:
        raise _damaged(path, f"it has {len(record['epochs'])} epochs of {config.epochs}")
    if other := other_images(record.get("images") or {}, images):
        raise SchemeError(
            f"{path} is of other images (their {', '.join(other)}); give the same, or choose another folder with out"
        )
    return record


def _damaged(path: Path, wrong: str) -> FileError:
    return FileError(f"{path} is no result of a run, or is damaged: {wrong}; remove it, and the run is made again")
