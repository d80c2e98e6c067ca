"""Images in: folders, CIFAR's own batches, and what is said of bad ones; crops and flips against a loop."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from schemetools.errors import FileError
from schemetools.nn.training import open_images
from schemetools.nn.training.augment import crop_and_flip, draws, permutation, to_floats
from schemetools.nn.training.folders import _eight_bits


def test_a_folder_of_classes(folder):
    data = open_images(folder)
    assert data.classes == ("left", "right")
    assert data.train.images.shape == (48, 3, 8, 8)
    assert data.train.images.dtype == torch.uint8
    assert data.train.labels.tolist() == [0] * 24 + [1] * 24
    scaled = data.train.images.double() / 255
    assert data.mean == pytest.approx(scaled.mean((0, 2, 3)).tolist())
    assert data.std == pytest.approx(scaled.std((0, 2, 3), correction=0).tolist())
    floats = to_floats(data.train.images, data.mean, data.std)
    assert floats.mean().abs() < 1e-5
    assert open_images(folder, limit=3, size=6).test.images.shape == (6, 3, 6, 6)


def cifar(root, names, label, meta, classes=3):
    random = np.random.default_rng(0)
    for name in names:
        content = {b"data": random.integers(0, 256, (4, 3072), dtype=np.uint8), label: [0, 1, 2, 1]}
        (root / name).write_bytes(pickle.dumps(content, protocol=2))
    (root / meta[0]).write_bytes(pickle.dumps({meta[1]: [f"c{i}".encode() for i in range(classes)]}, protocol=2))
    return root


def test_the_batches_of_cifar_10_and_100(tmp_path):
    ten, hundred = tmp_path / "ten", tmp_path / "hundred"
    ten.mkdir(), hundred.mkdir()
    cifar(ten, [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"], b"labels", ("batches.meta", b"label_names"))
    cifar(hundred, ["train", "test"], b"fine_labels", ("meta", b"fine_label_names"))
    data = open_images(ten)
    assert (len(data.train), len(data.test), data.classes) == (20, 4, ("c0", "c1", "c2"))
    first = pickle.loads((ten / "data_batch_1").read_bytes(), encoding="bytes")[b"data"][0]
    assert torch.equal(data.train.images[0].flatten(), torch.from_numpy(first))
    assert len(open_images(hundred).train) == 4
    assert open_images(ten, limit=2).train.labels.tolist() == [0, 0, 1, 1, 2, 2]


class Evil:
    def __reduce__(self):
        return print, ("executed",)


def test_a_batch_that_would_run_code_is_refused(tmp_path, capsys):
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(Evil()))
    (tmp_path / "batches.meta").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(FileError, match=r"batches.meta is not a CIFAR batch: it asks for (__builtin__|builtins).print"):
        open_images(tmp_path)
    assert capsys.readouterr().out == ""


def test_a_small_file_that_is_a_large_image_is_refused_before_it_is_decoded(folder):
    """Of 6,000 x 6,000 equal pixels a file has 5 kB; with a size one image at a time is as large, and that is taken."""
    large = folder / "train" / "left" / "007.png"
    Image.new("1", (6000, 6000)).save(large)
    assert large.stat().st_size < 20_000
    with pytest.raises(FileError, match=r"007.png has 6000 x 6000 pixels, more than 33554432: make it smaller"):
        open_images(folder)
    open_images(folder, size=8)
    Image.new("1", (9000, 9000)).save(large)
    with pytest.raises(FileError, match="9000 x 9000 pixels, more than 67108864"):
        open_images(folder, size=8)


def test_bad_folders_and_images_are_named(folder, tmp_path):
    with pytest.raises(FileError, match="there is no data folder"):
        open_images(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="there is no folder .*train"):
        open_images(tmp_path / "empty")
    (tmp_path / "empty" / "train").mkdir()
    with pytest.raises(FileError, match="no class folders"):
        open_images(tmp_path / "empty")
    bad = folder / "train" / "left" / "007.png"
    bad.write_bytes(bad.read_bytes()[:60])
    with pytest.raises(FileError, match=r"007.png is not a readable image"):
        open_images(folder)
    Image.new("RGB", (5, 9)).save(bad)
    with pytest.raises(FileError, match=r"007.png is 9x5 pixels, the images before it 8x8; give a size"):
        open_images(folder)
    for file in (folder / "test" / "right").iterdir():
        file.unlink()
    with pytest.raises(FileError, match="right has no images"):
        open_images(folder, size=8)
    (folder / "test" / "right").rmdir()
    with pytest.raises(FileError, match="different classes; only in one of them: right"):
        open_images(folder, size=8)


def test_crop_and_flip_against_a_loop():
    images = torch.arange(3 * 2 * 5 * 4, dtype=torch.float32).reshape(3, 2, 5, 4)
    drawn = draws(3, seed=0, epoch=1, step=2, padding=2)
    found = crop_and_flip(images, drawn, 2)
    padded = torch.nn.functional.pad(images, (2, 2, 2, 2))
    for image, (dy, dx, flip), result in zip(padded, drawn.tolist(), found, strict=True):
        cut = image[:, dy : dy + 5, dx : dx + 4]
        assert torch.equal(result, cut.flip(-1) if flip else cut)


def test_draws_depend_on_seed_epoch_and_step_alone():
    assert torch.equal(draws(50, 1, 2, 3, 4), draws(50, 1, 2, 3, 4))
    assert not torch.equal(draws(50, 1, 2, 3, 4), draws(50, 1, 2, 4, 4))
    assert draws(4000, 0, 0, 0, 4).double().mean(0) == pytest.approx([4, 4, 0.5], abs=0.2)
    assert sorted(permutation(100, 0, 1).tolist()) == list(range(100))
    assert not torch.equal(permutation(100, 0, 1), permutation(100, 0, 2))


def _folder(root, images):
    for part in ("train", "test"):
        for name, image in images.items():
            (root / part / name).mkdir(parents=True)
            image.save(root / part / name / "0.png")
    return root


def test_sixteen_bits_are_scaled_and_floats_refused(tmp_path):
    levels = {"a": 0, "b": 8000, "c": 48000, "d": 65535}
    images = {name: Image.fromarray(np.full((4, 4), level, dtype=np.uint16)) for name, level in levels.items()}
    data = open_images(_folder(tmp_path / "grey", images))
    assert data.train.images[:, 0, 0, 0].tolist() == [round(level / 257) for level in levels.values()]
    with pytest.raises(FileError, match="8 or 16 bits"):
        _eight_bits(Image.fromarray(np.ones((4, 4), dtype=np.float32)), tmp_path / "x.tif")
    with pytest.raises(FileError, match="from 0 to 70000"):
        _eight_bits(Image.fromarray(np.array([[0, 70000]], dtype=np.int32)), tmp_path / "x.png")
