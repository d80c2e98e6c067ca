"""Which tests run which line: each room's tests once under coverage, so that a mutant meets first what can see it."""

import ast
import functools
import hashlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from coverage import CoverageData
from sample import ROOMS, ROOT, Mutant

# Fewer tests than this on a line, and a cached value may be what others see of it.
FEW = 10


class Tests(NamedTuple):
    """The tests for one mutant, those that run its line first, the quickest first; how many of them run it; how long all take."""

    names: list[str]
    seeing: int
    seconds: float


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
    """The tests that run each line of a function, by its text; "" is the time when tests are collected."""
    data = CoverageData(basename=str(folder / f"{room.replace('/', '_')}.data"))
    data.read()
    measured = next((f for f in data.measured_files() if f.endswith(f"/{file}")), None)
    if measured is None:
        return {}
    source = (folder / file).read_text(encoding="utf-8")
    bodies, lines, contexts = inside_functions(source), source.splitlines(), data.contexts_by_lineno(measured)
    found: dict[str, set[str]] = {}
    for number, first, last in spans(source):
        if number in bodies:
            names = found.setdefault(lines[number - 1].strip(), set())
            names.update(c.rpartition("|")[0] for n in range(first, last + 1) for c in contexts.get(n, ()))
    return found


def spans(source: str) -> Iterator[tuple[int, int, int]]:
    """(line, first, last) of each line of a statement, of its head where it has a body: a line of its own may not count as run."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None) or getattr(node, "cases", None)
            last = node.end_lineno or node.lineno
            if body:
                last = (body[0].pattern if isinstance(body[0], ast.match_case) else body[0]).lineno - 1
            for number in range(node.lineno, max(last, node.lineno) + 1):
                yield number, node.lineno, max(last, node.lineno)


class Covering:
    """The measured runs, in `folder`: ROOM.data and ROOM.xml, and the sources that they were measured with."""

    def __init__(self, folder: Path, tree: Path) -> None:
        self.folder, self.tree = folder, tree

    def measure(self, *, again: bool) -> None:
        """Run each room that was not measured yet, or `again` where its tests have changed since; minutes each."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for room in ROOMS:
            name = room.replace("/", "_")
            result, seal = self.folder / f"{name}.xml", self.folder / f"{name}.tests"
            texts = [path.read_bytes() for path in sorted((self.tree / "tests" / room).rglob("*.py"))]
            digest = hashlib.sha256(b"".join(texts)).hexdigest()
            if result.exists() and not (again and (not seal.exists() or seal.read_text() != digest)):
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
            command = [sys.executable, "-m", "pytest", *options, f"--junitxml={result}", "-o", "junit_family=xunit1"]
            more = {
                "COVERAGE_FILE": str(self.folder / f"{name}.data"),
                "PYTHONPATH": str(self.tree),
                "OMP_NUM_THREADS": "1",
            }
            subprocess.run([*command, f"tests/{room}"], cwd=self.tree, env=os.environ | more)
            seal.write_text(digest)
            for path in (self.tree / "schemetools" / room).rglob("*.py"):
                target = self.folder / path.relative_to(self.tree)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())

    def tests(self, mutant: Mutant, budget: float) -> Tests:
        """Those that run the line, as many as `budget` seconds hold; where it runs before any test does, or so few run it that a
        cache may hide the rest, those of the file's name and folder as well."""
        room = next(r for r in ROOMS if mutant.file.startswith(f"schemetools/{r}/"))
        seconds, lines = seconds_of(self.folder, room), seen(self.folder, mutant.file, room)
        known = lines.get(mutant.text, {""})
        seeing = known & set(seconds)
        order = sorted(seeing, key=seconds.__getitem__)
        outside = mutant.line not in inside_functions((ROOT / mutant.file).read_text("utf-8"))
        if outside or "" in known or 0 < len(seeing) < FEW:
            path = Path(mutant.file).relative_to("schemetools")
            order += sorted((n for n in seconds if f"/test_{path.stem.lstrip('_')}" in n), key=seconds.__getitem__)
            near = (f"tests/{parent}/" for parent in path.parents)
            beside = next(found for folder in near if (found := [n for n in seconds if n.startswith(folder)]))
            order += sorted(beside, key=seconds.__getitem__)
        chosen: dict[str, None] = {}
        for name in order:
            budget -= 0 if name in chosen else seconds[name]
            if budget > 0:
                chosen[name] = None
        return Tests(list(chosen), len(seeing), sum(seconds[name] for name in chosen))
