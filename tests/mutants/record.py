"""The record of mutants in docs/results: a line each, and the page that says what they come to."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RECORD, PAGE = ROOT / "docs" / "results" / "mutants.jsonl", ROOT / "docs" / "results" / "mutants.md"
KEY = ("file", "text", "column", "copy", "operator")

HEAD = """---
orphan: true
---

# Strength of the tests

Written by `make mutants` from `mutants.jsonl`: small changes of the code at places drawn by chance from `schemes/`, `analysis/`,
`codegen/` and `nn/reading/`, each against the fast tests of its own room that run the line, until one fails or none is left. What
runs past its time counts as killed. Annotations and `strict=True` are no places, since no valid call shows what changes there. A later
run goes on from the record; a result is void when its line changes.
"""


def load() -> dict[tuple[object, ...], dict[str, Any]]:
    """The record by key."""
    lines = RECORD.read_text(encoding="utf-8").splitlines() if RECORD.exists() else []
    return {tuple(one[name] for name in KEY): one for one in map(json.loads, lines)}


def save(record: dict[tuple[object, ...], dict[str, Any]]) -> None:
    """The record in the order of files and lines of text, and its page."""
    ordered = sorted(record.values(), key=lambda one: [str(one[name]) for name in KEY])
    RECORD.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in ordered), encoding="utf-8")
    PAGE.write_text(page(ordered), encoding="utf-8")


def interval(part: int, whole: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share, in percent."""
    z, share = 1.96, part / whole
    middle, width = share + z * z / (2 * whole), z * math.sqrt((share * (1 - share) + z * z / (4 * whole)) / whole)
    return tuple(100 * (middle + sign * width) / (1 + z * z / whole) for sign in (-1, 1))  # type: ignore[return-value]


def room_of(one: dict[str, Any]) -> str:
    """The room that a line belongs to."""
    return "nn/reading" if one["file"].startswith("schemetools/nn/") else one["file"].split("/")[1]


def page(lines: list[dict[str, Any]]) -> str:
    """What the record comes to."""
    survived = [one for one in lines if one["outcome"] == "survived"]
    killed = len(lines) - len(survived)
    first = killed - sum(bool(one.get("later")) for one in lines)
    low, high = interval(first, len(lines))
    said = f"{killed} of {len(lines)} killed: {100 * killed / len(lines):.1f} %. Of these at most {first} were killed at first "
    said += (
        f"({100 * first / len(lines):.1f} %; 95 % confidence: {low:.0f} to\n{high:.0f} %), the others by tests written "
    )
    said += "after they had survived.\n"
    explained = sum(bool(one.get("why")) for one in survived)
    said += f"Of the {len(survived)} that survive, {explained} are explained below as changes that no test can see;\n"
    seen = len(lines) - explained
    said += f"without these, {killed} of {seen} killed: {100 * killed / seen:.1f} %.\n"
    table = ["| room | tried | killed |", "|---|---|---|"]
    for room, count in sorted(Counter(map(room_of, lines)).items()):
        table.append(f"| `{room}` | {count} | {sum(room_of(one) == room and one not in survived for one in lines)} |")
    parts = [HEAD, said, "\n".join(table)]
    if survived:
        parts.append("\n## What survived")
    for one in survived:
        why = one.get("why") or f"Not explained; it met {one['tests']} tests, {one['seeing']} of the room run the line."
        parts.append(f"\n`{one['file'].removeprefix('schemetools/')}`, {one['operator']}: {why}\n")
        parts.append(f"```diff\n- {one['text']}\n+ {one['changed']}\n```")
    return "\n".join(parts) + "\n"
