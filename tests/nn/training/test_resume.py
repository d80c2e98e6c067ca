"""Going on from a checkpoint: with the same images only, and only where its parts and numbers are those of a run."""

import pytest
import torch

from schemetools.errors import FileError, SchemeError
from schemetools.nn.training import TrainConfig, images_of, load_checkpoint, load_model, save_checkpoint, train

WORDS = {"options": {"width": 2, "channels": 1}, "epochs": 2, "batch": 8, "lr": 0.01, "augment": False, "padding": 0}
CLASSES = ("a", "b", "c")


class KilledError(Exception):
    pass


def kill(told):
    if told.step + (told.epoch - 1) * told.steps == 5:
        raise KilledError


def pictures(seed=0, count=24, classes=3):
    x = torch.randint(0, 256, (count, 1, 8, 8), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    return x, torch.arange(count) % classes


def images(**changes):
    return images_of(pictures(**changes), pictures(seed=9), classes=CLASSES)


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A run of 2 epochs of 3 steps that broke off after step 5: its checkpoint is of step 4."""
    out = tmp_path_factory.mktemp("broken")
    with pytest.raises(KilledError):
        train(TrainConfig("memory", out, checkpoint_every=4, **WORDS), images=images(), progress=kill)
    content = load_checkpoint(out / "checkpoint.pt")
    assert (content["step"], len(content["epochs"]), content["sums"][2]) == (4, 1, 8.0)
    return content


def resumed(content, out, data=None):
    save_checkpoint(out / "checkpoint.pt", content)
    return train(TrainConfig("memory", out, **WORDS), images=images() if data is None else data, resume=True)


def with_one_pixel_changed():
    x, y = pictures()
    x[7, 0, 3, 3] ^= 128
    return images_of((x, y), pictures(seed=9), classes=CLASSES)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (with_one_pixel_changed(), "other images .their mean, std, crc."),
        (images(count=32), "their mean, std, train, crc"),
        (images(classes=2), "their crc"),
        (images_of(pictures(), pictures(seed=9), classes=("a", "x", "c")), "their classes"),
    ],
)
def test_other_images_are_refused(broken, tmp_path, data, said):
    with pytest.raises(SchemeError, match=said):
        resumed(broken, tmp_path, data)


def test_a_checkpoint_of_an_earlier_version_goes_on_and_so_does_one_with_other_roundings(broken, tmp_path):
    earlier = {name: value for name, value in broken.items() if name not in ("train", "test", "crc")}
    earlier["mean"] = [value * (1 + 1e-14) for value in earlier["mean"]]
    assert len(resumed(earlier, tmp_path).epochs) == 2


@pytest.mark.parametrize("name", ["config", "step", "sums", "epochs", "optimizer", "model", "classes", "mean"])
def test_a_checkpoint_that_lacks_a_part_is_refused(broken, tmp_path, name):
    with pytest.raises(FileError, match=f"is damaged: it has no {name}"):
        resumed({part: value for part, value in broken.items() if part != name}, tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epochs": []}, "records of 0 epochs at step 4, of which 3 are one"),
        ({"epochs": [{}]}, r"epochs\[0\] has no epoch"),
        ({"step": 10**9}, "step 1000000000 is none of the 6 of the run"),
        ({"step": -3}, "step -3 is none"),
        ({"step": "x"}, "step is 'x', a str, and not an integer"),
        ({"step": 5}, "2 steps of 8 images into an epoch"),
        ({"sums": None}, "sums is None and not a list"),
        ({"sums": [1.0]}, "its sums are"),
        ({"model": None}, "model is None and not a mapping"),
        ({"model": {"stem.weight": 3}}, "model.stem.weight is 3, an int"),
        ({"config": None}, "config is None and not a mapping"),
        ({"config": {"data": "a", "out": "b", "epochs": 0}}, "epochs must be an integer of at least 1"),
        ({"optimizer": {}}, "optimizer has no state"),
        ({"optimizer": {"state": {}, "param_groups": []}}, "its optimizer has 0 parameters"),
    ],
)
def test_a_checkpoint_whose_parts_are_spoiled_is_refused(broken, tmp_path, change, said):
    with pytest.raises(FileError, match=said):
        resumed(broken | change, tmp_path)


@pytest.mark.parametrize(
    ("state", "said"), [({}, "no momentum, and every"), ({0: {"momentum_buffer": torch.ones(7)}}, "of the shape")]
)
def test_an_optimizer_of_other_parameters_is_refused(broken, tmp_path, state, said):
    with pytest.raises(FileError, match=said):
        resumed(broken | {"optimizer": broken["optimizer"] | {"state": state}}, tmp_path)


@pytest.mark.parametrize("change", [{"classes": 5}, {"model": None}, {"config": []}])
def test_a_spoiled_checkpoint_gives_no_model(broken, tmp_path, change):
    save_checkpoint(tmp_path / "checkpoint.pt", broken | change)
    with pytest.raises(FileError, match="is damaged"):
        load_model(tmp_path / "checkpoint.pt")


def test_momentum_0_is_plain_gradient_descent(tmp_path):
    runs = [
        train(TrainConfig("memory", tmp_path / str(n), momentum=0, nesterov=n, **WORDS), images=images())
        for n in (True, False)
    ]
    for mine, its in zip(*(run.model.state_dict().values() for run in runs), strict=True):
        assert torch.equal(mine, its)
