"""README's commands, taken out of README and run in order, from a clean clone and an empty home; by `make readme`.

The blocks first, `sh` and `console`, whose output is compared, then those within the text. `--quick` leaves out what
installs or takes minutes, and runs the rest with the schemetools of this Python.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(schemetools [^`]*)`")
SLOW = ("make", "pip")


def commands(text: str) -> Iterator[tuple[str, str | None]]:
    """(command, what it prints where that is shown), in the order in which they are to be run."""
    for kind, block in BLOCK.findall(text):
        if kind == "sh":
            yield from ((line, None) for line in block.splitlines() if not line.startswith("#"))
        else:
            for call in block.removeprefix("$ ").split("\n$ "):
                command, _, shown = call.partition("\n")
                yield command, shown
    yield from ((command, None) for command in INLINE.findall(text))


def main() -> None:
    """Run all of them, say of each whether it did, and exit with the number of those that did not."""
    quick, failed = "--quick" in sys.argv[1:], 0
    with tempfile.TemporaryDirectory() as folder:
        clone, home = Path(folder) / "schemetools", Path(folder) / "home"
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        programs = Path(sys.executable).parent if quick else clone / ".venv" / "bin"
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        environment = {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8"} | (
            {"PYTHONPATH": str(clone)} if quick else {}
        )
        for command, shown in commands((clone / "README.md").read_text(encoding="utf-8")):
            if quick and shlex.split(command)[0] in SLOW:
                print(f"left out  {command}", flush=True)
                continue
            run = subprocess.run(command, shell=True, cwd=clone, env=environment, capture_output=True, text=True)
            good = run.returncode == 0 and (shown is None or run.stdout == shown)
            failed += not good
            print(f"{'ok' if good else 'FAILED':8}  {command}", flush=True)
            if not good:
                print(run.stdout[-2000:], run.stderr[-2000:], sep="\n", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
