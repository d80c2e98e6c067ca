"""A store of decoded images: the bytes of the images in memory, read once, whole or absent, and the same training."""

import pytest
import torch

from schemetools.errors import FileError
from schemetools.nn.training import TrainConfig, folders, open_images, train


def test_mapped_images_are_those_in_memory(folder, tmp_path):
    held, mapped = open_images(folder, size=6), open_images(folder, size=6, store=tmp_path / "store")
    for mine, its in ((held.train, mapped.train), (held.test, mapped.test)):
        assert torch.equal(mine.images, its.images) and torch.equal(mine.labels, its.labels)
        assert its.mapped and not mine.mapped
    assert (held.mean, held.std, held.classes) == (mapped.mean, mapped.std, mapped.classes)


def test_a_store_is_read_once_and_again_when_an_image_has_changed(folder, tmp_path, monkeypatch):
    read, original = [], folders._read_image

    def counted(path, size):
        read.append(path.name)
        return original(path, size)

    monkeypatch.setattr(folders, "_read_image", counted)
    store = tmp_path / "store"
    open_images(folder, store=store)
    assert len(read) == 96 + 2  # every image, and the first of each part for its shape
    read.clear()
    open_images(folder, store=store)
    assert len(read) == 2
    picture = folder / "train" / "left" / "000.png"
    picture.write_bytes((folder / "train" / "right" / "000.png").read_bytes())
    read.clear()
    changed = open_images(folder, store=store)
    assert len(read) == 48 + 2
    assert torch.equal(changed.train.images[0], changed.train.images[24])
    assert len(list(store.glob("*.bytes"))) == 3


def test_a_store_that_broke_off_leaves_nothing_and_one_that_was_cut_is_refused(folder, tmp_path):
    store = tmp_path / "store"
    (folder / "train" / "right" / "005.png").write_bytes(b"no image")
    with pytest.raises(FileError, match=r"005\.png is not a readable image"):
        open_images(folder, store=store)
    assert list(store.iterdir()) == []
    (folder / "train" / "right" / "005.png").unlink()
    open_images(folder, store=store)
    written = next(store.glob("train-*.bytes"))
    written.write_bytes(written.read_bytes()[:-1])
    with pytest.raises(FileError, match="bytes and not the 9024 of its images; remove it"):
        open_images(folder, store=store)


def test_a_store_that_cannot_be_a_folder_is_refused(folder, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="file cannot be written: File exists"):
        open_images(folder, store=tmp_path / "file")


def test_training_from_a_store_takes_the_same_steps(folder, tmp_path):
    words = {"data": str(folder), "epochs": 1, "batch": 8, "options": {"width": 4}}
    held = train(TrainConfig(out=str(tmp_path / "held"), **words))
    mapped = train(TrainConfig(out=str(tmp_path / "mapped"), store=str(tmp_path / "store"), **words))
    for mine, its in zip(held.model.state_dict().values(), mapped.model.state_dict().values(), strict=True):
        assert torch.equal(mine, its)
