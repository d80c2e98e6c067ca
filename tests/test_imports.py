"""Importing costs what the task needs: nothing for the package, sympy and numpy for the core."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import schemetools

ROOT = Path(__file__).parent.parent
CORE = ("errors", "exact", "schemes", "analysis", "codegen")
OUTSIDE_THE_CORE = ("torch", "scipy", "matplotlib", "flint", "typer", "rich", "accelerate", "sklearn", "PIL")

REPORT = """
import json, sys
heavy = ("torch", "matplotlib", "sympy", "scipy", "numpy", "typer", "rich")
print(json.dumps([name for name in heavy if name in sys.modules]))
"""

IMPORT_THE_CORE = """
import importlib, json, pkgutil, sys
blocked, core = json.loads(sys.argv[1])
for name in blocked:
    sys.modules[name] = None
imported = []
for room in core:
    module = importlib.import_module(f"schemetools.{room}")
    imported.append(module.__name__)
    for info in pkgutil.walk_packages(getattr(module, "__path__", []), module.__name__ + "."):
        importlib.import_module(info.name)
        imported.append(info.name)
print(json.dumps(imported))
"""


COMMAND = """
import contextlib, io, json, sys
libraries, arguments = json.loads(sys.argv[1])
from schemetools.cli import main
sys.argv = ["schemetools", *arguments]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
rooms = {name.split(".")[1] for name in sys.modules if name.startswith("schemetools.")}
print(json.dumps([sorted(set(libraries) & set(sys.modules)), sorted(rooms)]))
"""
LIBRARIES = (
    "torch",
    "jax",
    "matplotlib",
    "PIL",
    "sympy",
    "mpmath",
    "scipy",
    "numpy",
    "sklearn",
    "accelerate",
    "latex2mathml",
)
EXACT = ["mpmath", "numpy", "sympy"]


def run(code: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", code, *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_importing_the_package_loads_nothing_heavy():
    assert run("import schemetools" + REPORT) == []


def test_the_cli_module_loads_neither_torch_nor_matplotlib_nor_sympy():
    loaded = run("import schemetools.cli" + REPORT)
    assert "torch" not in loaded
    assert "matplotlib" not in loaded
    assert "sympy" not in loaded  # `--help` takes a quarter of a second without, and five times that with it


def test_a_catalog_scheme_loads_neither_torch_nor_matplotlib():
    loaded = run("import schemetools as st; st.modified_equation(st.rk4, 2)" + REPORT)
    assert "sympy" in loaded
    assert not {"torch", "matplotlib", "scipy"} & set(loaded)


def test_the_core_imports_with_sympy_and_numpy_alone():
    imported = run(IMPORT_THE_CORE, json.dumps([OUTSIDE_THE_CORE, CORE]))
    assert {f"schemetools.{room}" for room in CORE} <= set(imported)
    assert len(imported) > 2 * len(CORE)


@pytest.mark.parametrize("name", [name for name in dir(schemetools) if not name.startswith("_")])
def test_every_public_name_resolves(name):
    assert getattr(schemetools, name) is not None


def test_an_unknown_public_name_is_an_attribute_error():
    assert not hasattr(schemetools, "no_such_scheme_or_function")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("modifed_equation", r"did you mean modified_equation\?.*no scheme 'modifed_equation'"),
        ("rk44x", "did you mean rk44"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(name, said):
    with pytest.raises(AttributeError, match=said):
        getattr(schemetools, name)


@pytest.mark.parametrize(
    ("arguments", "libraries", "rooms"),
    [
        (["--help"], [], ["atomic", "cli", "errors"]),
        (
            ["show", "rk4"],
            EXACT,
            ["analysis", "atomic", "cli", "errors", "exact", "present", "progress", "schemes", "tables"],
        ),
        (
            ["stability", "rk4", "-o", "rk4.png"],
            ["PIL", "matplotlib", *EXACT],
            ["analysis", "atomic", "cli", "errors", "exact", "present", "progress", "schemes", "tables"],
        ),
    ],
    ids=["help", "show", "stability"],
)
def test_a_command_loads_what_it_needs(arguments, libraries, rooms, tmp_path):
    if arguments[-1].endswith(".png"):
        arguments = [*arguments[:-1], str(tmp_path / arguments[-1])]
    found, loaded = run(COMMAND, json.dumps([LIBRARIES, arguments]))
    assert (found, loaded) == (sorted(libraries), rooms)


@pytest.mark.parametrize("arguments", [["show", "rk4"], ["stability", "rk4"], ["list"]], ids=lambda words: words[0])
def test_no_command_about_one_method_loads_what_derives_equations(arguments):
    report = COMMAND.replace('rooms = {name.split(".")[1] for name', "rooms = {name for name")
    _, loaded = run(report, json.dumps([LIBRARIES, arguments]))
    assert [name for name in loaded if name.startswith("schemetools.analysis.modified")] == []
    assert any(name.startswith("schemetools.schemes.catalog.") for name in loaded)
