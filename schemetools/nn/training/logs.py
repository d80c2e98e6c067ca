"""What a run leaves for people and programs: log.csv with one row per epoch, run.json with everything."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schemetools.nn.training.checkpoints import write_atomically


def write_logs(folder: str | Path, record: Mapping[str, Any], epochs: Sequence[Mapping[str, Any]]) -> None:
    """Write `run.json` (the record and the epochs) and `log.csv` (the epochs' numbers, each coefficient too), whole."""
    folder = Path(folder)
    write_text(folder / "run.json", json.dumps({**record, "epochs": list(epochs)}, indent=1) + "\n")
    if epochs:
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        rows = [numbers_of(epoch) for epoch in epochs]
        writer.writerow(rows[0])
        writer.writerows(row.values() for row in rows)
        write_text(folder / "log.csv", table.getvalue())


def numbers_of(epoch: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of an epoch by name, each coefficient among them; one per channel is named layer.k[channel]."""
    found = {name: value for name, value in epoch.items() if name != "coefficients"}
    for name, value in epoch["coefficients"].items():
        each = {name: value} if not isinstance(value, list) else {f"{name}[{i}]": v for i, v in enumerate(value)}
        found |= each
    return found


def write_text(path: str | Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    write_atomically(path, lambda temporary: Path(temporary).write_text(text, encoding="utf-8"))
