"""What converting and converted networks run and keep, no more than is needed; and that what is left out is not missed."""

import weakref

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.nn.rewiring.convert import convert
from tests.nn.rewiring.networks import Block, Net, branch


@pytest.fixture(autouse=True)
def _double(double_precision):
    pass


@pytest.fixture
def x():
    return torch.randn(2, 6)


class Watched(Block):
    """x + exp(F(x)) that notes the node of its exponential, None without gradients; copies note in the same list."""

    nodes: list = []  # noqa: RUF012

    def forward(self, x):
        inside = self.f(x).exp()
        self.nodes.append(inside.grad_fn)
        return x + inside


def test_converting_is_three_passes_and_keeps_no_tensor_for_a_backward_pass(x):
    Watched.nodes.clear()
    net = Net(4, Watched)
    convert(net, st.lm(k=-0.3), ["blocks"], example=x)
    tried, proven = Watched.nodes[:4], Watched.nodes[4:]
    assert proven == [None] * 8
    for node in tried:
        with pytest.raises(RuntimeError, match="dropped"):
            _ = node._saved_result
    net(x)
    assert Watched.nodes[-1]._saved_result.shape == x.shape


def test_without_gradients_two_states_live_at_a_time(x):
    made, states = convert(Net(6), st.lm(k=-0.3), ["blocks"], example=x), []
    alive = []
    for block in made.blocks:
        block.register_forward_hook(lambda module, args, out: states.append(weakref.ref(out)))
        block.register_forward_hook(lambda module, args, out: alive.append(sum(s() is not None for s in states)))
    with torch.no_grad():
        made(x)
    assert max(alive) <= 3  # the one that was handed out, and what its step was taken from


class Forces(nn.Module):
    """The gradient of an energy, taken inside the forward pass; it runs under no_grad as well."""

    def __init__(self, unused):
        super().__init__()
        self.blocks = nn.ModuleList(Block() for _ in range(3))
        self.head, self.unused = branch(), unused

    def forward(self, x):
        with torch.enable_grad():
            x = u = x.detach().requires_grad_()
            for block in self.blocks:
                u = block(u)
            energy = self.head(u).square().sum()
            return torch.autograd.grad(energy, x, allow_unused=self.unused, create_graph=True)[0]


@pytest.mark.parametrize("unused", [False, True])
def test_a_network_that_differentiates_inside_itself(unused, x):
    net = Forces(unused)
    assert torch.equal(convert(net, st.lm(k=0), example=x)(x), net(x))
    made = convert(net, st.lm(k=-0.3), example=x)
    assert (made(x) - net(x)).norm() > 1e-3 * net(x).norm()


def test_a_step_that_is_the_block_itself_changes_nothing(x):
    net = Net(4)
    for scheme in (st.euler, st.lm(k=0)):
        made = convert(net, scheme, ["blocks"], example=x)
        assert torch.equal(made(x), net(x))


def test_a_step_is_the_block_only_while_its_h_is_one(x):
    net = Net(3)
    made = convert(net, st.lm(k=0), ["blocks"], example=x)
    made.blocks[1].step.h = 0.5
    u = net.blocks[0](x)
    torch.testing.assert_close(made(x), net.blocks[2](u + 0.5 * net.blocks[1].f(u)), rtol=1e-12, atol=1e-12)
    made.blocks[1].step.h = 1
    assert torch.equal(made(x), net(x))


@pytest.mark.parametrize("scheme", ["leapfrog", "adams_bashforth(2)", "backward_euler", "midpoint", "lm(k=1)"])
def test_other_steps_are_not_the_block(scheme, x):
    net = Net(4)
    assert (convert(net, scheme, ["blocks"], example=x)(x) - net(x)).norm() > 1e-3
