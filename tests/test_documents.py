"""What README and the documentation show is true: commands are run, blocks of Python are executed.

Examples that start with >>> are doctests, which pytest collects from the same files by itself. A block of `console` is a
command and what it prints: run, and compared. A block of `sh` is not run here, and says in its first line why; its
commands must exist with the options they have. README's are run by `make readme`. Nowhere else is there a command.
"""

import re
import shlex
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import typer

from schemetools.cli import main
from schemetools.cli.app import app

ROOT = Path(__file__).parent.parent
DOCS = [*sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS]
DOCUMENTS = [path for path in PAGES if not path.name.startswith("add_a_")]  # these have tests of their own

BLOCK = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(schemetools [^`]*)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
COMMAND = re.compile(r"^ *(?:\$ |schemetools |make [a-z]|pip |python -m )", re.MULTILINE)
KINDS = {"python", "console", "sh", "text", "toml", "demo"}  # demo: compared by tests/test_demo.py, which takes minutes
NOT_RUN = re.compile(r"# not run by the tests(?:, but by `make readme`)?: \S.*")


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
        pytest.param(text, id=f"{path.name}-{i}") for path in PAGES for i, text in enumerate(blocks(path, language))
    ]


def by_page(pages):
    return pytest.mark.parametrize("path", pages, ids=lambda path: path.name)


@pytest.mark.parametrize("block", cases("console"))
def test_a_command_prints_what_is_shown(block, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    first, *calls = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert first == "" and calls
    for call in calls:
        command, _, shown = call.partition("\n")
        assert printed(capsys, command) == shown
    plt.close("all")


@pytest.mark.parametrize("block", cases("sh"))
def test_a_block_that_is_not_run_says_why_and_its_commands_exist(block):
    first, *lines = block.splitlines()
    assert NOT_RUN.fullmatch(first) and lines
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for line in lines:
        words = shlex.split(line, comments=True)
        if words[:1] == ["make"]:
            assert words[1] in targets
        elif "schemetools" in words:
            name, *options = words[words.index("schemetools") + 1 :]
            typer.main.get_command(app).commands[name].make_context(name, options)


@by_page(PAGES)
def test_every_block_is_of_a_kind_that_a_test_reads(path):
    text = path.read_text(encoding="utf-8")
    assert {kind for kind, _ in BLOCK.findall(text) if not kind.startswith("{")} <= KINDS
    others = BLOCK.sub(lambda block: "" if block[1] in ("console", "sh") else block[2], text)
    assert not COMMAND.search(others)
    assert not re.search(r"\+SKIP\n(?!>>>|\n|```)", text)  # what is skipped shows nothing


def test_prompts_stand_where_pytest_looks_for_them():
    others = [path for path in (ROOT / "docs").rglob("*.rst") if "_build" not in path.parts]
    assert others and not [path for path in others if ">>> " in path.read_text(encoding="utf-8")]


@by_page(DOCUMENTS)
def test_a_command_in_the_text_runs(path, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in INLINE.findall(path.read_text(encoding="utf-8")):
        printed(capsys, command)
    plt.close("all")


@by_page(DOCUMENTS)
def test_blocks_of_python_run_one_after_another(path):
    names: dict = {}
    for block in blocks(path, "python"):
        if not block.startswith(">>>"):
            exec(compile(block, str(path), "exec"), names)  # noqa: S102  (the block that is shown)
    plt.close("all")


@by_page([ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
def test_a_link_into_the_project_leads_somewhere(path):
    links = LINK.findall(path.read_text(encoding="utf-8"))
    assert all((path.parent / link).exists() for link in links), links
