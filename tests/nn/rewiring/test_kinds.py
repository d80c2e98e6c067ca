"""Converted networks of every kind of scheme against a stack of the same scheme on the same branches."""

import copy

import pytest
import torch

import schemetools as st
from schemetools.nn.blocks.residual import Residual
from tests.nn.rewiring.networks import Net

DRAWN = ["stochastic_depth(0.5)", "drop_path(0.5)", "lm_stochastic_depth(k,0.8)"]
IMPLICIT = ["bdf(2)", "bdf(3)", "adams_moulton(2)", "adams_moulton(3)", "backward_euler"]


def init_of(scheme):
    return {"k": -0.1} if "k," in scheme else None


def converted(scheme, depth=5, **options):
    """(converted network, copies of the branches, an input), in double precision."""
    torch.manual_seed(0)
    net, x = Net(depth).double(), torch.randn(7, 6, dtype=torch.float64)
    for p in net.parameters():
        p.data *= 0.5
    branches = [Residual(copy.deepcopy(block)) for block in net.blocks]
    return st.convert(net, scheme, example=x, init=init_of(scheme), **options), branches, x


def run(net, x):
    """(output, gradient with respect to the input, the parameters' as their squares in order), after one seed."""
    torch.manual_seed(1)
    u = x.clone().requires_grad_()
    y = net(u)
    y.square().sum().backward()
    found = sorted(float(p.grad.square().sum()) for p in net.parameters() if p.grad is not None)
    net.zero_grad()
    return y.detach(), u.grad, torch.tensor(found)


def same(net, stack, x, tolerance=1e-12):
    for a, b in zip(run(net.double(), x), run(stack.double(), x), strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("options", [{}, {"shared": True}, {"memory": "checkpoint"}, {"gates": "batch"}], ids=str)
@pytest.mark.parametrize("scheme", DRAWN)
def test_drawn_coefficients_are_those_of_a_stack(scheme, options, training):
    net, branches, x = converted(scheme, **options)
    kept = {k: v for k, v in options.items() if k != "memory"}
    stack = st.to_stack(scheme, branches, init=init_of(scheme), **kept)
    same(net.train(training), stack.train(training), x)


@pytest.mark.parametrize("scheme", DRAWN)
def test_a_draw_is_its_mean_in_evaluation_and_another_one_each_time_in_training(scheme):
    net, _, x = converted(scheme)
    assert torch.equal(net.eval()(x), net(x))
    assert not torch.equal(net.train()(x), net(x))


def test_stochastic_depth_keeps_or_drops_the_branch_of_each_sample():
    torch.manual_seed(0)
    net, x = Net(1), torch.randn(50, 6)
    drawn = st.convert(net, "stochastic_depth(0.5)", example=x)
    whole = net(x) - x
    torch.testing.assert_close(drawn.eval()(x), x + whole / 2)
    kept = drawn.train()(x) - x
    gate = (kept / whole).mean(1).round()
    assert set(gate.tolist()) == {0.0, 1.0}
    torch.testing.assert_close(kept, gate[:, None] * whole)


def test_a_reversible_run_draws_what_the_others_draw():
    scheme = "lm_stochastic_depth(k,0.8)"
    net, branches, x = converted(scheme, memory="reversible")
    same(net, st.to_stack(scheme, branches, init=init_of(scheme)), x, 1e-3)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("scheme", IMPLICIT)
def test_implicit_steps_are_those_of_a_stack(scheme, shared):
    net, branches, x = converted(scheme, h=0.5, shared=shared)
    same(net, st.to_stack(scheme, branches, h=0.5), x, 1e-8)


@pytest.mark.parametrize("order", [[1, 2, 3, 4], [1, 0, 2], [0, 2, 1, 3]], ids=str)
@pytest.mark.parametrize("scheme", ["bdf(2)", "bdf(3)", "adams_moulton(3)"])
def test_an_implicit_step_in_another_place_takes_the_history_that_is_there(scheme, order):
    net, branches, x = converted(scheme, h=0.5)
    u = x
    for i in order:
        u = net.blocks[i](u)
    expected = st.to_stack(scheme, [branches[i] for i in order], h=0.5)(x)
    torch.testing.assert_close(u, expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("scheme", ["lm_stochastic_depth(k,0.8)", "bdf(2)"])
def test_a_saved_network_gives_the_same(scheme, tmp_path):
    net, _, x = converted(scheme)
    torch.save(net, tmp_path / "net.pt")
    again = torch.load(tmp_path / "net.pt", weights_only=False)
    assert torch.equal(again.eval()(x), net.eval()(x))
