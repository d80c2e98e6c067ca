"""Torch settings for the tests of networks: float64, one thread, a fixed seed."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _settings():
    torch.set_num_threads(1)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(before)
