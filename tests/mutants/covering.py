"""Which tests run which line: each room's tests once under coverage, so that a mutant meets first what can see it."""

import ast
import functools
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NamedTuple

from coverage import CoverageData
from sample import ROOMS, ROOT, Mutant

# Fewer tests than this on a line, and a cached value may be what others see of it.
FEW = 10


class Tests(NamedTuple):
    """The tests for one mutant, those that run its line first, the quickest first; how many of them run it."""

    names: list[str]
    seeing: int


@functools.cache
def seconds_of(folder: Path, room: str) -> dict[str, float]:
    """The tests of a room that pass, and how long each takes."""
    found = {}
    for case in ElementTree.parse(folder / f"{room.replace('/', '_')}.xml").iter("testcase"):
        if not any(part.tag in ("failure", "error", "skipped") for part in case):
            found[f"{case.get('file')}::{case.get('name')}"] = float(case.get("time", "0"))
    return found


def inside_functions(source: str) -> set[int]:
    """The lines in the bodies of functions: others run when the file is imported."""
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    return {n for f in functions for n in range(f.body[0].lineno, (f.end_lineno or 0) + 1)}


@functools.cache
def seen(folder: Path, file: str, room: str) -> dict[str, set[str]]:
    """The tests that run each line of a function, by its text; other lines run when a file is imported."""
    data = CoverageData(basename=str(folder / f"{room.replace('/', '_')}.data"))
    data.read()
    measured = next((f for f in data.measured_files() if f.endswith(f"/{file}")), None)
    if measured is None:
        return {}
    source = (folder / file).read_text(encoding="utf-8")
    bodies = inside_functions(source)
    found: dict[str, set[str]] = {}
    for number, contexts in data.contexts_by_lineno(measured).items():
        if number in bodies:
            text = source.splitlines()[number - 1].strip()
            found.setdefault(text, set()).update(c.rpartition("|")[0] for c in contexts if c)
    return found


class Covering:
    """The measured runs, in `folder`: ROOM.data and ROOM.xml, and the sources that they were measured with."""

    def __init__(self, folder: Path, tree: Path) -> None:
        self.folder, self.tree = folder, tree

    def measure(self) -> None:
        """Run each room that was not measured yet; minutes each."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for room in ROOMS:
            name = room.replace("/", "_")
            if (self.folder / f"{name}.xml").exists():
                continue
            print(f"which tests of {room} run which line", flush=True)
            options = [
                "-q",
                "-p",
                "no:cacheprovider",
                f"--cov=schemetools/{room}",
                "--cov-context=test",
                "--cov-report=",
            ]
            result = self.folder / f"{name}.xml"
            command = [sys.executable, "-m", "pytest", *options, f"--junitxml={result}", "-o", "junit_family=xunit1"]
            environment = {"COVERAGE_FILE": str(self.folder / f"{name}.data"), "PYTHONPATH": str(self.tree)}
            subprocess.run(
                ["env", *(f"{k}={v}" for k, v in environment.items()), *command, f"tests/{room}"], cwd=self.tree
            )
            for path in (self.tree / "schemetools" / room).rglob("*.py"):
                target = self.folder / path.relative_to(self.tree)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())

    def tests(self, mutant: Mutant, budget: float) -> Tests:
        """Those that run the line, as many as `budget` seconds hold; where a line runs at import, or so few run it that a cache may
        hide the rest, those of the file's name and folder as well."""
        room = next(r for r in ROOMS if mutant.file.startswith(f"schemetools/{r}/"))
        seconds, lines = seconds_of(self.folder, room), seen(self.folder, mutant.file, room)
        seeing = lines.get(mutant.text, set()) & set(seconds)
        order = sorted(seeing, key=seconds.__getitem__)
        if mutant.line not in inside_functions((ROOT / mutant.file).read_text("utf-8")) or 0 < len(seeing) < FEW:
            path = Path(mutant.file).relative_to("schemetools")
            order += sorted((n for n in seconds if f"/test_{path.stem.lstrip('_')}" in n), key=seconds.__getitem__)
            order += sorted((n for n in seconds if n.startswith(f"tests/{path.parent}/")), key=seconds.__getitem__)
        chosen: dict[str, None] = {}
        for name in order:
            budget -= 0 if name in chosen else seconds[name]
            if budget > 0:
                chosen[name] = None
        return Tests(list(chosen), len(seeing))
