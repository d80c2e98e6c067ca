"""Derivatives of implicit steps: second ones, torch.func, ensembles, against loops, resolvents and finite differences."""

import pytest
import torch
from torch import nn
from torch.autograd import forward_ad
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, stack_module_state, vmap

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError


def network():
    return nn.Sequential(nn.Linear(3, 3), nn.Tanh())


def step(name, h=0.8, **options):
    return st.to_block(st.get(name))(network(), h=nn.Parameter(torch.tensor(h)), tol=1e-13, **options)


def by_rows(f, x):
    """The Jacobian, row by row, by torch's eager reverse mode."""
    return torch.autograd.functional.jacobian(f, x)


def distance(a, b):
    return float((a - b).detach().abs().max())


@pytest.mark.parametrize(("name", "options"), [
    ("backward_euler", {}), ("gauss(2)", {}), ("trbdf2", {}), ("trapezoid", {}), ("theta()", {"init": 0.6})])  # fmt: skip
def test_second_derivatives_are_those_of_the_exact_solution(name, options):
    scheme = st.schemes.theta() if name == "theta()" else st.get(name)
    block = st.to_block(scheme)(network(), h=nn.Parameter(torch.tensor(0.8)), tol=1e-13, **options)
    x = torch.randn(2, 3, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, *_: block(x), (x, *block.parameters()))
    assert torch.autograd.gradgradcheck(lambda x, *_: block(x), (x, *block.parameters()))


def test_a_linear_field_has_the_derivatives_of_its_resolvent():
    A, x, h = torch.randn(4, 4), torch.randn(4), torch.tensor(0.3, requires_grad=True)
    y = st.to_block(st.backward_euler)(lambda u: A @ u, h=h, tol=1e-13)(x)
    R = torch.linalg.inv(torch.eye(4) - 0.3 * A)
    [first] = torch.autograd.grad(y.sum(), h, create_graph=True)
    [second] = torch.autograd.grad(first, h, create_graph=True)
    [third] = torch.autograd.grad(second, h)
    assert distance(first, (R @ A @ R @ x).sum()) < 1e-9
    assert distance(second, 2 * (R @ A @ R @ A @ R @ x).sum()) < 1e-8
    assert distance(third, 6 * (R @ A @ R @ A @ R @ A @ R @ x).sum()) < 1e-7


@pytest.mark.parametrize("name", ["backward_euler", "gauss(2)", "trbdf2"])
def test_jacobians_of_torch_func_are_those_of_loops(name):
    block, x = step(name), torch.randn(4, 3)
    expected = torch.stack([by_rows(block, row) for row in x])
    assert distance(vmap(block)(x), block(x)) < 1e-11
    for jacobian in (jacrev, jacfwd):
        assert distance(jacobian(block)(x[0]), expected[0]) < 1e-11
        assert distance(vmap(jacobian(block))(x), expected) < 1e-11


def test_second_and_third_derivatives_in_every_order_of_modes():
    block, x = step("gauss(2)"), torch.randn(3)

    def g(u):
        return block(u).square().sum()

    H = torch.autograd.functional.hessian(g, x)
    for outer in (jacrev, jacfwd):
        for inner in (jacrev, jacfwd):
            assert distance(outer(inner(g))(x), H) < 1e-10
    assert distance(vmap(hessian(g))(torch.stack([x, 2 * x]))[0], H) < 1e-10
    T = torch.stack([by_rows(lambda u, n=n: hessian(g)(u)[n], x) for n in range(3)])
    assert distance(jacrev(hessian(g))(x), T) < 1e-10
    e = 1e-4 * torch.eye(3)[1]
    assert distance((hessian(g)(x + e) - hessian(g)(x - e)) / 2e-4, T[..., 1]) < 1e-6


def test_forward_mode_alone_and_with_reverse_mode_on_either_side():
    block, x, v = step("trbdf2"), torch.randn(3, requires_grad=True), torch.randn(3)
    H = torch.autograd.functional.hessian(lambda u: block(u).square().sum(), x)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, v)
        y = block(dual)
        tangent = forward_ad.unpack_dual(y).tangent
        assert distance(tangent, by_rows(block, x.detach()) @ v) < 1e-11
        [slope] = torch.autograd.grad(y.square().sum(), dual, create_graph=True)
        assert distance(forward_ad.unpack_dual(slope).tangent, H @ v) < 1e-10
    with forward_ad.dual_level():
        slope = forward_ad.unpack_dual(block(forward_ad.make_dual(x, v)).square().sum()).tangent
        assert distance(torch.autograd.grad(slope, x)[0], H @ v) < 1e-10


def test_derivatives_by_the_step_the_coefficients_and_the_weights():
    block, x = st.to_block(st.schemes.theta())(network(), nn.Parameter(torch.tensor(0.8)), init=0.6), torch.randn(2, 3)
    weights = {name: p.detach() for name, p in block.named_parameters()}

    def loss(weights):
        return functional_call(block, weights, (x,)).square().sum()

    slopes = torch.autograd.grad(block(x).square().sum(), list(block.parameters()))
    assert all(distance(a, b) < 1e-9 for a, b in zip(grad(loss)(weights).values(), slopes, strict=True))
    second = hessian(lambda h: loss({**weights, "h": h}))(weights["h"])
    up, down = (grad(loss)({**weights, "h": weights["h"] + e})["h"] for e in (1e-4, -1e-4))
    assert distance(second, (up - down) / 2e-4) < 1e-5


@pytest.mark.parametrize("norm", [False, True])
def test_an_ensemble_is_the_loop_over_its_members(norm):
    def member(h):
        torch.manual_seed(int(100 * h))
        branch = nn.Sequential(network(), nn.BatchNorm1d(3)) if norm else network()
        return st.to_block(st.get("gauss(2)"))(branch, nn.Parameter(torch.tensor(h)), tol=1e-13)

    members, x = [member(h) for h in (0.3, 0.5, 0.7)], torch.randn(4, 3)
    weights, buffers = stack_module_state(members)

    def call(weights, buffers):
        return functional_call(members[0], (weights, buffers), (x,))

    y = vmap(call)(weights, buffers)
    assert distance(y, torch.stack([m(x) for m in members])) < 1e-11
    for name, stacked in buffers.items():
        assert distance(stacked * 1.0, torch.stack([m.get_buffer(name) for m in members])) < 1e-11
    slopes = [torch.autograd.grad(m(x).square().sum(), list(m.parameters())) for m in members]
    found = torch.autograd.grad(y.square().sum(), list(weights.values()))
    mapped = vmap(grad(lambda w, b: call(w, b).square().sum()))({n: w.detach() for n, w in weights.items()}, buffers)
    for n, name in enumerate(weights):
        expected = torch.stack([s[n] for s in slopes])
        assert distance(found[n], expected) < 1e-10
        assert distance(mapped[name], expected) < 1e-10


def test_each_system_of_a_batch_is_solved_to_its_own_tolerance():
    sizes = torch.logspace(-9, 3, 7)
    x = sizes[:, None] * torch.randn(7, 3)
    block = st.to_block(st.backward_euler)(lambda u: torch.tensor([-1.0, -50.0, -1e3]) * u, tol=1e-12)
    expected = x / torch.tensor([2.0, 51.0, 1001.0])
    assert ((vmap(block)(x) - expected).norm(dim=1) <= 1e-11 * x.norm(dim=1)).all()
    assert distance(vmap(block, in_dims=1, out_dims=1)(x.T), vmap(block)(x).T) == 0
    twice = vmap(vmap(block))(torch.stack([x, 2 * x]))
    assert ((twice[1] - 2 * expected).norm(dim=1) <= 2e-11 * x.norm(dim=1)).all()
    with pytest.raises(SchemeError, match="did not converge"):
        vmap(st.to_block(st.backward_euler)(lambda u: u * u + 1, h=10))(torch.tensor([[-20.0], [1.0]]))


def test_dropout_is_drawn_for_each_system_of_a_batch():
    block = st.to_block(st.backward_euler)(nn.Sequential(nn.Linear(8, 8), nn.Dropout(0.5)), h=0.2)
    y = vmap(block, randomness="different")(torch.ones(3, 8))
    assert not torch.allclose(y[0], y[1])
    same = vmap(block, randomness="same")(torch.ones(3, 8))
    assert torch.allclose(same[0], same[1])


def test_tensors_that_a_function_closes_over_get_first_gradients_and_no_others():
    rate, x = torch.randn(3, requires_grad=True), torch.randn(2, 3, requires_grad=True)
    block = st.to_block(st.get("gauss(2)"))(lambda u: torch.sin(rate * u), h=0.5, tol=1e-13)
    assert torch.autograd.gradcheck(lambda x, _: block(x), (x, rate))
    assert distance(jacrev(block)(x[0].detach()), by_rows(block, x[0].detach())) < 1e-12
    [slope] = torch.autograd.grad(block(x).sum(), x, create_graph=True)
    with pytest.raises(UnsupportedError, match="second derivatives.* not its parameters"):
        slope.sum().backward()


@pytest.mark.parametrize("transform", [
    jacrev, jacfwd, lambda f: jacrev(jacrev(f)), lambda f: jacfwd(jacrev(f)), lambda f: jacrev(jacfwd(f)),
    lambda f: lambda r: vmap(f)(torch.stack([r, r])), lambda f: lambda r: vmap(jacrev(f))(torch.stack([r, r])),
    lambda f: jacrev(lambda r: vmap(f)(torch.stack([r, r])))])  # fmt: skip
def test_transforms_over_tensors_that_a_function_closes_over_are_refused(transform):
    def through(rate):
        return st.to_block(st.backward_euler)(lambda u: torch.sin(rate * u), h=0.5)(torch.ones(3))

    with pytest.raises(UnsupportedError, match="not its parameters"):
        transform(through)(torch.randn(3))
