"""Stacks in use: all states, indices, step sizes of a call, weights that change the scheme, groups for optimisers."""

import copy
import pickle

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError


def branches(count=4):
    torch.manual_seed(0)
    return [nn.Sequential(nn.Linear(6, 6), nn.Tanh()) for _ in range(count)]


def lm(**options):
    return st.to_stack(st.lm(), branches(), **{"h": 0.5, "init": {"k": -0.3}, **options})


@pytest.mark.parametrize("memory", ["store", "checkpoint", "reversible"])
def test_all_states_are_those_of_shorter_stacks(memory):
    stack, x = lm(memory=memory), torch.randn(2, 6, requires_grad=True)
    states = stack(x, states=True)
    assert len(states) == len(stack) == 4
    for n, state in enumerate(states, start=1):
        assert torch.allclose(state, stack[:n](x), atol=1e-9)
    found = torch.autograd.grad(sum((n + 1) * s.sum() for n, s in enumerate(states)), [x, *stack.parameters()])
    plain = lm()(x, states=True)
    again = lm()
    plain = again(x, states=True)
    expected = torch.autograd.grad(sum((n + 1) * s.sum() for n, s in enumerate(plain)), [x, *again.parameters()])
    assert all(torch.allclose(a, b, atol=1e-9) for a, b in zip(found, expected, strict=True))


def test_a_stack_has_blocks_by_index_and_in_order():
    stack = lm()
    assert list(stack) == list(stack.layers)
    assert stack[-1] is stack.layers[3]
    assert len(st.to_stack(st.rk4, branches())[1:3]) == 2
    with pytest.raises(SchemeError, match="history"):
        stack[1:]
    with pytest.raises(SchemeError, match="at least one"):
        stack[:0]


@pytest.mark.parametrize("name", ["rk4", "lm(k=1/4)", "adams_bashforth(2)", "implicit_midpoint", "dopri5"])
@pytest.mark.parametrize("memory", ["store", "checkpoint"])
def test_a_step_size_of_the_call_is_that_of_the_stack(name, memory):
    fs, x = branches(), torch.randn(3, 6, requires_grad=True)
    stack = st.to_stack(st.get(name), fs, h=1, memory=memory)
    expected = st.to_stack(st.get(name), fs, h=0.2)(x)
    assert torch.allclose(stack(x, h=0.2), expected)
    assert torch.allclose(stack(x, h=torch.tensor(0.2)), expected)
    sizes = torch.tensor([[0.1], [0.2], [0.3]], requires_grad=True)
    y = stack(x, h=sizes)
    for n, size in enumerate((0.1, 0.2, 0.3)):
        assert torch.allclose(y[n], st.to_stack(st.get(name), fs, h=size)(x[n : n + 1])[0], atol=1e-9)
    (slope,) = torch.autograd.grad(y.sum(), sizes)
    with torch.no_grad():
        e = 1e-6
        change = (stack(x, h=sizes + e).sum(1) - stack(x, h=sizes - e).sum(1)) / (2 * e)
    assert torch.allclose(slope[:, 0], change, atol=1e-6)
    each = [0.1, 0.2, 0.3, 0.4]
    assert torch.allclose(stack(x, h=each), st.to_stack(st.get(name), fs, h=each)(x))


def test_a_step_size_goes_through_reversible_memory():
    x, h = torch.randn(3, 6), torch.tensor([[0.1], [0.2], [0.3]], requires_grad=True)
    found = [torch.autograd.grad(lm(memory=m)(x, h=h).square().sum(), h)[0] for m in ("store", "reversible")]
    assert torch.allclose(*found, atol=1e-9)


def test_step_sizes_that_do_not_fit_are_refused():
    block = st.to_block(st.rk4)(torch.sin)
    with pytest.raises(SchemeError, match="per sample"):
        block(torch.ones(3, 6), h=torch.ones(3))
    with pytest.raises(SchemeError, match="finite"):
        block(torch.ones(3, 6), h=float("nan"))


def test_h_may_become_a_parameter_and_a_number_again():
    block = st.to_block(st.rk4)(torch.sin, h=0.1)
    x = torch.randn(3)
    block.h = nn.Parameter(torch.tensor(0.2))
    assert torch.allclose(block(x), st.to_block(st.rk4)(torch.sin, h=0.2)(x))
    assert [name for name, _ in block.named_parameters()] == ["h"]
    block.h = 0.3
    assert torch.equal(block(x), st.to_block(st.rk4)(torch.sin, h=0.3)(x))
    assert not list(block.parameters())


def test_eulers_weights_in_lm_are_the_same_network():
    euler = st.to_stack(st.euler, branches(), h=0.5)
    other = st.to_stack(st.lm(), [nn.Sequential(nn.Linear(6, 6), nn.Tanh()) for _ in range(4)], h=0.5, init={"k": 0.0})
    kept = st.nn.load_branches(other, euler.state_dict())
    assert kept == ("layers.1.k", "layers.2.k", "layers.3.k")
    x = torch.randn(2, 6)
    assert torch.allclose(other(x), euler(x))


def test_weights_of_a_residual_network_become_groups_of_a_scheme():
    source = st.nn.models.build("resnet20", "euler", blocks=(4, 5, 5), width=4)
    target = st.nn.models.build("resnet20", "rk4", blocks=(4, 5, 5), width=4)
    assert st.nn.load_branches(target, source) == ()
    ours, theirs = target.state_dict(), source.state_dict()
    assert all(torch.equal(a, b) for a, b in zip(ours.values(), theirs.values(), strict=True))


def test_weights_of_another_network_and_lost_coefficients_are_refused():
    with pytest.raises(SchemeError, match="another network"):
        st.nn.load_branches(lm(), st.to_stack(st.euler, branches(3)))
    with pytest.raises(SchemeError, match="trained coefficients"):
        st.nn.load_branches(st.to_stack(st.euler, branches()), lm())
    plain = st.to_stack(st.euler, branches())
    assert st.nn.load_branches(plain, lm(), drop=True) == ()


def test_weight_decay_leaves_coefficients_alone():
    stack = st.to_stack(st.lm(), branches(), h=nn.Parameter(torch.tensor(0.5)), init=-0.05, bounds=(-1, 0))
    optimizer = torch.optim.SGD(st.nn.parameter_groups(stack, weight_decay=0.5), lr=0.1)
    before = [layer.k().item() for layer in stack.layers[1:]]
    weight = stack.layers[0].branch[0].weight.clone()
    for p in stack.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    assert [layer.k().item() for layer in stack.layers[1:]] == before
    assert stack.layers[0].h.item() == 0.5
    assert torch.allclose(stack.layers[0].branch[0].weight, 0.95 * weight)


def test_decay_of_a_bounded_coefficient_goes_to_its_start():
    stack = lm(bounds={"k": (-1, 0)}, init={"k": -0.05})
    with torch.no_grad():
        for p in stack.layers[1].k.parameters():
            p.add_(1.0)
    moved = stack.layers[1].k().item()
    for _ in range(200):
        with torch.no_grad():
            for p in stack.layers[1].k.parameters():
                p.mul_(0.9)
    assert moved > -0.047
    assert abs(stack.layers[1].k().item() + 0.05) < 1e-8


def test_weights_of_earlier_versions_load():
    stack = lm(bounds={"k": (-1, 0)})
    old = {k: v for k, v in stack.state_dict().items() if not k.endswith("origin")}
    old |= {k: torch.tensor(1.0) for k in old if k.endswith("free")}
    stack.load_state_dict(old)
    assert abs(stack.layers[1].k().item() - (-0.5 + 0.5 * 0.5)) < 1e-12
    plain = lm()
    plain.load_state_dict({k: v.reshape(()) if k.endswith(".k") else v for k, v in plain.state_dict().items()})
    assert plain.layers[1].k.shape == (1,)


def test_a_shared_tensor_is_stored_once_and_loads_under_all_names():
    f = nn.Linear(6, 6)
    for make in (lambda: lm(shared=True), lambda: st.to_stack(st.rk4, [copy.deepcopy(f)] * 3)):
        stack, other = make(), make()
        stored = stack.state_dict()
        assert len({v.data_ptr() for v in stored.values()}) == len(stored) == len(list(stack.parameters()))
        with torch.no_grad():
            for p in other.parameters():
                p.zero_()
        other.load_state_dict(stored)
        x = torch.randn(2, 6)
        assert torch.equal(other(x), stack(x))


def test_copies_of_compiled_stacks_are_their_own():
    torch.compiler.reset()
    stack, x = lm(), torch.randn(2, 6)
    stack.compile(backend="eager")
    with torch.no_grad():
        y = stack(x)
    twin = copy.deepcopy(stack)
    with torch.no_grad():
        for p in twin.parameters():
            p.zero_()
        assert torch.equal(twin(x), x)
        assert torch.equal(pickle.loads(pickle.dumps(stack))(x), y)


def test_second_derivatives_are_refused_where_they_are_not_followed():
    stack, x = lm(memory="reversible"), torch.randn(2, 6, requires_grad=True)
    (g,) = torch.autograd.grad(stack(x).sum(), x, create_graph=True)
    with pytest.raises(UnsupportedError, match="differentiated again"):
        g.square().sum().backward()
    with pytest.raises(UnsupportedError, match="differentiated again"):
        torch.autograd.functional.hvp(lambda v: stack(v).square().sum(), x, torch.ones_like(x))
