"""The picture of a table: every run is in it, published figures are not, and layers stand over their own regions."""

import copy
import json

import numpy as np
import pytest

import schemetools as st
from schemetools.present.tables import plot_table


def a_run(seed, error, k=(), eigenvalue=(-1.0, 0.0), inside=True):
    coefficients = {f"layers.{n}.k": value for n, value in enumerate(k)}
    names = [{"k": value} for value in k] or [{}]
    layers = [{"coefficients": own, "eigenvalues": [list(eigenvalue)], "inside": inside} for own in names]
    return {"error": error, "coefficients": coefficients, "theory": {"layers": layers}, "config": {"seed": seed}}


def a_record(published=()):
    euler = [a_run(0, 9.0), a_run(1, 9.5)]
    lm = [a_run(0, 8.0, (0.25, -0.5)), a_run(1, 8.5, (0.125, -0.25), (0.5, 1.0), False)]
    rows = [
        {"label": "ResNet-20", "scheme": None, "runs": euler, "paired": None, "published": published},
        {"label": "LM-ResNet-20", "scheme": "lm", "runs": lm, "paired": {"against": "ResNet-20"}, "published": ()},
        {"label": "later", "scheme": "rk4", "runs": [], "paired": None, "published": ()},
    ]
    return {"title": "A table", "rows": rows}


def test_errors_are_those_of_the_runs_and_published_figures_are_not_drawn():
    ax = plot_table(a_record([{"error": "77.0", "source": "he2016a", "checked": True}])).axes[0]
    drawn = [np.asarray(line.get_xdata()).tolist() for line in ax.lines]
    assert drawn == [[9.0, 9.5], [9.25, 9.25], [8.0, 8.5], [8.25, 8.25]]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["ResNet-20 (2)", "LM-ResNet-20 (2)"]


def test_momentum_is_minus_k_over_depth_one_line_per_seed():
    ax = plot_table(a_record()).axes[1]
    assert [np.asarray(line.get_ydata()).tolist() for line in ax.lines[1:]] == [[-0.25, 0.5], [-0.125, 0.25]]


def test_layers_stand_over_the_regions_of_their_own_schemes_and_rivals_beside_them():
    euler, lm = plot_table(a_record()).axes[2:]
    assert euler.get_title() == "ResNet-20: 2 of 2 layers inside their region"
    assert lm.get_title() == "LM-ResNet-20: 2 of 4 layers inside their region"
    reach = sorted(float(np.min(line.get_xdata())) for line in lm.lines[2:])
    ends = sorted(-2 * (1 - k) for k in (0.25, -0.5, 0.125, -0.25))  # w = -1 is a root of rho - z sigma at -2 (1 - k)
    assert reach == pytest.approx(ends, abs=0.02)


def test_a_table_without_a_finished_run_has_no_picture():
    record = a_record()
    for row in record["rows"]:
        row["runs"] = []
    with pytest.raises(st.SchemeError, match="'A table' has no finished run yet"):
        plot_table(record)


def test_a_network_that_was_not_read_has_its_error_and_no_plane():
    record = a_record()
    for row in record["rows"]:
        for run in row["runs"]:
            run["theory"] = {"refused": "several fields"}
    assert len(plot_table(record).axes) == 2


def test_a_table_is_drawn_from_its_file(tmp_path):
    (tmp_path / "table.json").write_text(json.dumps(a_record()))
    for path in (tmp_path / "table.json", str(tmp_path / "table.json")):
        assert len(plot_table(path).axes) == len(plot_table(a_record()).axes)


def test_layers_without_all_coefficients_of_their_scheme_have_no_plane():
    record = a_record()
    for row in record["rows"]:
        row["scheme"] = "lm_stochastic_depth(k, p)"
    assert len(plot_table(record).axes) == 2


@pytest.mark.parametrize(
    ("record", "said"),
    [
        *((None, "None came"), ([], "a list came"), ({}, "it has no title"), ({"title": "t"}, "it has no rows")),
        *(("nowhere.json", "cannot read nowhere.json: No such file"), (__file__, "is no table.json: ")),
    ],
)
def test_what_is_no_table_is_refused(record, said):
    with pytest.raises(st.SchemeError, match=said):
        plot_table(record)


SPOILED = {
    "title": (("title",), 3, "title is 3, an int"),
    "rows": (("rows",), {}, "rows is a dict and not a list"),
    "label": (("rows", 0, "label"), None, r"rows\[0\].label is None"),
    "scheme": (("rows", 1, "scheme"), "nix", "no scheme 'nix'"),
    "run": (("rows", 0, "runs", 0), None, r"runs\[0\] is None and not a mapping"),
    "error": (("rows", 0, "runs", 1, "error"), "9", r"runs\[1\].error is '9', a str, and not a finite number"),
    "no number": (("rows", 0, "runs", 1, "error"), float("nan"), "not a finite number"),
    "k": (("rows", 1, "runs", 0, "coefficients", "layers.0.k"), "x", "coefficients.layers.0.k is 'x'"),
    "theory": (("rows", 1, "runs", 0, "theory"), {}, "theory has no layers"),
    "eigenvalue": (("rows", 1, "runs", 0, "theory", "layers", 0, "eigenvalues"), [[1.0]], "has 1 entries and not 2"),
    "paired": (("rows", 1, "paired"), "ResNet-20", "paired is 'ResNet-20', a str, and not a mapping"),
}


@pytest.mark.parametrize("kind", SPOILED)
def test_a_spoiled_part_is_named(kind):
    (*path, last), value, said = SPOILED[kind]
    record = inner = copy.deepcopy(a_record())
    for name in path:
        inner = inner[name]
    inner[last] = value
    with pytest.raises(st.SchemeError, match=said):
        plot_table(record)
