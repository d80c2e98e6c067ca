"""A faulty branch is named at the first call, and the watching costs later calls nothing."""

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError


class Late(nn.Module):
    """A branch whose registration order hides that it begins with an in-place activation."""

    def __init__(self):
        super().__init__()
        self.linear, self.relu = nn.Linear(3, 3), nn.ReLU(inplace=True)

    def forward(self, u):
        return self.linear(self.relu(u))


def test_an_in_place_activation_at_the_head_cannot_corrupt_the_state():
    block = st.to_block(st.rk4)(Late())
    with pytest.raises(SchemeError, match="overwrites its argument"):
        block(torch.randn(2, 3))
    inside = nn.Sequential(nn.Linear(3, 3), nn.ReLU(inplace=True))
    x = torch.randn(2, 3)
    before = x.clone()
    st.to_block(st.rk4)(inside)(x)
    assert torch.equal(x, before)


@pytest.mark.parametrize("branch", [nn.Flatten(0), nn.AvgPool1d(3), lambda u: u[:1], lambda u: (u, u)])
def test_a_branch_that_changes_the_shape_is_named(branch):
    with pytest.raises(SchemeError, match="same shape"):
        st.to_block(st.rk4)(branch)(torch.randn(2, 3))


def test_complex_states_are_refused():
    with pytest.raises(SchemeError, match="complex"):
        st.to_block(st.rk4)(torch.sin)(torch.ones(2, dtype=torch.complex128))


def test_only_the_first_call_is_watched():
    f = nn.Linear(3, 3)
    block = st.to_block(st.rk4)(f)
    block(torch.randn(2, 3))
    assert not f._forward_hooks
    assert not f._forward_pre_hooks
    assert block.unseen is False
