"""Mutants sampled with a fixed seed, each against the tests of its own room, stopped at the first failure: make mutants.

Works in a copy of the tree, .cache/mutants/tree; results.jsonl beside it has a line per mutant and is what a later run goes on
from; `make clean` forgets it. First the test file of the module's name and those of its own folder; what survives there meets the whole room.
MUTANTS=400 how many, MINUTES=600 when to stop, QUICK=1 leaves the whole room out.
"""

import ast
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".cache" / "mutants"
TREE, RESULTS = WORK / "tree", WORK / "results.jsonl"
ROOMS = ("schemes", "analysis", "codegen", "nn/reading")
SEED = 20
PYTHON = os.environ.get("TESTS_PYTHON", sys.executable)
# A cap on one run of tests; a mutant that loops is killed by it.
SECONDS = {"near": 400, "room": 3600}


class Mutant(NamedTuple):
    """One change of one place."""

    file: str
    line: int
    column: int
    operator: str
    occurrence: int


def unread(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where a change says nothing about the tests: annotations, which only type checkers read."""
    for node in ast.walk(ast.parse(source)):
        for name in ("annotation", "returns"):
            part = getattr(node, name, None)
            if isinstance(part, ast.expr):
                yield (part.lineno, part.col_offset), (part.end_lineno or 0, part.end_col_offset or 0)


def places(path: Path) -> dict[tuple[int, int], list[Mutant]]:
    """All mutants of a file by where they are."""
    source = path.read_text(encoding="utf-8")
    nodes, skipped = list(ast_nodes(get_ast(source))), list(unread(source))
    found: dict[tuple[int, int], list[Mutant]] = {}
    for name in operator_names():
        operator_class = get_operator(name)
        if operator_class.arguments():
            continue
        positions = (start for node in nodes for start, _ in operator_class().mutation_positions(node))
        for occurrence, start in enumerate(positions):
            if not any(low <= start < high for low, high in skipped):
                mutant = Mutant(str(path.relative_to(ROOT)), *start, name, occurrence)
                found.setdefault(start, []).append(mutant)
    return found


def sampled(count: int) -> list[Mutant]:
    """Places drawn evenly from the rooms, and one mutant of each; kept, as looking for them takes minutes."""
    kept = WORK / f"sample-{count}.json"
    if kept.exists():
        return [Mutant(*one) for one in json.loads(kept.read_text(encoding="utf-8"))]
    draw = random.Random(SEED)
    files = [p for room in ROOMS for p in sorted((ROOT / "schemetools" / room).rglob("*.py"))]
    everywhere = [group for path in files for _, group in sorted(places(path).items())]
    found = [draw.choice(group) for group in draw.sample(everywhere, count)]
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def tests_of(mutant: Mutant) -> dict[str, list[str]]:
    """The tests near a module, and those of its room."""
    inside = Path(mutant.file).relative_to("schemetools")
    room = next(Path("tests", r) for r in ROOMS if inside.is_relative_to(r))
    folder = Path("tests") / inside.parent
    while not (ROOT / folder).is_dir():
        folder = folder.parent
    named = [str(p.relative_to(ROOT)) for p in (ROOT / room).rglob(f"test_{inside.stem.lstrip('_')}*.py")]
    return {"near": [*named, str(folder)], "room": [str(room)]}


def outcome(stage: str, tests: list[str]) -> str:
    """killed, survived, or looped."""
    command = [PYTHON, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(TREE), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=TREE, env=environment, capture_output=True, timeout=SECONDS[stage])
    except subprocess.TimeoutExpired:
        return "looped"
    return "killed" if done.returncode else "survived"


def tried(mutant: Mutant, stage: str) -> dict[str, object]:
    """The result of one mutant at one stage."""
    path, source = TREE / mutant.file, (ROOT / mutant.file).read_text(encoding="utf-8")
    changed = mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence)
    start = time.monotonic()
    path.write_text(changed, encoding="utf-8")
    try:
        found = outcome(stage, tests_of(mutant)[stage])
    finally:
        path.write_text(source, encoding="utf-8")
    before, after = source.splitlines(), changed.splitlines()
    lines = [f"- {a.strip()}\n+ {b.strip()}" for a, b in zip(before, after, strict=False) if a != b]
    line = lines[0] if lines else f"- {before[mutant.line - 1].strip()}"
    return mutant._asdict() | {"stage": stage, "outcome": found, "change": line, "seconds": time.monotonic() - start}


def copied() -> None:
    """The tracked files as they stand."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, names):
        target = TREE / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)


def main() -> None:
    """Go on until all are tried or the time is over, then say what survived."""
    stop = time.monotonic() + 60 * float(os.environ.get("MINUTES", "600"))
    copied()
    mutants = sampled(int(os.environ.get("MUTANTS", "400")))
    results: dict[tuple[Mutant, str], dict[str, object]] = {}
    for text in RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else ():
        line = json.loads(text)
        results[Mutant(*(line[name] for name in Mutant._fields)), line["stage"]] = line
    for stage in ("near",) if os.environ.get("QUICK") else ("near", "room"):
        for mutant in mutants:
            near = results.get((mutant, "near"))
            if time.monotonic() > stop or (mutant, stage) in results:
                continue
            if stage == "room" and (near is None or near["outcome"] != "survived"):
                continue
            results[mutant, stage] = tried(mutant, stage)
            with RESULTS.open("a", encoding="utf-8") as file:
                print(json.dumps(results[mutant, stage]), file=file)
            print(f"{results[mutant, stage]['outcome']:9} {mutant.file}:{mutant.line}", flush=True)
    last = [results.get((m, "room"), results.get((m, "near"))) for m in mutants]
    counts = Counter(str(r["outcome"]) for r in last if r)
    total = sum(counts.values())
    print(f"{total} of {len(mutants)} tried: {dict(counts)}")
    for r in filter(None, last):
        if r["outcome"] == "survived":
            print(f"\n{r['file']}:{r['line']} ({r['operator']})\n{r['change']}")
    if total:
        print(f"\n{100 - 100 * counts['survived'] / total:.1f} % killed")


if __name__ == "__main__":
    main()
