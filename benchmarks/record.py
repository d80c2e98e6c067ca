"""The record of what was measured: docs/results/benchmarks.json, its table, and the figures that other pages quote."""

import json
import math
import os
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RECORD, TABLE = ROOT / "docs/results/benchmarks.json", ROOT / "docs/results/benchmarks.md"
PAGES = ROOT / "README.md", ROOT / "docs/performance.md"
LIBRARIES = ("sympy", "python-flint", "numpy", "scipy", "torch")
PEERS = ("nodepy", "kauri", "BSeries", "torchdiffeq", "torchode", "momentumnet", "diffrax", "jax")
Figures = dict[str, dict[str, Any]]


def rounded(value: float, digits: int = 3) -> float:
    """To that many significant digits."""
    return float(f"{value:.{digits}g}")


def figure(value: float, spread: float | None, bar: float | None, least: bool) -> dict[str, Any]:
    """A figure; whether it holds is judged before rounding, and None without a bar."""
    holds = None if bar is None else bool(value >= bar if least else value <= bar)
    kept = None if spread is None or math.isnan(spread) else rounded(spread, 2)
    return {"value": rounded(value), "spread": kept, "bar": bar, "least": least, "holds": holds}


def environment() -> dict[str, Any]:
    """What a figure was measured with."""
    found: dict[str, Any] = {"python": platform.python_version(), "cores": os.cpu_count()}
    for name in (*LIBRARIES, *PEERS):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def load() -> dict[str, Any]:
    """{"environments": [...], "figures": {name: figure}} as it stands."""
    if not RECORD.exists():
        return {"environments": [], "figures": {}}
    return json.loads(RECORD.read_text(encoding="utf-8"))


def keep(found: Figures) -> None:
    """Put figures in place of those of the same names, and write the record, its table and the pages that quote it."""
    kept, here = load(), environment()
    where: list[dict[str, Any]] = [*kept["environments"], *([here] if here not in kept["environments"] else [])]
    figures = kept["figures"] | {name: one | {"in": where.index(here)} for name, one in found.items()}
    used = sorted({one["in"] for one in figures.values()})
    figures = {name: figures[name] | {"in": used.index(figures[name]["in"])} for name in sorted(figures)}
    record = {"environments": [where[i] for i in used], "figures": figures}
    RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    TABLE.write_text(table(record), encoding="utf-8")
    for page in PAGES:
        page.write_text(quoted(page.read_text(encoding="utf-8"), figures), encoding="utf-8")


def table(record: Mapping[str, Any]) -> str:
    """The record as a page."""
    lines = ["---", "orphan: true", "---", "", "# Benchmarks", "", "Written by `make bench` from `benchmarks.json`; what was not run does not stand here. Half the distance of the",
             "quartiles is the spread; where a figure is a ratio, both sides ran in turns.", "",
             "| what | measured | bar | in |", "|---|---|---|---|"]  # fmt: skip
    for name, one in record["figures"].items():
        lines.append(f"| {name} | {measured(one)} | {bar(one)} | {one['in'] + 1} |")
    lines += ["", "## Measured in", ""]
    for number, where in enumerate(record["environments"], 1):
        lines.append(f"{number}. " + ", ".join(f"{key} {value}" for key, value in where.items()))
    return "\n".join(lines) + "\n"


def measured(one: Mapping[str, Any]) -> str:
    """A value with its spread, or why there is none."""
    if "cannot" in one:
        return f"cannot: {one['cannot']}"
    return f"{one['value']:g}" + ("" if one["spread"] is None else f" ± {one['spread']:g}")


def bar(one: Mapping[str, Any]) -> str:
    """The bar, and whether it is missed."""
    if one.get("bar") is None:
        return ""
    return f"at {'least' if one['least'] else 'most'} {one['bar']:g}" + ("" if one["holds"] else ", **missed**")


def quoted(text: str, figures: Figures) -> str:
    """A page with each row of its table of figures as the record has it; a row that was never run stays."""
    head, mark, rest = text.partition("<!-- from docs/results/benchmarks.json -->\n")
    rows, end, tail = rest.partition("\n\n")

    def row(match: re.Match[str]) -> str:
        if match[1] not in figures:
            return match[0]
        one = figures[match[1]]
        return f"| {match[1]} | {measured(one)} | {bar(one)} |"

    first, second, *others = rows.split("\n")
    return head + mark + "\n".join([first, second, *(re.sub(r"^\| (.+?) \|.*$", row, r) for r in others)]) + end + tail
