"""Rows of a table counted once, and results of finished runs: whole, and of the same settings and images."""

import dataclasses
import importlib
import json

import pytest
import torch

from schemetools.errors import FileError, SchemeError
from schemetools.nn.tables import BUDGETS, reproduce, table
from schemetools.nn.tables.images import digits
from schemetools.nn.tables.results import read_result
from schemetools.nn.tables.runs import settings
from schemetools.nn.training.identity import identity
from tests.nn.tables.test_reproduce import run_of

TINY = BUDGETS["tiny"].changed(epochs=1, seeds=2)


@pytest.fixture
def no_training(monkeypatch):
    """Runs are not trained: each has an error by its row and seed."""
    verb = importlib.import_module("schemetools.nn.tables.reproduce")

    def run(chosen, row, config, *_):
        return run_of(10.0 * chosen.rows.index(row) + config.seed**2, config.seed)

    monkeypatch.setattr(verb, "run", run)


def test_a_row_that_is_named_twice_counts_once(no_training, tmp_path):
    labels = ["ResNet-20", "resnet-20", " LM-ResNet-20", "LM-ResNet-20"]
    made, once = (
        reproduce("schemes", budget="tiny", seeds=3, out=tmp_path / str(len(rows)), rows=rows)
        for rows in (labels, ["ResNet-20", "LM-ResNet-20"])
    )
    assert made.record == once.record
    assert [row["error"]["values"] for row in made.record["rows"]] == [[0.0, 1.0, 4.0], [10.0, 11.0, 14.0]]


def test_the_text_of_a_label_is_one_row(no_training, tmp_path):
    made = reproduce("schemes", budget="tiny", out=tmp_path, rows="ResNet-20")
    assert [row["label"] for row in made.record["rows"]] == ["ResNet-20"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"rows": []}, "at least one, or None for all of them; a list came"),
        ({"rows": 3}, "rows is a list of the labels"),
        ({"rows": [3]}, "has no row 3; its rows are ResNet-20"),
        ({"budget": ["tiny"]}, "there is no budget"),
        ({"name": ["schemes"]}, "there is no table"),
        ({"rows": iter([])}, "at least one, or None for all of them"),
        ({"progress": 3}, "progress is a function that is called after every step"),
        ({"out": 5}, "out is the name of a folder, text or a path; 5, an int, came"),
        ({"budget": "small", "data": 5}, "data is the name of a folder"),
    ],
)
def test_arguments_of_other_kinds_are_refused(words, said, tmp_path):
    with pytest.raises(SchemeError, match=said):
        reproduce(**{"name": "schemes", "budget": "tiny", "out": tmp_path, **words})


@pytest.fixture
def kept(tmp_path):
    """A function that writes a result, changed, and reads it back as that of the digits."""
    images, chosen = digits(), table("schemes")
    config = settings(chosen, chosen.rows[0], 0, TINY, images, tmp_path)
    record = run_of(8.0) | {"config": config.record(), "images": identity(images)}
    record["noise"] = {f"{level:g}": 20.0 for level in chosen.noise}

    def read(change, data=images):
        content = json.dumps(record | change) if isinstance(change, dict) else change
        (tmp_path / "result.json").write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_result(tmp_path / "result.json", chosen, config, identity(data))

    return read


def test_a_result_is_of_the_same_images_and_settings(kept):
    assert kept({})["error"] == 8.0
    assert kept({"images": None})["error"] == 8.0  # a table that was kept before images were identified
    images = digits()
    flipped = dataclasses.replace(images.test, images=torch.flip(images.test.images, (3,)))
    with pytest.raises(SchemeError, match=r"of other images \(their crc\); give the same, or choose another folder"):
        kept({}, dataclasses.replace(images, test=flipped))
    with pytest.raises(SchemeError, match="of other settings"):
        kept({"config": kept({})["config"] | {"lr": 0.5}})


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"\xff\xfe\x00", b"{}", b"[]", b"null", b"[" * 100_000),
        *({"error": "8"}, {"error": float("nan")}, {"epochs": []}, {"epochs": [{}]}, {"config": {}}, {"config": 3}),
        *({"cost": None}, {"theory": {}}, {"noise": 1}, {"coefficients": {"k": "x"}}, {"images": 3}),
    ],
)
def test_a_damaged_result_is_named_and_what_to_do(kept, content):
    with pytest.raises(FileError, match=r"result\.json .* is damaged: .*; remove it"):
        kept(content)


def test_the_command_refuses_a_damaged_result_in_a_line(tmp_path, capsys):
    from schemetools.cli import main

    folder = tmp_path / "schemes-tiny" / "resnet-20" / "seed-0"
    folder.mkdir(parents=True)
    (folder / "result.json").write_text("{")
    with pytest.raises(SystemExit) as exit_:
        main(["reproduce", "schemes", "--budget", "tiny", "--row", "ResNet-20", "--out", str(tmp_path)])
    assert exit_.value.code == 2
    assert "remove it" in capsys.readouterr().err
