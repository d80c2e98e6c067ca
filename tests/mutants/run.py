"""Mutants of the code, each against the tests of its own room that run its line, the quickest first: make mutants.

The record in docs/results grows with each run: MUTANTS=400 how many in all, MINUTES=600 when to stop, AGAIN=1 tries once more what
survived without an explanation, after new tests, SECONDS_EACH=240 of tests for one mutant at most. Runs in a copy of the tree, .cache/mutants/tree; which
test runs which line is measured once, .cache/mutants/covering, and forgotten by `make clean`.
"""

import ast
import functools
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter

import pytest
import sympy  # noqa: F401  (imported once, before the runs of tests are forked)
import torch  # noqa: F401
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from covering import Covering
from record import load, save
from sample import ROOT, Mutant, sampled

WORK = ROOT / ".cache" / "mutants"
TREE = WORK / "tree"
COVERING = Covering(WORK / "covering", TREE)
BUDGET = float(os.environ.get("SECONDS_EACH", "240"))


class FirstFailure:
    """A plugin that writes down the test at which a run stopped."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            (WORK / "failed").write_text(report.nodeid, encoding="utf-8")


def run(names: list[str], seconds: float) -> tuple[str, str]:
    """killed, survived or looped, and by which test; in a process of its own, whose tests took `seconds` under coverage."""
    (WORK / "failed").write_text("", encoding="utf-8")
    (WORK / "tests").write_text("\n".join(names), encoding="utf-8")
    child = os.fork()
    if child == 0:
        limit = int(60 + 3 * seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 10))
        os.chdir(TREE)
        sys.path.insert(0, str(TREE))
        sys.dont_write_bytecode = True
        output = os.open(WORK / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        options = ["-x", "-q", "--hypothesis-seed=0", "-p", "no:cacheprovider", f"--basetemp={WORK / 'temporary'}"]
        os._exit(int(pytest.main([*options, f"@{WORK / 'tests'}"], plugins=[FirstFailure()])))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "looped", ""
    if os.WEXITSTATUS(status) == 0:
        return "survived", ""
    return "killed", (WORK / "failed").read_text(encoding="utf-8")


@functools.cache
def is_sound(name: str) -> bool:
    """Whether a test that killed passes on the code as it stands, run alone."""
    return run([name], BUDGET)[0] == "survived"


def changed_by(mutant: Mutant) -> str:
    """The text of the file with the change."""
    source = (TREE / mutant.file).read_text(encoding="utf-8")
    return mutate_code(source, get_operator(f"core/{mutant.operator}")(), mutant.occurrence)


def is_a_program(text: str) -> bool:
    """Whether it parses: some changes do not, and prove nothing."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def tried(mutant: Mutant) -> dict[str, object]:
    """The line of the record of one mutant."""
    path, source = TREE / mutant.file, (TREE / mutant.file).read_text(encoding="utf-8")
    changed = changed_by(mutant)
    after = changed.splitlines()
    tests = COVERING.tests(mutant, BUDGET)
    line: dict[str, object] = dict(zip(("file", "text", "column", "copy", "operator"), mutant.key, strict=True))
    line["changed"] = (
        after[mutant.line - 1].strip() if len(after) == len(source.splitlines()) else "(the line is left out)"
    )
    names, outcome, by = list(tests.names), "survived", ""
    while names:
        path.write_text(changed, encoding="utf-8")
        try:
            outcome, by = run(names, tests.seconds)
        finally:
            path.write_text(source, encoding="utf-8")
        if outcome != "killed" or is_sound(by or names[0]):
            break
        names.remove(by or names[0])
        outcome, by = "survived", ""
    return line | {"outcome": outcome, "by": by, "tests": len(tests.names), "seeing": tests.seeing}


def copied() -> None:
    """The tracked files as they stand."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in filter(None, names):
        (TREE / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, TREE / name)


def stands(line: dict[str, object]) -> bool:
    """Whether a result is still one: the test that killed is there, and a survivor need not be tried again."""
    if line["outcome"] == "survived":
        return bool(line.get("why")) or not os.environ.get("AGAIN")
    path, _, name = str(line["by"]).partition("::")
    return not name or ((ROOT / path).exists() and f"def {name.partition('[')[0]}(" in (ROOT / path).read_text("utf-8"))


def main() -> None:
    """Go on until all are tried or the time is over."""
    stop = time.monotonic() + 60 * float(os.environ.get("MINUTES", "600"))
    copied()
    COVERING.measure(again=bool(os.environ.get("AGAIN")))
    everywhere = {m.key: m for m in sampled(WORK / "places.json")}
    record = {key: line for key, line in load().items() if key in everywhere and stands(line)}
    mutants = list(everywhere.values())[: int(os.environ.get("MUTANTS", "400"))]
    for mutant in mutants:
        if mutant.key in record or time.monotonic() > stop or not is_a_program(changed_by(mutant)):
            continue
        start = time.monotonic()
        record[mutant.key] = tried(mutant)
        save(record)
        took = time.monotonic() - start
        print(
            f"{record[mutant.key]['outcome']:9}{took:6.0f} s  {mutant.file}:{mutant.line} {mutant.operator}", flush=True
        )
    print(f"{len(record)} in the record: {dict(Counter(one['outcome'] for one in record.values()))}")


if __name__ == "__main__":
    main()
