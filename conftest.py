"""Examples that draw leave no figure open for the next one."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def figures() -> Iterator[None]:
    """Close what was drawn."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
