"""The picture of measured orders: points are the errors, lines have the proven slope."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("agg")

import schemetools as st
from schemetools.errors import SchemeError


def test_points_are_errors_and_lines_have_the_proven_slope():
    result = st.convergence("heun2", steps=(8, 16, 32))
    ax = st.plot_convergence([result, "euler"], steps=(8, 16, 32))
    points, line = ax.lines[:2]
    np.testing.assert_allclose(points.get_ydata(), result.errors)
    h, errors = line.get_xdata(), line.get_ydata()
    np.testing.assert_allclose(np.diff(np.log(errors)) / np.diff(np.log(h)), 2)
    assert ax.get_xscale() == ax.get_yscale() == "log"
    assert [t.get_text().split(":")[0] for t in ax.get_legend().get_texts()] == ["heun2", "euler"]
    with pytest.raises(SchemeError, match="at least one scheme"):
        st.plot_convergence([])
