"""Paths of stochastic equations on tensors, by Euler-Maruyama in torch and, where it is installed, by torchsde."""

import importlib.util

import numpy as np
import pytest
import torch
from sympy import Matrix, Rational, Symbol, eye, sin, symbols
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError

HAS_TORCHSDE = importlib.util.find_spec("torchsde") is not None
BACKENDS = ["torch", pytest.param("torchsde", marks=pytest.mark.skipif(not HAS_TORCHSDE, reason="no torchsde"))]
W = [[-0.5, -1.0], [0.75, -0.25]]
START = torch.tensor([1.0, -0.5], dtype=torch.float64)


def linear():
    layer = nn.Linear(2, 2, bias=False, dtype=torch.float64)
    layer.weight.data = torch.tensor(W, dtype=torch.float64)
    return layer


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["stochastic_depth(4/5)", "dropout_output(1/5)", "lm_stochastic_depth(1/2, 4/5)"])
def test_the_paths_have_the_moments_of_the_equation(name, backend):
    """Euler-Maruyama's own moments are those of a recursion, exactly: no error of the step is left to allow for."""
    eq, h, steps, paths = st.modified_equation(st.get(name)), 0.25, 8, 40_000
    y = eq.simulate(linear(), None, START, 1, h, steps=steps, paths=paths, seed=4, backend=backend)[-1].detach().numpy()
    x = Matrix([1, Rational(-1, 2)])
    u = symbols("u_1:3")
    f = list(Matrix(W) * Matrix(u))
    B = Matrix(eq.drift(f, u, Rational(1, 4))).jacobian(u)
    noise = eq.diffusion(f, u, Rational(1, 4))
    S = [noise[:, j].jacobian(u) for j in range(noise.cols)]
    mean, second, dt = x, x * x.T, Rational(1, steps)
    for _ in range(steps):
        move = eye(2) + dt * B
        second = (move * second * move.T + sum((dt * s * second * s.T for s in S), Matrix.zeros(2, 2))).evalf(20)
        mean = (move * mean).evalf(20)
    mean, second = np.array(mean, dtype=float).ravel(), np.array(second, dtype=float)
    assert (abs(y.mean(axis=0) - mean) < 5 * y.std(axis=0) / paths**0.5).all()
    for i in range(2):
        for j in range(2):
            products = y[:, i] * y[:, j]
            assert abs(products.mean() - second[i, j]) < 5 * products.std() / paths**0.5


@pytest.mark.parametrize("backend", BACKENDS)
def test_seeds_shapes_progress_and_gradients(backend):
    eq, seen = st.modified_equation("stochastic_depth(1/2)"), []
    field = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1, bias=False), nn.Tanh())
    x = torch.randn(4, 2, 5, 5)
    options = {"steps": 3, "backend": backend}
    paths = eq.simulate(field, None, x, 1, 0.5, seed=7, progress=lambda *a: seen.append(a), **options)
    assert paths.shape == (4, 4, 2, 5, 5) and seen == [(1, 3), (2, 3), (3, 3)]
    assert torch.equal(paths, eq.simulate(field, None, x, 1, 0.5, seed=7, **options))
    assert not torch.equal(paths, eq.simulate(field, None, x, 1, 0.5, seed=8, **options))
    paths[-1].square().mean().backward()
    assert field[0].weight.grad.abs().sum() > 0


def test_one_motion_moves_a_whole_sample_along_f():
    eq = st.modified_equation("stochastic_depth(1/2)", 1)
    field = linear()
    paths = eq.simulate(field, None, START.abs().expand(50, 2), 0.1, 1, steps=1, backend="torch").detach()
    moved, along = paths[1] - paths[0], field(START.abs()).detach()
    assert (moved[:, 0] * along[1] - moved[:, 1] * along[0]).abs().max() < 1e-12
    assert moved.std(dim=0).min() > 0


def test_weak_order_three_has_its_derivatives():
    eq = st.modified_equation("stochastic_depth(1/2)", 3)
    (u,) = symbols("u,")
    at = torch.tensor([[0.7]], dtype=torch.float64)
    h, dt = 0.5, 0.25
    a, b = (eq.simulate(torch.sin, None, at, dt, h, steps=1, seed=s, backend="torch")[1] for s in (1, 2))
    drift, noise = (float(c.subs(u, 0.7)) for c in (eq.drift([sin(u)], u, h)[0], eq.diffusion([sin(u)], u, h)[0]))
    normals = [torch.randn(1, 1, generator=torch.Generator().manual_seed(s), dtype=torch.float64) for s in (1, 2)]
    assert float(a) == pytest.approx(0.7 + dt * drift + noise * float(normals[0]) * dt**0.5, abs=1e-12)
    assert float(b - a) == pytest.approx(noise * float(normals[1] - normals[0]) * dt**0.5, abs=1e-12)


def test_a_schedule_goes_layer_by_layer():
    eq = st.modified_equation(st.stochastic_depth(Symbol("p")), p=["1", "1/2"])
    paths = eq.simulate(linear(), None, START, 0.25, paths=5, backend="torch")
    assert paths.shape == (3, 5, 2) and (paths[1] == paths[1, 0]).all() and not (paths[2] == paths[2, 0]).all()


@pytest.mark.skipif(HAS_TORCHSDE, reason="torchsde is installed")
def test_without_torchsde_the_remedy_is_said():
    eq = st.modified_equation("stochastic_depth(1/2)")
    with pytest.raises(SchemeError, match=r"needs torchsde.*pip install 'schemetools\[sde\]'"):
        eq.simulate(linear(), None, START, 1, 0.5, backend="torchsde")
    with pytest.raises(SchemeError, match="without torchsde there is 'euler'"):
        eq.simulate(linear(), None, START, 1, 0.5, method="milstein")
    assert eq.simulate(linear(), None, START, 1, 0.5, paths=2).shape == (9, 2, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda eq: eq.simulate(linear(), None, START, 1, 0.5, backend="jax"), "'auto', 'torchsde', 'torch'"),
        (lambda eq: eq.simulate([linear()] * 2, None, START, 1, 0.5), "a list of 1"),
        (lambda eq: eq.simulate(3, None, START, 1, 0.5), "a module or a function"),
        (lambda eq: eq.simulate(linear(), None, START, 1, 0.5, nosuch=1), "no option 'nosuch'; its options: steps"),
        (lambda eq: eq.simulate(linear(), None, START, 1, 0.5, seed=-1), "seed: -1, an int, came; give a whole number"),
        (lambda eq: eq.simulate(linear(), None, START.long(), 1, 0.5), "a tensor of int64 of shape .2,. on cpu came"),
        (lambda eq: eq.simulate(linear(), None, START.cfloat(), 1, 0.5), "a tensor of complex64"),
        (lambda eq: eq.simulate(linear(), None, START.to("meta"), 1, 0.5), "on meta came; give real floating point"),
        (lambda eq: eq.simulate(linear(), None, START[0], 1, 0.5), "of shape .. on cpu came"),
        (lambda eq: eq.simulate(linear(), None, START[None], 1, 0.5, paths=7), "paths = 7 and a start of 1 paths came"),
        (
            lambda eq: st.modified_equation("dropout_input(1/5)").simulate(linear(), None, START, 1, 0.5),
            "no formula for a module",
        ),
        (
            lambda eq: st.modified_equation(st.stochastic_depth(Symbol("p")), p=lambda t: 1 - t).simulate(
                linear(), None, START, 1, 0.5
            ),
            "one p per layer",
        ),
    ],
)
def test_what_does_not_fit_is_said(call, message):
    with pytest.raises(SchemeError, match=message):
        call(st.modified_equation("stochastic_depth(1/2)"))
