"""A small data set of coloured squares on disk, two classes that a network can tell apart."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def folder(tmp_path):
    return write_images(tmp_path / "data")


def write_images(root, count=24, side=8):
    random = np.random.default_rng(0)
    for part in ("train", "test"):
        for label, name in enumerate(("left", "right")):
            (root / part / name).mkdir(parents=True)
            for i in range(count):
                image = random.integers(0, 100, (side, side, 3), dtype=np.uint8)
                image[:, label * side // 2 : (label + 1) * side // 2] += 150
                Image.fromarray(image).save(root / part / name / f"{i:03}.png")
    return root


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("images") / "data")
