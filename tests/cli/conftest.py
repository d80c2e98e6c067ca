from collections import namedtuple

import numpy as np
import pytest
from PIL import Image

from schemetools.cli import main

Result = namedtuple("Result", "code out err")


@pytest.fixture
def schemetools(capsys, tmp_path, monkeypatch):
    """`schemetools("show", "rk4")`: a command run in an empty folder, its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as exit_:
            main([str(a) for a in arguments])
        return Result(exit_.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def images(tmp_path):
    """A folder of 16 images in two classes."""
    random = np.random.default_rng(0)
    for part in ("train", "test"):
        for label, name in enumerate(("left", "right")):
            folder = tmp_path / "data" / part / name
            folder.mkdir(parents=True)
            for i in range(4):
                image = random.integers(0, 100, (8, 8, 3), dtype=np.uint8)
                image[:, 4 * label : 4 * label + 4] += 150
                Image.fromarray(image).save(folder / f"{i}.png")
    return tmp_path / "data"
