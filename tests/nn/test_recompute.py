"""Checkpoints: groups of layers as single nodes of the graph, recomputed alike."""

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError

from .test_memory import branches


class Scaled(nn.Module):
    """A branch of the user's own kind, with a tensor that is no parameter of it."""

    def __init__(self, scale):
        super().__init__()
        self.linear, self.held = nn.Linear(3, 3), [scale]

    def forward(self, u):
        return torch.tanh(self.linear(u)) * self.held[0]


def stacks(fs, scheme=None, **options):
    scheme = scheme or st.rk4
    return (st.to_stack(scheme, fs, h=0.5, memory=memory, **options) for memory in ("store", "checkpoint"))


def gradients(stack, x, **options):
    return torch.autograd.grad(stack(x).sin().sum(), [x, *stack.parameters()], **options)


@pytest.mark.parametrize("every", [1, 3, 4, 10])
@pytest.mark.parametrize("name", ["rk4", "adams_bashforth(3)", "dopri5"])
def test_gradients_are_those_of_storing_everything_whatever_the_groups(name, every):
    x = torch.randn(4, 3, requires_grad=True)
    stored, recomputed = (gradients(s, x) for s in stacks(branches(7), st.get(name), every=every))
    for a, b in zip(stored, recomputed, strict=True):
        # One sum over groups in another order than the graph's is all that may differ.
        assert (a - b).abs().max() < 1e-14


def test_second_derivatives_go_through_groups():
    x, fs = torch.randn(2, 3, requires_grad=True), branches(4)
    _, stack = stacks(fs, every=2)
    assert torch.autograd.gradgradcheck(lambda x, *_: stack(x), (x, *stack.parameters()))


def test_a_state_without_gradient_and_frozen_parameters_take_part():
    fs = branches(6)
    for p in fs[0].parameters():
        p.requires_grad_(False)
    stored, recomputed = stacks(fs, every=2)
    for stack in (stored, recomputed):
        for p in stack.parameters():
            p.grad = None
        stack(torch.ones(2, 3)).sum().backward()
        found = [p.grad for p in stack.parameters() if p.requires_grad]
        assert all(g is not None and g.isfinite().all() for g in found)
        assert fs[0][0].weight.grad is None


def test_structured_states_and_autocast_are_recomputed_alike():
    fs = [nn.Linear(3, 3) for _ in range(6)]

    class Twins(nn.Module):
        def __init__(self, f):
            super().__init__()
            self.f = f

        def forward(self, u):
            return {"a": self.f(u["b"]), "b": torch.tanh(self.f(u["a"]))}

    a, b = torch.randn(2, 3, requires_grad=True), torch.randn(2, 3)
    found = []
    for stack in stacks([Twins(f) for f in fs], every=2):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = stack({"a": a, "b": b})
        found.append(torch.autograd.grad((y["a"] * y["b"]).sum(), [a, *stack.parameters()]))
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, rtol=1e-2, atol=1e-2)
        assert one.abs().max() > 0


@pytest.mark.parametrize("wrap", [lambda f: f, lambda f: lambda u: f(u)], ids=["module", "function"])
def test_tensors_that_a_branch_closes_over_are_never_forgotten(wrap):
    scale, x = torch.tensor(0.7, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    stored, recomputed = stacks([wrap(Scaled(scale)) for _ in range(4)])
    (expected,) = torch.autograd.grad(stored(x).sum(), scale)
    if wrap(1) == 1:  # a list in a module hides the tensor until the graph is there
        with pytest.raises(UnsupportedError, match=r"shape \(\) that needs a gradient and is no parameter"):
            recomputed(x).sum().backward()
    else:
        (found,) = torch.autograd.grad(recomputed(x).sum(), scale)
        assert (found - expected).abs() < 1e-14


def test_a_tensor_set_on_a_branch_gets_its_gradient():
    context, x, fs = torch.randn(3, requires_grad=True), torch.randn(2, 3, requires_grad=True), []
    for _ in range(4):
        f = Scaled(None)
        f.context = context
        f.forward = lambda u, f=f: torch.tanh(f.linear(u) + f.context)
        fs.append(f)
    stored, recomputed = (torch.autograd.grad(s(x).sum(), context)[0] for s in stacks(fs))
    assert (stored - recomputed).abs().max() < 1e-14


def test_parameters_that_change_between_the_passes_are_named():
    x = torch.randn(2, 3, requires_grad=True)
    _, stack = stacks(branches(4))
    y = stack(x)
    with torch.no_grad():
        next(stack.parameters()).add_(1)
    with pytest.raises(UnsupportedError, match="replaced or changed between"):
        y.sum().backward()
    others = {name: p.detach().clone().requires_grad_() for name, p in stack.named_parameters()}
    with pytest.raises(UnsupportedError, match="replaced or changed between"):
        torch.func.functional_call(stack, others, (x,)).sum().backward()


@pytest.mark.parametrize("every", [0, -1, 1.5])
def test_a_group_has_a_whole_number_of_layers(every):
    with pytest.raises(SchemeError, match="every="):
        st.to_stack(st.rk4, branches(2), memory="checkpoint", every=every)


def test_groups_without_gradients_pass_none_on():
    class Constant(nn.Module):
        def forward(self, u):
            return torch.ones_like(u)

    euler, x = st.get("euler"), torch.randn(2, 3)
    branch = nn.Linear(3, 3)
    _, stack = stacks([Constant(), Constant(), branch, Constant()], euler)
    stack(x).sum().backward()
    assert (branch.bias.grad - 0.5 * 2).abs().max() < 1e-15
