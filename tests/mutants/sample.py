"""Mutants of the rooms in an order that a change elsewhere does not disturb, so that a record of them can grow.

A place is a file, the text of a line, a column, and which of the lines of that text it is; its rank is a hash of these. One mutant
is drawn at each place, in the same way. The first places by rank are a simple random sample, whatever their number.
"""

import ast
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("schemes", "analysis", "codegen", "nn/reading")
SEED = "20"
# strict=True raises where our own lengths differ, which no valid call can show: without it, what passes passes as before.
UNSEEN = "strict="


class Mutant(NamedTuple):
    """One change of one place; `line` and `occurrence` say where it is today, the rest is what it is known by."""

    file: str
    text: str
    column: int
    copy: int
    operator: str
    line: int
    occurrence: int

    @property
    def key(self) -> tuple[object, ...]:
        """What is void when the line changes, and stays when others do."""
        return self[:5]

    def rank(self, length: int) -> str:
        """A hash of the place, or of the place with the operator."""
        return hashlib.sha256(repr((SEED, *self[:length])).encode()).hexdigest()


def unread(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a change says nothing about the tests: annotations, which only type checkers read."""
    for node in ast.walk(ast.parse(source)):
        for name in ("annotation", "returns"):
            part = getattr(node, name, None)
            if isinstance(part, ast.expr):
                yield (part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0)


def mutants_of(file: str, source: str) -> list[Mutant]:
    """One mutant at each place of a file."""
    nodes, skipped = list(ast_nodes(get_ast(source))), list(unread(source))
    lines, stripped = source.splitlines(), [line.strip() for line in source.splitlines()]
    found: dict[tuple[int, int], list[Mutant]] = {}
    for name in operator_names():
        operator_class = get_operator(name)
        if operator_class.arguments():
            continue
        operator = operator_class()
        starts = (start for node in nodes for start, _ in operator.mutation_positions(node))
        for occurrence, (row, column) in enumerate(starts):
            if any(low <= (row, column) < high for low, high in skipped):
                continue
            text = stripped[row - 1]
            inside = column - len(lines[row - 1]) + len(lines[row - 1].lstrip())
            copy = stripped[: row - 1].count(text)
            one = Mutant(file, text, inside, copy, name.removeprefix("core/"), row, occurrence)
            found.setdefault((row, column), []).append(one)
    return [min(group, key=lambda m: m.rank(5)) for group in found.values()]


def sampled(kept: Path) -> list[Mutant]:
    """All mutants by rank; `kept` holds those of each file's present text, as looking for them takes minutes."""
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    now: dict[str, list[Mutant]] = {}
    for path in (p for room in ROOMS for p in sorted((ROOT / "schemetools" / room).rglob("*.py"))):
        source, file = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
        key = hashlib.sha256(f"{file}\n{source}".encode()).hexdigest()
        now[key] = [Mutant(*one) for one in before[key]] if key in before else mutants_of(file, source)
    kept.write_text(json.dumps(now), encoding="utf-8")
    everywhere = (m for group in now.values() for m in group if not m.text[: m.column].endswith(UNSEEN))
    return sorted(everywhere, key=lambda m: m.rank(4))
