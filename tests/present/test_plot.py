"""Pictures: what they show, that they leave the caller's axes and settings alone, and how they look."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.testing.compare import compare_images
from matplotlib.testing.decorators import remove_ticks_and_titles

import schemetools as st
from schemetools.analysis.stability.verb import stability
from schemetools.present import plot, regions
from schemetools.present.axes import style_cycle, styled

BASELINE = Path(__file__).parent / "baseline"


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


PICTURES = {
    "one": lambda: plot.plot_stability(st.rk4),
    "several": lambda: plot.plot_stability([st.euler, st.rk4, st.lm(k=-0.5)]),
    "outside": lambda: plot.plot_stability([st.bdf(2), st.bdf(4)]),
    "segment": lambda: plot.plot_stability(st.leapfrog),
    "half_plane": lambda: plot.plot_stability(st.trapezoid, eigenvalues=[[-1, 2], [-2, -1]]),
    "sweep": lambda: plot.plot_sweep(st.lm(), ["-9/10", "-3/10", "3/10", "1"]),
    "locus": lambda: plot.plot_locus(st.get("ab(4)")),
    "order_star": lambda: plot.plot_order_star(st.gauss(2)),
    "relative": lambda: plot.plot_relative_stability(st.get("ab(3)"), xlim=(-1, 1), ylim=(-1, 1)),
    "mean_square": lambda: plot.plot_stability(st.lm_stochastic_depth("1/2", "1/2")),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_look_as_they_did(name, tmp_path, request):
    """Without text, whose shapes depend on the fonts; `pytest --update` accepts a change after a look at it."""
    ax = PICTURES[name]()
    remove_ticks_and_titles(ax.figure)
    for text in (ax.xaxis.label, ax.yaxis.label):
        text.set_text("")
    if ax.get_legend() is not None:
        ax.get_legend().remove()
    update = request.config.getoption("--update")
    path = (BASELINE if update else tmp_path) / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    ax.figure.set_layout_engine("none")
    ax.set_position((0.02, 0.02, 0.96, 0.96))
    ax.figure.savefig(path, dpi=60)
    if not update:
        assert compare_images(str(BASELINE / path.name), str(path), tol=6) is None


@pytest.mark.parametrize("name", PICTURES)
def test_axes_go_in_and_come_out(name):
    ax = PICTURES[name]()
    assert ax.get_xlabel().startswith("Re")
    assert ax.get_aspect() in (1, "equal")
    assert len(ax.lines) + len(ax.collections) > 2


def test_given_axes_are_used_and_settings_are_left_alone():
    before = dict(matplotlib.rcParams)
    _, (left, right) = plt.subplots(1, 2)
    assert plot.plot_stability(st.rk4, ax=right) is right
    assert not left.collections
    assert right.collections
    assert dict(matplotlib.rcParams) == before


def test_one_scheme_has_a_title_and_several_a_legend():
    assert plot.plot_stability(st.rk4).get_title() == "rk4"
    ax = plot.plot_stability([st.euler, st.rk4], labels=["Euler", "Runge-Kutta"])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["Euler", "Runge-Kutta"]


def test_the_fill_is_the_region_and_a_path():
    """The area of the filled path against that of the ellipse, pi a b, which is known in closed form."""
    ax = plot.plot_stability(st.lm(k="3/10"))
    ellipse = stability(st.lm(k="3/10")).ellipse
    [filled] = [c for c in ax.collections if len(c.get_paths()[0].vertices)]
    polygons = filled.get_paths()[0].to_polygons()
    area = sum(abs(np.sum(p[:-1, 0] * p[1:, 1] - p[1:, 0] * p[:-1, 1])) / 2 for p in polygons)
    assert area == pytest.approx(float(np.pi * ellipse.real_axis * ellipse.imaginary_axis), rel=1e-2)
    assert not ax.images


@pytest.mark.parametrize("kind", ["svg", "pdf"])
def test_filled_regions_are_vectors(kind, tmp_path):
    written = plot.save(plot.plot_stability([st.bdf(2), st.rk4]), tmp_path / f"region.{kind}").read_bytes()
    assert b"<image" not in written and b"/Subtype /Image" not in written


def test_strokes_point_to_the_stable_side():
    """The boundary has the region on its left, which is where a tick of angle 90 points."""
    for scheme in (st.rk4, st.bdf(2), st.lm(k="3/10"), st.get("radau_iia(2)"), st.get("ab(3)")):
        known = stability(scheme)
        for curve in known.curves():
            points = curve.points[:-1] if curve.unbounded else curve.points
            middle, along = (points[1:] + points[:-1]) / 2, np.diff(points)
            keep = np.abs(along) > 1e-6
            left = 1j * along[keep] / np.abs(along[keep]) * 1e-3
            assert known.contains(middle[keep] + left).mean() > 0.97, scheme
            assert known.contains(middle[keep] - left).mean() < 0.03, scheme


def test_many_schemes_are_numbered_and_all_differ():
    names = ["euler", "midpoint", "heun3", "rk4", "dopri5", "ab(2)", "ab(3)", "lm(k=3/10)", "lm(k=-1/2)", "ssprk33"]
    ax = plot.plot_stability(names)
    assert len({t.get_text() for t in ax.texts}) == len(names)
    styles = [(s["color"], str(s["linestyle"])) for s in regions.styles_for(30)]
    assert len(set(styles)) == len(styles)


def test_a_picture_says_what_it_is_of():
    assert "1/2 λu in F" in plot.plot_stability("ars222").get_title()
    assert "-1 λu in G" in plot.plot_stability("ars222", shares={"F": 2, "G": -1}).get_title()
    drawn = plot.plot_stability("shake_shake")
    assert "E|u_n|^2" in drawn.get_title() and "mean" in drawn.get_xlabel()


def test_the_imex_region_on_the_axes_is_that_of_each_part():
    """Without decay the pair is its explicit part, without oscillation its implicit part."""
    from schemetools.analysis.stability.several_fields import growth_of_fields

    scheme = st.get("ars222")
    parts = dict(scheme.tableaux)
    y = np.linspace(-3, 3, 13)
    explicit = growth_of_fields(scheme, {"F": 1j * y, "G": 0 * y})
    np.testing.assert_allclose(explicit, np.exp(stability(parts["F"]).growth(1j * y)), rtol=1e-9)
    implicit = growth_of_fields(scheme, {"F": 0 * y, "G": y - 4})
    np.testing.assert_allclose(implicit, np.exp(stability(parts["G"]).growth(y - 4)), rtol=1e-9)
    ax = st.plot_imex(scheme)
    assert ax.get_title() == "ars222: F explicit and imaginary, G implicit and real"
    with pytest.raises(st.SchemeError, match="two fields"):
        st.plot_imex(st.rk4)


def test_far_eigenvalues_are_marked_on_the_edge_and_do_not_squash_the_region():
    ax = plot.plot_stability(st.rk4, eigenvalues=[-1, -1e6, 1e4j])
    assert ax.get_xlim()[0] > -10 and ax.get_ylim()[1] < 10
    assert "2 outside" in ax.get_legend().get_texts()[-1].get_text()


def test_many_values_of_a_sweep_get_a_colour_bar_and_few_short_labels():
    assert plot.plot_sweep(st.lm(), [i / 10 for i in range(-9, 10)]).get_legend() is None
    labels = [t.get_text() for t in plot.plot_sweep(st.lm(), ["123456789/1000000000", 0]).get_legend().get_texts()]
    assert labels == ["k = 0.123", "k = 0"]


def test_figures_are_opaque_whatever_page_they_are_on():
    with plt.style.context("dark_background"):
        figure = plot.plot_stability(st.rk4).figure
    assert matplotlib.colors.to_hex(figure.get_facecolor()) == "#ffffff"


def test_coefficients_over_depth_are_in_the_order_of_the_layers():
    epochs = [{"coefficients": {f"s.layers.{i}.k": 0.1 * i + n for i in (10, 2, 1)}} for n in range(3)]
    ax = st.plot_coefficients(epochs)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.1 + n, 0.2 + n, 1.0 + n] for n in range(3)]
    with pytest.raises(st.SchemeError, match="learned k"):
        st.plot_coefficients(epochs, symbol="q")


def test_a_network_is_drawn_by_its_coefficients_as_they_stand():
    torch = pytest.importorskip("torch")
    stack = st.to_stack("lm", [torch.nn.Linear(2, 2) for _ in range(4)], init={"k": 0.1})
    with torch.no_grad():
        for n, k in enumerate(p for name, p in stack.named_parameters() if name.endswith(".k")):
            k.fill_(0.25 * n)
    (line,) = st.plot_coefficients(stack).lines
    assert line.get_ydata().tolist() == [0, 0.25, 0.5]
    with pytest.raises(st.SchemeError, match="this run learned none"):
        st.plot_coefficients(torch.nn.Linear(2, 2))


def test_a_report_in_place_of_eigenvalues_is_named_by_its_kind():
    with pytest.raises(st.SchemeError, match=r"complex numbers or a square matrix; a Long came$"):
        st.plot_eigenvalues(type("Long", (), {"__repr__": lambda _: "x" * 5000})())


def test_every_region_of_several_is_in_the_window():
    ax = plot.plot_stability([st.rk4, st.lm(k=-0.9), st.leapfrog])
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    for line in ax.lines[2:]:
        x, y = line.get_data()
        assert x0 <= x.min() <= x.max() <= x1
        assert y0 <= y.min() <= y.max() <= y1


def test_neighbouring_styles_differ_in_grey_and_in_line():
    """Rec. 709 luminance of neighbours in the cycle, or their line style, tells them apart in greyscale."""
    styles = style_cycle()
    assert len({(s["color"], str(s["linestyle"])) for s in styles}) == len(styles) >= 8
    for a, b in zip(styles, styles[1:], strict=False):
        luminance = [np.dot(matplotlib.colors.to_rgb(s["color"]), (0.2126, 0.7152, 0.0722)) for s in (a, b)]
        assert abs(luminance[0] - luminance[1]) > 0.05 or a["linestyle"] != b["linestyle"]


def test_sweep_labels_its_values():
    ax = plot.plot_sweep(st.lm(), ["-1/2", 0, 1])
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["k = -1/2", "k = 0", "k = 1"]
    with pytest.raises(st.SchemeError, match="free symbol"):
        plot.plot_sweep(st.rk4, [1])
    with pytest.raises(st.SchemeError, match="free symbol"):
        plot.plot_sweep(st.lm(), [1], symbol="q")


def test_order_star_has_p_plus_one_fingers():
    """Round a small circle |R(z)| - |e^z| changes sign 2 (p + 1) times."""
    for scheme, order in ((st.rk4, 4), (st.gauss(2), 4), (st.euler, 1), (st.radau_iia(2), 3)):
        z = 0.05 * np.exp(1j * np.linspace(0, 2 * np.pi, 4001))
        sign = np.sign(stability(scheme).growth(z) - z.real)
        assert np.count_nonzero(np.diff(sign)) == 2 * (order + 1)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_files_are_written(kind, tmp_path):
    path = plot.save(plot.plot_stability(st.euler), tmp_path / f"region.{kind}")
    assert path.stat().st_size > 1000


def test_svg_is_the_same_every_time(tmp_path):
    texts = [plot.save(plot.plot_stability(st.euler), tmp_path / f"{i}.svg").read_text() for i in range(2)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("name", ["nowhere/region.png", "region.xyz", "region"])
def test_unwritable_paths_are_one_clear_error(name, tmp_path):
    with pytest.raises(st.SchemeError, match="written"):
        plot.save(plot.plot_stability(st.euler), tmp_path / name)
    assert not (tmp_path / name).exists()


def test_bad_input_is_one_clear_error():
    with pytest.raises(st.SchemeError, match="no scheme"):
        plot.plot_stability([])
    with pytest.raises(st.SchemeError, match="free symbols"):
        plot.plot_stability(st.lm())
    with pytest.raises(st.SchemeError, match="labels"):
        plot.plot_stability([st.euler, st.rk4], labels=["one"])
    with pytest.raises(st.SchemeError, match="finite"):
        plot.plot_eigenvalues([np.nan])


def test_style_is_undone_after_the_block():
    before = matplotlib.rcParams["lines.linewidth"]
    with styled():
        assert matplotlib.rcParams["axes.spines.top"] is False
    assert matplotlib.rcParams["lines.linewidth"] == before


@pytest.mark.parametrize(
    ("name", "why"), [("rkn4", "periodicity_interval"), ("etdrk2", "has two"), ("upwind", "plot_dissipation")]
)
def test_what_has_no_region_in_one_plane_is_refused(name, why):
    with pytest.raises(st.SchemeError, match=why):
        st.plot_stability(name)
