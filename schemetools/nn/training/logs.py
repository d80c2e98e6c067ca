"""What a run leaves for people and programs: log.csv with one row per epoch, run.json with everything."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schemetools.nn.training.checkpoints import write_atomically


def write_logs(folder: str | Path, record: Mapping[str, Any], epochs: Sequence[Mapping[str, Any]]) -> None:
    """Write `run.json` (the record and the epochs) and `log.csv` (the epochs' numbers), each atomically."""
    folder = Path(folder)
    write_text(folder / "run.json", json.dumps({**record, "epochs": list(epochs)}, indent=1) + "\n")
    if epochs:
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        columns = [name for name, value in epochs[0].items() if not isinstance(value, (list, dict))]
        writer.writerow(columns)
        writer.writerows([epoch[name] for name in columns] for epoch in epochs)
        write_text(folder / "log.csv", table.getvalue())


def write_text(path: str | Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    write_atomically(path, lambda temporary: Path(temporary).write_text(text, encoding="utf-8"))
