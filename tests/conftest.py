"""What all tests share: golden files, the switch that rewrites them, and what needs python-flint."""

import difflib
from pathlib import Path

import pytest
from hypothesis import settings

# No test is timed: a machine may be busy.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser):
    parser.addoption("--update", action="store_true", help="rewrite the golden files instead of comparing with them")


def pytest_collection_modifyitems(items):
    from sympy.external.gmpy import GROUND_TYPES

    if GROUND_TYPES != "flint":
        missing = pytest.mark.skip(reason="needs python-flint, or minutes without it: pip install python-flint")
        for item in items:
            if "flint" in item.keywords:
                item.add_marker(missing)


@pytest.fixture
def golden(request):
    """A function (name, text): the text must equal tests/golden/<name>; `pytest --update` writes it there."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        if not path.exists():
            pytest.fail(f"there is no golden file {name}; look at the text and run pytest --update:\n{text}")
        stored = path.read_text(encoding="utf-8")
        if stored != text:
            lines = difflib.unified_diff(
                stored.splitlines(), text.splitlines(), f"golden/{name}", "generated", lineterm=""
            )
            pytest.fail("generated text changed (pytest --update accepts it):\n" + "\n".join(lines))

    return compare
