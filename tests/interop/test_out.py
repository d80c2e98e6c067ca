"""Solvers of libraries that are not there: the tables they would get, and one clear error."""

import importlib.util

import numpy as np
import pytest

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.interop.tables import float_table


@pytest.mark.parametrize("library", ["diffrax", "torchdiffeq"])
def test_a_missing_library_is_named(library):
    if importlib.util.find_spec(library):
        pytest.skip(f"{library} is installed")
    with pytest.raises(ModuleNotFoundError, match=f"to_{library} needs {library}.*pip install {library}"):
        getattr(st, f"to_{library}")("rk4")


@pytest.mark.parametrize("name", ["euler", "rk4", "cash_karp5", "dopri5", "sdirk2"])
def test_a_stage_at_the_result_changes_nothing(name):
    table = float_table(st.get(name), target="to_diffrax")
    full = table.with_result()
    assert full.ends_in_result and len(full.b) - len(table.b) == (name != "dopri5")
    for z in (0.3, -0.7):
        values = [1 + z * t.b @ np.linalg.solve(np.eye(len(t.b)) - z * t.A, np.ones(len(t.b))) for t in (table, full)]
        assert values[0] == pytest.approx(values[1], rel=1e-14)
    if table.error is not None:
        assert full.error.sum() == pytest.approx(0, abs=1e-14)


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(SchemeError, match="fully implicit"):
        float_table(st.gauss(2), target="to_diffrax")
    with pytest.raises(SchemeError, match="give a one"):
        float_table(st.get("rk22(a=a)"), target="to_diffrax")
