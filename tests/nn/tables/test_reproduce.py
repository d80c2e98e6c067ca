"""Tables of the literature: the same bits from the same seed, broken off or not; published figures stay apart."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import schemetools as st
from schemetools.errors import FileError, SchemeError, UnknownNameError
from schemetools.nn.models import build
from schemetools.nn.tables import BUDGETS, names, reproduce, table
from schemetools.nn.tables.claims import momentum, stability
from schemetools.nn.tables.images import images_for
from schemetools.nn.tables.markdown import _theory_row, markdown
from schemetools.nn.tables.record import paired, summary, table_record
from schemetools.nn.tables.table import Published, Row, Table
from schemetools.nn.tables.theory import theory

CLOCKS = {"seconds", "cpu_seconds", "out"}
SHORT = {"budget": "tiny", "seeds": 1, "epochs": 1, "rows": ["LM-ResNet-20"]}


class KilledError(Exception):
    pass


def killer(run, step):
    def progress(told):
        if (told.run, told.training.step) == (run, step):
            raise KilledError

    return progress


def timeless(value):
    if isinstance(value, dict):
        return {name: timeless(part) for name, part in value.items() if name not in CLOCKS}
    return [timeless(part) for part in value] if isinstance(value, list) else value


@pytest.mark.slow
@pytest.mark.parametrize("step", [3, 21])
def test_a_table_that_breaks_off_goes_on_to_the_same_bits(tmp_path, step):
    words = SHORT | {"rows": ["ResNet-20", "LM-ResNet-20"]}
    whole = reproduce("schemes", out=tmp_path / "whole", **words)
    with pytest.raises(KilledError):
        reproduce("schemes", out=tmp_path / "broken", progress=killer(2, step), **words)
    partial = json.loads((tmp_path / "broken" / "schemes-tiny" / "table.json").read_text())
    assert [len(row["runs"]) for row in partial["rows"]] == [1, 0]
    assert not partial["complete"]
    assert "Not complete" in (tmp_path / "broken" / "schemes-tiny" / "table.md").read_text()
    told = []
    resumed = reproduce("schemes", out=tmp_path / "broken", progress=told.append, **words)
    assert timeless(resumed.record) == timeless(whole.record)
    assert {one.label for one in told} == {"LM-ResNet-20"}  # the finished row is taken as it is
    assert len(told) == 22 - (20 if step > 20 else 0)  # and the broken one from its checkpoint at step 20


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return reproduce("schemes", budget="tiny", out=tmp_path_factory.mktemp("tiny"))


@pytest.mark.slow
def test_the_tiny_table_is_whole_and_says_what_it_ran_on(tiny):
    assert tiny.record["complete"]
    assert timeless(json.loads((tiny.path.with_suffix(".json")).read_text())) == timeless(tiny.record)
    assert max(row["error"]["mean"] for row in tiny.record["rows"]) < 60  # it learns: chance is 90
    lm = tiny.record["rows"][1]["runs"]
    assert lm[0]["coefficients"] and lm[0]["coefficients"] != lm[1]["coefficients"]
    assert "scikit-learn's digits" in tiny.markdown and "CIFAR-10" not in tiny.markdown.split("## Cost")[1]


@pytest.mark.slow
def test_the_tiny_table_is_reproduced_exactly_from_its_seed(tiny, tmp_path):
    again = reproduce("schemes", budget="tiny", out=tmp_path, seeds=1)
    for row, whole in zip(again.record["rows"], tiny.record["rows"], strict=True):
        assert timeless(row["runs"]) == timeless(whole["runs"][:1])


@pytest.mark.parametrize("name", names())
def test_every_row_of_every_table_can_be_built_and_is_compared_with_a_row_before_it(name):
    chosen, seen = table(name), []
    for row in chosen.rows:
        small = {"ho-resnet-rk8": {"width": 2}, "imagenet": {"width": 4}}.get(name, chosen.tiny)
        net = st.nn.models.build(row.model, row.scheme, chosen.classes, **{**row.options, **small})
        assert st.nn.cost(net).depth > 0
        assert row.against is None or row.against in seen
        seen.append(row.label)
    assert len({row.folder for row in chosen.rows}) == len(chosen.rows)


@pytest.mark.parametrize("name", ["ho-resnet", "ho-resnet-rk8"])
def test_rows_of_equal_depth_are_of_equal_depth(name):
    build = st.nn.models.build
    nets = [build(row.model, row.scheme, **{**row.options, "width": 2}) for row in table(name).rows]
    assert len({st.nn.cost(net)[1:3] for net in nets}) == 1


def test_mistakes_are_refused_with_what_would_fit(tmp_path):
    with pytest.raises(UnknownNameError, match="the tables are schemes"):
        reproduce("lm-resnet")
    with pytest.raises(UnknownNameError, match="tiny, small, medium, full"):
        reproduce("schemes", budget="huge")
    with pytest.raises(UnknownNameError, match="its rows are ResNet-20"):
        reproduce("schemes", budget="tiny", rows=["ResNet-21"], out=tmp_path)
    with pytest.raises(SchemeError, match="needs the images of CIFAR-10"):
        reproduce("schemes", out=tmp_path)
    with pytest.raises(SchemeError, match="takes no data"):
        reproduce("schemes", budget="tiny", data=tmp_path, out=tmp_path)
    with pytest.raises(FileError, match="no data folder"):
        reproduce("schemes", data=tmp_path / "absent", out=tmp_path)
    for name in ("seeds", "epochs"):
        with pytest.raises(SchemeError, match=f"{name} must be an integer of at least 1"):
            reproduce("schemes", budget="tiny", out=tmp_path, **{name: 0})
    assert list(tmp_path.iterdir()) == []


def test_data_of_another_number_of_classes_is_refused(tmp_path, shared_folder):
    with pytest.raises(FileError, match="has 2 classes; CIFAR-10, of the table schemes, has 10"):
        reproduce("schemes", data=shared_folder, out=tmp_path)


def test_a_combination_without_room_is_refused_before_any_training(tmp_path, monkeypatch):
    from schemetools.nn.tables import published

    narrow = Table("narrow", "t", "CIFAR-10", 10, "c", (Row("a", "resnet20"), Row("b", "resnet20", "rk4")))
    monkeypatch.setitem(published.TABLES, "narrow", narrow)
    with pytest.raises(SchemeError, match=r"the row b cannot be built: rk4 takes 4 branches .* shared=True"):
        reproduce("narrow", budget="tiny", out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def run_of(error, seed=0, **more):
    epochs = [{"train_loss": 1.0}]
    cost = {"parameters": 1, "multiply_adds": 2, "depth": 3, "live_states": 4}
    config = {"seed": seed, "out": ""}
    record = {"error": error, "epochs": epochs, "cost": cost, "config": config, "noise": {}, "coefficients": {}}
    return record | {"theory": None, "seconds": 1.0, "cpu_seconds": 1.0, "versions": {}} | more


def test_the_paired_test_is_students():
    mine, its = [8.0, 9.5, 7.75], [9.0, 9.75, 9.5]
    found = paired("other", mine, [run_of(error) for error in its])
    differences = np.subtract(mine, its)
    t = differences.mean() / (differences.std(ddof=1) / np.sqrt(3))
    assert found["p"] == pytest.approx(2 * stats.t.sf(abs(t), 2), rel=1e-12)
    half = stats.t.ppf(0.975, 2) * differences.std(ddof=1) / np.sqrt(3)
    assert found["interval"] == pytest.approx([differences.mean() - half, differences.mean() + half], rel=1e-12)
    assert paired("other", [8.0], [run_of(9.0)])["p"] is None
    assert paired("other", [8.0, 9.0], [run_of(9.0), run_of(10.0)])["p"] is None  # no spread, no test
    assert paired("other", [8.0, 9.0], [run_of(9.0)])["difference"]["values"] == [-1.0]  # paired seeds only
    assert summary([2.0, 4.0])["spread"] == pytest.approx(np.sqrt(2))


def test_published_figures_enter_nothing_that_is_measured():
    def made(figure):
        rows = (Row("a", "m", published=(Published(figure, "he2016a"),)), Row("b", "m", "lm", against="a"))
        found = {"a": [run_of(9.0), run_of(9.5)], "b": [run_of(8.0), run_of(9.0)]}
        return table_record(Table("t", "t", "CIFAR-10", 10, "c", rows), BUDGETS["small"], rows, found)

    one, other = made("1.00"), made("99.00")
    for record in (one, other):
        for row in record["rows"]:
            del row["published"]
    assert one == other
    assert "99.00" in markdown(made("99.00"))


@pytest.mark.parametrize(
    ("k", "verdict"),
    [
        ([[-0.1, -0.2, 0.3], [-0.1, -0.1, -0.1]], "supports"),
        ([[0.1, 0.2, -0.3], [0.1, 0.1, 0.1]], "contradicts"),
        ([[-0.1, -0.2, 0.3], [0.1, 0.1, 0.1]], "does not decide"),
    ],
)
def test_momentum_is_judged_by_the_sign_of_k(k, verdict):
    runs = [run_of(1.0, coefficients={f"layers.{i}.k": value for i, value in enumerate(ks)}) for ks in k]
    assert momentum(runs)["verdict"] == verdict
    assert momentum([run_of(1.0)]) is None


@pytest.mark.parametrize(
    ("mine", "its", "verdict"),
    [((1, 1), (2, 3), "supports"), ((2, 3), (2, 3), "contradicts"), ((1, 3), (2, 2), "does not decide")],
)
def test_stability_is_judged_by_the_layers_outside(mine, its, verdict):
    def runs(counts):
        return [run_of(1.0, theory={"layers": [{}] * 7, "outside": ["x"] * count}) for count in counts]

    assert stability(runs(mine), runs(its))["verdict"] == verdict
    assert stability([run_of(1.0)], [run_of(1.0)]) is None


def test_a_command_lists_the_tables_and_refuses_in_a_line(capsys, tmp_path, monkeypatch):
    from schemetools.cli import main

    monkeypatch.chdir(tmp_path)
    for words, code, said in (
        (["reproduce"], 0, "ho-resnet-rk8"),
        (["reproduce", "resnets"], 2, "the tables are"),
        (["reproduce", "schemes"], 2, "needs the images of CIFAR-10"),
    ):
        with pytest.raises(SystemExit) as exit_:
            main(words)
        out, err = capsys.readouterr()
        assert exit_.value.code == code
        assert said in (out if code == 0 else err)
    assert list(tmp_path.iterdir()) == []


def test_layers_are_kept_where_nothing_can_be_said_about_the_depth():
    chosen, spent = table("schemes"), replace(BUDGETS["tiny"], certificate=True)
    images = images_for(chosen, spent, None)
    model = build("resnet20", "stochastic_depth(p)", 10, **chosen.tiny | {"channels": 1})
    found = theory(model, images, spent, first=True)
    assert "no chain of this network" in found["uncertified"] and "certificate" not in found
    assert found["layers"] and "layers" in theory(model, images, spent, first=False)
    assert found["uncertified"] in _theory_row({"label": "it", "runs": [{"theory": found}]})
