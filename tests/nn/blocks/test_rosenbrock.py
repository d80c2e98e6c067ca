"""Rosenbrock blocks: the NumPy step, their gradients, and what they refuse."""

import copy

import numpy as np
import pytest
import torch

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError

torch.manual_seed(0)
NET = torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3)).double()
X = torch.randn(2, 3, dtype=torch.float64)


def on_arrays(u):
    return NET(torch.as_tensor(u)).detach().numpy()


@pytest.mark.parametrize("name", st.names("rosenbrock"))
def test_a_block_is_the_numpy_step(name):
    block = st.to_block(name)(NET, h=0.4)
    expected, estimate = st.to_stepper(name)(on_arrays, X.numpy(), 0.4, error=True)
    y, error = block(X, error=True)
    assert np.allclose(y.detach(), expected, atol=1e-11) and np.allclose(error.detach(), estimate, atol=1e-11)
    assert torch.equal(block(X), y)


def test_it_has_the_right_gradients():
    block = st.to_block("ros2(gamma=gamma)")(copy.deepcopy(NET), h=torch.tensor(0.4, dtype=torch.float64), init=0.3)
    block.h = torch.nn.Parameter(block.h)
    block.double()
    parameters = list(block.parameters())
    assert len(parameters) == 6

    def step(x, *_):
        return block(x)

    assert torch.autograd.gradcheck(step, (X.clone().requires_grad_(), *parameters))


def test_a_time_enters_with_its_derivative():
    """u' = -2 u + t^2 against the step on the enlarged system (u, t)."""
    field = lambda t, u: -2 * u + u**2 * t**2  # noqa: E731
    both = lambda w: torch.cat([-2 * w[:1] + w[:1] ** 2 * w[1:] ** 2, torch.ones(1, dtype=w.dtype)])  # noqa: E731
    x = torch.tensor([0.7], dtype=torch.float64)
    timed = st.to_block("ros2", timed=True)(field, h=0.3)(x, 0.5)
    whole = st.to_block("ros2")(both, h=0.3)(torch.cat([x, torch.tensor([0.5], dtype=torch.float64)]))
    assert torch.allclose(timed, whole[:1], atol=1e-14) and torch.isclose(whole[1], torch.tensor(0.8).double())


def test_a_step_size_per_sample_and_a_state_of_several_tensors():
    block = st.to_block("ros2")(NET, h=0.4)
    sizes = torch.tensor([[0.4], [0.1]], dtype=torch.float64)
    one, other = block(X[:1]), st.to_block("ros2")(NET, h=0.1)(X[1:])
    assert torch.allclose(block(X, h=sizes), torch.cat([one, other]), atol=1e-13)
    pair = st.to_block("ros2")(lambda s: {"a": -s["b"], "b": s["a"]}, h=0.4)
    made = pair({"a": X[0], "b": X[1]})
    joined = st.to_block("ros2")(lambda u: torch.cat([-u[3:], u[:3]]), h=0.4)(torch.cat([X[0], X[1]]))
    assert torch.allclose(torch.cat([made["a"], made["b"]]), joined)


def test_stacks_take_it_and_learn_gamma():
    stack = st.to_stack(st.get("ros2(gamma=gamma)"), [copy.deepcopy(NET) for _ in range(3)], h=0.3, init={"gamma": 0.3})
    stack.double()(X).square().sum().backward()
    assert all(layer.gamma.grad is not None for layer in stack)
    assert [st.order(layer) for layer in stack] == [2, 2, 2]
    again = st.to_stack("ros2", [NET] * 3, h=0.3, memory="checkpoint")
    assert torch.allclose(again(X), st.to_stack("ros2", [NET] * 3, h=0.3)(X))


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_states_in_half_precision_are_solved_for_in_single(kind):
    net = copy.deepcopy(NET).to(kind)
    y = st.to_block("ros2")(net, h=0.4)(X.to(kind))
    assert y.dtype == kind and torch.allclose(y.double(), st.to_block("ros2")(NET, h=0.4)(X), atol=0.05)


def test_what_it_does_not_take_is_refused_by_name():
    with pytest.raises(UnsupportedError, match="one Jacobian per step"):
        st.to_block("ros2")([NET, copy.deepcopy(NET)])
    with pytest.raises(UnsupportedError, match="4097 numbers came"):
        st.to_block("ros2")(torch.nn.Tanh())(torch.zeros(4097))
    with pytest.raises(UnsupportedError, match="running statistics"):
        st.to_block("ros2")(torch.nn.BatchNorm1d(3))(X.float())
    with pytest.raises(UnsupportedError, match="random numbers"):
        st.to_block("ros2")(torch.nn.Dropout(0.5))(X)
    with pytest.raises(SchemeError):
        st.to_stack("ros2", [NET] * 2, memory="reversible")
