"""In which precision the products of a large state are made."""

from collections import Counter

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from schemetools.nn.reading.spectrum import spectrum


class Convolutions(TorchDispatchMode):
    """Counts convolutions and their transposes by the type of their numbers."""

    def __init__(self):
        super().__init__()
        self.count = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if "convolution" in str(func):
            self.count[args[0].dtype] += 1
        return func(*args, **(kwargs or {}))


def test_nearly_all_products_of_a_field_that_works_in_single_precision_are_made_there():
    torch.manual_seed(0)
    half = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.Tanh(), nn.Conv2d(4, 4, 3, padding=1)).requires_grad_(False)
    state = torch.randn(1, 4, 16, 16, dtype=torch.float64)
    double = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.Tanh(), nn.Conv2d(4, 4, 3, padding=1)).double()
    double.requires_grad_(False).load_state_dict(half.state_dict())
    with Convolutions() as seen:
        spectrum(double, state, single=half)
    assert seen.count[torch.float32] > 10 * seen.count[torch.float64] > 0
