"""Transposes of linear programs, operation by operation, beside dense matrices."""

import pytest
import torch
from torch import nn

from schemetools.nn.tensors.operations import TapeError
from schemetools.nn.tensors.products import Linearised
from schemetools.nn.tensors.tapes import Tape
from schemetools.nn.tensors.transposed import Transposed

aten = torch.ops.aten


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def matrix(f, like):
    """The matrix of a linear function, a column for each unit vector."""
    units = torch.eye(like.numel(), dtype=like.dtype).reshape(-1, *like.shape)
    return torch.stack([f(unit).flatten() for unit in units], dim=1)


W, B, STATE = random(5, 4), random(3, 5, 4), random(3, 4, seed=1)
LINEAR = {
    "a matrix behind": lambda v: v @ W.T,
    "a matrix in front": lambda v: (W[:3, :3] @ v).T,
    "several matrices": lambda v: torch.bmm(B, v.view(3, 4, 1)),
    "sums and differences": lambda v: (3 * v - v.clone() / 7) - (-v) * STATE,
    "one term twice": lambda v: v + v,
    "axes": lambda v: v.view(3, 2, 2).permute(-1, 0, 1).transpose(0, 1) * 2,
    "softmax": lambda v: aten._softmax_backward_data(v, torch.softmax(STATE, -1), -1, torch.float64),
    "a mask": lambda v: aten.threshold_backward(v, STATE, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", LINEAR)
def test_the_matrix_of_the_transpose_is_the_transposed_matrix(name):
    tape = Tape(LINEAR[name], STATE)
    result = tape(STATE)
    torch.testing.assert_close(matrix(Transposed(tape), result), matrix(LINEAR[name], STATE).T)


@pytest.mark.parametrize(("stride", "groups"), [(1, 1), (2, 1), (1, 3)])
def test_convolutions(stride, groups):
    """There and back to the grid: the branch is linear, and is its own derivative."""
    torch.manual_seed(0)
    there = nn.Conv2d(6, 6, 3, stride=stride, padding=1, groups=groups, bias=False)
    back = nn.ConvTranspose2d(6, 6, 3, stride=stride, padding=1, groups=groups, bias=False)
    branch = nn.Sequential(there, back).double().requires_grad_(False)
    at = Linearised(branch, random(2, 6, 5, 5))
    at.tape()
    assert isinstance(at.ahead, Transposed)
    v = random(2, 6, 5, 5, seed=3)
    torch.testing.assert_close(at.ahead(v), branch(v))


@pytest.mark.parametrize("affine", [True, False])
def test_layer_normalisation(affine):
    norm = nn.LayerNorm(4, elementwise_affine=affine).double().requires_grad_(False)
    if affine:
        norm.weight.copy_(random(4, seed=2))
    at = Linearised(norm, STATE)
    at.tape()
    assert isinstance(at.ahead, Transposed)
    dense = torch.autograd.functional.jacobian(norm, STATE).reshape(12, 12)
    torch.testing.assert_close(matrix(at.ahead, STATE), dense)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda v: v.sum(dim=1), "no transpose of aten.sum"),
        (lambda v: torch.cat([v, v]), "no transpose of aten.cat"),
        (lambda v: (2 * v).add_(v), "no transpose of aten.add_"),
        (lambda v: v * random(2, 3, 4), "repeats what it takes"),
        (lambda v: v + v[:1], "different shapes|no transpose of aten.slice"),
        (lambda v: STATE / v, "not linear"),
        (lambda v: v.to(torch.float32), "no transpose of aten._to_copy"),
    ],
)
def test_an_operation_whose_transpose_is_not_known_is_refused(function, said):
    with pytest.raises(TapeError, match=said):
        Transposed(Tape(function, STATE, check=False))


def test_a_branch_with_such_an_operation_has_its_products_all_the_same():
    branch = nn.Sequential(nn.Linear(4, 4), nn.GroupNorm(2, 4)).double().requires_grad_(False)
    at = Linearised(branch, STATE)
    at.tape()
    assert not isinstance(at.ahead, Transposed)
    dense = torch.autograd.functional.jacobian(branch, STATE).reshape(12, 12)
    torch.testing.assert_close(matrix(at.ahead, STATE), dense)
