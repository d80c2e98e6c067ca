"""Networks of other people's making, read where they stand: steps that several blocks make, inputs in many parts."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError, UnsupportedError
from schemetools.nn.reading.chains import chain_of, learned_coefficients, read_chains
from schemetools.nn.reading.depth import Depth, Place
from schemetools.nn.reading.frozen import frozen, in_single
from schemetools.nn.reading.given import Given
from schemetools.nn.reading.inspect import inspect
from schemetools.nn.reading.krylov import Krylov
from schemetools.nn.reading.solving import ending
from schemetools.nn.rewiring.convert import convert
from schemetools.nn.stacks.stack import to_stack
from tests.nn.rewiring.networks import Net, Shared, by_hand, rk4_by_hand

K = -0.3


@pytest.fixture(autouse=True)
def _double(double_precision):
    pass


@pytest.fixture
def x():
    return torch.randn(1, 6)


def states_of(report):
    [chain] = report.chains
    return chain.states


def test_blocks_in_their_own_places_are_read_as_steps_of_the_scheme(x):
    net = Net()
    made = convert(net, st.lm(k=K), ["blocks"], example=x)
    report = inspect(made, x)
    fields = [block.f for block in net.blocks]
    assert [layer.name for layer in report.layers] == [f"blocks.{i}" for i in range(4)]
    assert report.layers[1].scheme == st.lm(k=K)
    for n, state in enumerate(states_of(report)):
        torch.testing.assert_close(state, by_hand(fields[:n], x, [0, K, K, K][:n]), rtol=0, atol=1e-12)
    for layer, f, state in zip(report.layers, fields, states_of(report), strict=False):
        dense = torch.func.jacrev(f)(state[0]).detach().numpy()
        assert layer.field_norm == pytest.approx(np.linalg.norm(dense, 2), rel=1e-8)


def test_arguments_of_a_run_are_those_of_the_branches(x):
    """With a gain the branch is gain f, and so is its derivative."""
    net, gain = Net(2), torch.tensor([[0.5]])
    made = convert(net, st.euler, ["blocks"], example={"x": x, "gain": gain})
    plain, scaled = inspect(made, {"x": x}), inspect(made, {"x": x, "gain": gain})
    assert scaled.layers[0].field_norm == pytest.approx(0.5 * plain.layers[0].field_norm, rel=1e-9)


def test_four_blocks_that_make_one_step_are_one_layer(x):
    net = Net(8)
    report = inspect(convert(net, st.rk4, ["blocks"], example=x), x)
    assert len(report.layers) == 2 and report.layers[0].scheme == st.rk4
    fields = [block.f for block in net.blocks]
    for n, state in enumerate(states_of(report)):
        torch.testing.assert_close(state, rk4_by_hand(fields[: 4 * n], x), rtol=0, atol=1e-12)
    whole = inspect(convert(net, st.rk4, ["blocks"], example=x, shared=True), x)
    assert len(whole.layers) == 8
    torch.testing.assert_close(
        states_of(whole)[-1], rk4_by_hand([f for f in fields for _ in range(4)], x), rtol=0, atol=1e-12
    )


def test_what_blocks_share_does_not_hide_their_states(x):
    net = Shared()
    made = convert(net, st.euler, ["blocks"], example=x)
    torch.testing.assert_close(states_of(inspect(made, x))[-1], net(x), rtol=0, atol=1e-12)


# ---- what is refused, and what is said instead


def test_a_pair_and_a_stiff_part_are_not_one_state(x):
    pair = nn.Sequential(st.to_block(st.rkn4)(nn.Tanh(), h=0.1))
    with pytest.raises(UnsupportedError, match=r"0 is a step of .*rkn4.* for q'' = f\(q\), on a pair"):
        inspect(pair, x)
    stiff = nn.Sequential(st.to_block("etd1")(nn.Tanh(), linear=-1.0, h=0.1))
    with pytest.raises(UnsupportedError, match="an exponential method"):
        inspect(stiff, x)


def test_one_coefficient_per_channel_is_many_schemes():
    k = torch.full((3, 1), -0.2)
    made = to_stack(st.lm(), [nn.Conv1d(3, 3, 3, padding=1) for _ in range(2)], init=k)
    found = learned_coefficients(made)
    assert list(found.values()) == [[pytest.approx(-0.2)] * 3]
    with pytest.raises(UnsupportedError, match="one scheme per channel, not one scheme"):
        inspect(made, torch.randn(1, 3, 8))
    assert learned_coefficients(to_stack(st.lm(), [nn.Linear(2, 2)] * 2, init=0.25)) == {"layers.1.k": 0.25}


def test_a_chain_without_a_run_has_the_schemes_and_no_states():
    made = to_stack(st.lm(k=K), [nn.Linear(2, 2)] * 3, h=0.5)
    chain = chain_of(made, "net")
    assert [layer.name for layer in chain.layers] == [f"net.layers.{i}" for i in range(3)]
    assert chain.scheme == st.lm(k=K) and chain.h == 0.5 and chain.layers[0].vector == ()


def test_step_sizes_that_differ_have_no_one_depth(x):
    branch = nn.Linear(6, 6)
    Euler = st.to_block(st.euler)
    net = nn.Sequential(Euler(branch, h=0.1), Euler(branch, h=0.2))
    [chain] = read_chains(net, Given(x, "inspect"))
    with pytest.raises(UnsupportedError, match="the step size varies over the layers"):
        Depth(chain)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "needs an input as the network takes it: .* NoneType came"),
        ([torch.ones(1, 6)], "list came"),
        (torch.tensor([[1.0, math.nan, 0, 0, 0, math.inf]]), "nan or inf at 2 of 6 entries"),
        (torch.ones(0, 6), r"one of shape \(0, 6\) came"),
        (torch.ones(1, 7), "does not take it .* a tensor of float64 of shape .1, 7. came"),
        ((torch.ones(1, 7), torch.ones(1)), "a tuple of 2 came"),
        ({"u": torch.ones(1, 6)}, "missing 1 required positional argument.* the keywords u came"),
    ],
)
def test_an_input_that_does_not_fit_is_said(given, message):
    with pytest.raises(SchemeError, match=message):
        inspect(to_stack(st.euler, [nn.Linear(6, 6)]), given)


def test_what_is_no_network_is_said(x):
    for net, message in (
        (st.rk4, "the scheme rk4 came"),
        (None, "None came"),
        (nn.Linear, "the class Linear, not one"),
    ):
        with pytest.raises(SchemeError, match=message):
            inspect(net, x)


# ---- depth as a continuous variable


class Bent(nn.Module):
    def __init__(self, matrix):
        super().__init__()
        self.weight = nn.Parameter(matrix.clone())
        self.register_buffer("counted", torch.tensor([3]))

    def forward(self, u):
        return torch.tanh(u @ self.weight.mT)


def test_between_two_layers_lies_the_mean_of_their_weights(x):
    A, B = torch.randn(2, 6, 6)
    [chain] = read_chains(to_stack(st.euler, [Bent(A), Bent(B)], h=0.5), Given(x, "inspect"))
    depth = Depth(chain)
    assert [depth.place(t) for t in (-1.0, 0.25, 0.5, 9.0)] == [
        Place(0, 0.0),
        Place(0, 0.5),
        Place(1, 0.0),
        Place(1, 1.0),
    ]
    branch = depth.branch(depth.place(0.25))
    assert torch.allclose(branch.weight, (A + B) / 2) and branch.counted.tolist() == [3]
    assert branch.weight.requires_grad and torch.allclose(branch(x), torch.tanh(x @ (A + B).mT / 2))
    branch.weight.data.zero_()  # its own: the layers keep theirs
    assert torch.allclose(depth.field(Place(0, 0.5), x, 0), torch.tanh(x @ (A + B).mT / 2))


def test_a_refined_run_of_a_scheme_with_history_tends_to_its_limit(x):
    """lm(k) follows u' = f / (1 + k); with branches equal over depth and f linear that is a matrix exponential."""
    A = torch.randn(6, 6) / 4
    layer = nn.Linear(6, 6, bias=False)
    layer.weight.data = A
    [chain] = read_chains(to_stack(st.lm(k="1/4"), [layer] * 4, h=0.25), Given(x, "inspect"))
    depth = Depth(chain)
    expected = x @ torch.linalg.matrix_exp(A / 1.25).mT
    errors = [float((depth.run(m) - expected).norm()) for m in (4, 8, 16)]
    assert errors[1] / errors[2] == pytest.approx(2, abs=0.25) and errors[0] > errors[1]
    found = ending(depth, Depth.limit, x, [expected], tolerance=1e-8)
    assert torch.allclose(found.state, expected, atol=1e-7)


def test_adams_starts_with_the_increment_that_it_lacks(x):
    [chain] = read_chains(to_stack("adams_bashforth(2)", [torch.tanh] * 3, h=0.3), Given(x, "inspect"))
    depth = Depth(chain)
    for refine in (1, 3):
        state, increment = depth.vector(refine)
        assert torch.equal(state, x) and torch.allclose(increment, 0.3 / refine * torch.tanh(x))


@pytest.mark.parametrize("pair", [(torch.tanh, torch.sin), (nn.Tanh(), nn.Sigmoid())])
def test_nothing_lies_between_two_functions_without_weights(pair, x):
    with pytest.raises(UnsupportedError, match="different functions without weights, so nothing lies between them"):
        inspect(to_stack(st.euler, pair, h=0.5), x).certificate()
    assert Depth(read_chains(to_stack(st.euler, [nn.Tanh(), nn.Tanh()], h=0.5), Given(x, "inspect"))[0]).count == 2


def test_a_limit_that_leaves_all_bounds_is_said():
    one = torch.ones(1, 1)
    [chain] = read_chains(to_stack(st.euler, [lambda u: u**2] * 2, h=1.0), Given(one, "inspect"))
    depth = Depth(chain)
    with pytest.raises(UnsupportedError, match="^the network: its limit equation cannot be followed past layer"):
        ending(depth, Depth.limit, one, [one])  # u' = u^2 from 1 ends at t = 1


# ---- frozen copies


def test_a_compiled_network_is_frozen_as_what_was_compiled(x):
    net = nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6, affine=False), nn.Tanh())
    net[1].running_mean.normal_()
    net[1].running_var.uniform_(0.5, 2)
    net.eval()
    expected = net(x)
    for given in (net, torch.compile(net, backend="eager"), nn.Sequential(torch.compile(net, backend="eager"))):
        copied = frozen(given)
        assert torch.allclose(copied(x), expected, atol=1e-14)
        assert not any(p.requires_grad for p in copied.parameters())
    assert in_single(torch.sin) is torch.sin
    single = in_single(frozen(net))(x.float())
    assert single.dtype == torch.float32 and torch.allclose(single.double(), expected, atol=1e-5)


# ---- Krylov spaces


def test_a_full_basis_keeps_the_leading_directions():
    """Room for 16 vectors of 60: after restarts the leading eigenvalues are those of the matrix, a pair among them."""
    small = 0.6 * torch.rand(56) * torch.sign(torch.randn(56))
    blocks = [torch.diag(small), torch.tensor([[3.0]]), torch.tensor([[0.5, 2.0], [-2.0, 0.5]]), torch.tensor([[-1.5]])]
    Q = torch.linalg.qr(torch.randn(60, 60))[0]
    matrix = Q @ torch.block_diag(*blocks) @ Q.T
    space = Krylov(lambda v: v @ matrix.T, torch.randn(1, 60), 16)
    for _ in range(70):
        space.step()
    assert space.size <= 16
    found = space.ritz()
    assert np.allclose(np.sort_complex(found.values[:4]), [-1.5, 0.5 - 2j, 0.5 + 2j, 3.0], atol=1e-9)
    assert (found.residuals[:4] / abs(found.values[:4])).max() < 1e-9
    basis = space.V[0, : space.size + 1]
    assert torch.allclose(basis @ basis.mT, torch.eye(len(basis)), atol=1e-10)
    for value, coordinates in zip(found.values[:4], found.coordinates[:4], strict=True):
        vector = torch.complex(*space.vector(0, coordinates)).numpy()
        assert np.allclose(matrix.numpy() @ vector, value * vector, atol=1e-8)


def test_a_space_that_closes_goes_on_elsewhere():
    """From an eigenvector Arnoldi's space closes at once; a random vector shows the others."""
    matrix = torch.diag(torch.tensor([2.0, 1.0, 0.5, 3.0]))
    space = Krylov(lambda v: v @ matrix.T, torch.tensor([[1.0, 0, 0, 0]]), 4)
    for _ in range(4):
        space.step()
    assert np.allclose(sorted(space.ritz().values.real), [0.5, 1, 2, 3], atol=1e-10)
