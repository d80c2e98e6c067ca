"""Stacks: starts, parameters per layer, schemes read back."""

import copy
import pickle

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError


def branches(depth, width=3):
    return [nn.Sequential(nn.Linear(width, width), nn.Tanh()) for _ in range(depth)]


def test_a_one_step_stack_is_the_blocks_in_turn():
    fs, x = branches(3), torch.randn(2, 3)
    stack = st.to_stack(st.rk4, fs, h=0.5)
    y = x
    for f in fs:
        y = st.to_block(st.rk4)(f, h=0.5)(y)
    assert torch.equal(stack(x), y)
    assert stack.schemes == (st.rk4,) * 3


def test_lm_stack_is_the_recurrence_with_one_k_per_layer():
    fs, x = branches(4), torch.randn(2, 3)
    stack = st.to_stack(st.lm(), fs, init={"k": (-0.1, 0.0)})
    ks = [layer.k for layer in stack.layers[1:]]
    assert len({k.item() for k in ks}) == 3
    assert all(-0.1 <= k.item() <= 0 for k in ks)
    u, v = x + fs[0](x), x
    for f, k in zip(fs[1:], ks, strict=True):
        u, v = (1 - k) * u + k * v + f(u), u
    assert (stack(x) - u).abs().max() < 1e-14


def test_a_layer_whose_symbol_cancels_has_no_parameter_and_every_parameter_gets_a_gradient():
    stack = st.to_stack(st.lm(), branches(3), init={"k": -0.05})
    assert [n for n, _ in stack.named_parameters() if n.endswith(".k")] == ["layers.1.k", "layers.2.k"]
    stack(torch.randn(2, 3)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in stack.parameters())


def test_schemes_have_the_learned_values_and_the_first_is_euler():
    stack = st.to_stack(st.lm(), branches(3), init={"k": -0.05})
    with torch.no_grad():
        stack.layers[2].k.fill_(0.3)
    first, second, third = stack.schemes
    assert first == st.euler
    assert second.coefficients != third.coefficients
    assert float(third.normal_form().V[0][1]) == 0.3
    assert not third.exact


@pytest.mark.parametrize("name", ["adams_bashforth(2)", "adams_bashforth(4)", "leapfrog", "nystrom(3)", "lm(k=3/10)"])
def test_a_repeated_start_is_the_history_made_of_the_first_state(name):
    scheme, fs, x = st.get(name), branches(6), torch.randn(2, 3)
    form = scheme.normal_form()
    history = tuple(x if kind == 1 else 0.5 * fs[0](x) for kind in form.q[1:])
    y, block = x, st.to_block(scheme)
    for f in fs:
        y, history = block(f, h=0.5)(y, history)
    assert (st.to_stack(scheme, fs, h=0.5)(x) - y).abs().max() < 1e-13


@pytest.mark.parametrize("name", ["adams_bashforth(3)", "leapfrog", "adams_bashforth(4)"])
def test_a_one_step_start_is_used_until_the_history_is_full_and_keeps_the_order(name):
    scheme = st.get(name)
    stack = st.to_stack(scheme, [torch.sin] * 6, h=0.1, start=st.rk4)
    count = sum(s == st.rk4 for s in stack.schemes)
    assert count == scheme.steps - 1
    assert stack.schemes[count:] == (scheme,) * (6 - count)
    # By hand: Runge-Kutta steps, then the multistep recurrence on the states.
    x = torch.tensor([1.0])
    u = [x]
    rk4 = st.to_block(st.rk4)(torch.sin, h=0.1)
    for _ in range(count):
        u.append(rk4(u[-1]))
    alpha, beta, k = [float(a) for a in scheme.alpha], [float(b) for b in scheme.beta], scheme.steps
    while len(u) < 7:
        known = sum(0.1 * beta[j] * torch.sin(u[j - k]) - alpha[j] * u[j - k] for j in range(k))
        u.append(known / alpha[k])
    assert (stack(x) - u[-1]).abs().max() < 1e-14


def test_step_sizes_per_layer():
    fs, x = branches(3), torch.randn(2, 3)
    stack = st.to_stack(st.euler, fs, h=[1, 0.5, 0.25])
    y = x
    for f, h in zip(fs, (1, 0.5, 0.25), strict=True):
        y = y + h * f(y)
    assert (stack(x) - y).abs().max() < 1e-15
    assert torch.equal(stack(x), st.to_stack(st.euler, fs, h=lambda n: 0.5**n)(x))
    h = nn.Parameter(torch.tensor(0.5))
    shared = st.to_stack(st.euler, fs, h=h)
    shared(x).sum().backward()
    assert h.grad is not None
    assert [p is h for p in shared.parameters()].count(True) == 1


def test_source_shows_the_start_and_the_step():
    stack = st.to_stack(st.lm(), branches(4), init={"k": -0.05})
    assert stack.source.count("class LMBlock") == 2
    assert "torch.lerp(x, u1, k)" in stack.source


@pytest.mark.parametrize("make", [copy.deepcopy, lambda b: pickle.loads(pickle.dumps(b))])
def test_stacks_copy_and_pickle(make):
    stack = st.to_stack(st.lm(), branches(4), init={"k": (-0.1, 0.0)}, start=st.rk4)
    x, twin = torch.randn(2, 3), make(stack)
    assert torch.equal(twin(x), stack(x))
    assert twin.schemes == stack.schemes
    assert twin.state_dict().keys() == stack.state_dict().keys()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: st.to_stack(st.rk4, []), "at least one"),
        (lambda: st.to_stack(st.rk4, branches(2), h=[1, 2, 3]), "3 step sizes"),
        (lambda: st.to_stack(st.lm(k=0.3), branches(2), start="guess"), "repeat"),
        (lambda: st.to_stack(st.lm(k=0.3), branches(2), start=st.get("bdf(2)")), "one-step"),
        (lambda: st.to_stack(st.lm(), branches(2)), "free symbol k"),
        (lambda: st.to_stack(st.lm(), branches(2), init={"q": 1}), "names q"),
    ],
)
def test_bad_input_is_refused(make, message):
    with pytest.raises(SchemeError, match=message):
        make()


def test_a_stack_of_fields_of_time_starts_each_layer_at_the_sum_of_the_steps_before_it():
    stack = st.to_stack(st.rk4, [lambda t, u: 0 * u + t**3] * 4, h=[0.5, 0.25, 0.25, 1.0], timed=True)
    assert stack(torch.zeros(1)).item() == pytest.approx(2.0**4 / 4, abs=1e-14)
    checkpointed = st.to_stack(st.rk4, [lambda t, u: 0 * u + t**3] * 4, h=0.5, timed=True, memory="checkpoint", every=3)
    assert checkpointed(torch.zeros(1, requires_grad=True)).item() == pytest.approx(2.0**4 / 4, abs=1e-14)
    with pytest.raises(SchemeError, match="backwards"):
        st.to_stack(st.lm(k=1), [lambda t, u: u] * 4, timed=True, memory="reversible")


def test_tolerances_reach_the_implicit_layers():
    stack = st.to_stack(st.backward_euler, [torch.sin] * 2, tol=1e-3, max_iterations=7)
    assert [(layer.tol, layer.max_iterations) for layer in stack.layers] == [(1e-3, 7)] * 2
