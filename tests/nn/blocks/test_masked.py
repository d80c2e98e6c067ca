"""Blocks with masks: their mean and covariance over a million samples, against the stochastic equation."""

import copy
import math
import pickle

import numpy as np
import pytest
import torch
from sympy import Matrix, symbols
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError

SAMPLES = 1_000_000
H = 0.25
u, v = symbols("u v")
W = torch.tensor([[0.5, -1.0], [0.75, 0.25]])
START = torch.tensor([1.0, -0.5])


def linear(matrix):
    layer = nn.Linear(2, 2, bias=False)
    layer.weight.data = matrix.clone()
    return layer


def equation(name):
    """(mean, covariance) of one step from START by the equation of the first order in its mean."""
    eq = st.modified_equation(st.get(name))
    M = Matrix(W.tolist())
    f = list(M * Matrix([u, v]))
    extra = {}
    if eq.scheme.placement == "hidden":
        f, extra = (lambda x, m: list(M * Matrix([m[0] * x[0], m[1] * x[1]]))), {"m": 2}
    at = {u: START[0].item(), v: START[1].item()}
    first = st.modified_equation(st.get(name), 1 if eq.weak_order >= 1 else eq.weak_order)
    drift = np.array(Matrix(first.drift(f, (u, v), H, **extra)).subs(at), dtype=float).ravel()
    a = np.array(first.covariance(f, (u, v), H, **extra).subs(at), dtype=float)
    return START.numpy() + H * drift, H * a


@pytest.mark.parametrize(
    "name",
    [
        "dropout_output(1/10)",
        "dropout_hidden(1/10)",
        "dropout_input(1/4)",
        "dropout_skip(p=1/10, power=1/2)",
        "additive_noise(1/10)",
    ],
)
def test_mean_and_covariance_of_a_step_are_those_of_the_equation(name):
    scheme = st.get(name)
    branch = [nn.Identity(), linear(W)] if scheme.placement == "hidden" else linear(W)
    block = st.to_block(scheme)(branch, H)
    with torch.no_grad():
        y = block(START.expand(SAMPLES, 2)).numpy()
    mean, covariance = equation(name)
    centred = y - mean
    assert (abs(centred.mean(axis=0)) < 5 * y.std(axis=0) / math.sqrt(SAMPLES)).all()
    for i in range(2):
        for j in range(2):
            products = centred[:, i] * centred[:, j]
            assert abs(products.mean() - covariance[i, j]) < 5 * products.std() / math.sqrt(SAMPLES)


def test_in_evaluation_the_mask_is_its_mean():
    for name in ("dropout_output", "dropout_input", "dropout_skip", "additive_noise"):
        block = st.to_block(st.get(name))(linear(W), H).eval()
        assert torch.equal(block(START), START + H * linear(W)(START))


def test_a_mask_per_channel_is_one_number_in_a_channel():
    block = st.to_block(st.get("dropout_output(1/2)"), masks="channel")(nn.Identity())
    x = torch.ones(4, 8, 3, 3)
    y = block(x) - x
    assert set(y.unique().tolist()) == {0.0, 2.0}
    assert (y == y[:, :, :1, :1]).all()


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = linear(W)

    def forward(self, x, gain):
        return gain * self.layer(x)


def test_blocks_copy_pickle_train_and_pass_arguments_on():
    block = st.to_block(st.get("dropout_output(1/10)"))(Gated(), H)
    block(START, gain=2.0).sum().backward()
    assert block.branch.layer.weight.grad is not None
    for twin in (copy.deepcopy(block), pickle.loads(pickle.dumps(block))):
        assert torch.equal(twin.eval()(START, 3.0), START + 3 * H * linear(W)(START))
        assert twin.scheme == st.get("dropout_output(1/10)")
    assert repr(block) == "DropoutOutputBlock(h=0.25, u + h m * f(u), one mask entry per unit)"
    assert block.source == st.to_source(st.get("dropout_output(1/10)"))


def test_a_shape_that_does_not_fit_and_other_mistakes_are_said():
    with pytest.raises(SchemeError, match=r"pair \(inner, outer\)"):
        st.to_block(st.get("dropout_hidden"))(linear(W))
    with pytest.raises(SchemeError, match="a branch is a module or a function"):
        st.to_block(st.get("dropout_output"))(3)
    with pytest.raises(SchemeError, match="per 'unit' or per 'channel'"):
        st.to_block(st.get("dropout_output"), masks="layer")
    with pytest.raises(SchemeError, match="needs numbers; give p a value"):
        st.to_block(st.get("dropout_output(p)"))
    with pytest.raises(SchemeError, match="printed for torch, not for numpy"):
        st.to_source(st.get("dropout_output"), "numpy")
