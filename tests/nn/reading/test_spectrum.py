"""Norms and leading eigenvalues of Jacobians against dense linear algebra."""

import numpy as np
import pytest
import torch
from torch import nn

from schemetools.errors import SchemeError
from schemetools.nn.blocks.residual import Residual
from schemetools.nn.reading.frozen import in_single
from schemetools.nn.reading.lanczos import Lanczos, largest
from schemetools.nn.reading.spectrum import jacobian, spectrum
from schemetools.nn.tensors.products import Linearised, push

N = 300


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def turned(matrix, seed=3):
    """The same eigenvalues and singular values, no axis left."""
    Q = torch.linalg.qr(random(len(matrix), len(matrix), seed=seed))[0]
    return Q @ matrix @ Q.T


def read(matrix, count=6, **options):
    return spectrum(lambda u: u @ matrix.T, torch.zeros(1, len(matrix), dtype=torch.float64), count=count, **options)


def leading(matrix, count):
    values = np.linalg.eigvals(np.asarray(matrix))
    return values[np.argsort(-np.abs(values), kind="stable")][:count]


def as_one(found, expected, tolerance):
    """Each found value near an expected one of its own; conjugates count as one where the count cuts a pair."""
    left = [complex(z.real, abs(z.imag)) for z in expected]
    for z in found:
        z = complex(z.real, abs(z.imag))
        nearest = min(range(len(left)), key=lambda i: abs(left[i] - z))
        assert abs(left.pop(nearest) - z) <= tolerance * abs(z), (found, expected)


def rotations(pairs):
    made = torch.zeros(2 * len(pairs), 2 * len(pairs), dtype=torch.float64)
    for i, (size, angle) in enumerate(pairs):
        c, s = size * np.cos(angle), size * np.sin(angle)
        made[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor([[c, -s], [s, c]])
    return made


def with_bulk(block, seed=4):
    """A matrix with this block's eigenvalues and smaller ones."""
    made = random(N, N, seed=seed) / (2 * N**0.5)
    made[: len(block), : len(block)], made[len(block) :, : len(block)] = block, 0
    return made


CASES = {
    "random": random(N, N) / N**0.5,
    "non-normal": torch.diag(torch.linspace(0.1, 2, N, dtype=torch.float64)) + random(N, N).triu(1) / N**0.5,
    "complex pairs": turned(with_bulk(rotations([(3.0, 1.0), (2.5, 2.0), (2.0, 0.1)]))),
    "opposite signs": turned(with_bulk(torch.diag(torch.tensor([3.0, -3.0, 2.0, -2.0, 1.5, -1.5]).double()))),
    "on an imaginary axis": turned(with_bulk(rotations([(3.0, np.pi / 2), (2.5, np.pi / 2), (2.0, np.pi / 2)]))),
    "five of one modulus": turned(with_bulk(3 * torch.roll(torch.eye(5, dtype=torch.float64), 1, 0))),
    "repeated": turned(with_bulk(torch.diag(torch.tensor([3.0, 3.0, 3.0, 2.0, 2.0, 1.5]).double()))),
    "symmetric": turned(torch.diag(torch.linspace(-1, 1.1, N, dtype=torch.float64) ** 5)),
}


@pytest.mark.parametrize("name", CASES)
def test_it_agrees_with_dense_linear_algebra(name):
    matrix, count = CASES[name], 5 if "five" in name else 6
    found = read(matrix, count)
    assert found.converged
    assert found.norm == pytest.approx(np.linalg.norm(matrix.numpy(), 2), rel=1e-6)
    assert len(found.eigenvalues) == count
    as_one(found.eigenvalues, leading(matrix, count + 1), 1e-5)


def test_degenerate_matrices():
    for matrix, value in ((torch.zeros(N, N), 0), (2 * torch.eye(N), 2), (torch.eye(N).roll(1, 0).triu(1), 0)):
        found = read(matrix.double())
        assert np.allclose(found.eigenvalues, value, atol=1e-3)
        assert found.norm == pytest.approx(np.linalg.norm(matrix.numpy(), 2), rel=1e-6)
    constant = spectrum(lambda u: torch.ones_like(u), torch.zeros(1, N, dtype=torch.float64))
    assert constant.norm == 0


def test_each_sample_has_its_own_space():
    matrices = random(6, 80, 80) / 9
    state = torch.zeros(6, 80, dtype=torch.float64)
    found = spectrum(lambda u: torch.einsum("bij,bj->bi", matrices, torch.tanh(u)), state)
    assert found.independent
    every = np.concatenate([np.linalg.eigvals(A) for A in matrices.numpy()])
    as_one(found.eigenvalues, sorted(every, key=abs)[::-1][:7], 1e-5)
    assert found.norm == pytest.approx(max(np.linalg.norm(A, 2) for A in matrices.numpy()), rel=1e-6)


@pytest.mark.parametrize(("samples", "n"), [(300, 1), (100, 3), (9, 30)])
def test_many_small_samples(samples, n):
    """Fewer entries than a Krylov space has vectors."""
    matrices = random(samples, n, n)
    found = spectrum(lambda u: torch.einsum("bij,bj->bi", matrices, u), torch.zeros(samples, n).double(), scale=-2)
    every = np.concatenate([np.linalg.eigvals(-2 * A) for A in matrices.numpy()])
    assert found.independent and found.converged
    as_one(found.eigenvalues, sorted(every, key=abs)[::-1][:7], 1e-10)
    assert found.norm == pytest.approx(2 * max(np.linalg.norm(A, 2) for A in matrices.numpy()), rel=1e-10)


def test_a_norm_that_the_start_hardly_shows():
    """With little of the first singular vector in it the second one converges before; that the value grows shows it."""
    values = torch.cat([torch.tensor([1.0, 0.98]), torch.linspace(0.9, 0.1, 998)]).double()
    for little in (0.3, 0.1, 0.03, 0.01):
        start = random(1, 1000)
        start[0, 0] *= little
        square, vectors = largest(lambda v: v * values**2, start, 1e-4)
        assert square**0.5 == pytest.approx(1, rel=1e-4)
        assert float((vectors[0] * values).norm()) == pytest.approx(1, rel=1e-4)


def test_a_space_of_lanczos_that_is_full_starts_again():
    values = torch.linspace(0.01, 1, 400).double() ** 0.5
    space = Lanczos(lambda v: v * values**2, random(1, 400), 8)
    for _ in range(400):
        space.step()
    found, coordinates, off = space.largest()
    assert found[0] == pytest.approx(1, rel=1e-6) and off[0] < 1e-5
    vector = space.vectors(coordinates)
    assert float((vector * values).norm() / vector.norm()) == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("gain", [1.5, 2.0])
def test_eigenvalues_of_bad_condition_are_known_and_not_their_residuals_alone(gain):
    """Here a relative residual of 5e-4 goes with an error of 1e-3 of the last eigenvalue, and with one of 0.03."""
    n = 700
    values = torch.cat([torch.linspace(0.1, 1.8, n - 4), torch.tensor([1.85, 1.9, 1.95, 2.0])]).double()
    found = read(torch.diag(values) + gain * random(n, n).triu(1) / n**0.5, 4)
    assert found.converged or gain == 2
    np.testing.assert_allclose(found.eigenvalues, values.flip(0)[: len(found.eigenvalues)], rtol=2e-4)


def test_eigenvalues_of_one_cube_are_told_apart():
    """c, c w and c w^2 with w^3 = 1 for each c: the third power of the matrix has c^3 three times."""
    factors = torch.linspace(0.1, 1, 300).double() ** 3
    found = spectrum(lambda u: (factors[:, None] * u.reshape(300, 3)).roll(1, 1).reshape(1, 900), random(1, 900))
    expected = np.outer(factors.flip(0)[:2], np.exp([0, 2j / 3 * np.pi, -2j / 3 * np.pi])).flatten()
    assert found.converged
    as_one(found.eigenvalues, expected, 1e-3)


@pytest.mark.parametrize("size", [1e-200, 1e-30, 1e30, 1e200])
def test_a_branch_may_have_any_size(size):
    """Squares of its products may be out of range, and in single precision it may be 0 itself."""
    f, state = convolutional()
    single = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.GELU(), nn.Conv2d(8, 8, 3, padding=1))
    single.load_state_dict(f.state_dict())
    plain = spectrum(f, state)
    found = spectrum(lambda u: size * f(u), state, single=lambda u: size * single(u))
    assert found.converged
    assert found.norm == pytest.approx(size * plain.norm, rel=1e-4)
    as_one(found.eigenvalues / size, plain.eigenvalues, 1e-3)


def test_samples_that_act_on_each_other_are_one_matrix():
    torch.manual_seed(0)
    f = nn.Sequential(nn.Linear(48, 48), nn.BatchNorm1d(48, track_running_stats=False), nn.Tanh()).double()
    state = random(8, 48)
    found, dense = spectrum(f, state), jacobian(f, state)
    assert not found.independent
    as_one(found.eigenvalues, leading(dense, 7), 1e-5)
    assert found.norm == pytest.approx(np.linalg.norm(dense, 2), rel=1e-6)


def convolutional():
    torch.manual_seed(0)
    f = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.GELU(), nn.Conv2d(8, 8, 3, padding=1)).double()
    return f.requires_grad_(False), random(2, 8, 18, 18)


def test_single_precision_gives_the_same():
    f, state = convolutional()
    half = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.GELU(), nn.Conv2d(8, 8, 3, padding=1))
    half.load_state_dict(f.state_dict())
    asked = []

    def single(u):
        asked.append(u.dtype)
        return half(u)

    exact, found = spectrum(f, state), spectrum(f, state, single=single)
    assert asked == [torch.float32]
    assert found.norm == pytest.approx(exact.norm, rel=1e-4)
    sharp = spectrum(f, state, tolerance=1e-9, count=7)
    as_one(found.eigenvalues, sharp.eigenvalues, 1e-3)


class Block(nn.Module):
    """x + gain F(x), as published networks write it."""

    def __init__(self, gain):
        super().__init__()
        torch.manual_seed(0)
        self.f = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.GELU(), nn.Conv2d(4, 4, 3, padding=1))
        self.gain = gain

    def forward(self, x):
        return x + self.gain * self.f(x)


@pytest.mark.parametrize("gain", [1.0, 1e-6])
def test_single_precision_against_a_dense_matrix(gain):
    """Also where a block less its input leaves less than the rounding of the input."""
    branch, asked = Residual(Block(gain).double().requires_grad_(False)), []
    single, state = in_single(branch), random(1, 4, 14, 14)
    found = spectrum(branch, state, single=lambda u: asked.append(u.dtype) or single(u))
    assert set(asked) == {torch.float32}
    dense = jacobian(branch, state)
    assert found.converged
    assert found.norm == pytest.approx(np.linalg.norm(dense, 2), rel=1e-4)
    as_one(found.eigenvalues, leading(dense, 7), 1e-3)
    only_single = spectrum(single, state.float(), tolerance=5e-4)
    assert only_single.norm == pytest.approx(found.norm, rel=1e-4)  # no product was made again in double


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1e-5, 1e5])
def test_powers_of_a_large_field_stay_in_single_precision(scale):
    """The square of a fifth power's length is out of its range, below as above."""
    f, state = convolutional()
    half = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.GELU(), nn.Conv2d(8, 8, 3, padding=1))
    half.load_state_dict(f.state_dict())
    found = spectrum(f, state, single=half)
    scaled = spectrum(lambda u: scale * f(u), state, single=lambda u: scale * half(u))
    assert scaled.converged
    assert scaled.norm == pytest.approx(scale * found.norm, rel=1e-4)
    as_one(scaled.eigenvalues / scale, found.eigenvalues, 1e-3)


def test_products_that_single_precision_gets_wrong_are_made_again():
    f, state = convolutional()
    exact = spectrum(f, state)
    for wrong in (lambda u: 1.01 * u, lambda u: u.double(), lambda u: u @ torch.zeros(3, 3)):
        found = spectrum(f, state, single=wrong)
        assert found.norm == exact.norm
        assert np.array_equal(found.eigenvalues, exact.eigenvalues)


class Once(torch.autograd.Function):
    """A square that can be differentiated once in reverse, and in forward mode."""

    @staticmethod
    def forward(u):
        return u**2

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return 2 * ctx.saved_tensors[0] * g

    @staticmethod
    def jvp(ctx, t):
        return 2 * ctx.saved_tensors[0] * t


@pytest.mark.parametrize(
    "f", [torch.tanh, lambda u: u.mul_(2).sin(), nn.LayerNorm(7).double(), Once.apply, lambda u: u + Once.apply(u)]
)
def test_products_are_those_of_the_jacobian(f):
    u, v = random(3, 7), random(3, 7, seed=1)
    kept = u.clone()
    at = Linearised(f, u)
    dense = torch.autograd.functional.jacobian(lambda w: f(w.clone()), u).reshape(21, 21)
    torch.testing.assert_close(at.back(v).flatten(), dense.T @ v.flatten())
    torch.testing.assert_close(at.ahead(v).flatten(), dense @ v.flatten())
    torch.testing.assert_close(at.ahead(v), push(lambda w: f(w.clone()), (u,), (v,)))
    assert torch.equal(u, kept)


@pytest.mark.parametrize("n", [3, 300, 700])
def test_a_derivative_that_is_not_finite_is_refused(n):
    with pytest.raises(SchemeError, match="derivative of a branch has nan or inf"):
        spectrum(torch.sqrt, torch.zeros(1, n).double(), single=torch.sqrt)


def test_small_eigenvalues_are_told_apart():
    """1e-30 times 1, 2, 3, 4: the leading two are the last."""
    factors = 1e-30 * torch.arange(1.0, 5.0).double()
    found = spectrum(lambda u: u * factors, torch.ones(1, 4).double(), count=2)
    np.testing.assert_allclose(found.eigenvalues, [4e-30, 3e-30], rtol=1e-12)
