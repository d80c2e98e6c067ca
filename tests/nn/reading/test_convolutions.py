"""Convolutions read back as operators: symbols, modified equations of layers, and what does not hold in words."""

import numpy as np
import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.analysis.series.kernels import kernel_moments


def circular(kernel):
    conv = nn.Conv1d(1, 1, len(kernel), padding=len(kernel) // 2, padding_mode="circular", bias=False)
    conv.weight.data = torch.tensor([[kernel]], dtype=torch.float64)
    return conv


def operator_of(branch, scheme=st.euler, channels=1, grid=(16,)):
    stack = st.to_stack(scheme, [branch.double()])
    return st.inspect(stack, torch.randn(2, channels, *grid, dtype=torch.float64)).layers[0].operator


def test_a_layer_multiplies_waves_by_one_plus_its_symbol():
    conv = circular([0.3, -0.5, 0.1])
    operator = operator_of(conv)
    assert operator.is_exact
    theta = 2 * np.pi * 3 / 16
    u = torch.tensor(np.exp(1j * theta * np.arange(16)))[None, None]
    y = torch.complex(conv(u.real.contiguous()), conv(u.imag.contiguous()))
    assert (y - complex(operator.symbol(theta)) * u).abs().max() < 1e-14


def test_the_modified_equation_of_a_layer_is_the_one_of_the_scheme():
    """Upwind as a residual layer: nu u_xx (1 - nu)/2, -nu (1 - nu)(1 - 2 nu)/6 u_xxx."""
    nu = 0.3
    found = operator_of(circular([nu, -nu, 0.0])).modified_pde(3)
    expected = [0, -nu, nu * (1 - nu) / 2, -nu * (1 - nu) * (1 - 2 * nu) / 6]
    assert [found[n,] for n in range(4)] == pytest.approx(expected, abs=1e-15)


def test_the_series_converges_up_to_the_nearest_zero():
    """1 + h S of upwind is 1 - nu + nu/E: zero at E = -nu/(1 - nu), theta = pi + i log((1 - nu)/nu)."""
    nu = 0.3
    expected = abs(complex(np.pi, np.log((1 - nu) / nu)))
    assert operator_of(circular([nu, -nu, 0.0])).radius() == pytest.approx(expected)


def test_two_dimensions_have_x_last():
    conv = nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular", bias=False)
    conv.weight.data = torch.tensor([[[[0.0, 0, 0], [-0.5, 0, 0.5], [0, 0, 0]]]])
    moments = operator_of(conv, grid=(8, 8)).moments
    assert moments[1, 0] == pytest.approx(1)
    assert moments[0, 1] == pytest.approx(0)


@pytest.mark.parametrize(
    ("branch", "channels", "said"),
    [
        (nn.Conv1d(1, 1, 3, padding=1, bias=False), 1, "padding with zeros"),
        (nn.Sequential(nn.BatchNorm1d(1), nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular")), 1, "in training"),
        (nn.Sequential(nn.Conv1d(1, 1, 3, padding=1, padding_mode="circular"), nn.ReLU()), 1, "kinks"),
        (nn.Conv1d(2, 2, 3, padding=1, padding_mode="circular"), 2, "several channels"),
        (nn.Conv1d(1, 1, 3, padding=2, dilation=2, padding_mode="circular", bias=False), 1, "offsets are multiples"),
        (nn.Sequential(nn.AvgPool1d(3, 1, 1), circular([1.0, -2.0, 1.0])), 1, "pooling changes the grid"),
        (nn.Sequential(circular([1.0, -2.0, 1.0]), nn.Softplus()), 1, "Softplus: nonlinear or not local"),
        (nn.Sequential(circular([1.0, -2.0, 1.0]), circular([0.0, 1.0, 0.0])), 1, "the product of their symbols"),
    ],
)
def test_what_does_not_hold_is_said(branch, channels, said):
    operator = operator_of(branch, channels=channels)
    assert not operator.is_exact
    assert any(said in note for note in operator.notes)
    assert said in str(operator)


def test_several_channels_have_one_operator_per_pair():
    conv = nn.Conv1d(2, 2, 3, padding=1, padding_mode="circular", bias=False)
    operator = operator_of(conv, channels=2)
    kernel = conv.weight.detach().double().numpy()[1, 0]
    assert operator.moments_of(1, 0)[1,] == pytest.approx(kernel[2] - kernel[0])
    with pytest.raises(st.SchemeError, match="several channels"):
        operator.modified_pde()


def test_layers_without_convolutions_have_no_operator():
    assert (
        st.inspect(st.to_stack(st.euler, [nn.Linear(3, 3).double()]), torch.randn(2, 3).double()).layers[0].operator
        is None
    )


def test_groups_are_written_out_as_zeros_between_them():
    conv = nn.Conv1d(4, 4, 3, padding=1, padding_mode="circular", bias=False, groups=2)
    operator = operator_of(conv, channels=4)
    weight = conv.weight.detach().double().numpy()
    assert np.array_equal(operator.kernels[2:, 2:], weight[2:]) and not operator.kernels[:2, 2:].any()
    mean = kernel_moments(operator.kernels.mean(axis=(0, 1)))
    assert operator.moments == pytest.approx(mean) and operator.moments_of(3, 0) == {(a,): 0 for a in range(3)}
    with pytest.raises(st.SchemeError, match="several channels"):
        operator.radius()


def test_a_stride_that_comes_back_to_the_grid_is_said():
    branch = nn.Sequential(nn.Conv1d(1, 1, 2, stride=2, bias=False), nn.Upsample(scale_factor=2))
    assert any("the grid changes" in note for note in operator_of(branch).notes)


def test_a_layer_that_turns_constant_states_over_has_no_real_logarithm():
    with pytest.raises(st.SchemeError, match=r"1 \+ h S\(0\) = -1"):
        operator_of(circular([0.0, -2.0, 0.0])).modified_pde()
    assert operator_of(circular([0.0, -0.5, 0.0])).radius() == np.inf  # 1 + S is 1/2 at every wave
    assert str(operator_of(circular([0.0, 0.0, 0.0]))).partition(": ")[2] == "0"
