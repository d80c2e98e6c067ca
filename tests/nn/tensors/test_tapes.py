"""Linear functions run again from the list of their operations."""

import copy

import pytest
import torch
from torch import nn

from schemetools.nn.tensors.operations import Program, TapeError
from schemetools.nn.tensors.products import Linearised
from schemetools.nn.tensors.tapes import Tape


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


BRANCHES = {
    "convolutions": (nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.Conv2d(5, 3, 3, padding=1)), (2, 3, 8, 8)),
    "normalised": (nn.Sequential(nn.LayerNorm(6), nn.Linear(6, 9), nn.GELU(), nn.Linear(9, 6)), (4, 6)),
    "attention": (nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), (2, 5, 8)),
    "grouped": (nn.Sequential(nn.GroupNorm(2, 4), nn.SiLU(), nn.Conv2d(4, 4, 3, padding=1, groups=4)), (2, 4, 6, 6)),
}  # fmt: skip


class Joined(nn.Module):
    """A state that takes several ways, which lists of tensors join."""

    def forward(self, u):
        a, b = u.split(3, dim=-1)
        return torch.cat([a * b, torch.stack([a.sum(-1), b.prod(-1), a[..., 0]], dim=-1)], dim=-1)


@pytest.mark.parametrize("name", [*BRANCHES, "joined"])
def test_taped_products_are_those_of_the_jacobian(name):
    torch.manual_seed(0)
    branch, shape = BRANCHES.get(name, (Joined(), (2, 6)))
    branch, u = branch.double().requires_grad_(False), random(*shape)
    dense = torch.autograd.functional.jacobian(branch, u).reshape(u.numel(), u.numel())
    at = Linearised(branch, u)
    at.tape()
    assert isinstance(at.back, Tape) and isinstance(at.ahead, Program)
    for seed in (1, 2):
        v = random(*shape, seed=seed)
        torch.testing.assert_close(at.back(v).flatten(), dense.T @ v.flatten())
        torch.testing.assert_close(at.ahead(v).flatten(), dense @ v.flatten())


def test_weights_that_no_product_needs_get_no_gradient():
    """Of two convolutions a product needs two: their double backward makes the weights' gradients as well."""
    torch.manual_seed(0)
    at = Linearised(BRANCHES["convolutions"][0].double().requires_grad_(False), random(2, 3, 8, 8))
    at.tape()
    for product in (at.back, at.ahead):
        assert sum("convolution" in str(step.func) for step in product.steps) == 2


def test_what_cannot_be_run_again_is_not_taped():
    v = random(3, 4)
    kept = torch.zeros(3, 4, dtype=torch.float64)
    with pytest.raises(TapeError, match="no operation leads"):
        Tape(lambda v: torch.ones_like(kept), v)
    with pytest.raises(TapeError, match="writes into a tensor that was there before"):
        Tape(lambda v: kept.copy_(v) * 2, v)
    with pytest.raises(TapeError, match="depend on the values"):
        Tape(lambda v: v * float(v.sum()), v)


def test_what_is_written_in_place_stays_inside():
    def function(v):
        w = 2 * v
        w.add_(v)
        w[0] *= 3
        return w

    v = random(3, 4)
    tape, before = Tape(function, v), v.clone()
    torch.testing.assert_close(tape(v), function(v))
    torch.testing.assert_close(tape(v), function(v))
    assert torch.equal(v, before)


def test_what_is_added_and_taken_away_leaves_no_rounding():
    """A residual block less its input in single precision: its branch is far below the rounding of the input."""
    torch.manual_seed(0)
    f = nn.Sequential(nn.Linear(6, 9), nn.GELU(), nn.Linear(9, 6)).double().requires_grad_(False)
    u, v = random(4, 6), random(4, 6, seed=1)
    exact = Linearised(f, u)
    half = copy.deepcopy(f).float()
    at = Linearised(lambda x: (x + 1e-9 * half(x)) - x, u.float())
    at.tape()
    assert isinstance(at.back, Tape) and isinstance(at.ahead, Program)
    for found, expected in ((at.back, exact.back), (at.ahead, exact.ahead)):
        torch.testing.assert_close(found(v.float()).double(), 1e-9 * expected(v), rtol=1e-4, atol=1e-14)


def test_a_term_that_was_written_into_does_not_cancel():
    def function(v):
        a = 2 * v
        total = a + 3 * v
        a.add_(v)
        return total - a

    v = random(3, 4)
    torch.testing.assert_close(Tape(function, v)(v), 2 * v)


def test_three_terms_of_which_one_cancels():
    v = random(3, 4)
    tape = Tape(lambda v: -(((2 * v - (b := 3 * v)) + 5 * v) + b), v)
    torch.testing.assert_close(tape(v), -7 * v)
    assert sum(step.func is torch.ops.aten.mul.Tensor for step in tape.steps) == 2


def test_factors_in_a_row_are_one():
    u = torch.linspace(-2, 2, 9, dtype=torch.float64)
    v = torch.linspace(1, 3, 9, dtype=torch.float64)
    at = Linearised(lambda u: 3 * torch.nn.functional.gelu(torch.relu(2 * torch.tanh(u))), u)
    expected = at.back(v)
    at.tape()
    assert isinstance(at.back, Tape) and len(at.back.steps) == 1
    torch.testing.assert_close(at.back(v), expected)
    torch.testing.assert_close(at.ahead(v), expected)  # the Jacobian is diagonal


def test_what_a_mask_stops_may_be_infinite():
    factor, mask = torch.tensor([torch.inf, 2.0]), torch.tensor([-1.0, 1.0])
    tape = Tape(lambda v: torch.ops.aten.threshold_backward(v * factor, mask, 0), torch.ones(2))
    torch.testing.assert_close(tape(torch.tensor([5.0, 5.0])), torch.tensor([0.0, 10.0]))
