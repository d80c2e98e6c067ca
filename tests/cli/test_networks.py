"""train and inspect: a network trained on a few images on disk, and read back."""

import json

import matplotlib.pyplot as plt
import pytest


def test_train_writes_a_checkpoint_and_a_row_for_every_epoch(schemetools, images, tmp_path):
    words = ("train", "--data", images, "--scheme", "lm", "--batch", 4, "--out", "run")
    result = schemetools(*words, "--epochs", 2)
    assert (result.code, result.err) == (0, "")
    header, first, second, last = result.out.splitlines()
    assert [line.split()[0] for line in (header, first, second)] == ["epoch", "1", "2"]
    assert last == "wrote run/checkpoint.pt"
    assert {"checkpoint.pt", "log.csv", "run.json"} <= {p.name for p in (tmp_path / "run").iterdir()}
    again = schemetools(*words, "--epochs", 2)
    assert again.code == 2
    assert "resume" in again.err
    resumed = schemetools(*words, "--epochs", 2, "--resume")
    assert resumed.out.splitlines()[:3] == [header, first, second]


@pytest.mark.slow
def test_inspect_reads_the_layers_of_a_checkpoint(schemetools, images, tmp_path):
    assert schemetools("train", "--data", images, "--scheme", "lm", "--epochs", 1, "--out", "run").code == 0
    result = schemetools("inspect", "run/checkpoint.pt", "--data", images, "--count", 2, "-o", "layers.png")
    plt.close("all")
    assert result.code == 0
    assert result.out.splitlines()[0].split()[:2] == ["layer", "scheme"]
    assert (tmp_path / "layers.png").read_bytes().startswith(b"\x89PNG")
    record = json.loads(schemetools("inspect", "run/checkpoint.pt", "--data", images, "--count", 2, "--json").out)
    names = [layer["scheme"] for layer in record["layers"]]
    assert sum(name.startswith("lm(k=") for name in names) > 3
    assert all(name in result.out for name in names)


MISTAKES = {
    "no data": (("train", "--data", "nowhere"), "nowhere"),
    "an empty folder": (("train", "--data", "empty"), "train"),
    "unknown network": (("train", "--data", "data", "--model", "resnet7"), "resnet"),
    "unknown scheme": (("train", "--data", "data", "--scheme", "rk5"), "rk4"),
    "a rate that is no number": (("train", "--data", "data", "--lr", "nan"), "lr"),
    "no epochs": (("train", "--data", "data", "--epochs", "0"), "--epochs"),
    "no option": (("train",), "--data"),
    "no checkpoint": (("inspect", "nothing.pt", "--data", "data"), "nothing.pt"),
    "an image as checkpoint": (("inspect", "data/train/left/0.png", "--data", "data"), "not a checkpoint"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(schemetools, images, tmp_path, kind):
    (tmp_path / "empty").mkdir()
    arguments, hint = MISTAKES[kind]
    before = sorted(tmp_path.iterdir())
    result = schemetools(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert hint in result.err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(("scheme", "warned"), [("bdf(2)", True), ("lm", False)])
def test_train_says_first_that_implicit_layers_take_long(schemetools, images, scheme, warned):
    """Before the network is built, which here ends in a mistake."""
    result = schemetools("train", "--data", images, "--scheme", scheme, "--model", "resnet21")
    assert result.code == 2
    assert (f"{scheme} is implicit: each layer solves a system" in result.err) is warned
