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


@pytest.mark.parametrize(("page", "name", "budget"), [("schemes_small", "schemes", "small")])
def test_kept_figures_follow_from_the_runs(page, name, budget):
    record = record_of(page)
    chosen, spent = table(name), BUDGETS[budget]
    runs = {row["label"]: row["runs"] for row in record["rows"]}
    again = json.loads(json.dumps(table_record(chosen, spent, chosen.rows, runs)))
    assert again == record
    assert record["complete"]
    for row in record["rows"]:
        assert [run["config"]["seed"] for run in row["runs"]] == list(range(spent.seeds))
        assert {run["config"]["epochs"] for run in row["runs"]} == {spent.epochs}
