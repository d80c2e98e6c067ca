"""Exponential programs and blocks: they agree, have their orders and gradients, and say what they do not take."""

import copy
import pickle

import numpy as np
import pytest
import torch

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError

NAMES = [*st.names("exponential"), "lawson(rk4)"]
DIAGONAL, MATRIX = np.array([-1.0, -30.0, 0.0]), np.array([[-2.0, 1.0, 0.0], [0.5, -1.0, 0.3], [0.0, 0.2, -20.0]])
torch.manual_seed(0)
X = torch.randn(2, 3, dtype=torch.float64)


def on_arrays(u):
    return np.sin(u[..., ::-1])


class Flipped(torch.nn.Module):
    def forward(self, x):
        return torch.sin(x.flip(-1))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("linear", [DIAGONAL, MATRIX, -0.5])
def test_block_stepper_and_solver_agree(name, linear):
    block = st.to_block(name)(Flipped(), linear=torch.as_tensor(linear, dtype=torch.float64), h=0.2)
    step = st.to_stepper(name)(on_arrays, X.numpy(), 0.2, linear=linear)
    solved = st.solve(name, {"L": linear, "N": on_arrays}, (0, 0.2), X.numpy(), 0.2).u[-1]
    assert np.allclose(block(X), step, atol=1e-14) and np.allclose(solved, step, atol=1e-14)


@pytest.mark.parametrize("name", NAMES)
def test_the_measured_order_is_the_proven_one(name):
    forced = {"L": MATRIX, "N": lambda t, u: np.sin(u[..., ::-1] + 2 * t)}
    assert st.convergence(name).agrees
    found = st.convergence(name, (forced, (0, 1), [0.3, 0.7, -0.2]), steps=(16, 32, 64, 128))
    assert found.agrees, found


@pytest.mark.parametrize("name", ["etdrk2", "etdrk4", "lawson(rk4)"])
def test_gradients_go_through_the_phi_functions(name):
    for linear in (DIAGONAL, MATRIX):
        L = torch.nn.Parameter(torch.tensor(linear))
        block = st.to_block(name)(Flipped(), linear=L, h=torch.tensor(0.2, dtype=torch.float64))
        assert torch.autograd.gradcheck(lambda x, _: block(x), (X.clone().requires_grad_(), L))  # noqa: B023


def test_a_pair_estimates_its_error_and_a_time_goes_to_the_branch():
    y, error = st.to_block("etdrk2")(Flipped(), linear=-1.0, h=0.2)(X, error=True)
    low = st.to_block("etd1")(Flipped(), linear=-1.0, h=0.2)(X)
    assert torch.allclose(y - error, low)
    timed = st.to_block("etdrk4", timed=True)(
        lambda t, u: torch.cos(u) + t, linear=torch.tensor([-1.0]).double(), h=0.2
    )
    problem = {"L": [-1.0], "N": lambda t, u: np.cos(u) + t}
    assert np.allclose(timed(X, 0.5), st.solve("etdrk4", problem, (0.5, 0.7), X.numpy(), 0.2).u[-1])


def test_blocks_are_modules():
    block = st.to_block("etdrk4")(torch.nn.Linear(3, 3).double(), linear=torch.tensor(DIAGONAL), h=0.2)
    assert torch.equal(copy.deepcopy(block)(X), block(X))
    assert torch.equal(pickle.loads(pickle.dumps(block))(X), block(X))
    assert "linear" in block.state_dict() and repr(block) == "Etdrk4Block(h=0.2, L diagonal, N shared by 4 stages)"
    half = st.to_block("etdrk4")(torch.tanh, linear=torch.tensor([-1.0, -5.0, 0.0]), h=0.2)
    y = half(X.to(torch.bfloat16))
    assert y.dtype == torch.bfloat16 and torch.allclose(y.double(), half.double()(X), atol=0.05)


def test_the_printed_module_needs_torch_alone():
    names = {}
    exec(st.to_source("etdrk4", "torch"), names)  # noqa: S102
    module = names["Etdrk4Block"](torch.tanh, torch.tensor(DIAGONAL), 0.2)
    assert torch.equal(module(X), st.to_block("etdrk4")(torch.tanh, linear=torch.tensor(DIAGONAL), h=0.2)(X))
    assert "schemetools" not in st.to_source("etdrk4", "torch").replace("by schemetools", "")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: st.to_block("etd1")(torch.tanh), "give L as linear="),
        (lambda: st.to_block("etd1")(torch.tanh, linear=torch.ones(2, 3)), r"shape \(2, 3\) came"),
        (lambda: st.to_block("etd1")(torch.tanh, linear=torch.tensor([torch.nan])), "finite"),
        (lambda: st.to_block("etd1")(torch.tanh, linear=torch.ones(4))(X), "does not act on a state"),
        (lambda: st.to_block("etd1")(torch.tanh, linear=torch.ones(3) * 1j)(X), "complex"),
        (lambda: st.to_block("etd1")([torch.tanh], linear=-1.0), "one module or function"),
        (lambda: st.to_block("etdrk4")(torch.tanh, linear=-1.0)(X, error=True), "no embedded result"),
        (lambda: st.to_block("etd1", shaken=True), "takes timed only"),
        (lambda: st.to_stepper("etd1")(np.sin, np.ones(3), 0.1), "give L as linear="),
        (lambda: st.to_stepper("etd1")(np.sin, np.ones(3), 0.1, linear=np.ones((2, 2))), "shape"),
        (lambda: st.solve("etd1", np.sin, (0, 1), [1.0], 0.1), "L a number"),
        (lambda: st.to_source("etd1", "c"), "printed for numpy and torch, not for c"),
        (lambda: st.to_stack("etd1", [torch.tanh]), "etd1 is an exponential method"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(call, message):
    with pytest.raises((SchemeError, UnsupportedError), match=message):
        call()
