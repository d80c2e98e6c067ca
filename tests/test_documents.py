"""What README and the documentation show is true: commands are run, blocks of Python are executed.

Examples that start with >>> are doctests, which pytest collects from the same files by itself.
"""

import re
import shlex
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from schemetools.cli import main

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
DOCUMENTS = [path for path in DOCUMENTS if not path.name.startswith("add_a_")]  # these have tests of their own

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(schemetools [^`]*)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


def blocks(path: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(path.read_text(encoding="utf-8")) if kind == language]


def printed(capsys, command: str) -> str:
    with pytest.raises(SystemExit) as exit_:
        main(shlex.split(command)[1:])
    out, err = capsys.readouterr()
    assert (exit_.value.code, err) == (0, "")
    return out


def cases(language: str):
    return [
        pytest.param(text, id=f"{path.name}-{i}") for path in DOCUMENTS for i, text in enumerate(blocks(path, language))
    ]


@pytest.mark.parametrize("block", cases("console"))
def test_a_command_prints_what_is_shown(block, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command, _, shown = block.partition("\n")
    assert printed(capsys, command.removeprefix("$ ")) == shown
    plt.close("all")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_command_in_the_text_runs(path, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in INLINE.findall(path.read_text(encoding="utf-8")):
        printed(capsys, command)
    plt.close("all")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_blocks_of_python_run_one_after_another(path):
    names: dict = {}
    for block in blocks(path, "python"):
        if not block.startswith(">>>"):
            exec(compile(block, str(path), "exec"), names)  # noqa: S102  (the block that is shown)
    plt.close("all")


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_a_link_into_the_project_leads_somewhere(path):
    links = LINK.findall(path.read_text(encoding="utf-8"))
    assert all((path.parent / link).exists() for link in links), links
