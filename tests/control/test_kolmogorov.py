"""The backward Kolmogorov equation on grids: closed forms, slopes, the maximum principle, and the generated networks."""

import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
import torch
from sympy import Matrix, Rational, Symbol, cos, exp, expand, log, sin, sqrt, symbols, tanh
from torch import nn

import schemetools as st
from schemetools.control.grid import make_grid
from schemetools.control.stencil import Stencil
from schemetools.errors import SchemeError

x, y, a = symbols("x y a")
CIRCLE = (0, 2 * np.pi)


def slopes(errors, spacings):
    pairs = itertools.pairwise(zip(errors, spacings, strict=True))
    return [np.log(e / f) / np.log(h / k) for (e, h), (f, k) in pairs]


def test_one_dimension_is_of_first_order_in_dt_and_dx_together():
    errors, counts = [], (50, 100, 200, 400)
    for n in counts:
        V = st.value_function(
            st.Diffusion(Rational(1, 2), Rational(1, 5), x),
            sin(x),
            grid=(*CIRCLE, n),
            t=1,
            steps=n,
            boundary="periodic",
        )
        errors.append(abs(V.values - np.exp(-0.1) * np.sin(V.grid.axes[0] + 0.5)).max())
    assert all(abs(s - 1) < 0.1 for s in slopes(errors, [1 / n for n in counts])), errors


def test_noise_of_rank_one_in_an_irrational_direction_costs_one_order():
    """The cost of being monotone: slope 1 at W ~ sqrt(n)/3, where the direction (1, 1) has slope 2."""
    found = {}
    for name, direction in {"slanted": (cos(sqrt(2)), sin(sqrt(2))), "diagonal": (1, 1)}.items():
        s, errors, counts = Matrix(direction) / 2, [], (36, 81, 144)
        for n in counts:
            V = st.value_function(
                st.Diffusion([0, 0], s * s.T, (x, y)),
                sin(x + 2 * y),
                grid=[(*CIRCLE, n)] * 2,
                t=Rational(1, 100),  # in one step: no error of the time but one that is known
                steps=1,
                boundary="periodic",
            )
            decay = 1 / (1 + float((s[0] + 2 * s[1]) ** 2) / 200)
            exact = decay * np.sin(V.grid.points[0] + 2 * V.grid.points[1])
            errors.append(abs(V.values.ravel() - exact).max())
        found[name] = slopes(errors, [1 / n for n in counts])
    assert all(abs(s - 1) < 0.35 for s in found["slanted"]), found
    assert all(abs(s - 2) < 0.1 for s in found["diagonal"]), found


def mixed(u, m):
    return [m[0] * u[1] / 2 + m[1] * u[0] / 8, -m[0] * u[0] / 2 - m[1] * u[1] / 4]


def test_second_moments_of_a_linear_field_with_noise_of_full_rank():
    """E |X|^2 by a linear equation for E X X^T, against the grid within twice its own estimate of its error."""
    h, start = Rational(1, 4), np.array([1.0, -0.5])
    process = st.Diffusion.of("dropout_hidden(1/5)", mixed, (x, y), h=h, m=2)
    b, c = process.drift, process.covariance
    rates = [expand(2 * x * b[0] + c[0, 0]), expand(x * b[1] + y * b[0] + c[0, 1]), expand(2 * y * b[1] + c[1, 1])]
    second = Matrix([x**2, x * y, y**2])
    M = Matrix([[r.coeff(x, 2), r.coeff(x, 1).coeff(y, 1), r.coeff(y, 2)] for r in rates])
    assert expand(M * second - Matrix(rates)) == Matrix([0, 0, 0])
    now = scipy.linalg.expm(np.array(M, dtype=float)) @ [start[0] ** 2, start[0] * start[1], start[1] ** 2]
    V = st.value_function(process, x**2 + y**2, grid=[(-3, 3, 121)] * 2, t=1, steps=60)
    assert abs(V.at([start])[0] - now[0] - now[2]) < 2 * V.error([start])[0] < 0.1


FIELDS = [
    ([y, -sin(x)], "stochastic_depth(1/2)"),
    ([tanh(x - 2 * y), cos(x + y)], "stochastic_depth(4/5)"),
    ([y + x / 3, sin(x)], "dropout_output(1/5)"),
]


@pytest.mark.parametrize(("f", "name"), FIELDS)
@pytest.mark.parametrize("boundary", ["clipped", "periodic"])
def test_the_maximum_principle_holds_on_the_grid(f, name, boundary):
    gate = st.Diffusion.of(name, f, (x, y), h=1)
    grid = make_grid([(-3, 3, 37), (-2, 2, 23)], boundary, 2)
    b, c = gate.arrays(grid)
    L = Stencil.chosen(grid, b, c).operator(b, c)
    assert abs(L @ np.ones(grid.size)).max() < 1e-9
    off = L.tolil()
    off.setdiag(0)
    assert off.tocsr().data.min() >= 0
    rng = np.random.default_rng(0)
    loss = rng.standard_normal(grid.size)
    V = st.value_function(gate, loss, grid=[(-3, 3, 37), (-2, 2, 23)], t=5, steps=3, boundary=boundary)
    assert V.history.min() >= loss.min() - 1e-12 and V.history.max() <= loss.max() + 1e-12
    assert V.history[0].max() < loss.max() and V.history[0].min() > loss.min()


def test_noise_of_full_rank_across_the_grid_is_split_without_negative_weights():
    rng = np.random.default_rng(1)
    grid = make_grid([(0, 1, 21), (0, 3, 17)], "periodic", 2)
    s = rng.standard_normal((grid.size, 2, 2)) * np.array([1, 0.3])
    c = np.moveaxis(s @ s.transpose(0, 2, 1), 0, 2)
    stencil = Stencil.chosen(grid, np.zeros((2, grid.size)), c)
    assert 0 < stencil.compact.sum() < grid.size
    L = stencil.noise(c)
    off = L.tolil()
    off.setdiag(0)
    assert off.tocsr().data.min() >= 0


class Branch(nn.Module):
    def forward(self, u):
        return torch.sin(2 * u) - u / 2


class Pair(nn.Module):
    def forward(self, u):
        return torch.stack([torch.tanh(u[..., 1] - u[..., 0]), -torch.sin(u[..., 0])], dim=-1)


SAMPLES = 200_000


def monte_carlo(name, branch, start, h, loss):
    torch.manual_seed(3)
    steps = round(1 / h)
    stack = st.to_stack(st.get(name), [branch] * steps, h=h) if "dropout" not in name else None
    block = None if stack is not None else st.to_block(st.get(name))(branch, h)
    u = torch.tensor(start, dtype=torch.float64).expand(SAMPLES, len(start))
    with torch.no_grad():
        for _ in range(1 if stack is not None else steps):
            u = (stack or block)(u)
        values = loss(u)
    return float(values.mean()), float(values.std()) / SAMPLES**0.5


@pytest.mark.parametrize("h", [0.25, 0.125])
def test_the_value_function_is_the_mean_loss_over_a_generated_stack(h):
    for start in (-0.8, 0.3, 1.5):
        mean, se = monte_carlo("stochastic_depth(1/2)", Branch(), [start], h, lambda u: torch.log1p(torch.exp(-2 * u)))
        gate = st.Diffusion.of("stochastic_depth(1/2)", sin(2 * x) - x / 2, x, h=h)
        V = st.value_function(gate, log(1 + exp(-2 * x)), grid=(-4, 4, 1601), t=1, steps=200)
        assert V.reach[800] < 1e-3
        assert abs(V.at([start])[0] - mean) < 5 * se + V.error([start])[0] + h**2
        assert 5 * se + V.error([start])[0] + h**2 < 0.08


@pytest.mark.parametrize("name", ["stochastic_depth(4/5)", "dropout_output(1/4)"])
def test_two_dimensions_agree_with_the_generated_network_too(name):
    h, start = 0.25, [0.6, -0.9]
    mean, se = monte_carlo(name, Pair(), start, h, lambda u: torch.sigmoid(3 * u).sum(dim=-1))
    f = [tanh(y - x), -sin(x)]
    loss = 1 / (1 + exp(-3 * x)) + 1 / (1 + exp(-3 * y))
    V = st.value_function(st.Diffusion.of(name, f, (x, y), h=h), loss, grid=[(-3, 3, 101)] * 2, t=1, steps=40)
    assert abs(V.at([start])[0] - mean) < 5 * se + V.error([start])[0] + h**2


def test_the_regulariser_is_the_first_order_in_the_noise():
    errors = []
    for s2 in (Rational(1, 10), Rational(1, 20), Rational(1, 40)):
        f = [tanh(y - x), -sin(x)]
        process = st.Diffusion(f, s2 * Matrix(f) * Matrix(f).T, (x, y))
        V = st.value_function(process, cos(x + y / 2), grid=[(-3, 3, 41)] * 2, t=1, steps=20)
        errors.append(abs(V.values - V.without_noise - V.regulariser).max())
    assert all(abs(s - 2) < 0.15 for s in slopes(errors, [4, 2, 1])), errors


def test_the_regulariser_of_a_quadratic_loss_is_a_formula():
    """dX = -X dt + s X dB, l = x^2: V_0 = x^2 e^(-2t) and (1/2) int s^2 x^2 V_0'' = s^2 T e^(-2T) x^2."""
    V = st.value_function(st.Diffusion(-x, x**2 / 50, x), x**2, grid=(-2, 2, 1601), t=1, steps=800)
    middle = abs(V.grid.axes[0]) < 1
    exact = np.exp(-2) / 50 * V.grid.axes[0] ** 2
    assert abs(V.regulariser - exact)[middle].max() < 0.02 * exact[middle].max()


def test_a_schedule_over_depth_is_a_list_of_processes():
    """p_n of four layers, two steps each: the product of one-layer solutions."""
    gates = [st.Diffusion.of(st.stochastic_depth(p), sin(x), x, h=Rational(1, 4)) for p in ("1", "9/10", "8/10", "1/2")]
    whole = st.value_function(gates, cos(x), grid=(-3, 3, 101), t=1, steps=8)
    loss = cos(x)
    for gate in reversed(gates):
        loss = st.value_function(gate, loss, grid=(-3, 3, 101), t=Rational(1, 4), steps=2).values
    assert np.allclose(whole.values, loss, atol=1e-13)


def test_an_explicit_grid_is_stable_or_refused():
    gate = st.Diffusion(-x, 1, x)
    loss = abs(np.linspace(-2, 2, 41))
    with pytest.raises(SchemeError, match="unstable") as caught:
        st.value_function(gate, loss, grid=(-2, 2, 41), t=1, steps=100, method="explicit")
    least = int(str(caught.value).split("take at least ")[1].split()[0])
    V = st.value_function(gate, loss, grid=(-2, 2, 41), t=1, steps=least, method="explicit")
    W = st.value_function(gate, loss, grid=(-2, 2, 41), t=1, steps=least)
    assert abs(V.values - W.values).max() < 0.01 and V.history.max() <= loss.max()
    with pytest.raises(SchemeError, match="unstable"):
        st.value_function(gate, loss, grid=(-2, 2, 41), t=1, steps=least - 1, method="explicit")


GATE = st.Diffusion(-x, 1, x)
PLANE = st.Diffusion([-x, -y], [[1, 0], [0, 1]], (x, y))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: st.value_function(GATE, x, grid=(1, -1, 50), t=1), "low < high"),
        (lambda: st.value_function(GATE, x, grid=(0, 1, 2), t=1), "at least 3 points"),
        (lambda: st.value_function(GATE, x, grid=[[0, 1, 3, 4]], t=1), "uniform increasing"),
        (lambda: st.value_function(PLANE, x, grid=(0, 1, 50), t=1), "one axis for each"),
        (lambda: st.value_function(GATE, x, grid=(0, 1, 50), t=0), "positive number"),
        (lambda: st.value_function(GATE, x, grid=(0, 1, 50), t=1, steps=0), "positive number of steps"),
        (lambda: st.value_function([GATE, GATE], x, grid=(0, 1, 50), t=1, steps=9), "a multiple of 2"),
        (lambda: st.value_function(GATE, x, grid=(0, 1, 50), t=1, boundary="open"), "'clipped' or 'periodic'"),
        (lambda: st.value_function(GATE, x, grid=(0, 1, 50), t=1, method="leapfrog"), "'implicit' or 'explicit'"),
        (lambda: st.value_function(GATE, x * y, grid=(0, 1, 50), t=1), "symbol y, which is no variable"),
        (lambda: st.value_function(GATE, np.ones(7), grid=(0, 1, 50), t=1), r"shape \(7,\)"),
        (lambda: st.value_function(GATE, log(x), grid=(-1, 1, 50), t=1), "loss is not finite"),
        (lambda: st.value_function(st.Diffusion(1 / x, 0, x), x, grid=(-1, 1, 51), t=1), "not finite everywhere"),
        (lambda: st.value_function(st.Diffusion(0, x, x), x, grid=(-1, 1, 51), t=1), "eigenvalue -1 at"),
        (
            lambda: st.value_function(st.Diffusion([0, 0], [[1, 2], [2, 1]], (x, y)), x, grid=[(-1, 1, 9)] * 2, t=1),
            "positive semidefinite",
        ),
        (
            lambda: st.value_function(st.Diffusion([0, 0], [[1, 1], [0, 1]], (x, y)), x, grid=[(-1, 1, 9)] * 2, t=1),
            "not symmetric",
        ),
        (lambda: st.Diffusion([x], [[1, 0], [0, 1]], (x, y)), "1 components and a covariance of 2 x 2"),
        (lambda: st.value_function(st.Diffusion(a * x, 0, x), x, grid=(-1, 1, 9), t=1), "a has no number"),
        (lambda: st.value_function("euler", x, grid=(-1, 1, 9), t=1), "a Diffusion"),
        (lambda: st.value_function([GATE, PLANE], x, grid=(-1, 1, 9), t=1), "different variables"),
        (
            lambda: st.Diffusion.of(st.modified_equation(st.drop_path("1/2")).stratonovich(), [x], [x]),
            "Stratonovich form came",
        ),
    ],
)
def test_what_does_not_fit_is_said(make, message):
    with pytest.raises(SchemeError, match=message):
        make()


def test_points_outside_the_grid_are_refused():
    V = st.value_function(GATE, x, grid=(-1, 1, 50), t=1)
    with pytest.raises(SchemeError, match="outside the grid"):
        V.at([1.5])


def test_without_noise_the_equation_is_that_of_the_scheme():
    process = st.Diffusion.of("euler", [-x], [x], h=Symbol("h"))
    assert process.covariance == Matrix([[0]]) and process.parameters == {Symbol("h")}


@pytest.mark.parametrize("t", ["1", None, 1j, np.array([1.0]), x])
def test_a_time_that_is_no_number_is_refused(t):
    with pytest.raises(SchemeError, match="the end of the time"):
        st.value_function(st.Diffusion(-x, 1, x), x, grid=(-1, 1, 11), t=t)


@pytest.mark.parametrize("t", [Fraction(1, 2), Decimal("0.5"), Rational(1, 2), np.float32(0.5)])
def test_a_time_is_a_real_number_of_any_kind(t):
    assert st.value_function(st.Diffusion(-x, 1, x), x, grid=(-1, 1, 11), t=t).times[-1] == 0.5
