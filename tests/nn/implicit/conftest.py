"""Steps are compared with formulas in double precision."""

import pytest


@pytest.fixture(autouse=True)
def _double(double_precision):
    pass
