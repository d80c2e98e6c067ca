"""Blocks against mathematics: linear fields, gradients, saved tensors, precision."""

import numpy as np
import pytest
import sympy
import torch
from torch import nn

import schemetools as st


def step_matrix(scheme, A):
    """V + B (I - A h)^-1 U with matrices for z, h = 1: the exact step of u' = A u, from the normal form alone."""
    form, d = scheme.normal_form(), A.shape[0]

    def blocks(M):
        array = torch.tensor([[float(c) for c in row] for row in M])
        return torch.kron(array, torch.eye(d)), torch.kron(array, A)

    stages = torch.eye(form.stages * d) - blocks(form.A)[1]
    result = blocks(form.V[: form.values])[0] + blocks(form.B[: form.values])[1] @ torch.linalg.solve(
        stages, blocks(form.U)[0]
    )
    return result


EXPLICIT = ["euler", "midpoint", "heun3", "rk4", "rk38", "ssprk33", "dopri5", "verner89"]
MULTISTEP = ["lm(k=3/10)", "adams_bashforth(2)", "adams_bashforth(4)", "leapfrog", "nystrom(3)"]


@pytest.mark.parametrize("name", [n for n in EXPLICIT if n in st.names("general linear")])
def test_a_linear_field_gives_the_stability_function_of_its_matrix(name):
    scheme, A, x = st.get(name), 0.4 * torch.randn(4, 4), torch.randn(6, 4)
    y = st.to_block(scheme)(lambda u: u @ A.T)(x)
    assert (y - x @ step_matrix(scheme, A).T).abs().max() < 1e-13


@pytest.mark.parametrize("name", MULTISTEP)
def test_a_multistep_block_on_a_linear_field(name):
    scheme, A = st.get(name), 0.4 * torch.randn(3, 3)
    form = scheme.normal_form()
    values = [torch.randn(5, 3) for _ in range(form.values)]
    y, history = st.to_block(scheme)(lambda u: u @ A.T)(values[0], tuple(values[1:]))
    expected = torch.cat(values, dim=1) @ step_matrix(scheme, A).T
    assert (torch.cat([y, *history], dim=1) - expected).abs().max() < 1e-13


@pytest.mark.parametrize("name", ["rk4", "dopri5", "lm(k=3/10)", "adams_bashforth(3)", "leapfrog"])
@pytest.mark.parametrize("h", [1, 0.25])
def test_a_block_equals_the_numpy_stepper_on_a_nonlinear_field(name, h):
    scheme, x = st.get(name), torch.randn(7)
    step, block = st.to_stepper(scheme), st.to_block(scheme)(torch.sin, h)
    y, history, values = x, None, (x.numpy(),)
    for _ in range(4):
        result = block(y) if scheme.normal_form().values == 1 else block(y, history)
        y, history = (result, None) if isinstance(result, torch.Tensor) else result
        values = step(np.sin, values, h)
        assert np.abs(y.numpy() - values[0]).max() < 1e-14


def test_a_pair_gives_its_error_estimate():
    scheme, A, x = st.get("dopri5"), 0.4 * torch.randn(3, 3), torch.randn(2, 3)
    block = st.to_block(scheme)(lambda u: u @ A.T, h=0.5)
    y, error = block(x, error=True)
    other = st.to_block(st.RungeKutta(scheme.A, scheme.b_hat))(lambda u: u @ A.T, h=0.5)
    assert torch.equal(y, block(x))
    assert (error - (y - other(x))).abs().max() < 1e-15
    assert error.abs().max() > 1e-9


def test_the_history_starts_by_repetition():
    f = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    x = torch.randn(2, 3)
    y, history = st.to_block(st.lm(k=0.3))(f)(x)
    assert torch.equal(y, x + f(x))
    assert history == (x,)
    y, history = st.to_block(st.get("adams_bashforth(3)"))(f, h=0.5)(x)
    assert (y - (x + 0.5 * f(x))).abs().max() < 1e-15
    assert [torch.allclose(d, 0.5 * f(x)) for d in history] == [True, True]


def test_multistep_blocks_return_a_history_even_where_nothing_is_carried():
    y, history = st.to_block(st.get("adams_bashforth(2)"))(torch.sin)(torch.ones(2))
    assert len(history) == 1
    assert y.shape == (2,)


def test_the_learned_coefficient_is_read_back_exactly():
    block = st.to_block(st.lm())(torch.sin, init={"k": 0.1})
    with torch.no_grad():
        block.k.copy_(torch.tensor(1 / 3))
    assert block.scheme == st.lm(k=sympy.Rational(*(1 / 3).as_integer_ratio()))
    assert not block.scheme.exact
    assert type(block).scheme == st.lm()
    assert block.scheme.name == "lm(k=0.333333)"


@pytest.mark.parametrize("name", ["rk4", "lm", "adams_bashforth(2)"])
def test_gradients_pass_gradcheck(name):
    scheme = st.get(name)
    f = nn.Sequential(nn.Linear(3, 3), nn.Tanh())
    block = st.to_block(scheme)(f, h=nn.Parameter(torch.tensor(0.7)), init={"k": 0.2} if name == "lm" else None)
    x, u = torch.randn(2, 3, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    parameters = tuple(block.parameters())
    assert len(parameters) == 3 + (name == "lm")

    def run(x, u, *_):
        return block(x) if name == "rk4" else block(x, (u,))[0]

    assert torch.autograd.gradcheck(run, (x, u, *parameters))


@pytest.mark.parametrize("name", ["rk4", "dopri5", "lm(k=3/10)", "adams_bashforth(3)"])
def test_constant_coefficients_save_nothing_for_the_backward_pass(name):
    scheme = st.get(name)
    x = torch.randn(2, 3, requires_grad=True)
    saved = []

    def count(run):
        saved.clear()
        with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
            run()
        return len(saved)

    block = st.to_block(scheme)(torch.tanh)
    result = count(lambda: block(x))
    assert result == count(lambda: [torch.tanh(x) for _ in range(block.plan.evaluations)])


def test_trainable_lm_saves_only_what_lerp_saves():
    x, u = torch.randn(2, 3, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    block = st.to_block(st.lm())(lambda v: v, init={"k": 0.1})
    saved, lerp = [], []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        block(x, (u,))
    with torch.autograd.graph.saved_tensors_hooks(lambda t: lerp.append(t) or t, lambda t: t):
        torch.lerp(x, u, block.k)
    assert len(saved) == len(lerp) > 0


def test_literals_stay_exact_in_double_and_parameters_follow_the_module():
    block = st.to_block(st.rk4)(nn.Linear(2, 2, dtype=torch.float32)).double()
    x = torch.randn(1, 2)
    exact = st.to_stepper(st.rk4)(lambda u: block.branch(torch.from_numpy(u)).detach().numpy(), x.numpy(), 1)
    assert np.abs(block(x).detach().numpy() - exact).max() < 1e-15
    learned = st.to_block(st.lm())(nn.Linear(2, 2), init={"k": 0.1}).float()
    assert learned.k.dtype == torch.float32


def test_in_half_precision_increments_are_summed_first():
    # Each increment alone is lost against 256 in bfloat16 (spacing 2), their sum is not.
    x = torch.full((1,), 256.0, dtype=torch.bfloat16)
    step = st.to_block(st.get("kutta3"))(lambda u: torch.full_like(u, 1.5))
    assert float(step(x)) == 258.0
    assert float(step(x.double())) == pytest.approx(257.5)


def test_one_branch_per_evaluation_voids_the_order():
    branches = [nn.Linear(2, 2) for _ in range(4)]
    block = st.to_block(st.rk4)(branches)
    x = torch.randn(3, 2)
    k1 = branches[0](x)
    k2 = branches[1](x + k1 / 2)
    k3 = branches[2](x + k2 / 2)
    k4 = branches[3](x + k3)
    assert (block(x) - (x + (k1 + 2 * k2 + 2 * k3 + k4) / 6)).abs().max() < 1e-14
    assert "void" in repr(block)
    assert isinstance(block, st.to_block(st.rk4))
    assert len(list(block.parameters())) == 8
