"""The tables that are kept with the documentation follow from the runs in their records."""

import json
from pathlib import Path

import pytest

from schemetools.nn.tables import BUDGETS, table
from schemetools.nn.tables.markdown import markdown
from schemetools.nn.tables.record import table_record

RESULTS = Path(__file__).parents[3] / "docs" / "results"


def record_of(page):
    return json.loads((RESULTS / f"{page}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", ["schemes_small"])
def test_a_kept_page_is_that_of_its_record(page):
    assert markdown(record_of(page)) in (RESULTS / f"{page}.md").read_text(encoding="utf-8")


def in_digits(value):
    """Floats to 9 digits: quantiles of scipy 1.11 and 1.17 differ in the eleventh."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: in_digits(item) for key, item in value.items()}
    return [in_digits(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("page", "name", "budget"), [("schemes_small", "schemes", "small")])
def test_kept_figures_follow_from_the_runs(page, name, budget):
    record = record_of(page)
    chosen, spent = table(name), BUDGETS[budget]
    runs = {row["label"]: row["runs"] for row in record["rows"]}
    again = json.loads(json.dumps(table_record(chosen, spent, chosen.rows, runs)))
    assert in_digits(again) == in_digits(record)
    assert record["complete"]
    for row in record["rows"]:
        assert [run["config"]["seed"] for run in row["runs"]] == list(range(spent.seeds))
        assert {run["config"]["epochs"] for run in row["runs"]} == {spent.epochs}
