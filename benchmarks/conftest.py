"""The fixture `measured`: a figure beside its bar, printed and recorded; a bar that is missed is said, not raised.

What is done of a run that was broken off is not measured again by the next: .cache/bench lists it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import record
import torch

DONE = Path(__file__).resolve().parent.parent / ".cache" / "bench"


class Measured:
    """measured(name, value, spread=..., bar=..., least=...) and measured.cannot(name, reason)."""

    def __init__(self) -> None:
        self.found: record.Figures = {}

    def __call__(
        self, name: str, value: float, *, spread: float | None = None, bar: float | None = None, least: bool = False
    ) -> None:
        """Record a value, which should be at most the bar, or at least where `least` is said."""
        self._keep(name, record.figure(value, spread, bar, least))

    def cannot(self, name: str, reason: str) -> None:
        """Record that a peer cannot do the work, and why."""
        self._keep(name, {"cannot": reason})

    def _keep(self, name: str, one: dict[str, object]) -> None:
        self.found[name] = one
        print(f"\n{name}: {record.measured(one)}   {record.bar(one)}", end="", flush=True)


@pytest.fixture
def measured() -> Iterator[Measured]:
    """What a test measures goes into the record when the test ends."""
    figures = Measured()
    yield figures
    if figures.found:
        record.keep(figures.found)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """All figures are of one thread, drawn from one seed."""
    torch.set_num_threads(1)
    torch.manual_seed(0)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    done = set(DONE.read_text(encoding="utf-8").splitlines()) if DONE.exists() else set()
    left = [item for item in items if item.nodeid not in done]
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in done])
    items[:] = left


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        DONE.parent.mkdir(exist_ok=True)
        with DONE.open("a", encoding="utf-8") as file:
            print(report.nodeid, file=file)


def pytest_sessionfinish(exitstatus: int) -> None:
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        DONE.unlink(missing_ok=True)
