"""Networks whose sums are made outside of their blocks, attention and then an MLP: one turn of the loop is one block."""

import numpy as np
import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.nn.reading.inspect import inspect
from schemetools.nn.rewiring.convert import convert
from tests.nn.rewiring.networks import branch, by_hand

K = -0.3


class Turns(nn.Module):
    """x + f(x), then g of that added: the loop makes the sums."""

    def __init__(self, depth=3):
        super().__init__()
        self.layers = nn.ModuleList(nn.ModuleList(branch() for _ in range(2)) for _ in range(depth))

    def forward(self, x):
        for f, g in self.layers:
            x = f(x) + x
            x = g(x) + x
        return x


def field(f, g):
    return lambda u: f(u) + g(u + f(u))


def test_states_and_jacobians_are_those_of_the_turns(double_precision):
    net, x = Turns(), torch.randn(1, 6)
    fields = [field(f, g) for f, g in net.layers]
    report = inspect(convert(net, st.lm(k=K), example=x), x)
    [chain] = report.chains
    assert len(report.layers) == 3 and len(chain.states) == 4
    for n, state in enumerate(chain.states):
        torch.testing.assert_close(state, by_hand(fields[:n], x, [0, K, K][:n]), rtol=0, atol=1e-12)
    for layer, f, state in zip(report.layers, fields, chain.states, strict=False):
        dense = torch.func.jacrev(f)(state[0]).detach().numpy()
        assert layer.field_norm == pytest.approx(np.linalg.norm(dense, 2), rel=1e-8)
