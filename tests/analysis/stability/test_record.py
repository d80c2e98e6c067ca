"""The record of a scheme's stability is plain data that says what the object says."""

import json

import pytest
import sympy

import schemetools as st
from schemetools.analysis.stability.record import NUMBERS, VERDICTS, stability_record
from schemetools.analysis.stability.verb import stability


@pytest.mark.parametrize(
    "name", ["rk4", "lm", "lm(k=3/10)", "bdf(4)", "gauss(2)", "theta", "revnet", "ars222", "stochastic_depth", "trbdf2"]
)
def test_record_is_json_and_agrees_with_the_object(name):
    record = json.loads(json.dumps(stability_record(st.get(name), normalized=False), allow_nan=False))
    assert set(record) == {*VERDICTS, *NUMBERS}
    found = stability(st.get(name))
    for entry in record.values():
        assert set(entry) == {"value", "exact", "how"}
        assert entry["how"]
    assert record["is_zero_stable"]["value"] in (found.is_zero_stable, None)
    length = record["real_interval"]
    if length["value"] is not None:
        assert length["value"] == pytest.approx(float(found.real_interval))


def test_record_of_rk4_and_lm():
    record = stability_record(st.rk4)
    assert record["is_a_stable"] == {"value": False, "exact": "no", "how": "exact"}
    assert record["imaginary_interval"]["exact"] == "2*sqrt(2)"
    assert record["angle"]["exact"] == "none"
    assert record["area"]["exact"] is None
    assert "numerical" in record["area"]["how"]
    symbolic = stability_record(st.lm())
    assert symbolic["is_zero_stable"]["value"] is None
    assert sympy.sympify(symbolic["is_zero_stable"]["exact"]) == stability(st.lm()).is_zero_stable
    assert stability_record(st.trapezoid)["real_interval"]["exact"] == "oo"
