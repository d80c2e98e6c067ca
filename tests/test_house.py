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


MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES
}


def imports_of(path: Path) -> set[str]:
    """The modules of the package that a file names in its imports, those for type checkers alone included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                f"{node.module}.{a.name}" if f"{node.module}.{a.name}" in MODULES else node.module for a in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & set(MODULES)


def test_no_file_imports_itself_by_a_detour():
    """Files that nobody left imports, or that import nobody left, are taken away until none is left."""
    graph = {name: imports_of(path) for name, path in MODULES.items()}
    assert not [name for name, needs in graph.items() if name in needs]
    while ready := {name for name, needs in graph.items() if not needs & set(graph)}:
        graph = {name: needs for name, needs in graph.items() if name not in ready}
    while unused := set(graph) - set().union(*graph.values()):
        graph = {name: needs for name, needs in graph.items() if name not in unused}
    assert graph == {}


ROOMS = sorted(path.parent for room in ("analysis", "nn") for path in (PACKAGE / room).glob("*/__init__.py"))


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_says_what_it_knows_and_what_it_need_not_know(room):
    said = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    knows, _, ignores = said.partition(". Knows no")
    assert len(knows.split()) >= 4 and len(ignores.split()) >= 1


@pytest.mark.parametrize("module", sorted(schemetools.PUBLIC))
def test_every_public_name_has_a_docstring(module):
    for name in schemetools.PUBLIC[module]:
        thing = getattr(schemetools, name)
        assert not callable(thing) or (thing.__doc__ or "").strip(), name


def test_every_room_of_public_names_is_in_the_reference():
    pages = "".join(page.read_text(encoding="utf-8") for page in REFERENCE.glob("*.rst"))
    rooms = {module.split(".")[0] for module in schemetools.PUBLIC}
    assert rooms == set(re.findall(r"^\.\. public-names:: (\w+)$", pages, re.MULTILINE))
