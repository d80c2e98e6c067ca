"""Linear functions run again from the list of their operations."""

import pytest
import torch
from torch import nn

from schemetools.nn.tensors.products import Linearised
from schemetools.nn.tensors.tapes import Tape, TapeError


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
    assert isinstance(at.back, Tape) and isinstance(at.ahead, Tape)
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
