"""Pictures of difference schemes hold the numbers that they claim to show."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

import schemetools as st


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_dissipation_shows_the_modulus():
    ax = st.plot_dissipation([st.get("upwind"), st.get("lax_wendroff")], {"nu": 0.5})
    x, y = ax.lines[0].get_data()
    assert np.allclose(y, np.abs(0.5 + 0.5 * np.exp(-1j * x)))
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["upwind", "lax_wendroff"]


def test_dispersion_is_right_at_small_angles_and_truncations_are_dashed():
    ax = st.plot_dispersion(st.get("lax_wendroff"), {"nu": 0.5}, truncations=[3])
    x, y = ax.lines[0].get_data()
    _, cut = ax.lines[1].get_data()
    assert y[0] == pytest.approx(1, abs=1e-4)
    small = x < 0.3
    assert np.allclose(cut[small], 1 - (1 - 0.25) * x[small] ** 2 / 6)  # the lag of Lax-Wendroff
    assert np.max(np.abs(cut - y)[small]) < 1e-3


def test_the_spectrum_lies_over_the_region():
    lines = st.method_of_lines(st.ssprk33, st.Operator({"-c": st.stencils.upwind(1)}))
    ax = st.plot_spectrum(lines, {"nu": 1})
    points = np.concatenate([np.ravel(c.get_offsets()) for c in ax.collections if len(c.get_offsets())] or [[0.0]])
    lines_ = [line.get_xdata() for line in ax.lines if line.get_marker() == "o"]
    assert len(points) > 1 or lines_


def test_the_plane_is_shaded_where_points_are_stable():
    ax = st.plot_plane(st.get("ftcs_advection_diffusion"), xlim=(-0.2, 0.7), ylim=(-1.2, 1.2))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("mu", "nu")
    assert len(ax.collections) > 1


def test_bad_pictures():
    with pytest.raises(st.SchemeError, match="two numbers"):
        st.plot_plane(st.get("upwind"))
    with pytest.raises(st.SchemeError, match="one dimension"):
        st.plot_dissipation(st.get("upwind_2d"), {})
    with pytest.raises(st.SchemeError, match="method of lines"):
        st.plot_spectrum(st.get("upwind"), {"nu": 1})
