"""The training loop: it learns, it resumes to the same bits, and no mistake costs a checkpoint."""

import csv
import json

import pytest
import torch

from schemetools.errors import FileError, SchemeError
from schemetools.nn.models import build
from schemetools.nn.training import TrainConfig, load_checkpoint, load_model, load_weights, save_checkpoint, train
from schemetools.nn.training.restore import load_for_inspection

OPTIONS = {"width": 2}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def config(folder, out, **changes):
    settings = {"model": "resnet20", "scheme": "lm", "options": OPTIONS, "epochs": 2, "batch": 8, "lr": 0.05}
    return TrainConfig(str(folder), str(out), **{**settings, "checkpoint_every": 2, **changes})


class KilledError(Exception):
    pass


def killer(step):
    def progress(told):
        if (told.epoch - 1) * told.steps + told.step == step:
            raise KilledError

    return progress


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_it_learns_and_logs(shared_folder, tmp_path):
    seen = []
    trained = train(config(shared_folder, tmp_path / "run", epochs=4, padding=1, augment=False), progress=seen.append)
    assert trained.epochs[-1]["train_loss"] < trained.epochs[0]["train_loss"]
    assert trained.epochs[-1]["test_accuracy"] > 0.8
    assert len(seen) == 4 * 6
    rows = list(csv.DictReader((tmp_path / "run" / "log.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["config"]["scheme"] == "lm"
    assert len(record["epochs"][-1]["coefficients"]) == 6
    model = load_model(tmp_path / "run" / "checkpoint.pt")
    assert same(weights(model), weights(trained.model))


@pytest.mark.parametrize("step", [1, 3, 6, 7, 11])
def test_a_run_that_breaks_off_resumes_to_the_same_bits(shared_folder, tmp_path, step):
    whole = train(config(shared_folder, tmp_path / "whole"))
    with pytest.raises(KilledError):
        train(config(shared_folder, tmp_path / "broken"), progress=killer(step))
    resumed = train(config(shared_folder, tmp_path / "broken"), resume=True)
    assert same(weights(whole.model), weights(resumed.model))
    timed = {"seconds", "cpu_seconds"}
    measured = [[{k: v for k, v in epoch.items() if k not in timed} for epoch in t.epochs] for t in (whole, resumed)]
    assert measured[0] == measured[1]


def test_bf16_channels_last_and_the_step_schedule(shared_folder, tmp_path):
    settings = {"precision": "bf16", "channels_last": True, "schedule": "step", "epochs": 1}
    trained = train(config(shared_folder, tmp_path / "run", **settings))
    assert trained.epochs[0]["lr"] == pytest.approx(0.05 * 0.01)
    assert trained.model.stem.weight.dtype == torch.float32


def test_an_earlier_checkpoint_is_never_lost(shared_folder, tmp_path):
    out = tmp_path / "run"
    train(config(shared_folder, out, epochs=1))
    before = (out / "checkpoint.pt").read_bytes()
    with pytest.raises(SchemeError, match="holds a checkpoint already"):
        train(config(shared_folder, out, epochs=1))
    with pytest.raises(SchemeError, match=r"other settings \(lr\)"):
        train(config(shared_folder, out, epochs=1, lr=0.1), resume=True)
    with pytest.raises(FileError, match="no data folder"):
        train(config(tmp_path / "absent", out, epochs=1), resume=True)
    with pytest.raises(AttributeError):
        save_checkpoint(out / "checkpoint.pt", {"unpicklable": lambda: 0})
    assert (out / "checkpoint.pt").read_bytes() == before
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []


def test_bad_checkpoints_are_named(shared_folder, tmp_path):
    out = tmp_path / "run"
    train(config(shared_folder, out, epochs=1))
    path = out / "checkpoint.pt"
    content = load_checkpoint(path)
    with pytest.raises(FileError, match="checkpoint of another model: it has"):
        load_weights(build("resnet20", "euler", 2, **OPTIONS), content["model"], path)
    with pytest.raises(FileError, match="another model: stem.weight is"):
        load_weights(build("resnet20", "lm", 2, width=4), content["model"], path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(FileError, match="is not a checkpoint, or is truncated"):
        load_model(path)
    with pytest.raises(FileError, match="is not a checkpoint, or is truncated"):
        train(config(shared_folder, out, epochs=1), resume=True)
    torch.save({"model": {}}, path)
    with pytest.raises(FileError, match="expected one with format"):
        load_model(path)
    with pytest.raises(FileError, match="there is no checkpoint"):
        load_model(tmp_path / "absent.pt")


@pytest.mark.parametrize("content", [b"", b"epoch,loss\n1,2\n", b"PK\x03\x04", b"\x80\x02.", bytes(range(256)) * 40])
def test_foreign_files_are_no_checkpoints(content, tmp_path):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(FileError, match="file is not a checkpoint, or is truncated"):
        load_checkpoint(tmp_path / "file")


def test_no_advice_to_run_what_is_in_a_file_is_passed_on(tmp_path):
    torch.save({"model": torch.nn.Linear(2, 2)}, tmp_path / "whole module.pt")
    with pytest.raises(FileError, match="neither a tensor nor a plain value") as refused:
        load_checkpoint(tmp_path / "whole module.pt")
    assert "weights_only" not in str(refused.value)


def test_a_checkpoint_cut_anywhere_is_refused(tmp_path):
    save_checkpoint(tmp_path / "whole.pt", {"model": {"w": torch.ones(50)}})
    content = (tmp_path / "whole.pt").read_bytes()
    for end in range(0, len(content), 37):
        (tmp_path / "cut.pt").write_bytes(content[:end])
        with pytest.raises(FileError, match="is not a checkpoint, or is truncated"):
            load_checkpoint(tmp_path / "cut.pt")


def test_a_folder_that_cannot_be_made_is_said_before_training(shared_folder, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(FileError, match="cannot be made"):
        train(config(shared_folder, tmp_path / "taken" / "run"))


class Evil:
    def __reduce__(self):
        return print, ("executed",)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path, capsys):
    torch.save({"format": "schemetools-checkpoint-1", "evil": Evil()}, tmp_path / "evil.pt")
    with pytest.raises(FileError, match="is not a checkpoint"):
        load_checkpoint(tmp_path / "evil.pt")
    assert capsys.readouterr().out == ""


def test_images_for_inspection_are_normalised_and_from_all_classes(shared_folder, tmp_path):
    train(config(shared_folder, tmp_path / "run", epochs=1))
    model, images = load_for_inspection(tmp_path / "run" / "checkpoint.pt", shared_folder, count=4)
    assert images.shape == (4, 3, 8, 8)
    assert images.abs().max() < 10
    assert not model.training


def test_a_loss_that_is_not_finite_stops_the_run(shared_folder, tmp_path):
    with pytest.raises(SchemeError, match="lower the learning rate"):
        train(config(shared_folder, tmp_path / "run", lr=1e12, epochs=3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs must be"),
        ({"lr": float("nan")}, "lr must be"),
        ({"schedule": "cosin"}, "schedule is one of"),
        *(({name: value}, f"{name} must be an integer") for name in ("size", "limit") for value in ("8", 0, -3, 2.0)),
        *(({"options": value}, "options is .* and not a mapping") for value in (None, [1], {1: 2})),
        *(({name: value}, f"{name} is the name of a folder") for name in ("out", "data") for value in (None, 5)),
        ({"options": {"init": {"k": torch.ones(1)}}}, "options are written to logs: numbers, text"),
        ({"out": "a\0b"}, "out is the name of a folder"),
        ({"store": 5}, "store is the name of a folder"),
        ({"lr": True}, "lr must be a finite number"),
        ({"momentum": "0.9"}, "momentum must be a finite number"),
        ({"lr": 10**400}, "lr must be a finite number"),
        ({"augment": 1}, "augment is 1, an int, and not true or false"),
        ({"scheme": 3}, "scheme is 3, an int, and not text"),
        ({"model": None}, "model is None and not text"),
        ({"schedule": ["cosine"]}, "schedule is one of"),
    ],
)
def test_settings_out_of_range(change, message):
    with pytest.raises(SchemeError, match=message):
        TrainConfig(**{"data": "data", "out": "out", **change})


def test_folders_may_be_paths(tmp_path):
    assert TrainConfig(tmp_path, tmp_path / "out").record()["out"] == str(tmp_path / "out")


@pytest.mark.parametrize(("given", "said"), [({"data": "x"}, "config is a TrainConfig"), (None, "a NoneType came")])
def test_settings_that_are_none(given, said):
    with pytest.raises(SchemeError, match=said):
        train(given)


def test_arguments_of_other_kinds():
    with pytest.raises(SchemeError, match="progress is a function .*; 3, an int, came"):
        train(TrainConfig("data", "out"), progress=3)
    with pytest.raises(SchemeError, match="a checkpoint is the name of a file"):
        load_model(5)
    with pytest.raises(SchemeError, match="no training settings: it is 5"):
        TrainConfig.from_record(5)
