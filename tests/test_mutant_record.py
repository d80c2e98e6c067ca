"""The page on mutants is that of its record, and its interval is Wilson's."""

import importlib.util
import json
import math
from pathlib import Path

spec = importlib.util.spec_from_file_location("mutant_record", Path(__file__).parent / "mutants" / "record.py")
record = importlib.util.module_from_spec(spec)
spec.loader.exec_module(record)


def test_the_page_is_that_of_the_record():
    lines = list(record.load().values())
    assert record.PAGE.read_text(encoding="utf-8") == record.page(lines)
    assert {one["outcome"] for one in lines} <= {"killed", "survived", "looped"}
    assert len(lines) == len(record.RECORD.read_text(encoding="utf-8").splitlines())


def test_the_interval_is_where_a_share_differs_by_1_96_of_its_deviations():
    """Wilson's bounds p solve |p - share| = 1.96 sqrt(p (1 - p) / n)."""
    for part, whole in ((9, 10), (37, 40), (5, 5)):
        for bound in record.interval(part, whole):
            p = bound / 100
            assert math.isclose(abs(p - part / whole), 1.96 * math.sqrt(max(p * (1 - p), 0) / whole), abs_tol=1e-9)


def test_a_survivor_is_shown_and_an_explanation_is_kept():
    one = {"file": "schemetools/schemes/a.py", "text": "x = 1", "column": 4, "copy": 0, "operator": "NumberReplacer"}
    lines = [one | {"outcome": "survived", "changed": "x = 2", "tests": 3, "seeing": 2, "why": "A cache's size."}]
    lines += [one | {"outcome": "killed", "copy": n} for n in range(1, 4)]
    page = record.page(lines)
    assert "3 of 4 killed: 75.0 %" in page and "| `schemes` | 4 | 3 |" in page
    assert "without these, 3 of 3 killed: 100.0 %" in page
    assert "A cache's size." in page and "- x = 1\n+ x = 2" in page
    assert json.loads(json.dumps(lines)) == lines
