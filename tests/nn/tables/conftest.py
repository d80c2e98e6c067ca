"""A small data set on disk, of two classes."""

import pytest

from tests.nn.training.conftest import write_images


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    return write_images(tmp_path_factory.mktemp("images") / "data")
