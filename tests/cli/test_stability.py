"""The stability command: the table is what `stability` says, the picture is a picture, the JSON is JSON."""

import json

import matplotlib.pyplot as plt
import pytest

import schemetools as st

PNG, SVG, PDF = b"\x89PNG", b"<?xml", b"%PDF"
IMPLICIT = ["--shares", "F=0,G=1"]


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


def test_the_table(schemetools, golden):
    golden("cli/stability.txt", schemetools("stability", "rk4", "lm:k=0.3", "bdf:4", "theta", "lm").out)


@pytest.mark.parametrize(("ending", "start"), [("png", PNG), ("svg", SVG), ("pdf", PDF), ("PNG", PNG)])
def test_the_picture_is_written_and_named(schemetools, tmp_path, ending, start):
    result = schemetools("stability", "rk4", "lm:k=0.3", "-o", f"region.{ending}")
    assert result.code == 0
    assert result.out.splitlines()[-1] == f"wrote region.{ending}"
    assert (tmp_path / f"region.{ending}").read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [f"region.{ending}"]


def test_a_picture_takes_the_place_of_an_older_one_behind_a_link(schemetools, tmp_path):
    (tmp_path / "target.png").write_bytes(b"old")
    (tmp_path / "link.png").symlink_to("target.png")
    assert schemetools("stability", "rk4", "-o", "link.png").code == 0
    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "target.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("option", [["--order-star"], ["--locus"]])
def test_other_pictures_of_one_scheme(schemetools, tmp_path, option):
    assert schemetools("stability", "rk4", *option, "-o", "other.png").code == 0
    assert (tmp_path / "other.png").read_bytes().startswith(PNG)


def test_a_sweep_has_a_row_for_every_value(schemetools, tmp_path):
    result = schemetools("stability", "lm", "--sweep", "k=-0.9:1:3", "-o", "sweep.png")
    rows = [line.split()[0] for line in result.out.splitlines() if line.startswith("lm(")]
    assert rows == ["lm(k=-9/10)", "lm(k=1/20)", "lm(k=1)"]
    assert (tmp_path / "sweep.png").read_bytes().startswith(PNG)


def test_json_holds_the_numbers_exactly_and_as_floats(schemetools):
    first, second, third = json.loads(schemetools("stability", "rk4", "bdf:3", "lm", "--json").out)
    assert (first["scheme"], first["order"]) == ("rk4", 4)
    assert first["imaginary_interval"] == {"exact": "2*sqrt(2)", "value": pytest.approx(8**0.5), "how": "exact"}
    assert st.exact.to_float(st.exact.parse(first["real_interval"]["exact"])) == first["real_interval"]["value"]
    assert second["angle"]["value"] == pytest.approx(float(st.stability(st.bdf(3)).angle))
    assert (second["real_interval"]["exact"], second["real_interval"]["value"]) == ("oo", None)
    assert third["is_zero_stable"]["value"] is None
    assert "k" in third["is_zero_stable"]["exact"]
    assert (first["is_a_stable"]["value"], second["is_zero_stable"]["value"]) == (False, True)


def test_a_scheme_without_a_first_order_limit_has_no_order_but_verdicts(schemetools):
    result = schemetools("stability", "lm:k=-1", "--json")
    assert json.loads(result.out)[0]["order"] is None
    table = schemetools("stability", "lm:k=-1").out
    assert table.splitlines()[1].split()[:3] == ["lm(k=-1)", "none*", "no"]
    assert "double root" in table


def test_random_coefficients_are_said_to_be_meant_in_mean_square(schemetools):
    assert "mean square" in schemetools("stability", "shake_shake").out


def test_json_is_alone_on_stdout(schemetools, tmp_path):
    json.loads(schemetools("stability", "rk4", "--json", "-o", "region.png").out)
    assert (tmp_path / "region.png").exists()


def test_a_scheme_from_a_file_is_drawn_under_the_name_of_the_file(schemetools, tmp_path):
    st.save(st.RungeKutta([[0, 0], ["2/3", 0]], ["1/4", "3/4"]), tmp_path / "mine.toml")
    by_option = schemetools("stability", "rk4", "--tableau", "mine.toml", "-o", "region.png").out
    by_name = schemetools("stability", "rk4", "mine.toml", "-o", "region.png").out
    assert by_option == by_name
    assert "\nmine " in by_option


def test_a_reason_that_many_cells_share_is_said_once(schemetools):
    table = schemetools("stability", "etd1", "rk4").out
    assert table.count("not known*") == 5 and table.count("two numbers in its test equation") == 1
    assert table.splitlines()[-1].startswith("* etd1: an exponential method")


def test_shares_of_the_fields_are_those_of_stability(schemetools, tmp_path):
    both, half = (json.loads(schemetools("stability", "kencarp3", *given, "--json").out)[0] for given in ([], IMPLICIT))
    assert both["is_a_stable"]["value"] is False
    assert half["is_a_stable"]["value"] is half["is_l_stable"]["value"] is True
    table = schemetools("stability", "kencarp3", *IMPLICIT, "-o", "half.png")
    assert "u' = λu with 0 λu in F, 1 λu in G" in table.out
    assert (tmp_path / "half.png").read_bytes().startswith(PNG)
    assert "u' = λu with 1/2 λu in F, 1/2 λu in G" in schemetools("show", "kencarp3").out


@pytest.mark.parametrize("text", ["F", "F=", "=1", "F=0,F=1", "F=0,,G=1"])
def test_shares_that_cannot_be_read_are_refused(schemetools, text):
    result = schemetools("stability", "kencarp3", "--shares", text)
    assert (result.code, "write a number per field, as in F=0,G=1" in result.err) == (2, True)


def test_shares_belong_to_regions(schemetools):
    result = schemetools("stability", "ars222", *IMPLICIT, "--imex", "-o", "p.png")
    assert (result.code, "leave them out with --imex" in result.err) == (2, True)


def test_what_is_implicit_explicit_is_no_explicit_scheme(schemetools):
    explicit, implicit = (schemetools("list", "--kind", kind).out for kind in ("explicit linear", "implicit"))
    assert "cnlf" not in explicit
    assert "cnlf" in implicit
    assert "cnlf" in schemetools("list", "--kind", "implicit-explicit").out
