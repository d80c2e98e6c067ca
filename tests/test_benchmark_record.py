"""The table of benchmarks and the figures that other pages quote are those of the record, and a missed bar is said."""

import importlib.util
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("record", Path(__file__).parent.parent / "benchmarks" / "record.py")
record = importlib.util.module_from_spec(spec)
spec.loader.exec_module(record)
RECORD = record.load()


def test_the_table_is_that_of_the_record():
    assert record.TABLE.read_text(encoding="utf-8") == record.table(RECORD)


@pytest.mark.parametrize("page", record.PAGES, ids=lambda page: page.name)
def test_the_figures_of_a_page_are_those_of_the_record(page):
    text = page.read_text(encoding="utf-8")
    assert record.quoted(text, RECORD["figures"]) == text
    rows = text.partition("benchmarks.json -->")[2].partition("\n\n")[0].splitlines()[3:]
    assert len(rows) >= 4 and {row.split(" | ")[0].removeprefix("| ") for row in rows} <= set(RECORD["figures"])
    name, figure = next((n, f) for n, f in RECORD["figures"].items() if f"| {n} |" in text)
    moved = RECORD["figures"] | {name: figure | {"value": 2 * figure["value"]}}
    assert record.quoted(text, moved) != text


def test_every_figure_says_whether_its_bar_holds():
    for name, one in RECORD["figures"].items():
        assert one.get("cannot") or one["bar"] is None or isinstance(one["holds"], bool), name
        near = abs(one.get("value", 0) - (one.get("bar") or 0)) <= 0.01 * (one.get("bar") or 0)
        if one.get("bar") is not None and not near:
            assert one["holds"] == ((one["value"] > one["bar"]) == one["least"]), name


def test_a_missed_bar_and_a_peer_that_cannot_are_said():
    missed = record.figure(2.0, None, 1.5, False) | {"in": 0}
    unable = {"cannot": "it has no multistep methods", "in": 0}
    page = record.table({"environments": [{"python": "3"}], "figures": {"a": missed, "b": unable}})
    assert "| a | 2 | at most 1.5, **missed** | 1 |" in page
    assert "| b | cannot: it has no multistep methods |  | 1 |" in page
    assert record.figure(2.0, 0.1, 1.5, True)["holds"] and record.figure(2.0, 0.1, None, False)["holds"] is None
