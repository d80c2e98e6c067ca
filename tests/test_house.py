"""The house keeps its shape: files without a table of contents, functions that fit a screen."""

import ast
import re
import statistics
from pathlib import Path

import pytest

import schemetools

PACKAGE = Path(__file__).parent.parent / "schemetools"
REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE = 350
LONGEST_FUNCTION = 60
MEDIAN_FILE = 150


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_and_its_functions_are_short(path):
    assert lines_of(path) <= LONGEST_FILE
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions if f.end_lineno - f.lineno >= LONGEST_FUNCTION}
    assert long == {}


def test_the_median_file_is_short():
    assert statistics.median(map(lines_of, FILES)) <= MEDIAN_FILE


def test_every_public_name_is_in_the_reference():
    pages = "".join(page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.rst"))
    rooms = {module.split(".")[0] for module in schemetools.PUBLIC}
    assert rooms == set(re.findall(r"^\.\. public-names:: (\w+)$", pages, re.MULTILINE))
