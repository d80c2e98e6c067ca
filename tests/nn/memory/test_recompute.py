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


@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
def test_parameters_that_change_between_the_passes_are_named(memory):
    x = torch.randn(2, 3, requires_grad=True)
    stack = st.to_stack(st.lm(k=1), branches(4), memory=memory)
    y = stack(x)
    with torch.no_grad():
        next(stack.parameters()).add_(1)
    with pytest.raises(UnsupportedError, match="changed between the forward"):
        y.sum().backward()
    others = {name: p.detach().clone().requires_grad_() for name, p in stack.named_parameters()}
    with pytest.raises(UnsupportedError, match="changed between the forward"):
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


@pytest.mark.parametrize("name", ["euler", "lm(k=1/2)", "adams_bashforth(3)"])
def test_gradients_with_a_graph_are_counted_once_where_layers_share_a_branch(name):
    f, x = nn.Linear(3, 3), torch.randn(2, 3, requires_grad=True)
    found = []
    for kind in ("store", "checkpoint"):
        stack = st.to_stack(st.get(name), [f] * 4, h=0.5, memory=kind)
        first = torch.autograd.grad(stack(x).square().sum(), [x, *f.parameters()], create_graph=True)
        second = torch.autograd.grad(sum(g.square().sum() for g in first), [x, *f.parameters()])
        found.append([*first, *second])
    for a, b in zip(*found, strict=True):
        assert (a - b).abs().max() < 1e-10 * (1 + a.abs().max())


def test_steps_and_weights_that_are_no_parameters_get_their_gradients():
    h, p = torch.tensor(0.3, requires_grad=True), torch.randn(3, 3, requires_grad=True)
    made = nn.Linear(3, 3)
    del made.weight
    found = []
    for memory in ("store", "checkpoint"):
        made.weight = p.exp()
        stack = st.to_stack(st.lm(k=0.5), [made] * 4, h=h, memory=memory)
        found.append(torch.autograd.grad(stack(torch.ones(2, 3)).sum(), [h, p]))
    for a, b in zip(*found, strict=True):
        assert (a - b).abs().max() < 1e-12 * a.abs().max()
    with pytest.raises(UnsupportedError, match="h as a number or an nn.Parameter"):
        st.to_stack(st.lm(k=0.5), [made] * 4, h=h, memory="reversible")(torch.ones(2, 3))
    made.weight = p.exp()
    with pytest.raises(UnsupportedError, match="no parameter of the branch"):
        st.to_stack(st.lm(k=0.5), [made] * 4, memory="reversible")(torch.ones(2, 3)).sum().backward()


@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
def test_modes_buffers_and_frozen_weights_that_change_are_named(memory):
    def normalised():
        return nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Tanh())

    def change_mode(stack):
        stack.eval()

    def move_statistics(stack):
        stack.train()
        stack(torch.randn(5, 3))
        stack.eval()

    def write_frozen(stack):
        with torch.no_grad():
            next(stack.parameters()).requires_grad_(False).mul_(2)

    for training, change in ((True, change_mode), (False, move_statistics), (True, write_frozen)):
        stack = st.to_stack(st.lm(k=0.5), [normalised() for _ in range(4)], memory=memory).train(training)
        y = stack(torch.randn(5, 3))
        change(stack)
        with pytest.raises(UnsupportedError, match="changed between the forward"):
            y.sum().backward()


@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
def test_branches_that_write_into_their_buffers_are_refused(memory):
    fs = [nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3)) for _ in range(4)]
    stack = st.to_stack(st.lm(k=0.5), fs, memory=memory)
    with pytest.raises(UnsupportedError, match="writes into its parameters or buffers"):
        stack(torch.ones(2, 3))
    assert stack.eval()(torch.ones(2, 3)).isfinite().all()


@pytest.mark.parametrize("memory", ["checkpoint", "reversible"])
def test_statistics_that_are_counted_in_other_passes_do_not_matter(memory):
    fs = [nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)) for _ in range(4)]
    stack, x = st.to_stack(st.lm(k=0.5), fs, memory=memory), torch.randn(5, 3)
    one, _ = stack(x), stack(torch.randn(5, 3))
    one.sum().backward()
    assert all(f[1].num_batches_tracked == 2 for f in fs)
