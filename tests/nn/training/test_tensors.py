"""Training from tensors and from folders as torchvision has them; trackers, and k in the logs."""

import csv

import pytest
import torch
from accelerate.tracking import GeneralTracker, on_main_process

from schemetools.errors import SchemeError
from schemetools.nn.training import TrainConfig, images_of, open_images, train
from schemetools.nn.training.augment import to_floats

SETTINGS = {"model": "resnet20", "scheme": "lm", "options": {"width": 2}, "epochs": 2, "batch": 8, "lr": 0.05}


class Remembered(GeneralTracker):
    """A tracker of somebody's own: it keeps what it is told."""

    name = "remembered"
    requires_logging_directory = False

    @on_main_process
    def __init__(self):
        self.config, self.logged, self.finished = None, [], False
        super().__init__()

    @property
    def tracker(self):
        return self

    def store_init_configuration(self, values):
        self.config = values

    def log(self, values, step=None, **_):
        self.logged.append((step, values))

    def finish(self):
        self.finished = True


def test_tensors_train_as_the_folder_that_they_were_read_from(shared_folder, tmp_path):
    read = open_images(shared_folder)
    given = images_of(
        (read.train.images, read.train.labels), (read.test.images, read.test.labels), classes=read.classes
    )
    runs = [
        train(TrainConfig(str(shared_folder), str(tmp_path / name), **SETTINGS), images=images)
        for name, images in (("folder", None), ("tensors", given))
    ]
    assert runs[0].epochs[-1]["test_loss"] == runs[1].epochs[-1]["test_loss"]
    for a, b in zip(*(run.model.state_dict().values() for run in runs), strict=True):
        assert torch.equal(a, b)


def test_floats_are_normalised_as_they_are(tmp_path):
    x = 7 + 3 * torch.randn(24, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    data = images_of((x, torch.arange(24) % 3), (x[:6], torch.arange(6) % 3))
    assert data.mean == pytest.approx(x.double().mean((0, 2, 3)).tolist())
    trained = train(TrainConfig("floats", str(tmp_path / "run"), **SETTINGS), images=data)
    assert trained.model.stages[0].schemes[1].exact is False


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ((torch.zeros(2, 3, 8, 8), torch.zeros(2)), "classes are integers"),
        ((torch.zeros(2, 3, 8, 8), torch.tensor([0, 1, 2])), "one per image"),
        ((torch.zeros(2, 8, 8), torch.tensor([0, 1])), "images are"),
        ((torch.zeros(2, 3, 8, 8, dtype=torch.int64), torch.tensor([0, 1])), "bytes or floats"),
        ((torch.full((2, 3, 8, 8), torch.nan), torch.tensor([0, 1])), "nan or inf"),
        (torch.zeros(2, 3, 8, 8), "pair of tensors"),
        ((torch.zeros(2, 3, 4, 4), torch.tensor([0, 1])), "of one shape"),
        ((torch.zeros(2, 3, 8, 8), torch.tensor([0, 9])), "2 classes are named and 10 occur"),
        ((torch.zeros(2, 3, 8, 8), torch.tensor([0, 10**8])), "2 classes are named and 100000001 occur"),
        ((torch.zeros(2, 3, 8, 8, dtype=torch.uint8), torch.tensor([0, 1])), "bytes of one and floats of the other"),
        ((torch.zeros(2, 3, 0, 8), torch.tensor([0, 1])), "at least one pixel"),
        ((torch.zeros(2, 3, 8, 8, device="meta"), torch.tensor([0, 1])), "meta or sparse ones came"),
        ((torch.full((2, 3, 8, 8), 1e300, dtype=torch.float64), torch.tensor([0, 1])), "beyond single precision"),
    ],
)
def test_what_is_no_data_is_refused(part, said):
    good = (torch.zeros(2, 3, 8, 8), torch.tensor([0, 1]))
    with pytest.raises(SchemeError, match=said):
        images_of(part, good, classes=("a", "b"))


@pytest.mark.parametrize("classes", [5, "ab"])
def test_classes_are_a_list_of_names(classes):
    part = (torch.zeros(2, 3, 8, 8), torch.tensor([0, 1]))
    with pytest.raises(SchemeError, match="classes is a list of names"):
        images_of(part, part, classes=classes)


def test_classes_without_names_are_no_more_than_the_images():
    part = (torch.zeros(2, 3, 8, 8), torch.tensor([0, 10**8]))
    with pytest.raises(SchemeError, match="class 100000000 occurs among 4 images"):
        images_of(part, part)


@pytest.mark.parametrize(("scale", "shift"), [(1e-5, 0), (1e-20, 0), (1.0, 1e6), (1e4, -1e6)])
def test_floats_of_any_scale_have_their_own_deviation(scale, shift):
    """Against the two passes of NumPy, over several chunks."""
    x = torch.rand(5000, 2, 3, 3, generator=torch.Generator().manual_seed(0)) * scale + shift
    data = images_of((x, torch.arange(5000) % 3), (x, torch.arange(5000) % 3))
    exact = x.double().numpy()
    assert data.mean == pytest.approx(exact.mean((0, 2, 3)), rel=1e-12, abs=0)
    assert data.std == pytest.approx(exact.std((0, 2, 3)), rel=1e-9, abs=0)
    if not shift:
        assert to_floats(x, data.mean, data.std).std() == pytest.approx(1, rel=1e-3)


def test_a_constant_channel_is_normalised_to_nothing():
    x = torch.rand(6, 2, 4, 4)
    x[:, 1] = 0.1
    data = images_of((x, torch.arange(6) % 2), (x, torch.arange(6) % 2))
    assert data.std[1] == 1.0
    assert to_floats(x, data.mean, data.std)[:, 1].abs().max() < 1e-7


def test_images_of_other_channels_than_the_network_takes_are_refused(tmp_path):
    part = (torch.rand(4, 1, 8, 8), torch.arange(4) % 2)
    with pytest.raises(SchemeError, match=r"are 1 and those that resnet20 takes 3; give options=\{'channels': 1\}"):
        train(TrainConfig("memory", str(tmp_path / "run"), **SETTINGS), images=images_of(part, part))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("images", [3, (1, 2), {"train": 1}])
def test_images_are_those_of_images_of(tmp_path, images):
    with pytest.raises(SchemeError, match="images are what images_of or open_images returns"):
        train(TrainConfig("memory", str(tmp_path / "run"), **SETTINGS), images=images)


def test_a_folder_as_torchvision_has_it(folder):
    expected = open_images(folder)
    (folder / "test").rename(folder / "val")
    inner = folder / "train" / "left" / "more"
    inner.mkdir()
    for path in sorted((folder / "train" / "left").glob("*.png"))[20:]:
        path.rename(inner / path.name)
    data = open_images(folder)
    assert torch.equal(data.train.images, expected.train.images)
    assert torch.equal(data.test.images, expected.test.images)


def test_every_epoch_goes_to_a_tracker_with_its_k(shared_folder, tmp_path):
    tracker = Remembered()
    config = TrainConfig(str(shared_folder), str(tmp_path / "run"), **SETTINGS)
    trained = train(config, log_with=tracker)
    assert tracker.config["scheme"] == "lm" and tracker.finished
    assert [step for step, _ in tracker.logged] == [1, 2]
    for (_, told), epoch in zip(tracker.logged, trained.epochs, strict=True):
        assert told["test_loss"] == epoch["test_loss"]
        assert {name: told[name] for name in epoch["coefficients"]} == epoch["coefficients"]
    rows = list(csv.DictReader((tmp_path / "run" / "log.csv").read_text().splitlines()))
    names = list(trained.epochs[0]["coefficients"])
    assert len(names) == 6
    assert [[float(row[name]) for name in names] for row in rows] == [
        list(epoch["coefficients"].values()) for epoch in trained.epochs
    ]


@pytest.mark.parametrize(("name", "said"), [("notepad", "accelerate knows"), ("aim", "not installed")])
def test_a_tracker_that_is_not_there_is_refused(shared_folder, tmp_path, name, said):
    """accelerate only warns where a tracker's package is missing, and then tracks nothing."""
    config = TrainConfig(str(shared_folder), str(tmp_path / "run"), **SETTINGS)
    with pytest.raises(SchemeError, match=said):
        train(config, log_with=name)
    assert not (tmp_path / "run").exists()
