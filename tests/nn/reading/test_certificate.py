"""Is it an ODE: predicted slopes on smooth weights, no on independent ones, and what is said in each case."""

import math

import pytest
import torch
from torch import nn

import schemetools as st
from schemetools.errors import SchemeError
from schemetools.nn.reading.certificate import certify, slopes_text
from schemetools.nn.reading.depth import Depth, Place
from schemetools.nn.reading.inspect import inspect
from schemetools.nn.reading.solving import CLEAR
from schemetools.nn.stacks.stack import to_stack


class Smooth(nn.Module):
    """tanh(W(t) u + b(t)) V with weights that are smooth functions of t."""

    def __init__(self, t):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        A, B, C = (torch.randn(4, 4, generator=generator, dtype=torch.float64) for _ in range(3))
        self.w, self.v = nn.Parameter(A * math.cos(t) + B * math.sin(t)), nn.Parameter(C / 2)
        self.b = nn.Parameter(torch.full((4,), math.sin(2 * t), dtype=torch.float64))

    def forward(self, u):
        return torch.tanh(u @ self.w.T + self.b) @ self.v.T


class Random(nn.Module):
    def __init__(self):
        super().__init__()
        self.w, self.v = nn.Linear(4, 4).double(), nn.Linear(4, 4).double()

    def forward(self, u):
        return self.v(torch.tanh(self.w(u)))


N = 16


def smooth(scheme, **options):
    return to_stack(scheme, [Smooth(n / N) for n in range(N)], h=1 / N, **options).double()


@pytest.fixture
def x():
    return torch.randn(3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("name", ["euler", "lm(k=-3/10)", "lm(k=3/10)", "midpoint"])
def test_smooth_weights_follow_the_modified_equation(name, x):
    found = inspect(smooth(st.get(name)), x).certificate()
    assert found.is_ode
    assert abs(found.limit_slope - 1) < 0.1
    assert abs(found.modified_slope - 2) < 0.1
    assert found.modified_error < found.limit_error / 5
    assert found.sentence.startswith("The hidden states follow u' = ")


class SmoothConvolutions(nn.Module):
    def __init__(self, t):
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.inner, self.outer = (nn.Conv2d(4, 4, 3, padding=1) for _ in range(2))
        for p in self.parameters():
            a, b = 0.3 * torch.randn(2, *p.shape, generator=generator)
            p.data = a * math.cos(2 * t) + b * math.sin(3 * t)

    def forward(self, u):
        return self.outer(torch.relu(self.inner(u)))


@pytest.mark.slow
def test_relu_has_jumps_in_the_modified_field_and_the_slopes_survive():
    stack = to_stack(st.euler, [SmoothConvolutions(n / N) for n in range(N)], h=1 / N)
    images = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0))
    found = inspect(stack, images).certificate()
    assert found.is_ode
    assert abs(found.limit_slope - 1) < 0.1
    assert abs(found.modified_slope - 2) < 0.1


def test_coefficients_that_vary_over_depth_count(x):
    stack = smooth(st.lm(), init=0)
    for n, layer in enumerate(stack.layers[1:], start=1):
        layer.k.data.fill_(-0.2 - 0.3 * math.sin(n / N))
    found = inspect(stack, x).certificate()
    assert abs(found.limit_slope - 1) < 0.1
    assert abs(found.modified_slope - 2) < 0.1
    assert "mean over depth" in found.sentence


def test_a_method_of_order_two_has_slope_two_already_in_the_limit(x):
    found = inspect(smooth(st.get("adams_bashforth(2)")), x).certificate()
    assert abs(found.limit_slope - 2) < 0.1
    assert found.limit_error == pytest.approx(found.modified_error)


@pytest.mark.parametrize("h", [1.0, 1 / N])
def test_independent_weights_are_no_ode(h, x):
    torch.manual_seed(0)
    found = inspect(to_stack(st.lm(k=-0.05), [Random() for _ in range(N)], h=h), x).certificate()
    assert not found.is_ode
    assert found.roughness > 0.8
    assert found.sentence.startswith("No ODE limit: neighbouring layers differ by")


def test_long_steps_of_one_field_are_no_ode_for_another_reason(x):
    torch.manual_seed(0)
    branch = Smooth(0.0)
    found = inspect(to_stack(st.euler, [branch] * 6, h=4.0), x).certificate()
    assert found.roughness == 0
    assert not found.is_ode
    assert "the steps are too long" in found.sentence


def test_one_branch_per_stage_is_followed_as_a_field_of_its_own(x):
    pairs = [[Smooth(n / N), Smooth(n / N + 0.5)] for n in range(N)]
    found = inspect(to_stack(st.heun2, pairs, h=1 / N), x).certificate()
    assert abs(found.limit_slope - 1) < 0.1
    assert abs(found.modified_slope - 2) < 0.1


def test_batch_normalisation_is_read_as_the_affine_map_it_is(x):
    torch.manual_seed(0)
    branches = [nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 4)) for _ in range(3)]
    found = inspect(to_stack(st.euler, branches, h=0.1), x.float()).certificate()
    assert math.isfinite(found.modified_error)


def test_several_chains_are_judged_by_the_worst(x):
    torch.manual_seed(0)
    net = nn.Sequential(smooth(st.euler), to_stack(st.euler, [Random() for _ in range(4)]))
    found = inspect(net, x).certificate()
    assert [c.is_ode for c in found.chains] == [True, False]
    assert not found.is_ode
    assert found.sentence.startswith("1 of 2 chains are close to an ODE.")


def test_slopes_below_the_integrators_error_are_said_once(x):
    found = inspect(to_stack(st.rk4, [Smooth(0.0)] * N, h=1 / N), x).certificate()
    assert math.isnan(found.limit_slope)
    assert math.isnan(found.modified_slope)
    said = "the difference is below the integrator's error when depth is refined, so no slope can be measured"
    assert found.sentence.endswith(f"; {said}.")
    alone = inspect(smooth(st.euler), x).certificate(refine=(1,))
    assert alone.sentence.endswith("; a slope needs more than one depth, refine=(1, 2).")


def test_one_slope_that_is_not_known():
    said = slopes_text((0.1, 1e-9), (1.0, math.nan), 4)
    assert said.startswith("refining depth converges to the limit equation with slope 1.00; ")
    assert "from the modified equation is below the integrator's error" in said
    assert "leaves all bounds" in slopes_text((math.inf, math.inf), (math.nan, math.nan), 4)


def test_errors(x):
    report = inspect(to_stack(st.euler, [nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 4))]), x.float())
    with pytest.raises(SchemeError, match="different weights"):
        report.certificate()
    with pytest.raises(SchemeError, match="starts with 1"):
        inspect(smooth(st.euler), x).certificate(refine=(2, 4))
    with pytest.raises(SchemeError, match="two layers or more"):
        inspect(to_stack(st.euler, [nn.Linear(4, 4)]), x.float()).certificate()
    with pytest.raises(SchemeError, match="implicit"):
        inspect(to_stack(st.backward_euler, [Smooth(0.0)] * 2, h=0.1), x).certificate()


class Rough(nn.Module):
    """A field whose derivative torch knows, and that is no difference quotient's: w floor(u) + u."""

    def __init__(self, w):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w, dtype=torch.float64))

    def forward(self, u):
        return self.w * torch.floor(1e9 * u) / 1e9 + u


@pytest.mark.parametrize("branches", [[Smooth(0.0), Smooth(0.3), Smooth(0.6)], [Rough(1.0), Rough(2.0), Rough(3.0)]])
def test_the_derivative_along_the_field_is_the_exact_one(branches, x):
    net = nn.Sequential(to_stack(st.euler, branches, h=0.5)).double()
    [chain] = inspect(net, x).chains
    depth = Depth(chain)
    generator = torch.Generator().manual_seed(2)
    for part in (0.1, 0.6, 0.9):
        u, v = torch.randn(2, *x.shape, generator=generator, dtype=torch.float64)
        place = Place(1, part)
        found = depth.derivative(place, u, v, 0.7, depth.field(place, u))
        w = {
            name: a + part * (b - a)
            for (name, a), b in zip(_weights(branches[1]), _parameters(branches[2]), strict=True)
        }
        slopes = {
            n: 0.7 * 2 * (b - a) for (n, a), b in zip(_weights(branches[1]), _parameters(branches[2]), strict=True)
        }
        [_, exact] = torch.func.jvp(lambda w, u: torch.func.functional_call(branches[1], w, (u,)), (w, u), (slopes, v))
        assert float((found - exact).norm()) < 1e-6 * float(exact.norm())


def _weights(branch):
    return [(name, p.detach()) for name, p in branch.named_parameters()]


def _parameters(branch):
    return [p.detach() for p in branch.parameters()]


def in_small_steps(depth, field, u, steps=60):
    """The value after all layers by the classical method in steps of a sixtieth of a layer, with no tolerance at all."""
    e = depth.h / steps
    for n in range(depth.count):
        for s in range(steps):
            here, middle, there = (Place(n, min((s + c) / steps, 1.0)) for c in (0.0, 0.5, 1.0))
            a = field(here, u)
            b = field(middle, u + e / 2 * a)
            c = field(middle, u + e / 2 * b)
            u = u + e / 6 * (a + 2 * b + 2 * c + field(there, u + e * c))
    return u


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kind", [nn.Tanh, nn.ReLU])
def test_errors_are_those_of_equations_solved_finely(kind, seed, x):
    """Errors are known to a fortieth, also where f'f has jumps, as with ReLU."""
    torch.manual_seed(seed)
    layers = [nn.Sequential(nn.Linear(4, 4), kind(), nn.Linear(4, 4)).double() for _ in range(3)]
    stack = to_stack(st.lm(), layers, h=0.4, init={"k": -0.2}).double()
    [chain] = inspect(stack, x).chains
    depth = Depth(chain)
    with torch.no_grad():
        for m, (h, limit, modified) in zip((1, 2), certify(chain, refine=(1, 2)).refined, strict=True):
            last, start = depth.run(m), depth.vector(m)
            first = in_small_steps(depth, depth.limit, start[0])
            second = in_small_steps(depth, lambda p, u: depth.modified(p, u, h), depth.effective_start(start, h))  # noqa: B023
            assert limit == pytest.approx(float((first - last).norm() / last.norm()), rel=1 / CLEAR)
            assert modified == pytest.approx(float((second - last).norm() / last.norm()), rel=1 / CLEAR)
