"""Another scheme or depth without training: the drift is O(h^2) and is foreseen."""

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.nn.models import build
from schemetools.nn.reading.inspect import inspect
from schemetools.nn.rewiring.convert import convert
from schemetools.nn.rewiring.retrofit import retrofit
from schemetools.nn.stacks.stack import to_stack


class Smooth(nn.Module):
    def __init__(self, t):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        A, B, C = (torch.randn(4, 4, generator=generator, dtype=torch.float64) for _ in range(3))
        self.w, self.v = nn.Parameter(A * math.cos(t) + B * math.sin(t)), nn.Parameter(C / 2)

    def forward(self, u):
        return torch.tanh(u @ self.w.T) @ self.v.T


def smooth(scheme, n, **options):
    return to_stack(scheme, [Smooth(i / n) for i in range(n)], h=1 / n, **options).double()


@pytest.fixture
def x():
    return torch.randn(3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


CASES = [
    ("euler", "midpoint", 2),
    ("lm(k=-3/10)", "rk4", 4),
    ("lm(k=-3/10)", "lm(k=1/5)", 2),
    ("adams_bashforth(2)", "euler", 1),
]


@pytest.mark.parametrize(("old", "new", "shorter"), CASES)
def test_the_drift_is_of_second_order_and_foreseen(old, new, shorter, x):
    found = [retrofit(smooth(st.get(old), n), scheme=st.get(new), depth=n // shorter, x=x) for n in (32, 64)]
    slope = np.log2(found[0].measured_drift / found[1].measured_drift)
    assert abs(slope - 2) < 0.15
    for made in found:
        assert 0.7 < made.predicted_drift / made.measured_drift < 1.3
    assert found[1].measured_drift < 1e-3


def test_what_is_printed_tells_the_drifts(x):
    made = retrofit(smooth(st.euler, 8), scheme=st.midpoint, depth=4, x=x)
    assert f"predicted_drift={made.predicted_drift:.3g}, measured_drift={made.measured_drift:.3g}" in repr(made)
    assert "measured_drift" not in repr(retrofit(to_stack(st.euler, [nn.Linear(4, 4)] * 8, h=0.05), depth=4))


def test_learned_coefficients_are_kept_and_interpolated(x):
    stack = smooth(st.lm(), 32, init=0)
    for n, layer in enumerate(stack.layers[1:], start=1):
        layer.k.data.fill_(-0.2 - 0.3 * math.sin(n / 32))
    made = retrofit(stack, depth=16, x=x)
    ks = [layer.k.item() for layer in made.net.steps.layers[1:]]
    assert np.allclose(ks, [-0.2 - 0.3 * math.sin(n / 16) for n in range(1, 16)])
    assert made.measured_drift < 1e-2


def test_it_beats_one_frozen_branch_per_step(x):
    stack = smooth(st.get("lm(k=-3/10)"), 32)
    made = retrofit(stack, scheme=st.midpoint, depth=16, x=x)
    limit = 10 / 7
    naive = to_stack(st.midpoint, [stack.layers[2 * i].branch for i in range(16)], h=limit / 16)
    drift = ((naive(x) - stack(x)).norm() / stack(x).norm()).item()
    assert made.measured_drift < drift / 5


def test_without_an_input_the_drift_is_foreseen_on_noise():
    made = retrofit(to_stack(st.euler, [nn.Linear(4, 4)] * 8, h=0.05), scheme=st.midpoint, depth=4)
    assert made.measured_drift is None
    assert 0 < made.predicted_drift < 0.1


def test_a_network_of_several_chains_and_its_original_is_left_alone():
    torch.manual_seed(0)
    model = build("resnet20", "lm", width=4).eval()
    images = torch.randn(2, 3, 8, 8)
    before, output = copy.deepcopy(model.state_dict()), model(images)
    made = retrofit(model, scheme=st.midpoint, depth=(2, 1, 1), x=images)
    assert made(images).shape == output.shape
    assert made.measured_drift > 0
    assert made.predicted_drift > 0
    assert torch.equal(model(images), output)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert len(inspect(made, images[:1, :, ::2, ::2], eigenvalues=2).layers) == 4
    made(images).sum().backward()


def test_the_same_scheme_and_depth_change_nothing(x):
    for old in (smooth(st.euler, 8), smooth(st.get("lm(k=-1/10)"), 8)):
        assert retrofit(old, x=x).measured_drift < 1e-13


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.f, self.norm = nn.Linear(4, 4), nn.BatchNorm1d(4)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, u):
        self.calls += 1
        return torch.tanh(self.norm(self.f(u)))


class HeldTwice(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(4, 4)
        self.flat = [self.f.weight, self.f.bias]

    def forward(self, u):
        return torch.tanh(nn.functional.linear(u, *self.flat))


@pytest.mark.parametrize("branch", [Counting, HeldTwice])
@pytest.mark.parametrize("whole", [False, True])
def test_drifts_that_single_precision_shows_are_those_of_double(branch, whole, x):
    torch.manual_seed(0)
    stack = to_stack(st.euler, [branch() for _ in range(5)], h=0.3)
    net = stack if whole else nn.Sequential(nn.Linear(4, 4), nn.Sequential(stack, nn.Linear(4, 4)))
    net(x.float())
    before, modes = copy.deepcopy(net.state_dict()), [m.training for m in net.modules()]
    found = retrofit(net, scheme=st.midpoint, depth=3, x=x.float())
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert [m.training for m in net.modules()] == modes
    held = {t.data_ptr() for t in net.state_dict().values()}
    assert not any(t.data_ptr() in held for t in found.state_dict().values())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        again = retrofit(net, scheme=st.midpoint, depth=3, x=x.float())
    exact = retrofit(copy.deepcopy(net).double(), scheme=st.midpoint, depth=3, x=x.float())
    for made in (found, again):
        assert made.predicted_drift == pytest.approx(exact.predicted_drift, rel=1e-3)
        assert made.measured_drift == pytest.approx(exact.measured_drift, rel=1e-3)


def test_a_drift_below_the_rounding_of_single_precision_is_measured_in_double(x):
    stack = smooth(st.get("lm(k=-1/10)"), 8).float()
    assert retrofit(stack, x=x.float()).measured_drift < 1e-13


def test_a_converted_network_can_be_retrofitted():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.f = nn.Linear(4, 4)

        def forward(self, u):
            return u + torch.tanh(self.f(u)) / 8

    model = convert(nn.Sequential(nn.Sequential(*(Block() for _ in range(6)))), st.lm(k=-0.1), ["0"])
    assert retrofit(model, scheme=st.euler, x=torch.randn(2, 4)).measured_drift < 0.1


def test_errors(x):
    stack = smooth(st.euler, 4)
    with pytest.raises(SchemeError, match="no stack in it"):
        retrofit(nn.Linear(4, 4), scheme=st.rk4)
    with pytest.raises(SchemeError, match="free or random symbols"):
        retrofit(stack, scheme=st.lm())
    with pytest.raises(SchemeError, match="at least 1"):
        retrofit(stack, depth=0)
    with pytest.raises(SchemeError, match="2 depths came for 1 chains"):
        retrofit(stack, depth=[2, 2])


@pytest.mark.parametrize("depth", [2.5, "4", [2.5], [4, 4], True, 0])
def test_a_depth_that_is_none(depth):
    with pytest.raises(SchemeError, match="came"):
        retrofit(smooth(st.euler, 4), depth=depth)


def test_what_is_no_network_and_no_input_is_named(x):
    with pytest.raises(SchemeError, match="None came"):
        retrofit(None, depth=4)
    with pytest.raises(SchemeError, match="tensor of floats.* list came"):
        retrofit(smooth(st.euler, 4), depth=2, x=[1.0])
    with pytest.raises(SchemeError, match="nan or inf"):
        retrofit(smooth(st.euler, 4), depth=2, x=x * math.nan)
