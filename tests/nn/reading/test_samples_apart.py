"""Whether samples reach each other: any single coupling of two of them is found."""

from itertools import permutations
from types import SimpleNamespace

import torch

from schemetools.nn.reading.spectrum import independent


def linear(matrix, width=3):
    """A Jacobian that mixes samples by a matrix, as `independent` asks of it: its transposed product."""
    state = torch.zeros(len(matrix), width, dtype=torch.float64)
    return SimpleNamespace(u=state, back=lambda v: matrix.T @ v)


def test_each_pair_of_samples_that_meet_is_told():
    for count in (2, 3, 5, 8):
        assert independent(linear(torch.eye(count, dtype=torch.float64)))
        for i, j in permutations(range(count), 2):
            matrix = torch.eye(count, dtype=torch.float64)
            matrix[i, j] = 0.1
            assert not independent(linear(matrix)), (count, i, j)
