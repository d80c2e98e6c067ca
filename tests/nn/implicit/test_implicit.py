"""Implicit blocks: solved to the tolerance, differentiated exactly, and honest when they fail."""

import copy
import gc
import pickle

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.implicit import krylov
from schemetools.nn.implicit.krylov import gmres
from schemetools.nn.tensors.handles import owner_of
from tests.nn.blocks.test_block import step_matrix

NAMES = ["backward_euler", "trapezoid", "implicit_midpoint", "gauss(2)", "radau_iia", "trbdf2", "crouzeix3"]


@pytest.mark.parametrize("name", NAMES)
def test_a_linear_field_gives_the_stability_function_to_the_tolerance(name):
    scheme, A, x = st.get(name), torch.randn(4, 4), torch.randn(6, 4)
    expected = x @ step_matrix(scheme, A).T
    y = st.to_block(scheme)(lambda u: u @ A.T)(x)
    assert (y - expected).norm() < 1e-9 * expected.norm()


@pytest.mark.parametrize("name", ["bdf(2)", "bdf(4)", "adams_moulton(2)"])
def test_implicit_multistep_on_a_linear_field(name):
    scheme, A = st.get(name), torch.randn(3, 3)
    values = [torch.randn(5, 3) for _ in range(scheme.normal_form().values)]
    y, history = st.to_block(scheme)(lambda u: u @ A.T)(values[0], tuple(values[1:]))
    expected = torch.cat(values, dim=1) @ step_matrix(scheme, A).T
    assert (torch.cat([y, *history], dim=1) - expected).norm() < 1e-9 * expected.norm()


def test_a_stiff_field_is_solved_where_plain_iteration_diverges():
    rates = torch.tensor([-1.0, -1e3, -1e6])
    y = st.to_block(st.backward_euler)(lambda u: rates * u)(torch.ones(3))
    assert (y * (1 - rates) - 1).abs().max() < 1e-6
    assert (y[:1] - 0.5).abs() < 1e-9


@pytest.mark.parametrize("name", ["backward_euler", "gauss(2)", "trapezoid", "trbdf2"])
def test_gradients_are_those_of_the_exact_solution(name):
    f = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))
    block = st.to_block(st.get(name))(f, h=nn.Parameter(torch.tensor(0.8)), tol=1e-13)
    x = torch.randn(2, 3, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, *_: block(x), (x, *block.parameters()))


def test_the_backward_pass_keeps_one_evaluation_whatever_the_iterations():
    f, counts = nn.Sequential(nn.Linear(3, 3), nn.Tanh()), []
    for scale in (0.1, 3.0):
        saved = []
        block = st.to_block(st.backward_euler)(f, h=scale)
        with torch.autograd.graph.saved_tensors_hooks(lambda t, s=saved: s.append(t) or t, lambda t: t):
            block(torch.randn(2, 3, requires_grad=True))
        counts.append(len(saved))
    assert counts[0] == counts[1]


def test_no_solution_within_the_iterations_is_said():
    block = st.to_block(st.backward_euler)(lambda u: torch.exp(u) + 1, h=10)
    with pytest.raises(SchemeError, match="did not converge"):
        block(torch.ones(2))
    with pytest.raises(SchemeError, match="did not converge"):
        st.to_block(st.get("gauss(2)"))(torch.sin, max_iterations=1)(torch.ones(2))


def test_a_field_of_zero_needs_no_iteration():
    calls = []
    block = st.to_block(st.backward_euler)(lambda u: calls.append(1) or torch.zeros_like(u))
    assert torch.equal(block(torch.ones(3)), torch.ones(3))
    assert len(calls) <= 3


def test_implicit_stacks_start_and_run():
    stack = st.to_stack(st.get("bdf(2)"), [torch.sin] * 5, h=0.1, start=st.rk4)
    fine = st.to_stack(st.rk4, [torch.sin] * 500, h=0.001)
    x = torch.tensor([1.0, 2.0])
    assert (stack(x) - fine(x)).abs().max() < 2e-3


def test_gmres_solves_what_lu_solves():
    A, b = torch.randn(40, 40) + 10 * torch.eye(40), torch.randn(40)
    assert (gmres(lambda v: A @ v, b, 1e-12) - torch.linalg.solve(A, b)).norm() < 1e-10
    wide = torch.randn(150, 150) / 12 + 3 * torch.eye(150)
    b = torch.randn(150)
    assert (wide @ gmres(lambda v: wide @ v, b, 1e-10) - b).norm() < 1e-9 * b.norm()


@pytest.mark.parametrize("name", ["backward_euler", "trbdf2", "bdf(2)", "gauss(2)"])
@pytest.mark.parametrize("every", [1, 2])
def test_checkpoints_give_the_same_gradients_and_run_the_forward_pass_once_more(name, every):
    branches, x = [nn.Sequential(nn.Linear(3, 3), nn.Tanh()) for _ in range(4)], torch.randn(2, 3, requires_grad=True)
    weights = [x, *(p for f in branches for p in f.parameters())]
    calls, found = [], {}
    for n, f in enumerate(branches):
        f.register_forward_pre_hook(lambda *_, n=n: calls.append(n))
    for memory in ("store", "checkpoint"):
        stack = st.to_stack(st.get(name), branches, h=0.1, memory=memory, every=every)
        stack(x)
        calls.clear()
        y = stack(x)
        forward = sum(n < len(branches) - every for n in calls)  # the last group is stored
        found[memory] = torch.autograd.grad(y.square().sum(), weights), forward, len(calls)
    assert all(torch.equal(a, b) for a, b in zip(found["store"][0], found["checkpoint"][0], strict=True))
    (_, forward, all_stored), (_, _, all_recomputed) = found["store"], found["checkpoint"]
    assert all_recomputed == all_stored + forward


def test_timed_stages_and_closed_over_tensors_get_gradients():
    block = st.to_block(st.backward_euler, timed=True)(lambda t, u: rate * torch.sin(u) + t, h=0.5, tol=1e-13)
    rate, x = torch.tensor(0.3, requires_grad=True), torch.randn(4, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, _: block(x, t=0.2), (x, rate))


def test_gradients_are_those_of_the_weights_of_a_functional_call():
    block, x = st.to_block(st.backward_euler)(nn.Sequential(nn.Linear(3, 3), nn.Tanh()), h=2.0), torch.randn(2, 3)
    other = {name: (2 * p).detach().requires_grad_() for name, p in block.named_parameters()}
    found = torch.autograd.grad(torch.func.functional_call(block, other, (x,)).sum(), list(other.values()))
    with torch.no_grad():
        for p in block.parameters():
            p.mul_(2)
    assert all(map(torch.equal, found, torch.autograd.grad(block(x).sum(), list(block.parameters()))))


@pytest.mark.parametrize("name", ["backward_euler", "gauss(2)", "trbdf2"])
@pytest.mark.parametrize("with_gradients", [True, False])
def test_running_statistics_are_those_of_one_evaluation_at_the_root(name, with_gradients):
    norm, x = nn.BatchNorm1d(3), torch.randn(6, 3)
    f, seen = nn.Sequential(nn.Linear(3, 3), norm), []
    fresh = copy.deepcopy(f)
    block = st.to_block(st.get(name))(f, h=0.1, tol=1e-13)
    f.register_forward_hook(lambda module, args, result: seen.append(args[0].detach()))
    with torch.set_grad_enabled(with_gradients):
        y = block(x)
    stages = type(block).plan.evaluations
    assert int(norm.num_batches_tracked) == stages
    if name != "trbdf2":  # one solve for all stages: the last evaluations are those at the root
        for u in seen[-stages:]:
            fresh(u)
        assert (norm.running_mean - fresh[1].running_mean).abs().max() < 1e-12
        assert (norm.running_var - fresh[1].running_var).abs().max() < 1e-12
    if with_gradients:
        before = copy.deepcopy(dict(norm.named_buffers()))
        torch.autograd.grad(y.square().sum(), list(f.parameters()), create_graph=True)
        assert all(torch.equal(b, before[name]) for name, b in norm.named_buffers())


def test_newton_steps_whose_systems_are_not_solved_end_the_iteration():
    """I - 2 S with a cyclic shift S: the eigenvalues surround 0, where no polynomial of degree below n gets anywhere."""
    calls = []
    block = st.to_block(st.backward_euler)(lambda u: calls.append(1) or u.roll(1), h=2)
    with pytest.raises(SchemeError, match="the linear systems of 3 Newton steps were not solved"):
        block(torch.randn(2000, dtype=torch.float64))
    assert len(calls) < 3500


class Overflow(nn.Module):
    def forward(self, u):
        return torch.exp(1e4 * u.abs() + 1e4)


def test_an_iteration_that_runs_away_leaves_the_running_statistics_alone():
    norm = nn.BatchNorm1d(3)
    with pytest.raises(SchemeError, match="did not converge"):
        st.to_block(st.backward_euler)(nn.Sequential(norm, Overflow()))(torch.randn(4, 3))
    assert int(norm.num_batches_tracked) == 0
    assert torch.equal(norm.running_var, torch.ones(3))


@pytest.mark.parametrize("name", ["backward_euler", "gauss(2)"])
def test_a_dropout_mask_is_drawn_once_and_the_step_solves_its_equation(name):
    scheme, linear, x = st.get(name), nn.Linear(3, 3), torch.randn(4, 3, requires_grad=True)
    block = st.to_block(scheme)(nn.Sequential(linear, nn.Dropout(0.5)), h=0.3, tol=1e-13)
    torch.manual_seed(7)
    y = block(x)
    after = torch.rand(1)
    torch.manual_seed(7)
    masks = [nn.functional.dropout(torch.ones(4, 3), 0.5) for _ in range(type(block).plan.evaluations)]
    assert torch.equal(after, torch.rand(1))
    assert 0 < sum((m == 0).sum() for m in masks) < sum(m.numel() for m in masks)
    A = torch.tensor([[float(a) for a in row] for row in scheme.A])
    b = torch.tensor([float(c) for c in scheme.b])
    d, s = x.numel(), len(masks)
    J = [torch.diag(m.reshape(-1)) @ torch.kron(torch.eye(4), linear.weight.detach()) for m in masks]
    offset = [(m * linear.bias.detach()).reshape(-1) for m in masks]
    system = torch.eye(s * d) - 0.3 * torch.cat([torch.cat([A[i, j] * J[i] for j in range(s)], 1) for i in range(s)])
    right = torch.cat([J[i] @ x.detach().reshape(-1) + offset[i] for i in range(s)])
    k = torch.linalg.solve(system, right).reshape(s, 4, 3)
    assert (y - x - 0.3 * torch.einsum("s,sij->ij", b, k)).abs().max() < 1e-11
    [slope] = torch.autograd.grad(y.sum(), x)
    v = torch.linalg.solve(system.T, 0.3 * b.repeat_interleave(d)).reshape(s, d)
    expected = 1 + sum(J[i].T @ v[i] for i in range(s)).reshape(4, 3)
    assert (slope - expected).abs().max() < 1e-10


def test_new_masks_are_drawn_in_the_next_step_and_none_in_evaluation():
    block = st.to_block(st.backward_euler)(nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)), h=0.3)
    x = torch.randn(4, 3)
    assert not torch.allclose(block(x), block(x))
    block.eval()
    assert torch.equal(block(x), block(x))


def test_checkpoints_may_be_passed_backwards_twice():
    stack = st.to_stack(st.backward_euler, [nn.Linear(3, 3) for _ in range(2)], h=0.1, memory="checkpoint")
    x = torch.randn(2, 3, requires_grad=True)
    y = stack(x).sum()
    first = torch.autograd.grad(y, x, retain_graph=True)[0]
    assert torch.equal(first, torch.autograd.grad(y, x)[0])


def test_newton_iterates_in_inference_mode_too():
    rates = torch.tensor([-1.0, -1e3, -1e6])
    with torch.inference_mode():
        y = st.to_block(st.backward_euler)(lambda u: rates * u)(torch.ones(3))
    assert (y * (1 - rates) - 1).abs().max() < 1e-6


def test_an_operation_without_a_forward_mode_rule_is_solved_by_reverse_mode():
    linear = torch.nn.utils.parametrizations.weight_norm(nn.Linear(3, 3))
    x, weight = torch.randn(2, 3, requires_grad=True), linear.weight.detach()
    y = st.to_block(st.backward_euler)(linear, h=20.0, tol=1e-12)(x)
    assert (y - 20 * (y @ weight.T + linear.bias) - x).abs().max() < 1e-8 * y.abs().max()
    resolvent = torch.linalg.inv(torch.eye(3) - 20 * weight)
    assert (torch.autograd.grad(y.sum(), x)[0] - resolvent.sum(0)).abs().max() < 1e-8


def test_a_copy_has_a_handle_of_its_own():
    block = st.to_block(st.backward_euler)(nn.Linear(3, 3))
    copies = [block, copy.copy(block), copy.deepcopy(block), pickle.loads(pickle.dumps(block))]
    assert all(owner_of(b.handle) is b for b in copies)
    assert set(block.state_dict()) == {"branch.weight", "branch.bias"}
    handle = copies.pop().handle
    gc.collect()
    with pytest.raises(SchemeError, match="gone"):
        owner_of(handle)


def advection(n, number):
    return number * (torch.roll(torch.eye(n), 1, 0) - torch.eye(n))


def test_gradients_are_solved_for_where_short_sweeps_stagnate():
    A, x, g = advection(150, 1000.0), torch.randn(150, requires_grad=True), torch.randn(150)
    found = torch.autograd.grad(st.to_block(st.backward_euler)(lambda u: A @ u)(x), x, g)[0]
    exact = torch.linalg.solve((torch.eye(150) - A).T, g)
    assert (found - exact).norm() < 1e-8 * exact.norm()


def test_a_linear_system_that_is_not_solved_is_no_gradient(monkeypatch):
    monkeypatch.setattr(krylov, "LARGEST_DIMENSION", 60)
    A, x = advection(150, 1000.0), torch.ones(150, requires_grad=True)
    y = st.to_block(st.backward_euler)(lambda u: A @ u)(x)
    with pytest.raises(SchemeError, match="derivative of implicit stages was not solved: relative residual"):
        torch.autograd.grad(y, x, torch.randn(150))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rate", [10.0, 1e3, 1e6])
def test_steps_into_an_equilibrium_end(rate, dtype):
    stack = st.to_stack(st.backward_euler, [lambda u: -rate * (u - 1)] * 30)
    y = stack(torch.full((3,), 3.0, dtype=dtype))
    assert (y - 1).abs().max() < 4 * torch.finfo(dtype).eps


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_solved_to_its_rounding(dtype):
    f, x = nn.Linear(8, 8, bias=False), torch.randn(4, 8)
    expected = st.to_block(st.backward_euler)(f, h=0.5)(x)
    y = st.to_block(st.backward_euler)(f.to(dtype), h=0.5)(x.to(dtype))
    assert (y.double() - expected).norm() < 8 * torch.finfo(dtype).eps * expected.norm()


@pytest.mark.parametrize("name", ["gauss(2)", "trapezoid", "sdirk2"])
def test_autocast_is_left_out_of_the_solve(name):
    for _ in range(5):
        f = nn.Sequential(nn.Linear(16, 16), nn.Tanh()).float()
        block, x = st.to_block(st.get(name))(f, h=0.5), torch.randn(4, 16, dtype=torch.float32)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = block(x)
            y.square().sum().backward()
        assert (y - block(x)).norm() < 0.02 * y.norm()


def test_attention_and_full_backward_hooks_in_branches():
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    x = torch.randn(2, 5, 8)
    y = st.to_block(st.backward_euler)(layer, h=0.1)(x)
    assert (y - x - 0.1 * layer(y)).norm() < 1e-8
    y.sum().backward()
    f, seen = nn.Linear(3, 3), []
    f.register_full_backward_hook(lambda *args: seen.append(1))
    st.to_block(st.rk4)(f)(torch.ones(2, 3, requires_grad=True)).sum().backward()
    assert len(seen) == 4


@pytest.mark.parametrize("name", ["backward_euler", "gauss(2)"])
def test_modes_and_buffers_that_change_before_the_backward_pass_are_named(name):
    def moved(f):
        f.eval()[1].running_var.mul_(4)

    for train, change in ((True, lambda f: f.eval()), (False, moved)):
        f = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Tanh()).train(train)
        y = st.to_block(st.get(name))(f, h=0.5)(torch.randn(5, 4))
        change(f)
        with pytest.raises(UnsupportedError, match="changed between the forward"):
            y.sum().backward()


def test_a_state_of_low_precision_under_autocast():
    net = nn.Sequential(nn.Linear(4, 4), st.to_stack(st.backward_euler, [nn.Linear(4, 4)] * 2, h=0.1), nn.Linear(4, 2))
    net.float()
    x = torch.randn(5, 4, dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = net(x)
    assert y.dtype == torch.bfloat16
    y.sum().backward()
    assert (y - net(x)).norm() < 0.05 * y.norm()
    assert all(p.grad is not None for p in net.parameters())
