"""What inspect says of gates and masks, against exact moments and many draws."""

import numpy as np
import pytest
import torch
from torch import nn

import schemetools as st

H = 0.5


def branch(seed, n=4):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(n, 8), nn.Tanh(), nn.Linear(8, n))


def pair(seed):
    torch.manual_seed(seed)
    return [nn.Sequential(nn.Linear(4, 8), nn.Tanh()), nn.Linear(8, 4)]


X = torch.randn(5, 4, generator=torch.Generator().manual_seed(9))


def drawn(block, x, n=20_000):
    """(|mean - x|, root of the summed variance) of n runs of one step in training."""
    block, x = block.double().train(), x.double()
    with torch.no_grad():
        y = block(x.repeat(n, 1)).reshape(n, *x.shape)
    return float((y.mean(dim=0) - x).norm()), float(y.var(dim=0).sum().sqrt())


def test_gates_report_drift_noise_and_growth():
    net = st.to_stack(st.get("stochastic_depth(4/5)"), [branch(i) for i in range(3)], h=H)
    report = st.inspect(net, X)
    for layer in report.layers:
        z = layer.eigenvalues
        growth = np.sqrt(np.max(0.8 * abs(1 + z) ** 2 + 0.2))
        assert layer.noise.growth == pytest.approx(growth, rel=1e-9)
        assert layer.noise.is_stable == layer.inside
        assert not layer.noise.sampled and layer.noise.ratio == layer.noise.size / layer.noise.drift
    first = report.layers[0].noise
    f = branch(0)(X).detach()
    assert first.size == pytest.approx(H * 0.4 * float(f.norm()), rel=1e-5)
    assert first.drift == pytest.approx(H * 0.8 * float(f.norm()), rel=0.2)  # the correction of order h beside it
    assert "noise in layers.0 (stochastic_depth(p=4/5))" in str(report)
    assert report.record()["layers"][0]["noise"]["growth"] == first.growth


def test_layers_without_gates_have_no_noise():
    report = st.inspect(st.to_stack(st.get("euler"), [branch(0)] * 2, h=H), X)
    assert [layer.noise for layer in report.layers] == [None, None] and report.masked == ()


@pytest.mark.parametrize(
    "name",
    [
        "dropout_output(1/5)",
        "dropout_hidden(1/5)",
        "dropout_input(1/5)",
        "dropout_skip(p=1/5, power=1/2)",
        "dropout_skip(1/5)",
        "additive_noise(1/5)",
    ],
)
def test_masks_report_drift_and_noise_of_a_step(name):
    block = st.to_block(st.get(name))(pair(1) if "hidden" in name else branch(1), H)
    (found,) = st.inspect(block, X).masked
    drift, size = drawn(block, X)
    assert found.noise.size == pytest.approx(size, rel=0.1 if found.noise.sampled else 0.03)
    assert found.noise.drift == pytest.approx(drift, rel=0.1)
    assert found.noise.sampled == (found.scheme.placement in ("hidden", "input"))


@pytest.mark.parametrize("name", ["dropout_output(1/2)", "dropout_hidden(1/2)", "dropout_input(1/2)"])
def test_the_growth_of_a_linear_step_is_that_of_its_exact_second_moments(name):
    torch.manual_seed(2)
    W = torch.randn(3, 3, dtype=torch.float64) * 0.7
    layer = nn.Linear(3, 3, bias=False, dtype=torch.float64)
    layer.weight.data = W
    block = st.to_block(st.get(name))([nn.Identity(), layer] if "hidden" in name else layer, H)
    (found,) = st.inspect(block, torch.ones(1, 3)).masked
    total = 0
    for pattern in range(8):  # every draw of the mask: E[M (x) M]
        m = torch.diag(torch.tensor([2.0 * (pattern >> i & 1) for i in range(3)], dtype=torch.float64))
        M = torch.eye(3, dtype=torch.float64) + H * (m @ W if "output" in name else W @ m)
        total = total + torch.kron(M, M) / 8
    growth = float(torch.linalg.eigvals(total).abs().max()) ** 0.5
    assert found.noise.growth == pytest.approx(growth, rel=1e-6)
    assert found.noise.is_stable == (growth <= 1)


def test_gates_and_masks_in_one_network():
    net = nn.Sequential(
        st.to_stack(st.get("drop_path(4/5)"), [branch(0)], h=H),
        st.to_block(st.get("dropout_output(1/5)"))(branch(1), H),
    )
    report = st.inspect(net, X)
    assert len(report.layers) == len(report.masked) == 1 and report.masked[0].name == "1"
    assert str(report).count("noise in ") == 2
    assert net[1].training


def test_a_state_of_many_units_has_no_verdict_on_growth():
    block = st.to_block(st.get("dropout_output(1/5)"))(nn.Conv2d(2, 2, 3, padding=1), H)
    (found,) = st.inspect(block, torch.randn(2, 2, 12, 12)).masked
    assert found.noise.growth is None and found.noise.is_stable is None and found.noise.size > 0
    assert "not decided" in str(st.inspect(block, torch.randn(2, 2, 12, 12)))
